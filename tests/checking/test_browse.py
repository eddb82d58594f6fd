import json
import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmspd.anatomy import JOINT_MIRROR, JOINTS, PARSING_CLASSES, PARSING_PALETTE
from mmspd.checking.pictures import annotated_entry, annotated_input, picture_of, plain
from mmspd.checking.sources import datasets_of_config
from mmspd.checking.statistics import Statistics, count_dataset
from mmspd.datasets import LIPMultiTaskDataset
from tests.synthetic.flat_person import render
from tests.synthetic.flat_trees import SETTINGS, make

TOOL = str(Path(__file__).resolve().parents[2] / 'tools' / 'datasets' / 'browse.py')


def run_tool(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', [TOOL, *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(TOOL, run_name='__main__')
    return end.value.code


@pytest.fixture(scope='module')
def flat(tmp_path_factory):
    """Five and two flat people, whose every pixel the tests know."""
    root = tmp_path_factory.mktemp('flat') / 'people'
    make(root)
    return root


@pytest.mark.parametrize('workers', [0, 2])
def test_counts_against_the_people(flat, workers):
    dataset = LIPMultiTaskDataset(str(flat), 'train', surface_file='densepose_train.json')
    entries = [dataset.get_data_info(index) for index in range(len(dataset))]
    counted = count_dataset(entries, PARSING_CLASSES, workers)
    people = [render(5, index, SETTINGS) for index in range(5)]
    assert (counted.samples, counted.labelled, counted.posed, counted.surfaced) == (5, 5, 5, 5)
    assert counted.shown[[0, 6, 7, 8]].tolist() == [5, 5, 5, 0]
    np.testing.assert_allclose(counted.shares[7], sum(np.mean(person.label == 7) for person in people))
    assert counted.annotated[3] == 0
    assert counted.annotated[7] == counted.occluded[7] == 5
    assert counted.occluded.sum() == 5
    # Twelve points each, shared by the torso's two parts.
    assert counted.points.tolist() == [0, 30, 30, *[0] * 22]


def test_tables_by_hand():
    counted = Statistics.none(('a', 'b'))
    counted.samples, counted.labelled, counted.posed = 5, 4, 2
    counted.shown, counted.shares = np.array([4, 1]), np.array([3.5, 0.5])
    counted.annotated, counted.occluded = np.arange(16) % 3, np.arange(16) % 2
    lines = (counted + Statistics.none(('a', 'b'))).tables().splitlines()
    assert lines[0] == '5 samples: 4 with labels, 2 with joints, 0 with surface points'
    assert '| b | 25.0 | 12.50 |' in lines
    assert f'| {JOINTS[5]} | 100.0 | 50.0 |' in lines
    assert f'| {JOINTS[0]} | 0.0 | 0.0 |' in lines
    assert not any('surface part' in line for line in lines)


def test_nothing_to_count():
    counted = count_dataset([], PARSING_CLASSES)
    assert counted.tables() == '0 samples: 0 with labels, 0 with joints, 0 with surface points'


@pytest.fixture
def cfg(people):
    init_default_scope('mmspd')
    cfg = Config.fromfile('configs/_base_/datasets/lip.py')
    for split in ('train', 'val'):
        cfg[f'{split}_dataloader'].dataset.data_root = str(people)
    cfg.test_dataloader = cfg.val_dataloader
    return cfg


def test_what_the_network_gets_keeps_the_persons_sides(cfg):
    dataset = datasets_of_config(cfg, with_pipeline=True)['train']
    packed = next(
        packed for index in range(200) if (packed := dataset[0, index, index % len(dataset)])['data_samples'].flip
    )
    sample, shown = packed['data_samples'], annotated_input(packed)
    assert shown.image.shape == (384, 384, 3)
    np.testing.assert_array_equal(shown.image[..., ::-1].transpose(2, 0, 1), packed['inputs'].numpy())
    np.testing.assert_array_equal(shown.label, sample.gt_sem_seg.data[0].numpy())
    hidden = np.asarray(sample.gt_instances.keypoints_occluded[0])
    np.testing.assert_array_equal(shown.occluded[JOINT_MIRROR], hidden)
    assert len(shown.points) == len(shown.parts) == len(shown.uv) > 50


def test_a_label_of_the_original_size_is_brought_to_the_input(cfg):
    packed = datasets_of_config(cfg, with_pipeline=True)['val'][0]
    original = packed['data_samples'].gt_sem_seg.data[0].numpy().astype(np.uint8)
    shown = annotated_input(packed)
    assert original.shape == (150, 110)
    stretched = cv2.resize(original, (384, 384), interpolation=cv2.INTER_NEAREST_EXACT)
    assert (shown.label == stretched).mean() > 0.97


def test_pictures_are_jpegs_and_broken_images_none(people):
    dataset = LIPMultiTaskDataset(str(people), 'val', surface_file='densepose_val.json')
    entry = dataset.get_data_info(0)
    shown = annotated_entry(entry)
    picture = cv2.imdecode(np.frombuffer(picture_of(shown, PARSING_PALETTE, 'a'), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[1] > 4 * 150  # image, label, joints, points
    Path(entry['seg_map_path']).write_bytes(b'broken')
    assert annotated_entry(entry).label is None
    Path(entry['img_path']).write_bytes(b'broken')
    assert annotated_entry(entry) is None
    assert plain('añ' + 'x' * 60) == 'a?' + 'x' * 38


def test_the_command_writes_sheets_and_statistics(people, tmp_path, monkeypatch, capsys):
    out = tmp_path / 'out'
    assert run_tool(monkeypatch, '--kind', 'lip', people, '--num', 5, '--stats', '--workers', 0, '--out', out) == 0
    statistics = [f'{name}_statistics.{suffix}' for name in ('all', 'train', 'val') for suffix in ('json', 'md', 'png')]
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [*statistics, 'train_00.jpg', 'train_01.jpg', 'val_00.jpg']
    )
    assert json.loads((out / 'all_statistics.json').read_text())['samples'] == 11
    assert 'train: 8 samples; wrote train_00.jpg, train_01.jpg' in capsys.readouterr().out
    assert cv2.imread(str(out / 'train_statistics.png')) is not None


def test_the_command_refuses(people, tmp_path, monkeypatch, capsys):
    assert run_tool(monkeypatch, '--kind', 'lip', people, '--split', 'test', '--out', tmp_path / 'o') == 2
    assert 'expected one of train, val' in capsys.readouterr().err
    assert run_tool(monkeypatch, people, '--out', tmp_path / 'o') == 2
    assert 'expected a config file' in capsys.readouterr().err
    (people / 'train_id.txt').write_text('gone\n')
    assert run_tool(monkeypatch, '--kind', 'lip', people, '--out', tmp_path / 'o') == 2
