"""Memory format, recomputed activations, compiled parts: the results stay, within the tolerances of docs/configs.md."""

import copy
import itertools
import shutil

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from torch import nn

from mmspd.models import SPD
from mmspd.models.segmentors import execution
from mmspd.models.segmentors.execution import (
    Compiled,
    Part,
    Recomputed,
    kept_statistics,
    residual_blocks,
    set_execution,
)
from mmspd.registry import MODELS
from mmspd.testing.samples import make_batch
from mmspd.utils.checkpoint import load_checkpoint_file
from tests.integration.short_run import write_short_config
from tests.models.tiny import tiny_spd

# Largest difference of a loss, a gradient or a statistic, relative to the largest value of its tensor.
ROUNDING, HALF = 1e-4, 0.05
BATCH = make_batch(np.random.default_rng(0), 2, 64, 48)
SWIN = dict(type='mmseg.SwinTransformer', embed_dims=8, depths=(1, 2, 2, 1), num_heads=(1, 1, 2, 2), window_size=4,
            drop_path_rate=0.5, out_indices=(1, 2, 3))  # fmt: skip
CONVNEXT = dict(type='ConvNeXt', arch=dict(depths=(1, 2, 1, 1), channels=(8, 16, 32, 64)), drop_path_rate=0.5,
                out_indices=(1, 2, 3))  # fmt: skip


FOREIGN = dict(type='mmseg.FCNHead', in_channels=64, in_index=1, channels=8, num_convs=1, num_classes=20,
               dropout_ratio=0.5, loss_decode=dict(type='mmseg.CrossEntropyLoss', avg_non_ignore=True))  # fmt: skip
PYRAMID = dict(type='SPDNeck', shallow_level=1, deep_level=2, size_level=0)
NORM = dict(norm_cfg=dict(type='BN'))


def build(whole=None, **changes) -> SPD:
    """The tiny SPD with changes to its parts and with whole parts in place of its own."""
    torch.manual_seed(0)
    return MODELS.build(tiny_spd(**changes) | (whole or {})).train()  # or no batch norm is frozen


def step(model, amp=False, seed=1):
    """What a training step computes: losses, gradients and buffers by name."""
    torch.manual_seed(seed)
    data = model.data_preprocessor(copy.deepcopy(BATCH), True)
    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=amp):
        losses = model.loss(data['inputs'], data['data_samples'])
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    values = {key: value.detach() for key, value in losses.items()}
    values |= {f'grad of {name}': each.grad.clone() for name, each in model.named_parameters() if each.grad is not None}
    return values | {name: each.clone() for name, each in model.named_buffers()}


def outputs(model, size=(64, 48)):
    """Raw outputs in evaluation."""
    model.eval()
    with torch.no_grad():
        out = model(torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0)))
    return dict(enumerate([*out.seg, *out.pose, *(out.surface or ())]))


def assert_near(got, want, tolerance):
    assert got.keys() == want.keys()
    for key, value in want.items():
        difference = (got[key].double() - value.double()).abs().max()
        assert difference <= tolerance * value.abs().max(), f'{key}: {difference} of {value.abs().max()}'


def test_channels_last_gives_the_same_results_from_the_same_checkpoint():
    plain, changed = build(), build(channels_last=True)
    assert_near(step(changed), step(plain), ROUNDING)
    with torch.no_grad():
        for weight in plain.parameters():
            weight.mul_(1.1)
    changed.load_state_dict(plain.state_dict())
    assert_near(outputs(changed), outputs(plain), ROUNDING)
    kernel = changed.backbone.layer1[0].conv1.weight
    assert kernel.is_contiguous(memory_format=torch.channels_last)
    assert not kernel.is_contiguous()
    feats = changed.extract_feat(torch.randn(2, 3, 64, 48))
    assert feats.shallow.is_contiguous(memory_format=torch.channels_last)
    back = build()
    back.load_state_dict(changed.state_dict())
    assert back.backbone.layer1[0].conv1.weight.is_contiguous()
    assert_near(outputs(back), outputs(plain), 0)


def test_channels_last_starts_from_the_same_random_weights():
    plain, changed = build(), build(channels_last=True)
    for model in (plain, changed):
        torch.manual_seed(5)
        model.init_weights()
    kernel = changed.backbone.layer1[0].conv1.weight
    assert kernel.is_contiguous(memory_format=torch.channels_last)
    for (name, want), got in zip(plain.named_parameters(), changed.parameters(), strict=True):
        assert torch.equal(got, want), name


@pytest.mark.parametrize(
    'changes', [dict(seg_head=NORM, densepose_head=NORM),
                dict(backbone=dict(frozen_bn=True, frozen_stages=1)),
                dict(whole=dict(backbone=SWIN, neck=PYRAMID), seg_head=NORM),
                dict(whole=dict(backbone=CONVNEXT, neck=PYRAMID)),
                dict(whole=dict(seg_head=FOREIGN)),
                dict(seg_head=None, backbone=dict(num_stages=3)),
                dict(scales=(1, 0.75))],
    ids=['batch norm', 'frozen', 'Swin', 'ConvNeXt', 'foreign head', 'two branches', 'scales'],
)  # fmt: skip
def test_recomputing_gives_the_same_losses_gradients_and_statistics(changes):
    # Batch norms count every batch once, drop path and dropout draw the same, weights without gradient stop nothing.
    plain, changed = build(**changes), build(checkpoint_activations=True, **changes)
    want = step(plain)
    assert_near(step(changed), want, 0)
    assert_near(outputs(changed), outputs(plain), 0)


@pytest.mark.parametrize('whole', [dict(backbone=SWIN, neck=PYRAMID), dict(seg_head=FOREIGN)])
def test_those_models_are_random(whole):
    # Or the test above would not notice random numbers that are drawn anew.
    assert step(build(whole), seed=1)['loss_seg'] != step(build(whole), seed=2)['loss_seg']


def kept_bytes(model):
    """What the network's forward pass keeps for the backward pass, weights left out."""
    weights = {each.untyped_storage().data_ptr() for each in (*model.parameters(), *model.buffers())}
    kept = {}

    def pack(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor  # holding it, so that no other takes its place
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = model(torch.randn(2, 3, 64, 48))
    assert out.seg[0].requires_grad
    return sum(each.untyped_storage().nbytes() for place, each in kept.items() if place not in weights)


def test_recomputing_keeps_less_than_half_of_the_memory():
    deep = dict(backbone=dict(depth=50, base_channels=4), seg_head=dict(in_channels=128))
    deep |= dict(pose_head=dict(in_channels=64), densepose_head=dict(in_channels=64))
    plain, changed = kept_bytes(build(**deep)), kept_bytes(build(checkpoint_activations=True, **deep))
    assert 0 < changed < 0.5 * plain, (changed, plain)


def test_in_evaluation_or_without_gradients_nothing_is_recomputed(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError('checkpointed')

    model = build(checkpoint_activations=True)
    monkeypatch.setattr(execution, 'checkpoint', refuse)
    model.eval()(torch.randn(2, 3, 64, 48))
    with torch.no_grad():
        model.train()(torch.randn(2, 3, 64, 48))
    with pytest.raises(AssertionError, match='checkpointed'):
        model(torch.randn(2, 3, 64, 48))


def test_statistics_are_kept_and_restored_after_an_error():
    norm, frozen = nn.BatchNorm2d(3, momentum=None), nn.BatchNorm2d(3).eval()
    module = nn.Sequential(norm, frozen)
    inputs = torch.randn(4, 3, 5, 5) + 7
    norm(inputs)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with kept_statistics(module):
        got = norm(inputs)
    assert_near(module.state_dict(), before, 0)
    torch.testing.assert_close(got.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    with pytest.raises(ZeroDivisionError), kept_statistics(module):
        raise ZeroDivisionError
    assert (norm.momentum, frozen.momentum) == (None, 0.1)


def test_an_old_torch_is_refused(monkeypatch):
    monkeypatch.setattr(execution, 'checkpoint', lambda function, *args, use_reentrant=True: None)
    with pytest.raises(RuntimeError, match=r'needs torch 2\.1'):
        build(checkpoint_activations=True)


@pytest.mark.parametrize(
    ('backbone', 'count', 'kind'),
    [(dict(type='SPDBackbone', depth=101), 33, 'Bottleneck'), (SWIN, 6, 'SwinBlock'), (CONVNEXT, 5, 'ConvNeXtBlock'),
     (dict(type='mmseg.ResNetV1c', depth=18), 8, 'BasicBlock')],
)  # fmt: skip
def test_the_blocks_of_backbones_are_found(backbone, count, kind):
    blocks = residual_blocks(MODELS.build(backbone))
    assert [type(block).__name__ for block in blocks] == [kind] * count


def test_a_backbone_without_blocks_is_one_part():
    backbone = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())
    assert residual_blocks(backbone) == [backbone]


def test_a_deep_copy_runs_its_own_weights():
    # As the averaged model of mmengine's EMAHook does.
    plain = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    changed = copy.deepcopy(plain)
    changed.forward = Compiled(Part(changed, 'forward'), dict(backend='eager'))
    changed.forward = Recomputed(Part(changed, 'forward'))
    inputs = torch.ones(2, 3)
    want = changed(inputs)
    other = copy.deepcopy(changed)
    with torch.no_grad():
        for weight in changed.parameters():
            weight.zero_()
    assert torch.equal(other(inputs), want)
    assert not changed(inputs).any()
    other(inputs).sum().backward()
    assert other[0].weight.grad.any()
    assert changed[0].weight.grad is None


@pytest.mark.parametrize(('last', 'recompute', 'amp'), itertools.product([False, True], repeat=3))
def test_switches_combine(last, recompute, amp):
    got = step(build(channels_last=last, checkpoint_activations=recompute), amp=amp)
    assert_near(got, step(build(), amp=amp), HALF if amp and last else ROUNDING)


def test_all_switches_at_once():
    model = build(channels_last=True, checkpoint_activations=True, compile_modules=dict(backend='eager'))
    assert list(model.state_dict()) == list(build().state_dict())
    assert_near(step(model, amp=True), step(build(), amp=True), HALF)


def test_compiled_parts_take_any_size_in_training_and_evaluation():
    pose = dict(seg_head=None, densepose_head=None, backbone=dict(num_stages=3))
    model, plain = build(compile_modules=dict(backend='eager'), **pose), build(**pose)
    assert_near(step(model), step(plain), ROUNDING)
    for size in ((64, 48), (48, 64), (72, 56)):
        assert_near(outputs(model, size), outputs(plain, size), ROUNDING)


def test_parts_compiled_to_machine_code_and_recomputed():
    if shutil.which('g++') is None and shutil.which('clang++') is None:
        pytest.skip('torch.compile needs a C++ compiler on CPUs')
    torch.manual_seed(0)
    changed = build(seg_head=None, densepose_head=None)
    part = changed.pose_head = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
    changed.backbone, plain = nn.ReLU(), copy.deepcopy(part)
    set_execution(changed, checkpoint_activations=True, compile_modules=True)
    for size in (8, 9):
        inputs = torch.randn(2, 3, size, size)
        for module in (plain, part):
            module(inputs).square().sum().backward()
    want = {name: each.grad for name, each in plain.named_parameters()} | dict(plain.named_buffers())
    got = {name: each.grad for name, each in part.named_parameters()} | dict(part.named_buffers())
    assert_near(got, want, ROUNDING)


def test_a_run_with_all_switches_trains_what_a_plain_run_does(tmp_path):
    config = write_short_config(tmp_path, iterations=2, interval=2)
    weights = []
    for name, options in (
        ('plain', {}),
        ('switched', {'model.channels_last': True, 'model.checkpoint_activations': True,
                      'model.compile_modules.backend': 'eager'}),
    ):  # fmt: skip
        cfg = Config.fromfile(config)
        cfg.merge_from_dict(options)  # as --cfg-options does
        cfg.work_dir = str(tmp_path / name)
        runner = Runner.from_cfg(cfg)
        runner.train()  # which validates, too
        weights.append(load_checkpoint_file(tmp_path / name / 'iter_2.pth')['state_dict'])
    assert_near(weights[1], weights[0], 1e-3)
