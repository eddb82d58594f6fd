"""Every kind of data set is found in its folder, is good as it is made, and is told when it is not."""

import json

import numpy as np
import pytest
from PIL import Image

from mmspd.checking import check_datasets
from mmspd.checking.sources import KINDS, datasets_of_kind
from mmspd.testing import write_small_atr, write_small_cihp, write_small_coco, write_small_mpii, write_small_tree

DENSEPOSE = 'annotations/densepose_coco_2014_minival.json'


def make_atr(root):
    write_small_atr(root, {'train': 3, 'test': 2})


def make_cihp(root):
    write_small_cihp(root, {'train': 2, 'val': 1})


def make_mpii(root):
    write_small_mpii(root, 3)


def make_coco(root):
    write_small_coco(root, 2, 'val2014', DENSEPOSE)


MAKERS = {'atr': make_atr, 'cihp': make_cihp, 'mpii': make_mpii, 'coco': make_coco}


def check(kind, root):
    return check_datasets(datasets_of_kind(kind, root))


def edit(root, file, change):
    content = json.loads((root / file).read_text())
    change(content)
    (root / file).write_text(json.dumps(content))


def first(folder):
    return min(folder.iterdir())


def repaint(path, change):
    values = np.array(Image.open(path))
    change(values)
    Image.fromarray(values).save(path)


@pytest.mark.parametrize(
    ('kind', 'samples'),
    [
        ('atr', {'train': 3, 'test': 2}),
        ('cihp', {'train': 4, 'val': 2}),
        ('mpii', {'train': 3}),
        ('coco', {'densepose_coco_2014_minival': 4}),
    ],
)
def test_a_good_folder_is_good(tmp_path, kind, samples):
    MAKERS[kind](tmp_path)
    checked = check(kind, tmp_path)
    assert checked.samples == samples
    assert checked.findings.by_rule() == {}, checked.findings.kept


def atr_belt_is_no_error_but_class_18_is(root):
    repaint(first(root / 'SegmentationClassAug'), lambda label: label[:2].fill(8))
    repaint(sorted((root / 'SegmentationClassAug').iterdir())[1], lambda label: label[:1].fill(18))


def broken_human_map(root):
    first(root / 'Training' / 'Human_ids').write_bytes(b'broken')


def mpii_without_joints(root):
    edit(root, 'annotations/train.json', lambda persons: persons[1].update(joints=[[1, 2]]))


def mpii_escapes(root):
    edit(root, 'annotations/train.json', lambda persons: persons[0].update(image='../x.jpg'))


def coco_visibility(root):
    edit(root, DENSEPOSE, lambda content: content['annotations'][0]['keypoints'].__setitem__(2 + 3 * 9, 3))


def coco_image_of_another_size(root):
    edit(root, DENSEPOSE, lambda content: content['images'][0].update(width=191))


def coco_image_id_is_a_list(root):
    edit(root, DENSEPOSE, lambda content: content['annotations'][0].update(image_id=[1]))


def coco_counted_from_one(root):
    def change(content):
        height, width = content['images'][0]['height'], content['images'][0]['width']
        for annotation in content['annotations']:
            numbers = np.round(np.array(annotation['keypoints']).reshape(17, 3))
            numbers[5:7] = [[width, 30, 2], [20, height, 2]]
            annotation['keypoints'] = numbers.reshape(-1).tolist()

    edit(root, DENSEPOSE, change)


@pytest.mark.parametrize(
    ('kind', 'plant', 'rules', 'message'),
    [
        ('atr', atr_belt_is_no_error_but_class_18_is, {'label-range'}, 'got [18] at 96 pixels'),
        ('cihp', broken_human_map, {'annotation', 'incomplete'}, 'got a file that starts with'),
        ('mpii', mpii_without_joints, {'annotation'}, 'entry 1'),
        ('mpii', mpii_escapes, {'annotation'}, 'could lead out'),
        ('coco', coco_visibility, {'annotation'}, 'expected v of 0 (missing), 1 (occluded) or 2 (visible)'),
        ('coco', coco_image_of_another_size, {'annotation'}, 'the annotation is of a picture of 191 x 128 pixels'),
        ('coco', coco_image_id_is_a_list, {'annotation'}, 'there is no image of id [1]'),
        ('coco', coco_counted_from_one, {'coordinate-base'}, 'are the size of their image and none is 0'),
    ],
)
def test_a_planted_defect_is_found(tmp_path, kind, plant, rules, message):
    MAKERS[kind](tmp_path)
    plant(tmp_path)
    checked = check(kind, tmp_path)
    assert set(checked.findings.by_rule()) == rules
    assert any(message in finding.message for finding in checked.findings.kept), checked.findings.kept


def test_persons_of_lips_pictures_leak_into_coco(tmp_path):
    write_small_tree(tmp_path / 'lip', 2, 0)
    write_small_coco(tmp_path / 'coco', 2, 'val2014', DENSEPOSE)
    lip, coco = datasets_of_kind('lip', tmp_path / 'lip'), datasets_of_kind('coco', tmp_path / 'coco')
    other = lip['train'].load_data_list()[0]['img_id']

    def change(content):
        content['images'][0]['id'] = int(other.split('_')[0])
        for number, annotation in enumerate(content['annotations'][:2]):
            annotation.update(image_id=int(other.split('_')[0]), id=int(other.split('_')[1]) + number)

    edit(tmp_path / 'coco', DENSEPOSE, change)
    found = check_datasets({'lip': lip['train'], **coco}).findings
    assert found.by_rule() == {'id-leak': 1, 'image-leak': 1}
    assert f'{other} is in lip and in densepose_coco_2014_minival' in [finding.message for finding in found.kept]


@pytest.mark.parametrize('kind', sorted(KINDS))
def test_an_empty_folder_holds_nothing_of_any_kind(tmp_path, kind):
    with pytest.raises(FileNotFoundError, match=f'holds no split of kind {kind}'):
        datasets_of_kind(kind, tmp_path)
