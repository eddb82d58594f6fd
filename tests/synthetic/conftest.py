"""Fixtures of the tests of rendered people."""

import pytest

from tests.synthetic.flat_trees import make, stop_after
from tests.synthetic.mean_body import Model


@pytest.fixture(scope='session')
def person():
    """The mean body."""
    return Model()


@pytest.fixture(scope='session')
def tree(tmp_path_factory):
    """A finished tree of flat people, to be left as it is."""
    root = tmp_path_factory.mktemp('flat') / 'people'
    make(root)
    return root


@pytest.fixture
def half(tmp_path):
    """A tree whose making was stopped after three people."""
    root = tmp_path / 'half'
    with pytest.raises(KeyboardInterrupt):
        make(root, progress=stop_after(3))
    return root
