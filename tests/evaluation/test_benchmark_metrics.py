"""The benchmark of the metrics: its pairs and what it prints. No times are tested."""

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools' / 'analysis'


@pytest.fixture(scope='module')
def tool():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        yield importlib.import_module('benchmark_metrics')


def test_pairs_are_like_parsing_maps(tool):
    sample = tool.smooth_pair(200, 120, np.random.default_rng(0))
    label, prediction = (sample[name]['data'][0].numpy() for name in ('gt_sem_seg', 'pred_sem_seg'))
    assert label.shape == prediction.shape == (200, 120)
    assert 0.5 < (label == prediction).mean() < 0.95
    assert 3 < len(np.unique(label)) <= 8
    assert (label[1:] != label[:-1]).mean() < 0.05  # regions, no noise


def test_rates_of_all_settings_are_printed(tool, monkeypatch, capsys):
    pinned = []
    monkeypatch.setattr(tool.os, 'sched_setaffinity', lambda process, cores: pinned.append(len(cores)))
    arguments = ['--pairs', '30', '--rounds', '2', '--height', '40', '--width', '30']
    monkeypatch.setattr(sys, 'argv', ['benchmark_metrics.py', *arguments])
    tool.main()
    printed = capsys.readouterr().out
    assert pinned == [1]
    assert re.search(r'^plain +\d+ images/s, +\d+ in the median of 2 rounds$', printed, re.MULTILINE)
    assert re.search(r'^intervals=1000 +\d+ images/s', printed, re.MULTILINE)
    assert re.search(r'^boundary=0\.0075 +\d+ images/s', printed, re.MULTILINE)
    assert '30 pairs of 40x30, one core' in printed
