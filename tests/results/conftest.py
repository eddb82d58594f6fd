"""A small LIP tree, and result files of it."""

import shutil
from pathlib import Path

import pytest

from mmspd.registry import METRICS
from mmspd.results import SaveResults
from tests.results.made_predictions import open_tree, predict, write_tree


@pytest.fixture(scope='session')
def tree(tmp_path_factory):
    """The data set, not to be changed."""
    return write_tree(tmp_path_factory.mktemp('results') / 'LIP')


@pytest.fixture(scope='session')
def predicted(tree):
    """Result files of its four persons, not to be changed."""
    dataset, folder = open_tree(tree), tree.parent / 'predicted'
    metric = METRICS.build(dict(type='SaveResults', out_dir=str(folder)))
    assert isinstance(metric, SaveResults)
    for number in range(len(dataset)):
        metric.process({}, [predict(dataset, number).to_dict()])
    assert metric.evaluate(len(dataset)) == {}
    return folder


@pytest.fixture
def saved(predicted, tmp_path):
    """The same, to be spoilt."""
    return Path(shutil.copytree(predicted, tmp_path / 'saved'))


@pytest.fixture
def ids(tree):
    """The persons' ids."""
    dataset = open_tree(tree)
    return [dataset.get_data_info(number)['img_id'] for number in range(4)]
