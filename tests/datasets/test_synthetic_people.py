"""Rendered people as a data set: made on first use, then read as LIP. The renderer is a stand-in."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmspd.datasets import LIPMultiTaskDataset, SyntheticPeopleDataset
from mmspd.datasets.synthetic_people import make_once
from mmspd.registry import DATASETS
from mmspd.synthetic.files.people_tree import plan_tree, write_tree
from mmspd.synthetic.settings import PeopleSettings
from tests.synthetic.flat_person import render
from tests.synthetic.flat_trees import contents

ROOT = Path(__file__).resolve().parents[2]
FLAT = 'tests.synthetic.flat_person:render'
OPTIONS = dict(num=6, num_val=2, seed=3, size=(64, 48), workers=0, renderer=FLAT)


@pytest.fixture
def logged(monkeypatch):
    messages = []
    monkeypatch.setattr('mmspd.datasets.synthetic_people.print_log', lambda message, **k: messages.append(message))
    return messages


def test_both_splits_are_made_once_and_read(tmp_path, logged):
    root = tmp_path / 'data' / 'people'
    pipeline = [dict(type='LoadPersonImage'), dict(type='LoadParsingLabel'), dict(type='LoadSurfacePoints')]
    train = SyntheticPeopleDataset(
        str(root), surface_file='densepose_train.json', pipeline=pipeline, test_mode=True, **OPTIONS
    )
    made = contents(root)
    val = SyntheticPeopleDataset(
        str(root), split='val', surface_file='densepose_val.json', pipeline=pipeline, test_mode=True, **OPTIONS
    )
    assert (len(train), len(val)) == (4, 2)
    assert contents(root) == made
    for position, index in ((3, 3), (1, 5)):
        sample = (train if index < 4 else val)[position]
        person = render(3, index, PeopleSettings(size=(64, 48)))
        np.testing.assert_array_equal(sample['gt_seg_map'], person.label)
        assert sample['dp_surface'] == 'mmspd_body'
    assert len(logged) == 1
    for part in ('making 4 + 2 rendered people of 48 x 64 pixels', str(root), 'about 11 s with 1 process'):
        assert part in logged[0]


def test_nothing_is_made_before_it_is_read(tmp_path):
    dataset = SyntheticPeopleDataset(str(tmp_path / 'people'), lazy_init=True, **OPTIONS)
    assert not (tmp_path / 'people').exists()
    dataset.full_init()
    assert len(dataset) == 4


def test_settings_arrive(tmp_path):
    options = OPTIONS | {'settings': {'surface_points': 5, 'p_hat': 1}, 'size': [64, 48]}
    dataset = SyntheticPeopleDataset(str(tmp_path / 'people'), surface_file='densepose_train.json', **options)
    assert len(dataset.get_data_info(0)['surface']['dp_I']) == 5
    content = json.loads((tmp_path / 'people/people.json').read_text())
    assert (content['settings']['p_hat'], content['seed'], content['num']) == (1, 3, 6)


def test_what_is_left_out_is_as_in_a_tree_written_by_hand(tmp_path):
    dataset = SyntheticPeopleDataset(str(tmp_path), 30, settings={'p_hat': 1}, lazy_init=True)
    assert dataset.plan == plan_tree(30, 0, PeopleSettings(p_hat=1))


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'num': 0}, 'num: expected'),
        ({'num_val': 7}, 'num_val: expected'),
        ({'size': (8, 8)}, 'size: expected'),
        ({'settings': {'p_hats': 1}}, "no setting 'p_hats'"),
        ({'settings': {'size': (64, 48)}}, 'size: give it once, beside the settings or among them'),
        ({'num_val': 0, 'split': 'val'}, "split 'val' has no persons: num is 6, num_val is 0; change num_val"),
        ({'num_val': 6}, "split 'train' has no persons: num is 6, num_val is 6"),
        ({'workers': -1}, 'workers: expected'),
    ],
)
def test_wrong_arguments_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        SyntheticPeopleDataset(str(tmp_path / 'people'), **OPTIONS | changes)
    assert not (tmp_path / 'people').exists()


def test_another_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / 'train_id.txt').write_text('36_453991\n')  # LIP itself, perhaps
    with pytest.raises(FileExistsError, match=r'holds train_id\.txt and no people'):
        SyntheticPeopleDataset(str(tmp_path), **OPTIONS)
    assert contents(tmp_path) == {'train_id.txt': b'36_453991\n'}


def test_other_people_are_refused(tmp_path):
    SyntheticPeopleDataset(str(tmp_path / 'people'), **OPTIONS)
    with pytest.raises(FileExistsError, match=r'made with other settings \(seed is 3, not 4\)'):
        SyntheticPeopleDataset(str(tmp_path / 'people'), **OPTIONS | {'seed': 4})


def test_an_interrupted_making_goes_on(tmp_path, logged):
    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    plan = plan_tree(6, 3, PeopleSettings(size=(64, 48)), 2)
    with pytest.raises(KeyboardInterrupt):
        write_tree(tmp_path / 'people', plan, 0, stop, renderer=FLAT)
    assert len(SyntheticPeopleDataset(str(tmp_path / 'people'), **OPTIONS)) == 4
    assert '(2 are there already)' in logged[0]


def test_several_processes_start_at_once(tmp_path):
    """Each reads the whole set, and one of them has made it."""
    program = (
        'import sys\n'
        'from mmspd.datasets.synthetic_people import SyntheticPeopleDataset\n'
        f'options = {OPTIONS | {"renderer": "tests.synthetic.flat_person:slow", "num": 8}!r}\n'
        'assert len(SyntheticPeopleDataset(sys.argv[1], **options)) == 6\n'
    )
    processes = [
        subprocess.Popen(
            [sys.executable, '-c', program, str(tmp_path / 'people')], cwd=ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    texts = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], texts
    assert sum('making 6 + 2 rendered people' in text for text in texts) == 1
    assert not (tmp_path / 'people/.unfinished').exists()


def test_a_second_process_says_that_it_waits(tmp_path, monkeypatch, logged):
    calls = []

    def busy(root, plan, workers, announce, wait=False, renderer=None):
        calls.append(wait)
        if not wait:
            raise BlockingIOError(11, 'another process is making this folder', str(root))

    monkeypatch.setattr('mmspd.datasets.synthetic_people.write_tree', busy)
    make_once(str(tmp_path / 'people'), plan_tree(3, 0), 1)
    assert calls == [False, True]
    assert ['waiting for it' in message for message in logged] == [True]


def config():
    init_default_scope('mmspd')
    return Config.fromfile(ROOT / 'configs' / '_base_' / 'datasets' / 'synthetic_people.py')


def steps(pipeline):
    """Every step of a pipeline, those of test-time augmentation included."""
    for step in pipeline:
        yield step
        for alternatives in step.get('transforms', []):
            yield from alternatives


def test_config_changes_the_size_and_nothing_else_of_the_pipelines():
    ours, lip = config(), Config.fromfile(ROOT / 'configs' / '_base_' / 'datasets' / 'lip.py')
    for name in ('train_pipeline', 'test_pipeline', 'tta_pipeline'):
        resized = 0
        for step, original in zip(steps(ours[name]), steps(lip[name]), strict=True):
            if step.type == 'PersonAffine':
                assert tuple(step.size) == (192, 256)
                step.size, resized = original.size, resized + 1
        assert ours[name] == lip[name]
        assert resized == (6 if name == 'tta_pipeline' else 1)
    assert ours.val_evaluator == lip.val_evaluator


@pytest.mark.parametrize('split', ['train', 'val'])
def test_config_builds_the_whole_set(tmp_path, split):
    settings = config()[f'{split}_dataloader'].dataset
    assert (settings.num, settings.num_val, settings.data_root) == (2500, 500, 'data/people')
    assert tuple(settings.size) == (256, 192)
    changes = dict(data_root=str(tmp_path / 'people'), num=3, num_val=1, workers=0, renderer=FLAT)
    dataset = DATASETS.build(settings | changes)
    assert isinstance(dataset, LIPMultiTaskDataset)
    sample = dataset[0]
    assert tuple(sample['inputs'].shape) == (3, 256, 192)
    assert (sample['data_samples'].gt_surface_points.labels > 0).any()
