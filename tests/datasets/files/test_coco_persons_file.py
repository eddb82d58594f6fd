"""COCO's keypoints as our joints, and LIP's lists as COCO's images."""

import json

import pytest

from mmspd.anatomy import COCO_JOINT_PAIRS, COCO_JOINTS, JOINTS
from mmspd.datasets.files.coco_persons_file import images_of_lip, parse_joints, read_coco_persons


def keypoints(**places):
    """COCO's flat list with some joints, by name."""
    return [number for name in COCO_JOINTS for number in places.get(name, (0, 0, 0))]


def test_twelve_joints_are_taken_and_none_is_made_up():
    places = {name: (10 * place + 1, 10 * place + 2, 2) for place, name in enumerate(COCO_JOINTS)}
    joints = parse_joints({'keypoints': keypoints(**places)}, 'x')
    for joint, name in enumerate(JOINTS):
        if name in ('pelvis', 'thorax', 'upper_neck', 'head_top'):
            assert joints['keypoints_visible'][0, joint] == 0
            assert joints['keypoints'][0, joint].tolist() == [0, 0]
        else:
            assert joints['keypoints'][0, joint].tolist() == list(places[name][:2])
            assert joints['keypoints_visible'][0, joint] == 1
    assert len(COCO_JOINT_PAIRS) == 12


def test_visibility_of_coco():
    joints = parse_joints({'keypoints': keypoints(left_knee=(4, 5, 1), right_knee=(6, 7, 2), left_hip=(8, 9, 0))}, 'x')
    left_knee, right_knee, left_hip = (JOINTS.index(name) for name in ('left_knee', 'right_knee', 'left_hip'))
    assert joints['keypoints_visible'][0, [left_knee, right_knee, left_hip]].tolist() == [1, 1, 0]
    assert joints['keypoints_occluded'][0].nonzero()[0].tolist() == [left_knee]
    assert joints['keypoints'][0, left_hip].tolist() == [0, 0]


@pytest.mark.parametrize('places', [{}, {'nose': (3, 4, 2), 'left_ear': (1, 1, 1)}])
def test_nobody_without_a_joint_of_ours(places):
    assert parse_joints({'keypoints': keypoints(**places)}, 'x') is None
    assert parse_joints({}, 'x') is None


@pytest.mark.parametrize(
    ('numbers', 'says'),
    [
        ([0] * 50, 'expected 51 numbers'),
        (keypoints(left_hip=(1, 2, 3)), 'v of 0 .* left_hip, got 3'),
        (keypoints(left_hip=(1, 2, -1)), 'got -1'),
        (keypoints(left_hip=(float('nan'), 2, 1)), 'finite'),
        ('none', 'list of numbers'),
    ],
)
def test_malformed_keypoints_are_refused(numbers, says):
    with pytest.raises(ValueError, match=f'here, field keypoints: .*{says}'):
        parse_joints({'keypoints': numbers}, 'here')


@pytest.mark.parametrize('names', [list(reversed(COCO_JOINTS)), list(COCO_JOINTS[:16]), 'nose', 17])
def test_keypoints_of_other_names_are_refused(tmp_path, names):
    """An animal's 17 keypoints would pass for a person's."""
    coco = {'id': 1, 'name': 'person', 'keypoints': list(COCO_JOINTS)}
    joints = {'keypoints': keypoints(left_hip=(20, 15, 2))}
    annotation = {'id': 1, 'image_id': 7, 'bbox': [1, 2, 3, 4], **joints}
    content = {'images': [{'id': 7, 'file_name': 'a.png'}], 'annotations': [annotation]}
    path = tmp_path / 'people.json'
    path.write_text(json.dumps({**content, 'categories': [coco, {'id': 2, 'name': 'chair'}, None]}))
    assert len(read_coco_persons(path, with_pose=True, with_surface=False)) == 1
    path.write_text(json.dumps({**content, 'categories': [{'id': 2}, coco | {'keypoints': names}]}))
    with pytest.raises(ValueError, match=r'people.json, field categories: expected the keypoints nose, .* got'):
        read_coco_persons(path, with_pose=True, with_surface=False)
    assert read_coco_persons(path, with_pose=False, with_surface=True) == []


@pytest.mark.parametrize('name', ['7', '7_x', 'a_7', '7_', '_7', '-7_1'])
def test_other_names_in_a_list_of_lip_are_refused(tmp_path, name):
    (tmp_path / 'ids.txt').write_text(f'{name}\n')
    with pytest.raises(ValueError, match='36_453991'):
        images_of_lip([tmp_path / 'ids.txt'])
