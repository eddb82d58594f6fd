import numpy as np
import pytest

from mmspd.anatomy import ATR_CLASSES, JOINTS, PARSING_CLASSES
from mmspd.checking.sides import JOINT_SIDES, PART_SIDES, class_sides, joint_votes, vote_by_face, vote_by_points

LEFT_ARM, RIGHT_ARM, LEFT_LEG, RIGHT_LEG = 1, 2, 3, 4


def test_tables_by_hand():
    table = class_sides(PARSING_CLASSES)
    assert {PARSING_CLASSES[label]: int(side) for label, side in enumerate(table[:20]) if side} == {
        'LeftArm': 1, 'RightArm': 2, 'LeftLeg': 3, 'RightLeg': 4, 'LeftShoe': 3, 'RightShoe': 4,
    }  # fmt: skip
    assert not table[20:].any()
    assert {JOINTS[joint]: int(side) for joint, side in enumerate(JOINT_SIDES) if side} == {
        'right_ankle': 4, 'right_knee': 4, 'left_knee': 3, 'left_ankle': 3,
        'right_wrist': 2, 'right_elbow': 2, 'left_elbow': 1, 'left_wrist': 1,
    }  # fmt: skip
    # Hands 3 right and 4 left, feet 5 left and 6 right, then legs right first, arms left first.
    expected = [0, 0, 0, 2, 1, 3, 4, 4, 3, 4, 3, 4, 3, 4, 3, 1, 2, 1, 2, 1, 2, 1, 2, 0, 0]
    assert PART_SIDES.tolist() == expected


def test_atrs_names_have_sides_too():
    table = class_sides(ATR_CLASSES)
    assert [int(table[ATR_CLASSES.index(name)]) for name in ('left-shoe', 'right-leg', 'left-arm', 'belt')] == [
        3,
        4,
        1,
        0,
    ]


def one_joint(name, place):
    joints, visible = np.zeros((16, 2)), np.zeros(16, dtype=bool)
    joints[JOINTS.index(name)], visible[JOINTS.index(name)] = place, True
    return joints, visible


@pytest.mark.parametrize(
    ('name', 'place', 'vote'),
    [
        ('left_wrist', (5, 5), 1),
        ('right_wrist', (5, 5), -1),
        ('left_wrist', (8, 5), 1),  # three pixels beside it
        ('left_wrist', (9, 5), 0),  # four
        ('left_ankle', (5, 5), 0),  # an arm says nothing about a leg
        ('left_shoulder', (5, 5), 0),
        ('left_wrist', (-4, 5), 0),
        ('left_wrist', (5, 20), 0),
    ],
)
def test_a_joint_asks_its_neighbourhood(name, place, vote):
    limbs = np.zeros((20, 20), np.uint8)
    limbs[5, 5] = LEFT_ARM
    votes = joint_votes(limbs, *one_joint(name, place), radius=3)
    assert votes.tolist() == [vote if joint == name else 0 for joint in JOINTS]


def test_both_sides_near_say_nothing():
    limbs = np.zeros((20, 20), np.uint8)
    limbs[5, 5], limbs[5, 6] = LEFT_LEG, RIGHT_LEG
    assert joint_votes(limbs, *one_joint('left_knee', (5, 5)), radius=2).sum() == 0
    assert joint_votes(limbs, *one_joint('left_knee', (5, 5)), radius=0).sum() == 1


def test_points_ask_their_pixel():
    limbs = np.zeros((4, 4), np.uint8)
    limbs[1, 2], limbs[2, 2] = RIGHT_ARM, LEFT_LEG
    points = np.array([[2, 1], [2.4, 1.4], [2, 1], [2, 2], [2, 2], [9, 9], [0, 0], [2, 1]])
    parts = np.array([3, 16, 4, 5, 6, 3, 3, 1])  # r hand, upper arm r, l hand, l foot, r foot, outside, nothing, torso
    assert vote_by_points(limbs, points, parts) == (3, 2)
    assert vote_by_points(limbs, np.zeros((0, 2)), np.zeros(0, dtype=int)) == (0, 0)


@pytest.mark.parametrize(
    ('share', 'left', 'right', 'votes'),
    [
        (0.02, [61, 60], [50, 49], (1, 0)),  # eleven of a hundred pixels apart
        (0.02, [50], [61], (0, 1)),
        (0.02, [55], [50], (0, 0)),  # sideways
        (0.02, [50], [55], (0, 0)),
        (0.01, [90], [10], (0, 0)),  # hardly a face
        (0.5, [], [10], (0, 0)),
        (0.5, [10], [], (0, 0)),
    ],
)
def test_who_shows_the_face_has_the_left_on_the_images_right(share, left, right, votes):
    assert vote_by_face(share, np.array(left), np.array(right), 100) == votes
