"""The tool that checks LIP's tree and joins DensePose-COCO to it, as a user runs it."""

import hashlib
import json
import runpy
import shutil

import numpy as np
import pytest
from joining_tree import BOXES, JoiningTree, jpeg

from mmspd.anatomy import POINT_RANGE
from mmspd.datasets.files.densepose_file import read_densepose
from mmspd.datasets.files.image_files import read_parsing_label
from tests.synthetic.run_tools import TOOLS, Tool


@pytest.fixture
def tree(tmp_path):
    return JoiningTree(tmp_path)


@pytest.fixture
def run(monkeypatch, capsys):
    return Tool('datasets/prepare_lip.py', monkeypatch, capsys)


def snapshot(folder):
    return {path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def test_the_join(tree, run, tmp_path):
    before = snapshot(tmp_path)
    report_file = tmp_path / 'report.json'
    code, out, err = run(tree.root, '--densepose', tree.file, '--coco-images', tree.coco, '--report', report_file)
    assert (code, err.splitlines()[-1][:12]) == (0, '4 of 4 crops'), out
    after = snapshot(tmp_path)
    assert {path.name for path in after.keys() - before.keys()} == {
        'densepose_train.json', 'densepose_val.json', 'report.json'
    }  # fmt: skip
    assert {path: after[path] for path in before} == before, "the user's files"
    content = json.loads((tree.root / 'densepose_val.json').read_text())
    data = tree.file.read_bytes()
    assert content['info']['sources'] == [
        {'name': tree.file.name, 'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest()}
    ]
    assert [image['file_name'] for image in content['images']] == ['36_103.jpg', '77_104.jpg']
    assert [annotation['bbox'][:2] for annotation in content['annotations']] == [[1.2, 0.7], [0.0, 0.2]]
    surfaces = read_densepose(tree.root / 'densepose_train.json')
    assert list(surfaces) == list(BOXES['train'])
    assert surfaces['36_101']['dp_U'].tolist() == pytest.approx([0.123456789, 0.5])
    report = json.loads(report_file.read_text())
    assert report['in_both_splits'] == {'images': [36], 'train': ['36_101'], 'val': ['36_103'], 'names': []}
    assert report['join']['train']['joined'] == list(BOXES['train'])
    assert report['pixels']['checked'] == report['pixels']['joined'] == 4
    assert 0.5 < report['pixels']['residual_median'] < 8
    assert str(tmp_path) not in report_file.read_text()
    assert '1 COCO image has persons in both splits: 1 of train, 1 of val' in out


def test_the_same_bytes_again(tree, run, tmp_path):
    command = (tree.root, '--densepose', tree.file, '--report', tmp_path / 'report.json')
    assert run(*command)[0] == 0
    first = snapshot(tmp_path)
    assert run(*command)[0] == 0
    assert snapshot(tmp_path) == first
    assert run(*command[:3], '--out', tmp_path / 'elsewhere')[0] == 0
    for split in ('train', 'val'):
        name = f'densepose_{split}.json'
        assert (tmp_path / 'elsewhere' / name).read_bytes() == first[tree.root / name]


def test_only_the_tree(tree, run, tmp_path):
    before = snapshot(tmp_path)
    code, out, _ = run(tree.root)
    assert code == 0
    assert '1 COCO image has persons in both splits' in out
    assert snapshot(tmp_path) == before


def test_incomplete_trees(tree, run):
    tree.picture('36_103').rename(tree.picture('36_103').with_suffix(''))
    (tree.root / 'TrainVal_parsing_annotations/val_segmentations/77_104.png').unlink()
    table = tree.root / 'TrainVal_pose_annotations' / 'lip_val_set.csv'
    table.write_text(table.read_text().replace('77_104', '78_105').replace('5,6,0', '5,6,2', 1))
    code, out, _ = run(tree.root, '--densepose', tree.file)
    assert code == 1
    assert '1 person has no image: 36_103' in out
    assert '1 person has no label: 77_104' in out
    assert '2 persons have no pose row: 36_103, 77_104' in out
    assert '1 person has a pose row, but is not in the list: 78_105' in out
    assert 'lip_val_set.csv:1: expected a visibility of 0' in out
    assert 'TrainVal_images/{train,val}_images/ID.jpg' in out
    assert '1 person is found, but the picture is missing: not written: 36_103' in out
    assert list(read_densepose(tree.root / 'densepose_val.json')) == ['77_104']


def test_a_split_may_be_absent(tree, run, tmp_path):
    (tree.root / 'val_id.txt').unlink()
    code, out, _ = run(tree.root, '--densepose', tree.file)
    assert code == 0
    assert 'val: there is no val_id.txt, so this split is left out' in out
    assert not (tree.root / 'densepose_val.json').exists()
    code, _, err = run(tmp_path / 'coco', '--densepose', tree.file)
    assert code == 2
    assert 'expected LIP, with at least one of its id lists, as\n{train,val}_id.txt' in err


def test_a_name_in_both_lists(tree, run):
    with (tree.root / 'val_id.txt').open('a') as file:
        file.write('\n36_101')
    code, out, _ = run(tree.root)
    assert code == 1
    assert '1 person is in both lists: take it out of one: 36_101' in out


def test_conflicts_are_left_out(tree, run):
    content = tree.content()
    content['annotations'][0]['image_id'] = 41
    tree.write_annotations(content)
    tree.picture('77_104').write_bytes(jpeg(JoiningTree.image(41)[:, :70], 75))
    code, out, _ = run(tree.root, '--densepose', tree.file, '--coco-images', tree.coco)
    assert code == 1
    assert '36_101 (image id): ' in out
    assert '77_104 (crop pixels): ' in out
    assert '1 conflict; the person is not written' in out
    assert list(read_densepose(tree.root / 'densepose_train.json')) == ['41_102']
    assert list(read_densepose(tree.root / 'densepose_val.json')) == ['36_103']


def test_a_sample_of_the_crops(tree, run, tmp_path):
    shutil.rmtree(tree.coco / 'train2014')
    report_file = tmp_path / 'report.json'
    command = (tree.root, '--densepose', tree.file, '--coco-images', tree.coco, '--report', report_file)
    code, out, _ = run(*command, '--verify', '3')
    assert code == 0
    assert '2 persons could not be compared: the COCO image is missing: 36_101, 36_103' in out
    pixels = json.loads(report_file.read_text())['pixels']
    assert (pixels['joined'], pixels['checked']) == (4, 1)
    assert [name for name, _ in pixels['worst']] == ['41_102']


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--densepose', 'absent.json'], 'absent.json'),
        (['--densepose', '{file}', '--coco-images', '{root}'], 'expected COCO images such as'),
        (['--coco-images', '{root}'], 'name --densepose files, too'),
        (['--densepose', '{file}', '--workers', '0'], 'expected at least 1'),
        (['--densepose', '{file}', '--report', '{file}'], 'is read, or written twice'),
        (['--densepose', '{file}', '--report', '{root}/densepose_val.json'], 'is read, or written twice'),
    ],
)
def test_what_cannot_be_done(tree, run, tmp_path, options, message):
    before = snapshot(tmp_path)
    code, _, err = run(tree.root, *(option.format(file=tree.file, root=tree.root) for option in options))
    assert code == 2
    assert message in err
    assert snapshot(tmp_path) == before


def test_files_of_others_are_kept(tree, run, tmp_path):
    (tree.root / 'densepose_val.json').write_text('{}')
    before = snapshot(tmp_path)
    code, _, err = run(tree.root, '--densepose', tree.file)
    assert code == 2
    assert 'densepose_val.json exists with other content' in err
    assert snapshot(tmp_path) == before, 'nor is the other split written'
    assert run(tree.root, '--densepose', tree.file, '--overwrite')[0] == 0
    assert len(read_densepose(tree.root / 'densepose_val.json')) == 2


def test_malformed_annotations(tree, run):
    content = tree.content()
    content['annotations'][0]['dp_x'] = [1.0, 'far']
    tree.write_annotations(content)
    code, _, err = run(tree.root, '--densepose', tree.file)
    assert code == 2
    assert f'{tree.file}: annotation 101, field dp_x: expected a list of numbers' in err
    assert not (tree.root / 'densepose_train.json').exists()
    code, out, _ = run(tree.root, '--densepose', tree.file, '--skip-malformed')
    assert code == 0
    assert '1 person has a malformed annotation, which was skipped: 36_101' in out
    assert list(read_densepose(tree.root / 'densepose_train.json')) == ['41_102']


def test_nothing_to_join(tree, run):
    content = tree.content()
    tree.write_annotations({**content, 'annotations': content['annotations'][-1:]})
    code, _, err = run(tree.root, '--densepose', tree.file)
    assert code == 2
    assert 'none of the 4 annotation ids of LIP is among the 1 annotations of' in err
    for annotation in content['annotations']:
        for field in [name for name in annotation if name.startswith('dp_')]:
            del annotation[field]
    tree.write_annotations(content)
    code, out, _ = run(tree.root, '--densepose', tree.file)
    assert code == 1
    assert '2 persons are found, but have no surface annotation: 36_101, 41_102' in out
    assert 'nothing was written: no person could be joined' in out


def test_the_real_person(real_data, run, tmp_path):
    """36_453991: three points on the bare chest, where LIP's label is 0. The file is cut before its masks."""
    annotation = json.loads((real_data / 'densepose' / 'partial_ann_36_453991.json').read_text())
    annotation['dp_masks'] = [[]] * 14
    image = {'id': 36, 'file_name': 'COCO_train2014_000000000036.jpg', 'height': 640, 'width': 481}
    file = tmp_path / 'densepose.json'
    file.write_text(json.dumps({'images': [image], 'annotations': [annotation]}))
    root, lip = tmp_path / 'LIP', real_data / 'lip'
    pictures = root / 'TrainVal_images' / 'val_images'
    pictures.mkdir(parents=True)
    shutil.copy(lip / 'images' / '36_453991.jpg', pictures)
    for split in ('train', 'val'):
        shutil.copyfile(lip / f'{split}_id.txt', root / f'{split}_id.txt')
    coco = real_data / 'lip_coco_registration' / 'images'
    code, out, _ = run(root, '--densepose', file, '--coco-images', coco)
    assert code == 1, 'most pictures are missing'
    assert '2135 COCO images have persons in both splits: 2508 of train, 2234 of val' in out
    assert '210 persons are crowds of COCO' in out
    assert '1 of 1 crops compared with COCO images, 0 do not fit' in out
    surface = read_densepose(root / 'densepose_val.json')['36_453991']
    corner, size = surface['bbox'][:2], surface['bbox'][2:]
    points = corner + np.stack([surface['dp_x'], surface['dp_y']], axis=1) / POINT_RANGE * size
    np.testing.assert_allclose(points, [(163, 177), (75, 179), (115, 214)], atol=0.6)
    label = read_parsing_label(lip / 'parsing' / '36_453991.png')
    columns, rows = points.round().astype(int).T
    assert label[rows, columns].tolist() == [0, 0, 0]


def test_the_benchmark_joins_everybody(run, tmp_path):
    make = runpy.run_path(str(TOOLS / 'analysis' / 'benchmark_join.py'))
    rng = np.random.default_rng(0)
    boxes = make['draw_boxes'](rng, 30)
    surfaces = np.arange(30) < 21
    make['write_annotations'](tmp_path / 'densepose.json', rng, boxes, surfaces, points=5)
    make['write_tree'](tmp_path / 'LIP', np.arange(0, 20, 2), boxes)
    code, out, _ = run(tmp_path / 'LIP', '--densepose', tmp_path / 'densepose.json')
    assert code == 0, out
    assert 'train, joined persons: 7, with 35 points' in out
    assert 'val, joined persons: 3, with 15 points' in out
