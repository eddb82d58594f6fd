"""The body's tables, against names and lists written out by hand."""

import numpy as np
import pytest
from pycocotools.cocoeval import Params

from mmspd import anatomy
from mmspd.anatomy import (
    ATR_CLASSES,
    ATR_PALETTE,
    CIHP_CLASSES,
    COARSE_PARTS,
    COCO_JOINT_PAIRS,
    COCO_JOINTS,
    COCO_SIGMAS,
    FINE_TO_COARSE,
    JOINT_MIRROR,
    JOINT_MIRROR_PAIRS,
    JOINT_SIDES,
    JOINTS,
    LABEL_SETS,
    PARSING_CLASSES,
    PARSING_MIRROR,
    PARSING_PALETTE,
    SIDE_COLOURS,
    SKELETON,
    SURFACE_MIRROR,
    SURFACE_PARTS,
    LabelSet,
    label_set,
    mirror_table,
    register_label_set,
)


def swapped(name):
    """A name of the other side."""
    for left, right in (('left', 'right'), ('Left', 'Right')):
        if left in name:
            return name.replace(left, right)
        name = name.replace(right, left)
    return name


@pytest.mark.parametrize(
    ('names', 'table', 'pairs'),
    [(PARSING_CLASSES, PARSING_MIRROR, 3), (JOINTS, JOINT_MIRROR, 6)],
)
def test_mirroring_swaps_left_and_right_by_name(names, table, pairs):
    assert [names[place] for place in table] == [swapped(name) for name in names]
    assert (table != np.arange(len(names))).sum() == 2 * pairs


def test_mirrored_parts_belong_to_the_mirrored_coarse_part():
    # DensePose: 1 and 2 stay (the torso's back and front), then neighbours swap, up to the head's two halves.
    assert SURFACE_MIRROR.tolist() == [0, 1, 2, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17, 20, 19, 22, 21,
                                       24, 23]  # fmt: skip
    for part in range(1, 25):
        ours, theirs = (COARSE_PARTS[FINE_TO_COARSE[each]] for each in (part, SURFACE_MIRROR[part]))
        assert theirs == swapped(ours)


def test_fine_parts_by_hand():
    members = {name: [] for name in COARSE_PARTS}
    for part in range(1, 25):
        members[COARSE_PARTS[FINE_TO_COARSE[part]]].append(part)
    assert members == {
        'Torso': [1, 2], 'RightHand': [3], 'LeftHand': [4], 'LeftFoot': [5], 'RightFoot': [6],
        'UpperLegRight': [7, 9], 'UpperLegLeft': [8, 10], 'LowerLegRight': [11, 13], 'LowerLegLeft': [12, 14],
        'UpperArmLeft': [15, 17], 'UpperArmRight': [16, 18], 'LowerArmLeft': [19, 21], 'LowerArmRight': [20, 22],
        'Head': [23, 24],
    }  # fmt: skip
    assert FINE_TO_COARSE[0] == -1
    assert SURFACE_PARTS[9] == 'UpperLegRight9'
    assert len(set(SURFACE_PARTS)) == 25


def test_skeleton_sides_are_those_of_its_joints():
    assert len(SKELETON) == 15
    for first, second, side in SKELETON:
        sides = {name.split('_')[0] for name in (JOINTS[first], JOINTS[second])} & {'left', 'right'}
        assert sides == ({side} if side != 'centre' else set())


def test_palette_has_a_colour_for_each_class():
    assert len(set(PARSING_PALETTE)) == len(PARSING_CLASSES) == 20


def test_tables_cannot_be_changed():
    table = mirror_table(3, ((0, 2),))
    assert table.tolist() == [2, 1, 0]
    with pytest.raises(ValueError, match='read-only'):
        table[0] = 1


@pytest.mark.parametrize('labels', LABEL_SETS.values(), ids=lambda labels: labels.name)
def test_label_sets_are_mirrored_by_name(labels):
    assert [labels.classes[place] for place in labels.mirror] == [swapped(name) for name in labels.classes]
    assert len(labels.mirror_pairs) == 3
    assert len(labels.palette) == len(labels.classes) == len(set(labels.palette))
    assert label_set(labels.name) is labels


def test_label_sets_by_hand():
    assert [len(LABEL_SETS[name].classes) for name in ('lip', 'atr', 'cihp')] == [20, 18, 20]
    assert ATR_CLASSES[4] == 'upper-clothes'
    assert [ATR_CLASSES[number] for number in (8, 16, 17)] == ['belt', 'bag', 'scarf']
    assert label_set('atr').mirror.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 9, 11, 13, 12, 15, 14, 16, 17]
    assert CIHP_CLASSES[10] == 'TorsoSkin'
    assert label_set(None).name == 'lip'
    with pytest.raises(ValueError, match="lip, atr, cihp, got 'mhp'"):
        label_set('mhp')


def test_what_atr_and_lip_share_has_one_colour():
    shared = {'hat': 'Hat', 'sunglass': 'Sunglasses', 'upper-clothes': 'UpperClothes', 'skirt': 'Skirt',
              'pants': 'Pants', 'dress': 'Dress', 'left-shoe': 'LeftShoe', 'right-shoe': 'RightShoe', 'face': 'Face',
              'left-leg': 'LeftLeg', 'right-leg': 'RightLeg', 'left-arm': 'LeftArm', 'right-arm': 'RightArm',
              'scarf': 'Scarf', 'hair': 'Hair', 'background': 'Background'}  # fmt: skip
    for theirs, ours in shared.items():
        assert ATR_PALETTE[ATR_CLASSES.index(theirs)] == PARSING_PALETTE[PARSING_CLASSES.index(ours)], theirs


def test_cocos_joints_by_hand():
    # Its order: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles, each time the left one first.
    assert [COCO_JOINTS[theirs] for _, theirs in COCO_JOINT_PAIRS] == [JOINTS[ours] for ours, _ in COCO_JOINT_PAIRS]
    assert dict(COCO_JOINT_PAIRS) == {0: 16, 1: 14, 2: 12, 3: 11, 4: 13, 5: 15, 10: 10, 11: 8, 12: 6, 13: 5, 14: 7,
                                      15: 9}  # fmt: skip
    assert Params('keypoints').kpt_oks_sigmas.tolist() == pytest.approx(COCO_SIGMAS)


def test_sides_of_joints_are_those_of_mirroring():
    assert [JOINT_SIDES[joint] for joint in (6, 7, 8, 9)] == ['centre'] * 4
    for pair in JOINT_MIRROR_PAIRS:
        assert {JOINT_SIDES[joint] for joint in pair} == {'left', 'right'}
    assert set(JOINT_SIDES) == set(SIDE_COLOURS)
    assert JOINT_SIDES[JOINTS.index('left_knee')] == 'left'


def test_a_label_set_of_ones_own_is_known_by_its_name(monkeypatch):
    monkeypatch.setattr(anatomy, 'LABEL_SETS', dict(LABEL_SETS))
    colours = ((0, 0, 0), (255, 0, 0), (0, 255, 0))
    mine = LabelSet('mine', ('nothing', 'left', 'right'), colours, colours, ((1, 2),))
    register_label_set(mine)
    register_label_set(mine)  # again, as when a module is imported anew
    assert label_set('mine').mirror.tolist() == [0, 2, 1]
    for other, message in (
        (LabelSet('mine', ('nothing',), colours[:1], colours[:1], ()), "another label set of the name 'mine'"),
        (LabelSet('few', ('nothing', 'a'), colours, colours[:2], ()), 'a colour for each of 2 classes, got 3 and 2'),
        (LabelSet('far', ('nothing', 'a'), colours[:2], colours[:2], ((1, 2),)), 'are of classes 1..1'),
    ):
        with pytest.raises(ValueError, match=message):
            register_label_set(other)
