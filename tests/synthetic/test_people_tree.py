"""The finished tree of rendered people: layout, formats, and what the ordinary reader makes of it."""

import csv
import json

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from mmspd.datasets.lip import LIPMultiTaskDataset
from mmspd.synthetic.files.dense_annotation import densepose_annotation
from mmspd.synthetic.files.people_tree import plan_tree
from mmspd.synthetic.files.tree_plan import TreePlan
from tests.synthetic.flat_person import render
from tests.synthetic.flat_trees import NAMES, SETTINGS, contents, make


@pytest.fixture(scope='module')
def rendered():
    return [render(5, index, SETTINGS) for index in range(7)]


def test_layout(tree):
    expected = {'people.json'}
    for split, names in (('train', NAMES[:5]), ('val', NAMES[5:])):
        assert (tree / f'{split}_id.txt').read_text() == ''.join(f'{name}\n' for name in names)
        expected |= {f'{split}_id.txt', f'densepose_{split}.json', f'TrainVal_pose_annotations/lip_{split}_set.csv'}
        expected |= {f'TrainVal_images/{split}_images/{name}.jpg' for name in names}
        expected |= {f'TrainVal_parsing_annotations/{split}_segmentations/{name}.png' for name in names}
        expected |= {f'TrainVal_surface_annotations/{split}_surfaces/{name}.png' for name in names}
    assert set(contents(tree)) == expected
    assert not (tree / '.unfinished').exists()


def test_pictures_are_those_of_the_renderer(tree, rendered):
    for index, (name, person) in enumerate(zip(NAMES, rendered, strict=True)):
        split = 'train' if index < 5 else 'val'
        label = cv2.imread(str(tree / f'TrainVal_parsing_annotations/{split}_segmentations/{name}.png'), -1)
        np.testing.assert_array_equal(label, person.label)
        surface = cv2.imread(str(tree / f'TrainVal_surface_annotations/{split}_surfaces/{name}.png'), -1)
        np.testing.assert_array_equal(surface[..., 0], person.parts)
        quality = [cv2.IMWRITE_JPEG_QUALITY, person.jpeg_quality]
        jpeg = cv2.imencode('.jpg', person.image, quality)[1].tobytes()
        assert (tree / f'TrainVal_images/{split}_images/{name}.jpg').read_bytes() == jpeg


def test_pose_list(tree):
    text = (tree / 'TrainVal_pose_annotations/lip_train_set.csv').read_text()
    assert not text.endswith('\n')
    rows = list(csv.reader(text.splitlines()))
    assert [row[0] for row in rows] == [f'{name}.jpg' for name in NAMES[:5]]
    assert {len(row) for row in rows} == {49}


def test_surface_file(tree):
    surface = json.loads((tree / 'densepose_val.json').read_text())
    info = surface['info']
    assert (info['surface'], info['seed']) == ('mmspd_body', 5)
    assert {'description', 'version'} <= info.keys()
    assert [image['file_name'] for image in surface['images']] == [f'{name}.jpg' for name in NAMES[5:]]
    assert [(image['id'], image['height'], image['width']) for image in surface['images']] == [(6, 64, 48), (7, 64, 48)]
    assert [(item['id'], item['image_id']) for item in surface['annotations']] == [(100_006, 6), (100_007, 7)]
    assert [len(item['dp_I']) for item in surface['annotations']] == [12, 12]


def test_cocos_own_tools_read_it(tree, rendered):
    coco = COCO(str(tree / 'densepose_train.json'))
    areas = [int((person.coarse >= 0).sum()) for person in rendered[:5]]
    middle = sorted(areas)[2]
    wanted = [100_001 + index for index, area in enumerate(areas) if area < middle]
    assert wanted
    assert coco.getAnnIds(areaRng=[0, middle - 0.5], iscrowd=False) == wanted
    assert coco.getAnnIds(iscrowd=True) == []
    assert coco.getAnnIds(imgIds=[2], catIds=coco.getCatIds(catNms=['person'])) == [100_002]


@pytest.mark.parametrize(('split', 'first'), [('train', 0), ('val', 5)])
def test_the_ordinary_reader_gives_what_was_rendered(tree, rendered, split, first):
    pipeline = [dict(type='LoadPersonImage'), dict(type='LoadParsingLabel'), dict(type='LoadSurfacePoints')]
    dataset = LIPMultiTaskDataset(
        str(tree), split, surface_file=f'densepose_{split}.json', pipeline=pipeline, test_mode=True
    )
    assert len(dataset) == (5 if split == 'train' else 2)
    for position in range(len(dataset)):
        sample, person = dataset[position], rendered[first + position]
        np.testing.assert_array_equal(sample['gt_seg_map'], person.label)
        present = ~np.isnan(person.joints[:, 0])
        np.testing.assert_array_equal(sample['keypoints_visible'][0], present)
        np.testing.assert_allclose(sample['keypoints'][0, present], person.joints[present], atol=0.006)
        np.testing.assert_array_equal(sample['keypoints_occluded'][0], person.occluded)
        np.testing.assert_array_equal(sample['bbox'][0], person.box)
        columns, rows = np.rint(sample['dp_points']).astype(int).T
        np.testing.assert_allclose(sample['dp_points'], np.stack([columns, rows], axis=1), atol=1e-4)
        np.testing.assert_array_equal(sample['dp_labels'], person.parts[rows, columns])
        np.testing.assert_allclose(sample['dp_uv'], person.uv[rows, columns], atol=1e-6)
        assert sample['dp_surface'] == 'mmspd_body'


def test_points_have_a_random_stream_of_their_own(tree, rendered):
    annotations = json.loads((tree / 'densepose_train.json').read_text())['annotations']
    for index, annotation in enumerate(annotations):
        rng = np.random.default_rng([5, index, int.from_bytes(b'poin', 'big')])
        expected = densepose_annotation(rng, rendered[index], 12)
        assert {name: annotation[name] for name in expected} == expected


@pytest.mark.parametrize(('num_val', 'split', 'absent'), [(2, 'val', 'train'), (0, 'train', 'val')])
def test_a_split_without_persons_has_no_files(tmp_path, num_val, split, absent):
    make(tmp_path / 'all', plan_tree(2, 0, SETTINGS, num_val=num_val))
    assert (tmp_path / f'all/{split}_id.txt').read_text().split() == NAMES[:2]
    names = [path.relative_to(tmp_path / 'all').as_posix() for path in (tmp_path / 'all').rglob('*')]
    assert not [name for name in names if f'{absent}_' in name or 'surface_annotations' in name]
    assert len(LIPMultiTaskDataset(str(tmp_path / 'all'), split, surface_file=f'densepose_{split}.json')) == 2
    with pytest.raises(FileNotFoundError, match=f'{absent}_id.txt is missing'):
        LIPMultiTaskDataset(str(tmp_path / 'all'), absent)


def test_a_person_depends_on_seed_and_index_alone(tree, tmp_path):
    make(tmp_path / 'few', TreePlan(3, 0, 5, SETTINGS))
    make(tmp_path / 'other', TreePlan(3, 0, 6, SETTINGS))
    file = f'TrainVal_images/train_images/{NAMES[2]}.jpg'
    assert (tmp_path / 'few' / file).read_bytes() == (tree / file).read_bytes()
    assert (tmp_path / 'other' / file).read_bytes() != (tree / file).read_bytes()
    annotations = [
        json.loads((root / 'densepose_train.json').read_text())['annotations'][2] for root in (tree, tmp_path / 'few')
    ]
    assert annotations[0] == annotations[1]


def test_a_tenth_validates_unless_said_otherwise():
    assert [plan_tree(num, 0).num_val for num in (1, 9, 10, 2500)] == [0, 0, 1, 250]
