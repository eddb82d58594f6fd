"""tools/eval_results.py on maps with every kind of defect."""

import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from mmspd.evaluation.record import read_record
from tests.results.command_line import done, eval_results, refused
from tests.results.made_predictions import SIZE, evaluate_directly, metrics_of, open_tree, predict


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


def make_folder(path):
    path.unlink()
    path.mkdir()


def make_pipe(path):
    path.unlink()
    os.mkfifo(path)  # whoever opens it for reading waits for ever


def link_to_nothing(path):
    path.unlink()
    path.symlink_to(path.with_name('nothing.txt'))


def save(array):
    return lambda path: Image.fromarray(array).save(path)


# What is done to a map -> kind, what the report says, and the map that counts.
PARSING = {
    'missing': (remove, 'missing', '', background),
    'truncated': (lambda path: path.write_bytes(path.read_bytes()[:100]), 'unreadable', 'cannot be read', background),
    'text': (lambda path: path.write_text('no picture'), 'unreadable', 'expected a PNG', background),
    'colours': (save(np.full((*SIZE, 3), (9, 0, 7), dtype=np.uint8)), 'unreadable', 'colour-coded', background),
    '16 bits': (save(np.zeros(SIZE, dtype=np.uint16)), 'unreadable', '8 bits', background),
    'a folder': (make_folder, 'unreadable', 'expected a file', background),
    'a pipe': (make_pipe, 'unreadable', 'expected a file', background),
    'a link to nothing': (link_to_nothing, 'unreadable', 'expected a file', background),
    'alpha': (save(np.zeros((*SIZE, 4), dtype=np.uint8)), 'unreadable', 'colour type 6', background),
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


@pytest.mark.parametrize(
    ('spoil', 'message'),
    [
        (save(np.zeros((*SIZE, 4), dtype=np.uint8)), 'colour-coded'),
        (save(np.ones((32, 24), dtype=np.uint8)), '32 x 24'),
        (lambda path: path.rename(path.with_name(f'other_{path.name}')), 'of another split, or named otherwise'),
    ],
)
def test_not_one_map_that_can_be_used(tree, saved, tmp_path, monkeypatch, capsys, spoil, message):
    """Background everywhere is no system's result."""
    for path in list((saved / 'parsing').iterdir()):
        spoil(path)
    words = ('--data', f'lip:{tree}', '--parsing', saved / 'parsing')
    error = refused(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    assert 'parsing: no map can be used' in error
    assert message in error
