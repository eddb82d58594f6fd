"""The body's tables, against names and lists written out by hand."""

import numpy as np
import pytest

from mmspd.anatomy import (
    COARSE_PARTS,
    FINE_TO_COARSE,
    JOINT_MIRROR,
    JOINTS,
    PARSING_CLASSES,
    PARSING_MIRROR,
    PARSING_PALETTE,
    SKELETON,
    SURFACE_MIRROR,
    SURFACE_PARTS,
    mirror_table,
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
