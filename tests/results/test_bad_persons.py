"""tools/eval_results.py on joints and surfaces with every kind of defect."""

import json
import math

import numpy as np
import pytest

from mmspd.evaluation import KeypointMetric
from tests.results.command_line import done, eval_results
from tests.results.made_predictions import evaluate_directly, open_tree, predict


def pose_with(tree, changes):
    """The metrics where the joints of some samples are others, directly."""
    dataset = open_tree(tree)
    metric = KeypointMetric(per_joint=False)
    for number in range(4):
        sample = predict(dataset, number).to_dict()
        if number in changes:
            sample['pred_instances']['keypoints'] = changes[number](sample['pred_instances']['keypoints'].copy())
        metric.process({}, [sample])
    return metric.evaluate(4)


def at_the_corner(joints):
    return np.zeros_like(joints)


def fourth_at_the_corner(joints):
    joints[0, 3] = 0
    return joints


def fields(row, change):
    name, *numbers = row.split(',')
    return ','.join([name, *change(numbers)])


# Row -> rows; kinds of defects; what counts.
POSE = {
    'missing': (lambda row: [], {'missing'}, at_the_corner),
    'empty': (lambda row: [row.split(',')[0] + ',' * 32], {'with joints that are not there'}, at_the_corner),
    'twice': (lambda row: [row, fields(row, lambda numbers: ['1'] * 32)], {'repeated'}, None),
    'extra': (lambda row: [row, row.replace(row.split(',')[0], 'stranger.jpg')], {'extra'}, None),
    'short': (lambda row: [fields(row, lambda numbers: numbers[:-1])], {'malformed', 'missing'}, at_the_corner),
    'words': (
        lambda row: [fields(row, lambda numbers: ['1_0', *numbers[1:]])], {'malformed', 'missing'}, at_the_corner,
    ),
    'NaN': (
        lambda row: [fields(row, lambda numbers: [*numbers[:6], 'nan', *numbers[7:]])],
        {'with joints that are not there'}, fourth_at_the_corner,
    ),
    'infinite': (
        lambda row: [fields(row, lambda numbers: [*numbers[:7], '-inf', *numbers[8:]])],
        {'with joints that are not there'}, fourth_at_the_corner,
    ),
    'far': (
        lambda row: [fields(row, lambda numbers: [*numbers[:6], '1e300', *numbers[7:]])],
        {'with joints that are not there'}, fourth_at_the_corner,
    ),
}  # fmt: skip


@pytest.mark.parametrize('name', POSE)
def test_pose(tree, saved, tmp_path, monkeypatch, capsys, name):
    spoil, kinds, counted = POSE[name]
    rows = (saved / 'pose.csv').read_text().splitlines()
    (saved / 'pose.csv').write_text('\n'.join([rows[0], *spoil(rows[1]), *rows[2:]]))
    words = ('--data', f'lip:{tree}', '--pose', saved / 'pose.csv')
    metrics, record, out = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    assert metrics == pose_with(tree, {} if counted is None else {1: counted})
    assert all(math.isfinite(value) for key, value in metrics.items())
    assert record.about['counted']['pose'].keys() == kinds
    for kind in kinds:
        assert f'pose: 1 {kind}, counted as:' in out
    assert eval_results(monkeypatch, tmp_path / 'strict', *words, '--strict') == 1


def test_surfaces(tree, saved, ids, tmp_path, monkeypatch, capsys):
    entries = json.loads((saved / 'densepose.json').read_text())
    whole = entries[0]['uv_data']
    spoilt = [
        entries[0] | {'score': 0.9},
        entries[0] | {'score': 0.1, 'bbox': [50, 50, 30, 40], 'uv_shape': entries[3]['uv_shape']},  # not of that size
        entries[1] | {'score': 0.2},
        entries[1] | {'score': 0.8, 'bbox': entries[1]['bbox']},
        entries[2] | {'uv_data': whole[: len(whole) // 2]},
        entries[3] | {'image_id': 'stranger'},
        entries[3] | {'score': float('nan')},
        entries[3] | {'image_id': None},
    ]
    (saved / 'densepose.json').write_text(json.dumps(spoilt))
    words = ('--data', f'lip:{tree}', '--densepose', saved / 'densepose.json')
    metrics, record, _ = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    counted = record.about['counted']['densepose']
    numbers = {kind: each['items'] for kind, each in counted.items()}
    assert numbers == {'missing': 2, 'malformed': 4, 'repeated': 1, 'extra': 1}
    gps = record.section('gps')['gps']
    assert (gps[:2] > 0).all()
    assert gps[2:].tolist() == [0, 0]
    assert metrics['gps/GPS'] == pytest.approx(gps.mean())
    assert eval_results(monkeypatch, tmp_path / 'strict', *words, '--strict') == 1


def test_the_surest_of_several_counts(tree, saved, tmp_path, monkeypatch, capsys):
    """The same entry with an empty map takes over only where its score is higher."""
    entries = json.loads((saved / 'densepose.json').read_text())
    expected = evaluate_directly(open_tree(tree))['gps/GPS']
    stray = entries[0] | {'bbox': [500, 500, *entries[0]['bbox'][2:]]}  # beside the picture: GPS 0
    words = ('--data', f'lip:{tree}', '--densepose', saved / 'densepose.json')
    for score, place, same in ((-1, 0, True), (2, 0, False), (-1, 4, True), (2, 4, False)):
        (saved / 'densepose.json').write_text(
            json.dumps([*entries[:place], stray | {'score': score}, *entries[place:]])
        )
        metrics, record, _ = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
        assert record.about['counted']['densepose'].keys() == {'repeated'}
        assert (metrics['gps/GPS'] == expected) == same
        assert metrics['gps/GPS'] <= expected


def test_keypoints(tree, saved, tmp_path, monkeypatch, capsys):
    entries = json.loads((saved / 'keypoints.json').read_text())
    zeros = entries[0] | {'keypoints': [0] * 48}
    spoilt = [
        zeros | {'score': -1}, entries[0], zeros | {'score': -2}, entries[1] | {'keypoints': [1] * 51}, entries[2],
        entries[3], entries[3] | {'image_id': 5},
    ]  # fmt: skip
    (saved / 'keypoints.json').write_text(json.dumps(spoilt))
    words = ('--data', f'lip:{tree}', '--keypoints', saved / 'keypoints.json')
    metrics, record, _ = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    numbers = {kind: each['items'] for kind, each in record.about['counted']['keypoints'].items()}
    assert numbers == {'missing': 1, 'malformed': 1, 'repeated': 2, 'extra': 1}
    assert metrics == pose_with(tree, {1: at_the_corner})


def test_pixels_counted_from_0(tree, saved, tmp_path, monkeypatch, capsys):
    words = ('--data', f'lip:{tree}', '--pose', saved / 'pose.csv', '--pose-base', '0', '--strict')
    metrics, _, _ = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    assert metrics == pytest.approx(pose_with(tree, dict.fromkeys(range(4), lambda joints: joints.astype(float) + 1)))
    assert metrics['pose/mED'] != pytest.approx(pose_with(tree, {})['pose/mED'])
