"""The rewritten model gives what the plain one gives."""

import numpy as np
import pytest
import torch
from torch import nn

from mmspd.models.heads.aspp import ASPPClassifier
from mmspd.models.inference import prepare_for_inference
from mmspd.models.inference.fast_conv import FastConv2d
from mmspd.models.inference.stacked_aspp import StackedASPP
from mmspd.registry import MODELS
from mmspd.testing.samples import make_batch
from tests.models.tiny import tiny_spd


def build():
    """A tiny SPD whose wide 7x7 convolution is worth transforming, with batch norm that does something."""
    torch.manual_seed(0)
    wide = dict(refine_channels=(8, 8, 128, 128, 8), refine_kernels=(3, 3, 3, 7, 1))
    model = MODELS.build(tiny_spd(seg_head=wide, backbone=dict(frozen_bn=True))).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
    return model


def predict(model):
    batch = make_batch(np.random.default_rng(0), 2, 64, 48)
    with torch.no_grad():
        return model.val_step(batch)


def test_predictions_are_the_same():
    model = build()
    before = predict(model)
    assert prepare_for_inference(model) is model
    after = predict(model)
    for one, other in zip(before, after, strict=True):
        scale = one.seg_logits.data.abs().max()
        assert (one.seg_logits.data - other.seg_logits.data).abs().max() < 1e-5 * scale
        assert (one.pred_surface.part_logits - other.pred_surface.part_logits).abs().max() < 1e-5
        heatmaps = one.pred_fields.heatmaps
        assert (heatmaps - other.pred_fields.heatmaps).abs().max() < 1e-5 * heatmaps.abs().max()


def test_what_is_rewritten():
    model = prepare_for_inference(build())
    kinds = [type(module) for module in model.modules()]
    assert nn.BatchNorm2d not in kinds
    assert ASPPClassifier not in kinds
    assert kinds.count(StackedASPP) == 2
    assert kinds.count(FastConv2d) == 1
    assert isinstance(model.seg_head.refinements.stages[0].context_convs[3].conv, FastConv2d)
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_batch_norm_alone_is_folded_exactly():
    model = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1, eps=0.0))
    conv, norm = model
    nn.init.constant_(conv.weight, 3.0)
    for tensor, value in ((norm.running_mean, 1.0), (norm.running_var, 4.0), (norm.weight, 2.0), (norm.bias, 5.0)):
        nn.init.constant_(tensor, value)
    folded = prepare_for_inference(model)
    # 2 * (3 x - 1) / 2 + 5 = 3 x + 4
    assert folded(torch.full((1, 1, 1, 1), 10.0)).item() == pytest.approx(34.0)
