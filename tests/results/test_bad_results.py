"""tools/eval_results.py on result files with every kind of defect."""

import json
import math
import re
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmspd.datasets import ATRDataset
from mmspd.datasets.files.image_files import read_parsing_label
from mmspd.evaluation import KeypointMetric, ParsingMetric
from mmspd.evaluation.record import read_record
from mmspd.results import SaveResults
from mmspd.testing import write_small_atr
from tests.results.made_predictions import SIZE, evaluate_directly, metrics_of, open_tree, predict, write_tree

ROOT = Path(__file__).resolve().parents[2]


def eval_results(monkeypatch, out, *words):
    monkeypatch.setattr(sys, 'argv', ['eval_results.py', '--out', str(out), *map(str, words)])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(ROOT / 'tools' / 'eval_results.py'), run_name='__main__')
    return stopped.value.code


def done(code, capsys, folder):
    """Metrics, record and what was printed of an evaluation that went well."""
    printed = capsys.readouterr()
    assert code == 0, printed.err
    record = read_record(folder)
    return record.metrics, record, printed.out


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp('bad') / 'LIP')


@pytest.fixture(scope='module')
def _saved(tree):
    dataset, folder = open_tree(tree), tree.parent / 'saved'
    metric = SaveResults(str(folder))
    metric.process({}, [predict(dataset, number).to_dict() for number in range(4)])
    metric.evaluate(4)
    return folder


@pytest.fixture
def saved(_saved, tmp_path):
    """Result files of four persons, to be spoilt."""
    return Path(shutil.copytree(_saved, tmp_path / 'saved'))


@pytest.fixture
def ids(tree):
    dataset = open_tree(tree)
    return [dataset.get_data_info(number)['img_id'] for number in range(4)]


def parsing_with(tree, number, changed):
    """The metrics where the prediction of a sample is another, directly."""
    dataset = open_tree(tree)
    metric = metrics_of(dataset)[0]
    for each in range(4):
        sample = predict(dataset, each).to_dict()
        if each == number:
            sample['pred_sem_seg'] = {'data': changed(sample['pred_sem_seg']['data'].numpy())}
        metric.process({}, [sample])
    return metric.evaluate(4)


def background(label):
    return np.zeros_like(label)


def remove(path):
    path.unlink()


def link_outside(path):
    outside = path.parent.parent / 'outside.png'
    path.rename(outside)
    path.symlink_to(outside)


def save(array):
    return lambda path: Image.fromarray(array).save(path)


# What is done to a map -> kind, what the report says, and the map that counts.
PARSING = {
    'missing': (remove, 'missing', '', background),
    'truncated': (lambda path: path.write_bytes(path.read_bytes()[:100]), 'unreadable', 'cannot be read', background),
    'text': (lambda path: path.write_text('no picture'), 'unreadable', 'expected a PNG', background),
    'colours': (save(np.full((*SIZE, 3), (9, 0, 7), dtype=np.uint8)), 'unreadable', 'colour-coded', background),
    '16 bits': (save(np.zeros(SIZE, dtype=np.uint16)), 'unreadable', '8 bits', background),
    'a link that leads out': (link_outside, 'unreadable', 'through a link', background),
    'another size': (save(np.ones((32, 24), dtype=np.uint8)), 'of another size', '32 x 24', background),
    'class 37': (
        save(np.full(SIZE, 37, dtype=np.uint8)), 'with values that are no class', r'\[37\] at 3072 pixels', background,
    ),
    'ignored': (
        save(np.full(SIZE, 255, dtype=np.uint8)), 'with values that are no class', r'\[255\] at', background,
    ),
}  # fmt: skip


@pytest.mark.parametrize('name', PARSING)
def test_parsing(tree, saved, ids, tmp_path, monkeypatch, capsys, name):
    spoil, kind, message, counted = PARSING[name]
    spoil(saved / 'parsing' / f'{ids[1]}.png')
    words = ('--data', f'lip:{tree}', '--parsing', saved / 'parsing')
    metrics, record, out = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    assert metrics == parsing_with(tree, 1, counted)
    assert metrics['dataset/mIoU'] < evaluate_directly(open_tree(tree))['dataset/mIoU']
    told = record.about['counted']['parsing']
    assert told.keys() == {kind}
    assert told[kind]['items'] == 1
    assert re.search(message, told[kind]['first'][0])
    assert ids[1] in told[kind]['first'][0]
    assert f'parsing: 1 {kind}, counted as: {told[kind]["counted"]}' in out

    assert eval_results(monkeypatch, tmp_path / 'strict', *words, '--strict') == 1
    assert 'refused' in capsys.readouterr().err
    assert not (tmp_path / 'strict').exists()


def test_maps_that_are_stretched(tree, saved, ids, tmp_path, monkeypatch, capsys):
    path = saved / 'parsing' / f'{ids[1]}.png'
    with Image.open(path) as png:
        small = np.array(png)[::2, ::2].copy()
    Image.fromarray(small).save(path)
    words = ('--data', f'lip:{tree}', '--parsing', saved / 'parsing', '--resize')
    metrics, record, _ = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    assert record.about['counted']['parsing']['resized']['items'] == 1
    assert metrics == parsing_with(tree, 1, lambda _: small.repeat(2, axis=0).repeat(2, axis=1)[None])
    assert eval_results(monkeypatch, tmp_path / 'strict', *words, '--strict') == 1


def test_extra_maps_and_coloured_pictures(tree, saved, ids, tmp_path, monkeypatch, capsys):
    shutil.copy(saved / 'parsing' / f'{ids[0]}.png', saved / 'parsing' / 'stranger.png')
    shutil.copy(saved / 'parsing' / f'{ids[0]}.png', saved / 'parsing' / f'{ids[0]}_vis.png')
    words = ('--data', f'lip:{tree}', '--parsing', saved / 'parsing')
    metrics, record, _ = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    assert record.about['counted']['parsing']['extra'] == {
        'counted': 'nothing, they are not scored', 'items': 1, 'first': ['stranger.png'],
    }  # fmt: skip
    assert metrics == parsing_with(tree, None, background)
    (saved / 'parsing' / 'stranger.png').unlink()
    shutil.copy(saved / 'parsing' / f'{ids[1]}.png', saved / 'parsing' / f'{ids[0]}.PNG')
    metrics, record, _ = done(eval_results(monkeypatch, tmp_path / 't', *words), capsys, tmp_path / 't')
    assert record.about['counted']['parsing']['extra']['first'] == [f'{ids[0]}.PNG']
    assert metrics == parsing_with(tree, None, background)
    (saved / 'parsing' / f'{ids[0]}.PNG').unlink()
    assert eval_results(monkeypatch, tmp_path / 's', *words, '--strict') == 0  # JPPNet's picture beside a map is none


def test_palette_of_schp(tree, saved, ids, tmp_path, monkeypatch):
    for img_id in ids:
        path = saved / 'parsing' / f'{img_id}.png'
        with Image.open(path) as png:
            indexed = Image.fromarray(np.array(png))
        indexed.putpalette([(7 * value) % 256 for value in range(768)])
        indexed.save(path)
    words = ('--data', f'lip:{tree}', '--parsing', saved / 'parsing', '--strict')
    assert eval_results(monkeypatch, tmp_path / 'r', *words) == 0
    assert read_record(tmp_path / 'r').metrics == parsing_with(tree, None, background)


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
    'twice': (lambda row: [row, fields(row, lambda numbers: ['1'] * 32)], {'again'}, None),
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
    assert numbers == {'missing': 2, 'malformed': 4, 'again': 1, 'extra': 1}
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
        assert record.about['counted']['densepose'].keys() == {'again'}
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
    assert numbers == {'missing': 1, 'malformed': 1, 'again': 2, 'extra': 1}
    assert metrics == pose_with(tree, {1: at_the_corner})


def test_pseudo_labels_are_no_truth(tree, saved, tmp_path, monkeypatch, capsys):
    copy = Path(shutil.copytree(tree, tmp_path / 'LIP'))
    content = json.loads((copy / 'densepose_val.json').read_text())
    content['info']['predicted'] = True
    (copy / 'densepose_val.json').write_text(json.dumps(content))
    words = ('--data', f'lip:{copy}', '--densepose', saved / 'densepose.json')
    assert eval_results(monkeypatch, tmp_path / 'r', *words) == 2
    assert 'no truth' in capsys.readouterr().err.replace('\n', ' ')


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (('--pose', '{saved}/pose.csv'), 'one of --config, --data and --truth'),
        (('--data', 'lip:{tree}', '--truth', 'x.json', '--pose', '{saved}/pose.csv'), 'one of --config'),
        (('--data', 'lip:{tree}'), 'at least one of'),
        (('--data', 'lip:{tree}', '--pose', '{saved}/pose.csv', '--keypoints', 'x'), 'one after the other'),
        (('--truth', 'x.json', '--parsing', '{saved}/parsing'), 'need --config or --data'),
        (('--data', '{tree}', '--pose', '{saved}/pose.csv'), 'KIND:FOLDER'),
        (('--data', 'lip:nowhere', '--pose', '{saved}/pose.csv'), 'nowhere'),
        (('--data', 'lip:{tree}', '--split', 'none', '--pose', '{saved}/pose.csv'), 'train, val'),
        (('--data', 'lip:{tree}', '--pose', 'nowhere.csv'), 'nowhere.csv'),
        (('--data', 'lip:{tree}', '--parsing', 'nowhere'), 'folder of parsing maps'),
        (('--data', 'lip:{tree}', '--parsing', '{tree}'), 'no PNG here'),
        (('--data', 'lip:{tree}', '--pose', '{tree}/densepose_val.json'), 'densepose_val'),
        (('--data', 'lip:{tree}', '--densepose', '{saved}/pose.csv'), 'not a JSON file'),
        (('--data', 'lip:{tree}', '--parsing', '{saved}/parsing', '--label-map', 'coat'), 'KEY=VALUE'),
        (('--data', 'lip:{tree}', '--data-root', 'x', '--pose', '{saved}/pose.csv'), '--data-root goes with --config'),
        (('--truth', '{saved}/keypoints.json', '--keypoints', '{saved}/keypoints.json'), 'keypoints.json'),
    ],
)
def test_command_lines_that_are_wrong(tree, saved, tmp_path, monkeypatch, capsys, words, message):
    filled = [word.format(tree=tree, saved=saved) for word in words]
    assert eval_results(monkeypatch, tmp_path / 'r', *filled) == 2
    error = capsys.readouterr().err
    assert message in error
    assert 'Traceback' not in error
    assert not (tmp_path / 'r').exists()


def test_files_of_another_data_set(tree, saved, tmp_path, monkeypatch, capsys):
    """Nothing is scored where nothing fits: such numbers would mean nothing."""
    for path in list((saved / 'parsing').iterdir()):
        path.rename(path.with_name(f'other_{path.name}'))
    text = (saved / 'pose.csv').read_text()
    (saved / 'pose.csv').write_text(''.join(f'other_{line}\n' for line in text.splitlines()))
    entries = json.loads((saved / 'densepose.json').read_text())
    (saved / 'densepose.json').write_text(json.dumps([entry | {'image_id': 5} for entry in entries]))
    for name, path in (('parsing', 'parsing'), ('pose', 'pose.csv'), ('densepose', 'densepose.json')):
        words = ('--data', f'lip:{tree}', f'--{name}', saved / path)
        assert eval_results(monkeypatch, tmp_path / 'r', *words) == 2
        assert 'whose first is 2_100002: is it of another split?' in capsys.readouterr().err


def test_lips_classes_on_atr(tmp_path, monkeypatch, capsys):
    """The label map of the config, and choices of the command line in its place."""
    write_small_atr(tmp_path / 'ATR', {'train': 1, 'test': 2}, SIZE)
    dataset = ATRDataset(str(tmp_path / 'ATR'), 'test')
    metrics = [
        ParsingMetric(per_class=False, label_map=dict(type='LIPToATR', **choice)) for choice in ({}, {'belt': 'count'})
    ]
    (tmp_path / 'maps').mkdir()
    for number in range(2):
        entry = dataset.get_data_info(number)
        label = read_parsing_label(entry['seg_map_path'], num_classes=18)
        prediction = np.random.default_rng(number).integers(0, 20, SIZE, dtype=np.uint8)
        Image.fromarray(prediction).save(tmp_path / 'maps' / f'{entry["img_id"]}.png')
        sample = {'img_id': entry['img_id'], 'pred_sem_seg': {'data': prediction}, 'gt_sem_seg': {'data': label}}
        for metric in metrics:
            metric.dataset_meta = dataset.metainfo
            metric.process({}, [sample])
    ours, counted = (metric.evaluate(2) for metric in metrics)
    words = ('--parsing', tmp_path / 'maps', '--strict')
    config = ('--config', ROOT / 'configs/spd/spd_r101_lip_test_atr.py', '--data-root', tmp_path / 'ATR')
    found, record, _ = done(eval_results(monkeypatch, tmp_path / 'a', *config, *words), capsys, tmp_path / 'a')
    assert found == ours
    assert [each['belt'] for each in record.about['label_maps']] == ['ignore']
    folder = ('--data', f'atr:{tmp_path / "ATR"}', '--label-map', 'belt=count')
    assert done(eval_results(monkeypatch, tmp_path / 'b', *folder, *words), capsys, tmp_path / 'b')[0] == counted
    assert eval_results(monkeypatch, tmp_path / 'c', '--data', f'atr:{tmp_path / "ATR"}', *words) == 1  # 18, 19
