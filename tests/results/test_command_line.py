"""tools/eval_results.py: what goes together, which truth is taken, and what is refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmspd.datasets import ATRDataset
from mmspd.datasets.files.image_files import read_parsing_label
from mmspd.evaluation import ParsingMetric
from mmspd.testing import write_small_atr
from tests.results.command_line import ROOT, done, eval_results, refused
from tests.results.made_predictions import SIZE


def test_pseudo_labels_are_no_truth(tree, saved, tmp_path, monkeypatch, capsys):
    copy = Path(shutil.copytree(tree, tmp_path / 'LIP'))
    content = json.loads((copy / 'densepose_val.json').read_text())
    content['info']['predicted'] = True
    (copy / 'densepose_val.json').write_text(json.dumps(content))
    words = ('--data', f'lip:{copy}', '--densepose', saved / 'densepose.json')
    assert 'no truth' in refused(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (('--pose', '{saved}/pose.csv'), 'one of --config, --data and --truth'),
        (('--data', 'lip:{tree}', '--truth', 'x.json', '--pose', '{saved}/pose.csv'), 'one of --config'),
        (('--data', 'lip:{tree}'), 'at least one of'),
        (('--data', 'lip:{tree}', '--pose', '{saved}/pose.csv', '--keypoints', 'x'), 'one after the other'),
        (('--truth', 'x.json', '--parsing', '{saved}/parsing'), '--parsing goes with --config or --data'),
        (('--truth', 'x.json', '--split', 'val', '--keypoints', 'x.json'), '--split goes with --config or --data'),
        (('--data', 'lip:{tree}', '--parsing', '{saved}/parsing', '--pose-base', '0'), '--pose-base goes with --pose'),
        (('--data', 'lip:{tree}', '--pose', '{saved}/pose.csv', '--resize'), '--resize goes with --parsing'),
        (('--data', 'lip:{tree}', '--keypoints', '{saved}'), 'expected a JSON file, got a folder'),
        (('--data', 'lip:{tree}', '--keypoints', '{tree}/densepose_val.json'), 'expected one list, as results are'),
        (('--config', '{saved}', '--pose', '{saved}/pose.csv'), 'expected a config file'),
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
    assert message in refused(eval_results(monkeypatch, tmp_path / 'r', *filled), capsys, tmp_path / 'r')


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
        error = capsys.readouterr().err
        assert 'whose first is 2_100002. Are they of another split, or named otherwise?' in error
        assert str(saved / path) in error


def test_a_record_is_no_file(tree, saved, monkeypatch, capsys):
    """Said before anything is evaluated."""
    words = ('--data', f'lip:{tree}', '--pose', saved / 'pose.csv')
    assert eval_results(monkeypatch, saved / 'keypoints.json', *words) == 2
    assert capsys.readouterr().out == ''


CONFIGS = {
    'no test': 'val_dataloader = dict(dataset={val})',
    'test is validation': 'val_dataloader = dict(dataset={val})\ntest_dataloader = val_dataloader',
    'test is another': 'val_dataloader = dict(dataset={train})\ntest_dataloader = dict(dataset={val})',
    'one evaluator': "test_dataloader = dict(dataset={val})\ntest_evaluator = dict(type='KeypointMetric')",
}


@pytest.mark.parametrize('name', CONFIGS)
def test_the_data_set_of_a_config(tree, saved, tmp_path, monkeypatch, capsys, name):
    parts = {split: dict(type='LIPMultiTaskDataset', data_root=str(tree), split=split) for split in ('train', 'val')}
    (tmp_path / 'config.py').write_text(CONFIGS[name].format(**parts))
    words = ('--config', tmp_path / 'config.py', '--pose', saved / 'pose.csv', '--strict')
    _, record, _ = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    assert record.about['data'] == parts['val']
    assert record.about['samples'] == 4


def test_a_joined_test_data_set_needs_a_choice(tree, saved, tmp_path, monkeypatch, capsys):
    """Though the config's validation data set is one only."""
    val = dict(type='LIPMultiTaskDataset', data_root=str(tree), split='val')
    joined = dict(type='ConcatDataset', datasets=[val, val | {'with_parsing': False}])
    text = f'val_dataloader = dict(dataset={val})\ntest_dataloader = dict(dataset={joined})'
    (tmp_path / 'config.py').write_text(text)
    words = ('--config', tmp_path / 'config.py', '--pose', saved / 'pose.csv')
    error = refused(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    assert 'choose one of the splits test[0], test[1]' in error
    _, record, _ = done(eval_results(monkeypatch, tmp_path / 'r', *words, '--split', 'test[1]'), capsys, tmp_path / 'r')
    assert record.about['samples'] == 4
    error = refused(eval_results(monkeypatch, tmp_path / 's', *words, '--split', 'train'), capsys, tmp_path / 's')
    assert 'has no train data set' in error


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


def test_a_truth_that_has_nothing_of_the_kind(tree, saved, tmp_path, monkeypatch, capsys):
    parts = {'with_parsing': '--parsing', 'with_pose': '--pose', 'surface_file': '--densepose'}
    names = ('labels of parsing', 'joints', 'surface points')
    for (part, option), what, path in zip(parts.items(), names, ('parsing', 'pose.csv', 'densepose.json'), strict=True):
        without = dict(type='LIPMultiTaskDataset', data_root=str(tree), split='val') | {
            part: None if part == 'surface_file' else False
        }
        (tmp_path / 'config.py').write_text(f'test_dataloader = dict(dataset={without})')
        words = ('--config', tmp_path / 'config.py', option, saved / path)
        error = refused(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
        assert f'LIP: no sample of this data set has {what} to compare with' in error


def test_points_of_a_surface_that_is_not_at_hand(tree, saved, tmp_path, monkeypatch, capsys):
    copy = Path(shutil.copytree(tree, tmp_path / 'LIP'))
    content = json.loads((copy / 'densepose_val.json').read_text())
    del content['info']['surface']
    (copy / 'densepose_val.json').write_text(json.dumps(content))
    words = ('--data', f'lip:{copy}', '--densepose', saved / 'densepose.json')
    error = refused(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    assert "its points are of DensePose's surface: name a folder" in error
    assert '(--gps-surface)' in error
