"""Persons of COCO and DensePose-COCO: joints, surface, crops and what is left out, by hand."""

import json

import cv2
import numpy as np
import pytest

from mmspd.anatomy import COCO_JOINTS, JOINTS
from mmspd.datasets import (
    COCOPersonDataset,
    LoadPersonImage,
    LoadSurfacePoints,
    PackSPDInputs,
    PersonAffine,
    PoseTargets,
)
from mmspd.datasets.files.coco_persons_file import read_coco_persons
from mmspd.testing import write_small_coco
from mmspd.testing.people import sample_person

WIDTH, HEIGHT = 40, 30
STEPS = [LoadPersonImage(), LoadSurfacePoints(), PersonAffine((32, 32), test_mode=True)]


def keypoints(**places):
    """COCO's flat list with some joints, by name."""
    return [number for name in COCO_JOINTS for number in places.get(name, (0, 0, 0))]


def person(number=1, image=7, bbox=(10, 5, 20, 20), **fields):
    return {'id': number, 'image_id': image, 'category_id': 1, 'iscrowd': 0, 'bbox': list(bbox), **fields}


def surface():
    return dict(dp_x=[0.0, 255.0, 51.0], dp_y=[0.0, 255.0, 102.0], dp_I=[1.0, 2, 3], dp_U=[0.5] * 3, dp_V=[0.25] * 3,
                dp_masks=[[]] * 14)  # fmt: skip


@pytest.fixture
def write(tmp_path):
    """Writes a file of annotations and one picture of noise; gives the data set's folder."""

    def _write(annotations, images=None, **more):
        root = tmp_path / 'coco'
        (root / 'images').mkdir(parents=True, exist_ok=True)
        picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        cv2.imwrite(str(root / 'images' / 'a.png'), picture)
        images = images or [{'id': 7, 'file_name': 'a.png', 'height': HEIGHT, 'width': WIDTH}]
        (root / 'people.json').write_text(json.dumps({'images': images, 'annotations': annotations, **more}))
        return root

    return _write


def dataset(root, **settings):
    return COCOPersonDataset(str(root), 'people.json', 'images', **settings)


def test_crop_box_joints_and_points_by_hand(write):
    root = write([person(keypoints=keypoints(left_hip=(20, 15, 2)), **surface())])
    info = dataset(root, with_surface=True, margin=0.25).get_data_info(0)
    assert info['img_id'] == '7_1'
    assert info['crop'] == (5, 0, 35, 30)
    assert info['bbox'].tolist() == [[5, 5, 25, 25]]
    assert info['surface']['bbox'].tolist() == [5, 5, 20, 20]
    hip = JOINTS.index('left_hip')
    assert info['keypoints'][0, hip].tolist() == [15, 15]
    assert info['keypoints'][0, 0].tolist() == [0, 0]  # missing stays missing
    picture = cv2.imread(str(root / 'images' / 'a.png'))
    results = dataset(root, with_surface=True, margin=0.25, pipeline=STEPS[:2])[(0, 0, 0)]
    np.testing.assert_array_equal(results['img'], picture[0:30, 5:35])
    assert results['ori_shape'] == (30, 30)
    # x = 5 + dp_x / 255 * 20
    np.testing.assert_allclose(results['dp_points'], [[5, 5], [25, 25], [9, 13]], atol=1e-5)


def test_the_crop_is_told_with_the_sample(write):
    root = write([person(keypoints=keypoints(left_hip=(20, 15, 2)))])
    out = dataset(root, margin=0, pipeline=[*STEPS, PackSPDInputs()])[0]
    assert out['data_samples'].crop == (10, 5, 30, 25)
    assert out['data_samples'].ori_shape == (20, 20)


def test_a_picture_of_unknown_size_is_cut_when_it_is_loaded(write):
    root = write([person(bbox=(30, 20, 20, 20), keypoints=keypoints(left_hip=(35, 25, 2)))],
                 images=[{'id': 7, 'file_name': 'a.png'}])  # fmt: skip
    results = dataset(root, margin=0, pipeline=[LoadPersonImage()])[0]
    assert results['crop'] == (30, 20, 40, 30)
    assert results['img'].shape == (10, 10, 3)


def test_a_picture_of_another_size_is_refused(write):
    root = write([person(keypoints=keypoints(left_hip=(20, 15, 2)))],
                 images=[{'id': 7, 'file_name': 'a.png', 'height': 60, 'width': 80}])  # fmt: skip
    with pytest.raises(RuntimeError, match=r'a picture of 80 x 60 pixels .* has 40 x 30'):
        dataset(root, pipeline=STEPS)[0]


def test_one_pixel_of_a_person_passes_the_pipeline(write):
    root = write([person(bbox=(3, 4, 1, 1), keypoints=keypoints(left_hip=(3, 4, 2)))])
    results = dataset(root, margin=0, pipeline=[*STEPS, PoseTargets(), PackSPDInputs()])[0]
    assert results['inputs'].shape == (3, 32, 32)
    assert results['data_samples'].gt_instance_labels.keypoint_weights.sum() == 1


def test_who_is_a_sample(write):
    annotated = {'keypoints': keypoints(left_hip=(20, 15, 2))}
    root = write(
        [
            person(1, **annotated),
            person(2, **annotated, iscrowd=1),
            person(3),
            person(4, keypoints=keypoints()),
            person(5, **surface()),
            person(6, **annotated, **surface()),
        ]
    )

    def ids(**asked):
        found = dataset(root, **asked)
        return [found.get_data_info(i)['img_id'] for i in range(len(found))]

    assert ids() == ['7_1', '7_6']
    assert ids(with_surface=True) == ['7_1', '7_5', '7_6']
    assert ids(with_surface=True, with_pose=False) == ['7_5', '7_6']
    with_joints = dataset(root, with_surface=True, with_pose=False).get_data_info(1)
    assert not with_joints['keypoints_visible'].any()
    with pytest.raises(ValueError, match='nothing is left to read'):
        dataset(root, with_pose=False)


def test_nobody_at_all_is_an_error(write):
    root = write([person(3)])
    with pytest.raises(ValueError, match=r"no person is left: 0 have keypoints; COCO's are in person_keypoints_"):
        dataset(root)
    with pytest.raises(ValueError, match='0 have keypoints or dp_ fields'):
        dataset(root, with_surface=True)


def test_links_that_lead_out_are_refused_and_others_followed(write, tmp_path):
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'elsewhere' / 'b.png').write_bytes(b'')
    good = {'keypoints': keypoints(left_hip=(20, 15, 2))}
    names = ['a.png', 'out.png', 'folder/b.png', 'same.png', 'near/a.png']
    images = [{'id': number, 'file_name': name} for number, name in enumerate(names)]
    people = [person(10 + number, number, **good) for number in range(len(names))]
    folder = write(people, images) / 'images'
    (folder / 'out.png').symlink_to(tmp_path / 'elsewhere' / 'b.png')
    (folder / 'folder').symlink_to(tmp_path / 'elsewhere')
    (folder / 'same.png').symlink_to('a.png')
    (folder / 'near').symlink_to('.')
    for number, name in ((1, 'out.png'), (2, 'folder/b.png')):
        root = write([people[number]], images)
        with pytest.raises(ValueError, match=rf"annotation 1{number}: '{name}' leads out of .*images through a link"):
            dataset(root)
    allowed = dataset(write([people[0], people[3], people[4]], images))
    assert [allowed.get_data_info(i)['img_path'] for i in range(3)] == [
        str(folder / name) for name in ('a.png', 'same.png', 'near/a.png')
    ]
    # The folder of images may itself be a link to anywhere.
    folder.rename(tmp_path / 'moved')
    folder.symlink_to(tmp_path / 'moved')
    assert len(dataset(write([people[0], people[3]], images))) == 2


@pytest.mark.parametrize(
    ('annotation', 'says'),
    [
        (person(bbox=(10, 5, 0, 20)), 'positive size'),
        (person(bbox=(10, 5, 20)), 'positive size'),
        (person(bbox=(45, 5, 20, 20)), r'outside its picture of 40 x 30'),
        (person(bbox=(10, 5, float('inf'), 20)), 'finite'),
        (person(image=8), 'no image of id 8'),
        (person(image=[7]), r'no image of id \[7\]'),
    ],
)
def test_malformed_persons_are_refused_by_name(write, annotation, says):
    root = write([annotation | {'keypoints': keypoints(left_hip=(20, 15, 2))}])
    with pytest.raises(ValueError, match=rf'people.json: annotation 1, field \w+: .*{says}'):
        dataset(root)


def test_an_id_that_occurs_twice_is_refused(write):
    root = write([person(1), person(1)])
    with pytest.raises(ValueError, match='annotation 1: this id occurs twice'):
        dataset(root)


def test_a_validator_hears_of_every_wrong_person(write):
    good = {'keypoints': keypoints(left_hip=(20, 15, 2))}
    root = write([person(1, bbox=(0, 0, 0, 0), **good), person(2, **good), person(3, image=9, **good)])
    problems = []
    found = read_coco_persons(root / 'people.json', True, False, problems.append)
    assert [each.annotation_id for each in found] == [2]
    assert len(problems) == 2
    assert 'annotation 1, field bbox' in problems[0]


@pytest.mark.parametrize('name', ['../a.png', '/etc/a.png', 'x/../../a.png', 'C:\\a.png'])
def test_a_picture_outside_its_folder_is_refused(write, name):
    root = write([person(keypoints=keypoints(left_hip=(20, 15, 2)))], images=[{'id': 7, 'file_name': name}])
    with pytest.raises(ValueError, match=r'id 7\), field file_name: .*lead out'):
        dataset(root)


def test_missing_pictures_are_an_error_or_skipped(write):
    good = {'keypoints': keypoints(left_hip=(20, 15, 2))}
    root = write(
        [person(1, **good), person(2, image=8, **good)],
        images=[{'id': 7, 'file_name': 'a.png'}, {'id': 8, 'file_name': 'b/c.png'}],
    )
    with pytest.raises(FileNotFoundError, match=r'1 of 2 annotated persons of people.json have no image.*c\.png'):
        dataset(root)
    assert len(dataset(root, on_missing='skip')) == 1


def test_pictures_of_another_release_by_number(write):
    root = write([person(keypoints=keypoints(left_hip=(20, 15, 2)))],
                 images=[{'id': 7, 'file_name': 'COCO_train2014_000000000007.png'}])  # fmt: skip
    (root / 'images' / 'a.png').rename(root / 'images' / '000000000007.png')
    info = dataset(root, image_name='{image_id:012d}.png').get_data_info(0)
    assert info['img_path'].endswith('images/000000000007.png')
    with pytest.raises(ValueError, match='format with image_id'):
        dataset(root, image_name='a.png')


def test_images_of_lip_are_left_out_and_counted(write, tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr('mmspd.datasets.persons.print_log', lambda text, **k: logged.append(text))
    good = {'keypoints': keypoints(left_hip=(20, 15, 2))}
    images = [{'id': number, 'file_name': 'a.png'} for number in (7, 8, 9)]
    root = write([person(1, 7, **good), person(2, 7, **good), person(3, 8, **good), person(4, 9, **good)], images)
    (tmp_path / 'val_id.txt').write_text('7_1\n8_900100000008\n')
    left = dataset(root, exclude_lip_lists=[str(tmp_path / 'val_id.txt')])
    assert [left.get_data_info(i)['img_id'] for i in range(len(left))] == ['9_4']
    assert any('3 of 4 annotated persons are left out' in text for text in logged)
    (tmp_path / 'val_id.txt').write_text('7_1\n8_3\n9_1\n')
    with pytest.raises(ValueError, match=r'4 have keypoints, all of them in images of .*val_id'):
        dataset(root, exclude_lip_lists=[str(tmp_path / 'val_id.txt')])
    with pytest.raises(FileNotFoundError, match=r'gone.txt is missing: .*set that to \[\]'):
        dataset(root, exclude_lip_lists=[str(tmp_path / 'gone.txt')])


def test_predicted_surfaces_are_marked(write):
    root = write([person(**surface())], info={'predicted': True, 'surface': 'mmspd_body'})
    info = dataset(root, with_surface=True).get_data_info(0)
    assert info['surface']['predicted'] is True
    assert info['surface']['surface_name'] == 'mmspd_body'


@pytest.mark.parametrize('flip', [0.0, 1.0])
def test_rendered_people_arrive_where_they_stand(tmp_path, flip):
    """Points and joints of two persons in one picture lie on the pixels that they were made of."""
    write_small_coco(tmp_path, 1, 'images', 'people.json', size=(128, 96))
    steps = [LoadPersonImage(), LoadSurfacePoints(), PersonAffine((96, 128), scale_range=(1, 1), flip_prob=flip)]
    people = COCOPersonDataset(str(tmp_path), 'people.json', 'images', with_surface=True, pipeline=steps)
    assert len(people) == 2
    for side in range(2):
        rendered = sample_person(2 + side, 128, 96)
        results = people[(0, 0, side)]
        x0, y0, x1, _ = results['crop']
        assert x1 - x0 < 2 * 96  # of two persons, one
        ours = results['dp_points'] + (x0 - side * 96, y0)
        columns, rows = np.rint(ours).astype(int).T
        np.testing.assert_array_equal(rendered.parts[rows, columns], results['dp_labels'])
        known = results['keypoints_visible'][0] > 0
        assert known.any()
        np.testing.assert_allclose(
            results['keypoints'][0][known] + (x0 - side * 96, y0), rendered.joints[known], atol=1e-4
        )
        assert results['flip'] is bool(flip)


def test_real_coco_samples(real_data):
    """The skier of image 785 faces the camera: her right side is on the picture's left."""
    people = COCOPersonDataset(
        str(real_data / 'pose' / 'coco'), 'test_coco.json', '.', on_missing='skip', pipeline=[LoadPersonImage()]
    )
    skier = people[0]
    assert skier['img_id'] == '785_442619'
    x = {name: skier['keypoints'][0, JOINTS.index(name), 0] for name in ('left_wrist', 'right_wrist')}
    assert x['right_wrist'] < x['left_wrist']
    # The box is 280.79, 44.73, 218.7, 346.68; the left wrist is at 449, 165.
    assert skier['crop'] == (258, 10, 522, 425)
    np.testing.assert_allclose(skier['keypoints'][0, JOINTS.index('left_wrist')], (449 - 258, 165 - 10))
    assert skier['img'].shape == (425 - 10, 522 - 258, 3)
    assert len(people) == 5
