import pytest

from mmspd.apis import SPDInferencer
from tests.apis.made import BrightNetwork, with_network, write_model


@pytest.fixture(scope='session')
def tiny_files(tmp_path_factory):
    """Config and checkpoint of a tiny SPD with all branches."""
    return write_model(tmp_path_factory.mktemp('tiny'))


@pytest.fixture
def make_inferencer(tiny_files):
    """A function that makes an inferencer of the tiny model on the CPU."""
    return lambda **options: SPDInferencer(*tiny_files, 'cpu', **(dict(fast=False) | options))


@pytest.fixture
def bright_inferencer(make_inferencer):
    """A function that makes an inferencer whose network is the bright one."""
    return lambda **options: with_network(make_inferencer(**options), BrightNetwork())
