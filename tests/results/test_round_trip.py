"""Predictions -> ``SaveResults`` -> tools/eval_results.py: the metrics of evaluating them directly."""

import json
import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import multiprocessing

from mmspd.evaluation import GPSMetric
from mmspd.evaluation.functional.surface_reading import confidence
from mmspd.evaluation.record import read_record
from mmspd.results import SaveResults
from tests.results.command_line import ROOT, eval_results
from tests.results.made_predictions import evaluate_directly, open_tree, predict


def same(found, expected):
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == value or (math.isnan(found[key]) and math.isnan(value)), key


def test_formats(tree, predicted):
    dataset = open_tree(tree)
    ids = [dataset.get_data_info(number)['img_id'] for number in range(4)]
    assert sorted(path.name for path in predicted.iterdir()) == [
        'densepose.json',
        'keypoints.json',
        'parsing',
        'pose.csv',
    ]
    assert sorted(path.name for path in (predicted / 'parsing').iterdir()) == [f'{name}.png' for name in sorted(ids)]
    sample = predict(dataset, 1)
    with Image.open(predicted / 'parsing' / f'{ids[1]}.png') as png:
        assert png.mode == 'L'
        assert (np.array(png) == sample.pred_sem_seg.data.numpy()[0]).all()
    rows = [line.split(',') for line in (predicted / 'pose.csv').read_text().splitlines()]
    assert [row[0] for row in rows] == [f'{name}.jpg' for name in ids]
    joints = sample.pred_instances.keypoints[0]
    assert np.float32(rows[1][1:]) == pytest.approx(joints.ravel() + 1, abs=1e-4)
    people = json.loads((predicted / 'keypoints.json').read_text())
    assert [str(person['image_id']) for person in people] == ids
    assert np.reshape(people[1]['keypoints'], (16, 3))[:, :2] == pytest.approx(joints.astype(float), abs=0)
    assert people[1]['score'] == pytest.approx(sample.pred_instances.keypoint_scores.mean())
    surfaces = json.loads((predicted / 'densepose.json').read_text())
    assert surfaces[1].keys() == {'image_id', 'category_id', 'bbox', 'score', 'uv_shape', 'uv_data'}
    assert surfaces[1]['score'] == confidence(sample.pred_surface.part_logits[0])
    x1, y1, x2, y2 = sample.pred_surface.bboxes[0].tolist()
    assert surfaces[1]['bbox'] == pytest.approx([x1, y1, x2 - x1, y2 - y1])
    assert surfaces[1]['uv_shape'] == [3, int(y2 - y1), int(x2 - x1)]


@pytest.mark.parametrize('joints', ['pose', 'keypoints'])
def test_the_very_metrics_of_direct_evaluation(tree, predicted, tmp_path, monkeypatch, joints):
    expected = evaluate_directly(open_tree(tree))
    assert 0 < expected['dataset/mIoU'] < 1
    assert expected['pose/mED'] > 1
    assert 0 < expected['gps/GPS'] < 1
    assert 0 < expected['gpsm/GPSm'] < 1
    files = {'pose': 'pose.csv', 'keypoints': 'keypoints.json'}
    code = eval_results(
        monkeypatch, tmp_path / 'record', '--data', f'lip:{tree}', '--strict', '--name', 'ours',
        '--parsing', predicted / 'parsing', f'--{joints}', predicted / files[joints],
        '--densepose', predicted / 'densepose.json',
    )  # fmt: skip
    assert code == 0
    record = read_record(tmp_path / 'record')
    same(record.metrics, expected)
    assert record.about['model'] == 'ours'
    assert (record.about['samples'], record.about['dataset']) == (4, 'LIP')
    assert record.about['results'] == str(predicted)
    assert record.about['counted'] == {'parsing': {}, joints: {}, 'densepose': {}}
    dataset = open_tree(tree)
    ids = [dataset.get_data_info(number)['img_id'] for number in range(4)]
    for section in ('parsing', 'pose', 'gps'):
        assert record.section(section)['ids'].tolist() == ids


def test_through_a_config(tree, predicted, tmp_path, monkeypatch):
    code = eval_results(
        monkeypatch, tmp_path, '--config', ROOT / 'configs/spd/spd_r101_lip.py', '--data-root', tree, '--strict',
        '--pose', predicted / 'pose.csv',
    )  # fmt: skip
    assert code == 0
    expected = evaluate_directly(open_tree(tree))
    record = read_record(tmp_path)
    assert record.about['data']['data_root'] == str(tree)
    assert record.about['config'] == 'spd_r101_lip'
    same(record.metrics, {key: value for key, value in expected.items() if key.startswith('pose/')})


def write_part(rank, tree, out):
    """One of two processes; of three samples the second process's last is what samplers add."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group('gloo', init_method=f'file://{out}.meeting', rank=rank, world_size=2)
    metric, dataset = SaveResults(str(out)), open_tree(tree)
    for number in ([0, 2], [1, 0])[rank]:
        metric.process({}, [predict(dataset, number).to_dict()])
    assert metric.evaluate(size=3) == {}
    torch.distributed.destroy_process_group()


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def test_two_processes_are_one_exactly(tree, tmp_path):
    # Forked, as data loaders' workers are: they have all modules at once.
    multiprocessing.start_processes(write_part, (tree, tmp_path / 'two'), nprocs=2, start_method='fork')
    dataset, alone = open_tree(tree), SaveResults(str(tmp_path / 'one'))
    for number in range(3):
        alone.process({}, [predict(dataset, number).to_dict()])
    alone.evaluate(3)
    assert len(contents(tmp_path / 'one')) == 6
    assert contents(tmp_path / 'two') == contents(tmp_path / 'one')


def test_maps_are_read_as_pixels_only(tree):
    sample = predict(open_tree(tree), 0).to_dict()
    sample['pred_surface'] = {
        'map_boxes': np.array([[0.0, 0.0, 48.0, 64.0]]), 'maps': [np.zeros((3, 64, 48), np.uint8)], 'scores': [0.5],
    }  # fmt: skip
    metric = GPSMetric(reading='pixels')
    assert metric.measure(sample).points.gps == 0
    with pytest.raises(ValueError, match="they need reading='pixels', and scores"):
        GPSMetric().measure(sample)
    del sample['pred_surface']['scores']
    with pytest.raises(ValueError, match="they need reading='pixels', and scores"):
        metric.measure(sample)
