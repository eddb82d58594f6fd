import shutil
from pathlib import Path

import pytest

from mmspd.testing import write_small_tree


@pytest.fixture(scope='session')
def _people(tmp_path_factory):
    root = tmp_path_factory.mktemp('check') / 'LIP'
    write_small_tree(root, num_train=8, num_val=3, size=(150, 110), seed=3)
    return root


@pytest.fixture
def people(_people, tmp_path):
    """A LIP tree of rendered people, 8 train and 3 val persons, that the test may damage."""
    return Path(shutil.copytree(_people, tmp_path / 'LIP'))
