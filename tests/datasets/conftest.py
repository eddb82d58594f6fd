import shutil
from pathlib import Path

import pytest

from mmspd.testing.lip_tree import write_lip_tree


@pytest.fixture(scope='session')
def _tree_template(tmp_path_factory):
    root = tmp_path_factory.mktemp('lip') / 'LIP'
    write_lip_tree(root, num_train=5, num_val=2, seed=0)
    return root


@pytest.fixture
def lip_tree(_tree_template, tmp_path):
    """A drawn LIP tree, 5 train and 2 val persons, that the test may damage."""
    return Path(shutil.copytree(_tree_template, tmp_path / 'LIP'))
