"""The written LIP tree: layout, formats, and the surface points against the drawing they come from."""

import csv
import json

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmspd.anatomy import FINE_TO_COARSE
from mmspd.testing.figures import DrawnPerson, draw_person
from mmspd.testing.lip_tree import pose_row, write_lip_tree
from mmspd.testing.surface_points import densepose_annotation, sample_surface_points

TRAIN, VAL = 3, 2


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp('data') / 'figures'
    write_lip_tree(root, TRAIN, VAL, seed=5, points_per_person=30)
    return root


def contents(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob('*') if path.is_file()}


def test_layout(tree):
    files = contents(tree)
    names = {split: (tree / f'{split}_id.txt').read_text().split() for split in ('train', 'val')}
    assert [len(names['train']), len(names['val'])] == [TRAIN, VAL]
    expected = set()
    for split in ('train', 'val'):
        expected |= {f'{split}_id.txt', f'densepose_{split}.json', f'TrainVal_pose_annotations/lip_{split}_set.csv'}
        expected |= {f'TrainVal_images/{split}_images/{name}.jpg' for name in names[split]}
        expected |= {f'TrainVal_parsing_annotations/{split}_segmentations/{name}.png' for name in names[split]}
    assert set(files) == expected
    assert [path.name for path in tree.parent.iterdir()] == ['figures'], 'a draft was left behind'


def test_ids_are_unique_across_splits(tree):
    pairs = [name.split('_') for split in ('train', 'val') for name in (tree / f'{split}_id.txt').read_text().split()]
    images, annotations = zip(*pairs, strict=True)
    assert len(set(images)) == len(set(annotations)) == TRAIN + VAL
    assert not set(images) & set(annotations)


def test_images_and_labels_fit(tree):
    for path in (tree / 'TrainVal_images').rglob('*.jpg'):
        split = path.parent.name.split('_')[0]
        label_path = tree / f'TrainVal_parsing_annotations/{split}_segmentations/{path.stem}.png'
        image, label = cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.imread(str(label_path), cv2.IMREAD_UNCHANGED)
        assert image.shape == (*label.shape, 3)
        assert label.dtype == np.uint8
        assert 5 < label.max() <= 19
        assert 80 <= label.shape[1] <= 240


def test_pose_list(tree):
    text = (tree / 'TrainVal_pose_annotations/lip_train_set.csv').read_text()
    assert not text.endswith('\n')
    rows = list(csv.reader(text.splitlines()))
    assert [row[0] for row in rows] == [f'{name}.jpg' for name in (tree / 'train_id.txt').read_text().split()]
    for row in rows:
        assert len(row) == 49
        assert set(row[3::3]) <= {'0', '1', 'nan'}


def test_pose_row_by_hand():
    """x and y count from 1; v is 1 where hidden; a missing joint is three times nan."""
    joints = np.full((16, 2), np.nan, np.float32)
    joints[0], joints[1] = (0, 0), (9.5, 19)
    occluded = np.zeros(16, bool)
    occluded[1] = True
    blank = np.zeros((4, 4), np.uint8)
    person = DrawnPerson(blank, blank, joints, occluded, blank, np.zeros((4, 4, 2)), np.zeros(4), frontal=True)
    assert pose_row('a.jpg', person) == 'a.jpg,1.00,1.00,0,10.50,20.00,1' + ',nan,nan,nan' * 14


def test_surface_file_names_the_images(tree):
    surface = json.loads((tree / 'densepose_val.json').read_text())
    for image, annotation in zip(surface['images'], surface['annotations'], strict=True):
        assert image['file_name'] == f'{image["id"]}_{annotation["id"]}.jpg'
        assert annotation['image_id'] == image['id']
        assert annotation['category_id'] == 1
        picture = cv2.imread(str(tree / 'TrainVal_images/val_images' / image['file_name']))
        assert picture.shape[:2] == (image['height'], image['width'])
        assert len(annotation['dp_masks']) == 14
        assert len(annotation['dp_I']) == 30


@pytest.mark.parametrize('seed', range(6))
def test_points_and_masks_against_the_drawing(seed):
    rng = np.random.default_rng(seed)
    person = draw_person(rng, 150, 210)
    annotation = json.loads(json.dumps(densepose_annotation(rng, person, 60)))
    x0, y0, width, height = annotation['bbox']
    np.testing.assert_array_equal([x0, y0, x0 + width, y0 + height], person.box)
    x = x0 + np.array(annotation['dp_x']) / 255 * width
    y = y0 + np.array(annotation['dp_y']) / 255 * height
    np.testing.assert_allclose(x, np.rint(x), atol=1e-6)
    columns, rows = np.rint(x).astype(int), np.rint(y).astype(int)
    np.testing.assert_array_equal(annotation['dp_I'], person.parts[rows, columns])
    np.testing.assert_allclose(annotation['dp_U'], person.uv[rows, columns, 0])
    np.testing.assert_allclose(annotation['dp_V'], person.uv[rows, columns, 1])
    assert len(set(zip(columns, rows, strict=True))) == 60
    assert min(annotation['dp_I']) >= 1

    # Each pixel of the box, looked up in the masks at its centre.
    pixel_rows, pixel_columns = np.mgrid[int(y0) : int(y0 + height), int(x0) : int(x0 + width)]
    cells = (
        ((pixel_rows + 0.5 - y0) / height * 256).astype(int),
        ((pixel_columns + 0.5 - x0) / width * 256).astype(int),
    )
    coarse = np.array(FINE_TO_COARSE)[person.parts[pixel_rows, pixel_columns]]
    for index, mask in enumerate(annotation['dp_masks']):
        if mask == []:
            assert not (coarse == index).any()
            continue
        assert isinstance(mask['counts'], str)
        decoded = coco_mask.decode(mask)
        assert decoded.shape == (256, 256)
        # Exact: a box of up to 256 pixels gives each pixel's centre its own cell.
        np.testing.assert_array_equal(decoded[cells].astype(bool), coarse == index)


def test_points_are_spread_over_the_parts():
    parts = np.zeros((40, 40), np.uint8)
    parts[:20], parts[30:33, 30:33], parts[39, 39] = 2, 7, 24
    points = sample_surface_points(np.random.default_rng(0), parts, 5)
    chosen = parts[points[:, 1], points[:, 0]].tolist()
    # Part 7 has one pixel off its edge, part 24 only an edge pixel: each gives its one.
    assert sorted(chosen) == [2, 2, 2, 7, 24]
    assert [31, 31] in points.tolist()


@pytest.mark.parametrize('count', [0, 4])
def test_no_body_has_no_points(count):
    assert sample_surface_points(np.random.default_rng(0), np.zeros((9, 9), np.uint8), count).shape == (0, 2)


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name, seed in (('a', 1), ('b', 1), ('c', 2)):
        write_lip_tree(tmp_path / name, 2, 1, seed=seed, size=(48, 64), points_per_person=5)
    first, again, other = (contents(tmp_path / name) for name in 'abc')
    assert first == again
    assert first != other
    label = cv2.imread(str(next((tmp_path / 'a').rglob('*.png'))), cv2.IMREAD_UNCHANGED)
    assert label.shape == (64, 48)


def test_refuses_a_folder_that_holds_something(tmp_path):
    (tmp_path / 'mine.txt').write_text('keep')
    with pytest.raises(FileExistsError, match='exists already'):
        write_lip_tree(tmp_path, 1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ['mine.txt']


def test_fills_an_empty_folder_and_may_have_an_empty_split(tmp_path):
    root = tmp_path / 'empty'
    root.mkdir()
    write_lip_tree(root, 1, 0, size=(32, 40))
    assert (root / 'val_id.txt').read_text() == ''
    assert json.loads((root / 'densepose_val.json').read_text())['annotations'] == []


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(ValueError, match='at least 16x16'):
        write_lip_tree(tmp_path / 'out', 1, 1, size=(8, 8))
    assert list(tmp_path.iterdir()) == []


def test_negative_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match='num_val=-1'):
        write_lip_tree(tmp_path / 'out', 1, -1)
