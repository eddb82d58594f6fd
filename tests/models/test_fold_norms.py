"""Batch norm folded into convolutions: where it belongs and nowhere else."""

import copy

import pytest
import torch
from mmcv.cnn import ConvModule, build_conv_layer
from mmseg.registry import MODELS
from torch import nn

from mmspd.models.inference.fold_norms import fold_norms

NORM = dict(norm_cfg=dict(type='BN'))


def fold(module):
    """Results before and after for random input and statistics, and how many norms are left."""
    torch.manual_seed(0)
    for each in module.modules():
        if isinstance(each, nn.BatchNorm2d):
            for tensor in (each.weight, each.running_var):
                if tensor is not None:
                    nn.init.uniform_(tensor, 0.5, 1.5)
            for tensor in (each.bias, each.running_mean):
                if tensor is not None:
                    nn.init.normal_(tensor)
    changed = copy.deepcopy(module).eval()
    fold_norms(changed)
    inputs = torch.randn(2, 8, 32, 32)
    with torch.no_grad():
        return (
            module.eval()(inputs),
            changed(inputs),
            sum(isinstance(each, nn.BatchNorm2d) for each in changed.modules()),
        )


def conv_module(*order):
    return ConvModule(8, 8, 3, padding=1, norm_cfg=dict(type='BN'), order=order)


@pytest.mark.parametrize(
    ('module', 'left'),
    [
        (nn.Sequential(nn.Conv2d(8, 6, 3), nn.BatchNorm2d(6)), 0),
        (nn.Sequential(nn.Conv2d(8, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.BatchNorm2d(6)), 1),
        (nn.Sequential(nn.Conv2d(8, 6, 3), nn.ReLU(), nn.BatchNorm2d(6)), 1),
        (nn.Sequential(nn.Conv2d(8, 6, 3), nn.BatchNorm2d(6, affine=False)), 1),
        (nn.Sequential(nn.Conv2d(8, 6, 3), nn.BatchNorm2d(6, track_running_stats=False)), 1),
        (nn.Sequential(build_conv_layer(dict(type='ConvAWS'), 8, 6, 3), nn.BatchNorm2d(6)), 1),
        (conv_module('conv', 'norm', 'act'), 0),
        (conv_module('act', 'conv', 'norm'), 0),
        (conv_module('norm', 'act', 'conv'), 1),
        (conv_module('norm', 'conv', 'act'), 1),
        (conv_module('conv', 'act', 'norm'), 1),
    ],
)  # fmt: skip
def test_only_what_directly_follows_a_plain_convolution_is_folded(module, left):
    before, after, norms = fold(module)
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-5)
    assert norms == left


def test_a_convolution_with_two_norms_keeps_both():
    conv = nn.Conv2d(8, 8, 1)
    pairs = nn.Sequential(nn.Sequential(conv, nn.BatchNorm2d(8)), nn.Sequential(conv, nn.BatchNorm2d(8)))
    before, after, norms = fold(pairs)
    assert torch.equal(after, before)
    assert norms == 2


class Features(nn.Module):
    """Gives a decode head a list of features."""

    def __init__(self, head):
        super().__init__()
        self.head = head

    def forward(self, feat):
        return self.head([feat])


class Deepest(nn.Module):
    """The last output of a backbone for a picture of the first three channels."""

    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone

    def forward(self, feat):
        return self.backbone(feat[:, :3])[-1]


@pytest.mark.parametrize(
    ('cfg', 'left'),
    [
        (dict(type='FCNHead', num_convs=1, dropout_ratio=0, **NORM), 0),
        (dict(type='PSPHead', pool_scales=(1, 2), **NORM), 0),
        (dict(type='ASPPHead', dilations=(1, 2), **NORM), 0),
        # Its kernels are predicted by a convolution that stands two places before the norm.
        (dict(type='DMHead', filter_sizes=(3,), **NORM), 1),
    ],
    ids=lambda value: value['type'] if isinstance(value, dict) else None,
)
def test_heads_of_mmseg(cfg, left):
    head = MODELS.build(dict(cfg, in_channels=8, in_index=0, channels=8, num_classes=5))
    before, after, norms = fold(Features(head))
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-5)
    assert norms == left


@pytest.mark.parametrize(
    'cfg',
    [dict(type='ResNet', depth=50, base_channels=8), dict(type='ResNetV1c', depth=18, base_channels=8, stem_channels=8),
     dict(type='ERFNet', enc_downsample_channels=(8, 16, 24), enc_non_bottleneck_channels=(16, 24),
          dec_upsample_channels=(16, 8), dec_non_bottleneck_channels=(16, 8))],
    ids=lambda cfg: cfg['type'],
)  # fmt: skip
def test_backbones_of_mmseg(cfg):
    before, after, norms = fold(Deepest(MODELS.build(dict(cfg))))
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4 * before.abs().max().item())
    assert (norms > 0) is (cfg['type'] == 'ERFNet')  # which joins a convolution and a pool before its norm
