"""Tiny models with weights that tell pictures apart, and pictures for them."""

import importlib

import numpy as np
import pytest
import torch

from mmspd.registry import MODELS
from mmspd.testing.people import sample_person
from tests.models.tiny import tiny_spd

EXPORTING = importlib.import_module('mmspd.export.export_model')  # the package has a function of that name
SIZE = (48, 64)  # W, H
BACKGROUND = 0.02  # added to its logit, so that some cells are background in each picture


def build(**changes):
    """The tiny SPD with changes, in evaluation mode, whose outputs are far from constant."""
    torch.manual_seed(0)
    whole = {name: changes.pop(name) for name in list(changes) if name == 'grid'}
    model = MODELS.build(tiny_spd(**changes) | whole)
    model.eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 4 and 'backbone' not in name:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
        _balance(model)
    return model


def _balance(model):
    """Move biases so that no class and no part wins everywhere; the background wins here and there."""
    typical = np.stack([sample_person(index, SIZE[1], SIZE[0]).image for index in range(3)])
    feats = model.extract_feat((torch.from_numpy(typical).permute(0, 3, 1, 2).flip(1) - 127.5) / 60)
    if model.seg_head:
        mean = model.forward_seg(feats, model.forward_branches(feats)[0]).mean(dim=(0, 2, 3))
        last = model.seg_head.refinements.stages[0].predictor.branches[0]  # of two stages, whose mean is the answer
        last.bias -= 2 * mean
        last.bias[0] += 2 * BACKGROUND
    if model.densepose_head:
        whole = torch.tensor([[number, 0.0, 0.0, *SIZE] for number in range(3)])
        mean = model.densepose_head(feats.shallow, whole)[0].mean(dim=(0, 2, 3))
        model.densepose_head.part_predictor.deconv.bias -= mean


@pytest.fixture(scope='package')
def model():
    return build()


@pytest.fixture(scope='package')
def pictures():
    """Pictures of another size and aspect than the network's input, BGR."""
    return [sample_person(index, 90, 60).image for index in range(3)]


@pytest.fixture
def few_people(monkeypatch):
    """Checks and calibration on two people each: rendering takes most of an export's time."""
    monkeypatch.setattr(EXPORTING, 'NUM_CHECKED', 2)
    monkeypatch.setattr(EXPORTING, 'NUM_CALIBRATED', 2)
