"""The profile of a model's parts."""

import importlib
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmspd.models.segmentors import spd
from tests.models.tiny import tiny_spd

TOOLS = Path(__file__).resolve().parents[2] / 'tools' / 'analysis'


@pytest.fixture(scope='module')
def tool():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        yield importlib.import_module('profile_parts')


def subject_of(tool, train, **changes):
    optimizer = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=1e-3))
    cfg = Config(dict(default_scope='mmspd', model=tiny_spd(**changes), optim_wrapper=optimizer))
    workload = tool.Workload((64, 48), 1, (50, 30), torch.device('cpu'), False)
    return tool.Subject(cfg, workload, train)


def test_the_parts_of_a_prediction_have_all_its_flops(tool):
    subject = subject_of(tool, False)
    parts = tool.parts_of(subject)
    flops = tool.count_flops(parts, subject.predict)
    with tool.uncomputed(), tool.FlopCounterMode(display=False) as counter:
        subject.predict()
    stem = 2 * 3 * 8 * 49 * 32 * 24  # the 7x7 convolution to 8 channels at half the size lies in no part
    assert sum(flops.values()) == counter.get_total_flops() - stem
    assert all(flops[name] > 0 for name, _, _ in parts if not name.startswith(('preprocessing', 'decoding')))


def test_parts_of_missing_branches_are_left_out(tool):
    names = {name for name, _, _ in tool.parts_of(subject_of(tool, False, pose_head=None, densepose_head=None))}
    assert 'segmentation, refined' in names
    assert not any(name.startswith(('pose', 'dense pose')) for name in names)


@pytest.mark.parametrize('train', [False, True])
def test_times_add_up_and_nothing_stays_wrapped(tool, train):
    subject = subject_of(tool, train)
    run = subject.train if train else subject.predict
    before = spd.set_parsing, subject.model.backbone.layer1.forward
    seconds = tool.time_parts(tool.parts_of(subject), run, torch.device('cpu'))
    assert (spd.set_parsing, subject.model.backbone.layer1.forward) == before
    total = seconds.pop('total')
    assert 0 < sum(seconds.values()) <= total
    assert seconds.keys() == {name for name, _, _ in tool.parts_of(subject)}
