"""Fixtures shared by all tests."""

import gc
import os
from pathlib import Path

import pytest

os.environ.setdefault('MPLBACKEND', 'Agg')


@pytest.fixture(scope='session', autouse=True)
def _quick_collections():
    """mmengine collects garbage for each data set that it opens: a second, where all modules are looked through."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope='session')
def root() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope='session')
def real_data(root: Path) -> Path:
    """Directory of real samples beside the checkout; tests that ask for it are skipped where there is none."""
    directory = root.parent / 'shared' / 'data'
    if not directory.is_dir():
        pytest.skip(f'no real samples in {directory}')
    return directory
