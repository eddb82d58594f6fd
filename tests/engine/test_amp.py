"""Mixed precision: its results lie near those of float32, and its optimiser wrapper accumulates gradients."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from mmspd.engine.amp import CPUAmpOptimWrapper, amp_wrapper
from mmspd.registry import MODELS
from mmspd.testing.samples import make_batch
from tests.models.tiny import tiny_spd

# Largest relative difference from float32: of a loss, and of the norms of an output and of the whole gradient.
LOSS = 0.005
OUTPUT = {torch.bfloat16: 0.01, torch.float16: 0.002}
GRADIENT = {torch.bfloat16: 0.3, torch.float16: 0.05}
VARIANTS = [
    {},
    dict(seg_head=dict(loss_size='feature'), pose_head=dict(loss='mean')),
    dict(pose_head=dict(loss='coordinates'), densepose_head=dict(combine='product')),
]


def build(changes, gain=1.0):
    """A tiny SPD with fixed batch norm, whose output layers are enlarged by a factor."""
    torch.manual_seed(0)
    model = MODELS.build(tiny_spd(**copy.deepcopy(changes), backbone=dict(frozen_bn=True)))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if 'classifier' in name or 'predictor.conv' in name or 'deconv' in name:
                weight.mul_(gain)
    return model.train()  # or batch norm is not fixed


def run(model, dtype):
    """Losses, raw outputs and all gradients in one vector, in the precision of `dtype`."""
    data = model.data_preprocessor(make_batch(np.random.default_rng(0), 2, 64, 48), True)
    with torch.autocast('cpu', dtype=dtype, enabled=dtype != torch.float32):
        losses = model.loss(data['inputs'], data['data_samples'])
        out = model(data['inputs'], data['data_samples'])
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    gradient = torch.cat([each.grad.flatten() for each in model.parameters() if each.grad is not None])
    return losses, [*out.seg, *out.pose, *out.surface], gradient


def apart(got, want):
    """Norm of the difference over the norm."""
    return float((got.detach().double() - want.detach().double()).norm() / want.detach().double().norm())


def require_autocast(dtype):
    """Skip where this torch has no CPU autocast in `dtype`: float16 came late."""
    with torch.autocast('cpu', dtype=dtype):
        if (torch.ones(1, 1) @ torch.ones(1, 1)).dtype != dtype:
            pytest.skip(f'no CPU autocast in {dtype}')


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
@pytest.mark.parametrize('changes', VARIANTS)
def test_losses_outputs_and_gradients_lie_near_float32(changes, dtype):
    require_autocast(dtype)
    losses, outputs, gradient = run(build(changes), torch.float32)
    near_losses, near_outputs, near_gradient = run(build(changes), dtype)
    assert {each.dtype for each in near_outputs} == {dtype}  # it did compute in half precision
    for key, value in near_losses.items():
        assert value.dtype == torch.float32, key
        assert apart(value, losses[key]) <= LOSS, key
    for got, want in zip(near_outputs, outputs, strict=True):
        assert apart(got, want) <= OUTPUT[dtype]
    assert apart(near_gradient, gradient) <= GRADIENT[dtype]


@pytest.mark.parametrize('changes', VARIANTS)
def test_losses_of_large_outputs_do_not_overflow_float16(changes):
    # Maps of thousands: their squares lie beyond float16's 65504. What their gradients do, loss scaling handles.
    require_autocast(torch.float16)
    losses, outputs, _ = run(build(changes, gain=400.0), torch.float16)
    assert max(float(each.detach().abs().max()) for each in outputs) > 1000
    assert all(each.isfinite().all() for each in (*outputs, *losses.values()))


def test_the_wrapper_fits_the_machine(monkeypatch):
    for found, expected in ((True, 'AmpOptimWrapper'), (False, 'CPUAmpOptimWrapper')):
        monkeypatch.setattr(torch.cuda, 'is_available', lambda found=found: found)
        assert amp_wrapper()['type'] == expected


def test_accumulation_steps_once_with_the_mean_gradient():
    model = nn.Linear(2, 1, bias=False)
    nn.init.ones_(model.weight)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    wrapper = CPUAmpOptimWrapper(optimizer=optimizer, accumulative_counts=2)
    wrapper.initialize_count_status(model, 0, 2)
    weights = []
    for inputs in ([1.0, 0.0], [0.0, 4.0]):
        with wrapper.optim_context(model):
            out = model(torch.tensor([inputs]))
        assert out.dtype == torch.bfloat16
        wrapper.update_params(out.float().sum())
        weights.append(model.weight.detach().flatten().tolist())
    assert weights == [[1.0, 1.0], [0.5, -1.0]]
