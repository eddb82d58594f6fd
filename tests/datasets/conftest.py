import shutil
from pathlib import Path

import pytest

from mmspd.testing import write_small_tree


@pytest.fixture(scope='session')
def _tree_template(tmp_path_factory):
    root = tmp_path_factory.mktemp('lip') / 'LIP'
    write_small_tree(root, num_train=5, num_val=2, size=(150, 110))
    return root


@pytest.fixture
def lip_tree(_tree_template, tmp_path):
    """A LIP tree of rendered people, 5 train and 2 val persons, that the test may damage."""
    return Path(shutil.copytree(_tree_template, tmp_path / 'LIP'))
