import numpy as np
import pytest

from mmspd.anatomy import ATR_CLASSES, CIHP_CLASSES, JOINTS, PARSING_CLASSES
from mmspd.checking.regions import JOINT_REGIONS, PART_REGIONS, class_regions, joints_on_region, points_on_region

HEAD, ARMS, LEGS = 1, 2, 3
FACE, LEFT_LEG, COAT = (PARSING_CLASSES.index(name) for name in ('Face', 'LeftLeg', 'Coat'))


def named(classes, region):
    return {classes[label] for label in np.flatnonzero(class_regions(classes)[region, : len(classes)])}


def test_tables_by_hand():
    assert named(PARSING_CLASSES, HEAD) == {'Hat', 'Hair', 'Sunglasses', 'Face', 'Scarf'}
    arms = {'Glove', 'UpperClothes', 'Dress', 'Coat', 'Jumpsuits', 'Scarf', 'LeftArm', 'RightArm'}
    assert named(PARSING_CLASSES, ARMS) == arms
    legs = {'Dress', 'Coat', 'Socks', 'Pants', 'Jumpsuits', 'Skirt', 'LeftLeg', 'RightLeg', 'LeftShoe', 'RightShoe'}
    assert named(PARSING_CLASSES, LEGS) == legs
    assert named(ATR_CLASSES, HEAD) == {'hat', 'hair', 'sunglass', 'face', 'scarf'}
    assert 'TorsoSkin' not in named(CIHP_CLASSES, LEGS)
    table = class_regions(PARSING_CLASSES)
    assert table[:, 255].all()
    assert not table[:, 20:255].any()
    assert not table[:, 0].any()


def test_joints_and_parts_by_hand():
    regions = {name: int(region) for name, region in zip(JOINTS, JOINT_REGIONS, strict=True) if region}
    ends = {f'{side}_{name}': region for side in ('left', 'right') for name, region in
            (('wrist', ARMS), ('elbow', ARMS), ('knee', LEGS), ('ankle', LEGS))}  # fmt: skip
    assert regions == {'head_top': HEAD, **ends}
    # Torso 1, 2; hands 3, 4; feet 5, 6; legs 7 to 14; arms 15 to 22; head 23, 24.
    assert PART_REGIONS.tolist() == [0, 0, 0, 2, 2, 3, 3, *[3] * 8, *[2] * 8, 1, 1]


@pytest.mark.parametrize(
    ('name', 'place', 'counts'),
    [
        ('left_knee', (5, 5), (1, 1)),
        ('right_knee', (5, 5), (1, 1)),  # sides are another matter
        ('left_knee', (7, 5), (1, 1)),
        ('left_knee', (8, 5), (0, 1)),
        ('left_wrist', (5, 5), (0, 1)),
        ('head_top', (5, 5), (0, 1)),
        ('left_hip', (5, 5), (0, 0)),
        ('left_wrist', (0, 0), (1, 1)),  # a coat is on arms and legs
        ('left_knee', (0, 0), (1, 1)),
        ('left_knee', (19, 19), (1, 1)),  # ignored: it may be anything
    ],
)
def test_a_joint_looks_around(name, place, counts):
    label = np.zeros((20, 20), np.uint8)
    label[5, 5], label[0, 0], label[19, 19] = LEFT_LEG, COAT, 255
    joints, shown = np.zeros((16, 2)), np.zeros(16, dtype=bool)
    joints[JOINTS.index(name)], shown[JOINTS.index(name)] = place, True
    assert joints_on_region(label, class_regions(PARSING_CLASSES), joints, shown, 2) == counts


def test_points_ask_their_pixel():
    label = np.zeros((4, 4), np.uint8)
    label[1, 2], label[3, 3] = LEFT_LEG, FACE
    points = np.array([[2, 1], [2.4, 1.4], [2, 1], [0, 0], [2, 1], [9, 9]])
    parts = np.array([5, 14, 3, 7, 1, 23])  # foot, leg; a hand and a leg that miss; torso; head beyond the edge
    assert points_on_region(label, class_regions(PARSING_CLASSES), points, parts) == (3, 5)
    assert points_on_region(label, class_regions(PARSING_CLASSES), np.zeros((0, 2)), np.zeros(0, int)) == (0, 0)
