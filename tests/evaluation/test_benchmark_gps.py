"""The benchmark of GPS: its surface, what it times, and how it sees memory. No times are tested."""

import gc
import importlib
from pathlib import Path

import numpy as np
import pytest

from mmspd.evaluation import GPSMetric
from mmspd.surface import read_densepose_assets

TOOLS = Path(__file__).resolve().parents[2] / 'tools' / 'analysis'


@pytest.fixture(scope='module')
def tool():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        yield importlib.import_module('benchmark_gps')


@pytest.fixture(scope='module')
def folder(tool, tmp_path_factory):
    folder = tmp_path_factory.mktemp('sphere')
    tool.make_surface(str(folder), 600)
    return folder


def test_the_surface_is_a_sphere(folder):
    surface, table = read_densepose_assets(folder)
    assert (len(surface.vertex_of), sorted(surface.parts)) == (600, list(range(1, 25)))
    # From pole to pole, and from a pole to the equator, but for the half step that the spiral leaves out.
    poles, quarter = table.between(np.array([0, 0]), np.array([599, 299]))
    assert poles == pytest.approx(0.5 * np.pi, abs=0.06)
    assert quarter == pytest.approx(0.25 * np.pi, abs=0.06)
    # All vertices together lie a quarter of the way round from any of them, in the mean.
    assert table.between(np.full(600, 17), np.arange(600)).mean() == pytest.approx(0.25 * np.pi, abs=0.01)


@pytest.mark.parametrize('masked', [False, True])
def test_every_person_is_measured(tool, folder, masked, monkeypatch):
    monkeypatch.setattr(tool, '_AT_ONCE', 2)
    found = []
    monkeypatch.setattr(GPSMetric, 'evaluate', lambda self, size: found.append((size, len(self.results))))
    metric = GPSMetric(surface=str(folder))
    assert min(tool.time_metric(metric, 5, 3, masked)) > 0
    assert found == [(5, 5)]
    assert all((result.overlap is not None) == masked for _, result in metric.results)
    assert all(result.points.points.sum() == 3 for _, result in metric.results)


def test_private_memory(tool):
    gc.collect()  # what other tests left behind must not go away meanwhile
    with tool.PrivateMemory() as memory:
        memory.look()
        before = memory.most
        held = np.ones(10**7)
        memory.look()
    assert memory.most - before > 0.9 * held.nbytes
