"""Labels, surface and joints of a body in a known pose: the sides, the fronts and backs, what is hidden."""

import numpy as np
import pytest

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, JOINTS, PARSING_CLASSES
from mmspd.synthetic.clothing.clothes import make_skirt, make_top
from tests.synthetic.mean_body import WIDTH, plain_paint

FRONTS, BACKS = (2, 9, 10, 13, 14, 15, 16, 19, 20), (1, 7, 8, 11, 12, 17, 18, 21, 22)


def columns_of(mask):
    return np.nonzero(mask)[1].mean()


@pytest.mark.parametrize(('degrees', 'left_is_right'), [(0, True), (180, False)])
def test_sides(person, degrees, left_is_right):
    """Facing the camera the person's left is at the picture's right; seen from behind, at its left."""
    found = person.annotate(degrees)
    for limb in ('Arm', 'Leg'):
        left, right = (columns_of(found.label == PARSING_CLASSES.index(side + limb)) for side in ('Left', 'Right'))
        assert (left > right) == left_is_right
    for joint in ('ankle', 'knee', 'hip', 'wrist', 'elbow', 'shoulder'):
        left, right = (found.pixels[JOINTS.index(f'{side}_{joint}'), 0] for side in ('left', 'right'))
        assert (left > right) == left_is_right
    for left_part, right_part in ((4, 3), (5, 6), (24, 23)):
        left, right = (columns_of(found.parts == part) for part in (left_part, right_part))
        assert (left > right) == left_is_right


def test_fronts_and_backs(person):
    for degrees, seen, hidden in ((0, FRONTS, BACKS), (180, BACKS, FRONTS)):
        parts = person.annotate(degrees).parts
        counts = np.bincount(parts.ravel(), minlength=25)
        assert counts[list(seen)].sum() > 5 * counts[list(hidden)].sum()
        assert (counts[list(seen)] > 0).all()


@pytest.mark.parametrize('degrees', [0, 50, 140, 250])
def test_labels_agree_with_parts(person, degrees):
    """A pixel of the left arm never shows a part of the right arm, nor of anything else."""
    found = person.annotate(degrees)
    for side, other in (('Left', 'Right'), ('Right', 'Left')):
        for limb, stems in (('Arm', ('Hand', 'UpperArm', 'LowerArm')), ('Leg', ('Foot', 'UpperLeg', 'LowerLeg'))):
            coarse = found.coarse[found.label == PARSING_CLASSES.index(side + limb)]
            names = {COARSE_PARTS[index] for index in np.unique(coarse)}
            assert names, 'the limb is not seen'
            assert all(any(stem in name for stem in stems) and other not in name for name in names)
    assert np.isin(found.parts[found.label == PARSING_CLASSES.index('Face')], (0, 1, 2, 23, 24)).all()
    torso = np.isin(found.parts, (1, 2))
    assert (found.label[torso] == 0).mean() > 0.95
    agree = np.asarray(FINE_TO_COARSE)[found.parts] == found.coarse
    assert agree[found.parts > 0].all()


def test_mirror_image(person):
    """The body is symmetric: what is seen from 40 degrees on one side is the mirror image of the other side's."""
    from mmspd.anatomy import PARSING_MIRROR, SURFACE_MIRROR

    first, second = person.annotate(40.0), person.annotate(-40.0)
    flipped = PARSING_MIRROR[second.label][:, ::-1]
    assert (first.label == flipped).mean() > 0.995
    parts = SURFACE_MIRROR[second.parts][:, ::-1]
    assert (first.parts == parts).mean() > 0.995
    same = (first.parts == parts) & (parts > 2)
    assert np.abs(first.uv[same] - second.uv[:, ::-1][same]).max() < 0.02
    torso = (first.parts == parts) & np.isin(parts, (1, 2))
    assert np.abs(first.uv[torso] - (second.uv[:, ::-1][torso] * [-1, 1] + [1, 0])).max() < 0.02


def test_joints_are_the_projected_bones(person):
    transforms = person.transforms(
        {'upperarm01.L': np.diag([1.0, -1, -1]), 'upperleg01.R': np.eye(3)[[0, 2, 1]] * [1, 1, -1]}
    )
    found = person.annotate(20.0, transforms=transforms)
    bones = {'left_wrist': 'wrist.L', 'left_elbow': 'lowerarm01.L', 'right_knee': 'lowerleg01.R',
             'right_ankle': 'foot.R', 'left_shoulder': 'upperarm01.L', 'right_hip': 'upperleg01.R',
             'upper_neck': 'head'}  # fmt: skip
    for joint, name in bones.items():
        bone = person.model.bone(name)
        place = transforms[bone] @ np.append(person.rest.bone_heads[bone], 1)
        pixel, _ = person.look(20.0).project(place[None])
        assert np.abs(found.pixels[JOINTS.index(joint)] - pixel[0]).max() < 0.01


def test_an_arm_behind_the_back_is_occluded(person):
    behind = person.annotate(90.0)  # seen from the person's left
    joints, occluded = behind.visible_joints()
    assert occluded[[JOINTS.index('right_shoulder'), JOINTS.index('right_hip')]].all()
    assert not occluded[[JOINTS.index('left_shoulder'), JOINTS.index('left_elbow'), JOINTS.index('left_knee')]].any()
    assert np.isfinite(joints).all()


def test_clothes_hide_no_surface_and_a_skirt_beside_the_body_has_none(person):
    arguments = np.random.default_rng(0), person.model, person.rest, person.normals
    skirt = make_skirt(*arguments, 'Skirt', plain_paint(0.5), hem=0.4, flare=0.3)
    dressed, bare = person.annotate(pieces=[skirt]), person.annotate()
    assert (dressed.parts == bare.parts).all()
    cloth = dressed.label == PARSING_CLASSES.index('Skirt')
    assert 0.1 < (dressed.parts[cloth] == 0).mean() < 0.9


def test_covered_pixels_lose_everything(person):
    found = person.annotate()
    covered = np.zeros(found.label.shape, bool)
    covered[:, WIDTH // 2 :] = True
    rest = found.without(covered)
    assert not rest.label[covered].any()
    assert not rest.parts[covered].any()
    assert not rest.uv[covered].any()
    assert (rest.coarse[covered] == -1).all()
    assert (rest.label[~covered] == found.label[~covered]).all()
    assert rest.box[2] <= WIDTH // 2 < found.box[2]
    occluded = rest.visible_joints()[1]
    assert occluded[JOINTS.index('left_wrist')]
    assert not occluded[JOINTS.index('right_elbow')]
    nothing = found.without(np.ones_like(covered))
    assert nothing.box.tolist() == [0, 0, found.label.shape[1], found.label.shape[0]]
    assert nothing.visible_joints()[1].all()


def test_sleeves_and_hem(person):
    arguments = np.random.default_rng(0), person.model, person.rest, person.normals
    short = make_top(*arguments, 'UpperClothes', plain_paint(0.5), hem=0.95, sleeve=0.15)
    long = make_top(*arguments, 'UpperClothes', plain_paint(0.5), hem=0.95, sleeve=0.5)
    arms = [PARSING_CLASSES.index(side + 'Arm') for side in ('Left', 'Right')]
    bare, with_short, with_long = (
        np.isin(person.annotate(pieces=pieces).label, arms).sum() for pieces in ([], [short], [long])
    )
    assert bare > 1.2 * with_short > 2 * with_long > 0
