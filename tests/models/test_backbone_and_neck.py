"""Backbones, their weights, and how features reach the branches."""

import pytest
import torch
from mmseg.models.backbones import ResNet

from mmspd.models import SPDBackbone, SPDNeck
from mmspd.models.backbones.convnext import ConvNeXt, ConvNeXtBlock
from mmspd.registry import MODELS


@pytest.mark.parametrize(('depth', 'expansion'), [(18, 1), (34, 1), (50, 4), (101, 4)])
def test_both_levels_lie_at_stride_8(depth, expansion):
    backbone = SPDBackbone(depth=depth, base_channels=8).eval()
    feats = backbone(torch.zeros(1, 3, 48, 40))
    assert [tuple(feat.shape) for feat in feats] == [(1, 32 * expansion, 6, 5), (1, 64 * expansion, 6, 5)]


def test_dilations_are_2_and_4():
    backbone = SPDBackbone(depth=50, base_channels=8)
    assert {block.conv2.dilation for block in backbone.layer3} == {(2, 2)}
    assert {block.conv2.dilation for block in backbone.layer4} == {(4, 4)}


def test_three_stages_stop_at_res4():
    assert len(SPDBackbone(depth=18, base_channels=8, num_stages=3).eval()(torch.zeros(1, 3, 32, 32))) == 1
    with pytest.raises(ValueError, match='num_stages'):
        SPDBackbone(depth=18, num_stages=2)


def test_frozen_batch_norm_stays_as_it_is_and_train_returns_the_module():
    backbone = SPDBackbone(depth=18, base_channels=8)
    assert backbone.train() is backbone
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    backbone(torch.randn(2, 3, 32, 32))[1].sum().backward()
    assert all(torch.equal(value, before[key]) for key, value in backbone.state_dict().items() if 'running' in key)
    assert not backbone.bn1.weight.requires_grad
    trained = SPDBackbone(depth=18, base_channels=8, frozen_bn=False).train()
    trained(torch.randn(2, 3, 32, 32))
    assert trained.bn1.weight.requires_grad
    assert trained.bn1.num_batches_tracked.item() == 1


def test_weights_of_mmseg_load_completely():
    torch.manual_seed(1)
    theirs = ResNet(depth=50, base_channels=8, stem_channels=8)
    ours = SPDBackbone(depth=50, base_channels=8)
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])


def torchvision_keys(depth_blocks):
    """The state dict keys of torchvision's bottleneck ResNets, from their published layout."""
    norm = ('weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked')
    keys = ['conv1.weight', *(f'bn1.{name}' for name in norm), 'fc.weight', 'fc.bias']
    for stage, blocks in enumerate(depth_blocks, 1):
        for block in range(blocks):
            prefix = f'layer{stage}.{block}'
            for conv in (1, 2, 3):
                keys += [f'{prefix}.conv{conv}.weight', *(f'{prefix}.bn{conv}.{name}' for name in norm)]
            if block == 0:
                keys += [f'{prefix}.downsample.0.weight', *(f'{prefix}.downsample.1.{name}' for name in norm)]
    return keys


@pytest.mark.parametrize(('depth', 'blocks'), [(50, (3, 4, 6, 3)), (101, (3, 4, 23, 3))])
def test_weights_of_torchvision_have_our_names(depth, blocks):
    ours = set(SPDBackbone(depth=depth, base_channels=8).state_dict())
    assert ours == set(torchvision_keys(blocks)) - {'fc.weight', 'fc.bias'}


def test_a_local_file_of_torchvisions_layout_initialises_the_backbone(tmp_path):
    torch.manual_seed(1)
    weights = SPDBackbone(depth=18, base_channels=8).state_dict() | {'fc.weight': torch.zeros(1000, 64)}
    torch.save(weights, tmp_path / 'resnet18.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'resnet18.pth'))
    backbone = SPDBackbone(depth=18, base_channels=8, init_cfg=init_cfg)
    backbone.init_weights()
    torch.testing.assert_close(backbone.conv1.weight, weights['conv1.weight'])
    torch.testing.assert_close(backbone.layer4[1].conv2.weight, weights['layer4.1.conv2.weight'])


def test_the_default_neck_passes_both_levels_on():
    feats = (torch.randn(1, 4, 6, 5), torch.randn(1, 8, 6, 5))
    shallow, deep = SPDNeck()(feats)
    assert shallow is feats[0]
    assert deep is feats[1]
    assert SPDNeck(deep_level=None)(feats[:1]) == (feats[0], None)


PYRAMIDS = {
    'swin': (
        dict(
            type='SwinTransformer', pretrain_img_size=64, embed_dims=8, depths=(1, 1, 1, 1), num_heads=(1, 2, 4, 8),
            window_size=4, out_indices=(1, 2, 3),
        ),
        (32, 64),
    ),
    'convnext': (
        dict(
            type='ConvNeXt', arch=dict(depths=(1, 1, 1, 1), channels=(8, 16, 32, 64)), out_indices=(1, 2, 3),
        ),
        (32, 64),
    ),
}  # fmt: skip


@pytest.mark.parametrize('name', PYRAMIDS)
@pytest.mark.parametrize(('height', 'width'), [(64, 64), (97, 70)])
def test_two_levels_of_a_pyramid_come_to_stride_8(name, height, width):
    config, channels = PYRAMIDS[name]
    backbone = MODELS.build(config)
    backbone.eval()  # mmseg's Swin returns None here
    feats = backbone(torch.zeros(1, 3, height, width))
    neck = SPDNeck(1, 2, in_channels=channels, out_channels=(12, 24), size_level=0)
    shallow, deep = neck(feats)
    assert shallow.shape == (1, 12, *feats[0].shape[-2:])
    assert deep.shape == (1, 24, *feats[0].shape[-2:])
    assert abs(feats[0].shape[-2] - height / 8) < 1


def test_resized_levels_keep_their_place():
    # A map that rises with the picture's x coordinate still does so after resizing, cell centre by cell centre.
    ramp = ((torch.arange(4.0) + 0.5) * 16).expand(1, 1, 4, 4)
    neck = SPDNeck(1, None, size_level=0)
    shallow, _ = neck((torch.zeros(1, 1, 8, 8), ramp))
    torch.testing.assert_close(shallow[0, 0, 0, 1:-1], (torch.arange(1.0, 7.0) + 0.5) * 8)


def test_projection_needs_matching_channels():
    with pytest.raises(ValueError, match='in_channels'):
        SPDNeck(in_channels=(1,), out_channels=(1, 2))


def test_convnext_has_the_published_size_and_names():
    backbone = ConvNeXt('tiny')
    # 28.59 M parameters are published for the classifier; its last linear layer has 769,000 and its norm 1,536. Ours
    # has three output norms in place of that one.
    total = sum(parameter.numel() for parameter in backbone.parameters())
    assert total == 28_589_128 - 769_000 - 1_536 + 2 * (192 + 384 + 768)
    names = set(backbone.state_dict())
    assert {'downsample_layers.0.0.weight', 'downsample_layers.1.0.weight', 'stages.2.8.pwconv2.bias'} <= names
    assert {'stages.3.2.gamma', 'norm1.weight', 'norm3.bias'} <= names
    with pytest.raises(ValueError, match='arch'):
        ConvNeXt('huge')


def test_a_convnext_block_by_hand():
    torch.manual_seed(0)
    block = ConvNeXtBlock(4, layer_scale=0.5)
    feat = torch.randn(1, 4, 5, 5)
    out = torch.nn.functional.conv2d(feat, block.dwconv.weight, block.dwconv.bias, padding=3, groups=4)
    mean, variance = out.mean(1, keepdim=True), out.var(1, keepdim=True, unbiased=False)
    out = (out - mean) / (variance + 1e-6).sqrt()
    out = torch.einsum('nchw,dc->ndhw', out, block.pwconv1.weight) + block.pwconv1.bias[:, None, None]
    out = out * 0.5 * (1 + torch.erf(out / 2**0.5))
    out = torch.einsum('nchw,dc->ndhw', out, block.pwconv2.weight) + block.pwconv2.bias[:, None, None]
    torch.testing.assert_close(block(feat), feat + 0.5 * out)
