"""The joints of a posed body, and which of them can be seen."""

import numpy as np
import pytest

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, JOINT_MIRROR, JOINTS, NUM_JOINTS
from mmspd.synthetic.bodies.body import BodyModel, RestBody, body_model, pose_bones, skin_vertices
from mmspd.synthetic.bodies.skeleton import PARTS_AT_JOINT, joint_positions, occluded_joints
from mmspd.synthetic.camera import Camera
from mmspd.synthetic.poses.joint_angles import ArmAngles, JointAngles, TrunkTurn
from mmspd.synthetic.poses.limbs import joint_rotations
from mmspd.synthetic.poses.pose_families import sample_pose
from mmspd.synthetic.rasterizer import rasterize

PART = {name: index for index, name in enumerate(COARSE_PARTS)}
# Written out, not taken from the code under test.
BONES = (
    'foot.R', 'lowerleg01.R', 'upperleg01.R', 'upperleg01.L', 'lowerleg01.L', 'foot.L', 'root', None, 'head', None,
    'wrist.R', 'lowerarm01.R', 'upperarm01.R', 'upperarm01.L', 'lowerarm01.L', 'wrist.L',
)  # fmt: skip


@pytest.fixture(scope='module')
def model() -> BodyModel:
    return body_model()


@pytest.fixture(scope='module', params=[0, 1])
def rest(model, request) -> RestBody:
    return model.random_shape(np.random.default_rng(request.param))


def at_rest(model):
    return np.tile(np.eye(3, 4), (len(model.bone_names), 1, 1))


def test_joints_are_the_beginnings_of_bones(model, rest):
    joints = joint_positions(model, rest, at_rest(model))
    assert joints.shape == (NUM_JOINTS, 3)
    assert joints.dtype == np.float64
    for index, bone in enumerate(BONES):
        if bone:
            np.testing.assert_array_equal(joints[index], rest.bone_heads[model.bone(bone)])
    clavicles = rest.bone_heads[[model.bone('clavicle.L'), model.bone('clavicle.R')]].astype(np.float64)
    np.testing.assert_allclose(joints[JOINTS.index('thorax')], clavicles.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(joints[JOINT_MIRROR] * [-1, 1, 1], joints, atol=1e-7)


def test_the_order_from_top_to_bottom_and_left_is_left(model, rest):
    joints = dict(zip(JOINTS, joint_positions(model, rest, at_rest(model)), strict=True))
    heights = [
        joints[name][2]
        for name in ('head_top', 'upper_neck', 'thorax', 'left_elbow', 'left_wrist', 'left_hip', 'left_knee')
    ]
    assert heights == sorted(heights, reverse=True)
    for name in ('ankle', 'knee', 'hip', 'shoulder', 'elbow', 'wrist'):
        assert joints[f'left_{name}'][0] > 0 > joints[f'right_{name}'][0]


def test_the_heads_top_is_the_topmost_skin_and_moves_with_the_head(model, rest):
    top = joint_positions(model, rest, at_rest(model))[JOINTS.index('head_top')]
    skin = rest.vertices[np.unique(model.faces['skin'])]
    assert abs(top[2] - skin[:, 2].max()) < 0.002
    assert top[0] == 0
    angles = JointAngles(neck=TrunkTurn(20, 10, 40), spine=TrunkTurn(30))
    transforms = pose_bones(
        model.bone_parents, rest.bone_heads, joint_rotations(angles, model, rest), np.array([1.0, 2.0, 3.0])
    )
    joints = joint_positions(model, rest, transforms)
    posed = skin_vertices(rest.vertices, model.skin, transforms)
    nearest = np.linalg.norm(posed - joints[JOINTS.index('head_top')], axis=1).argmin()
    np.testing.assert_allclose(rest.vertices[nearest], top, atol=1e-5)


def test_joints_follow_the_pose(model, rest):
    turns = sample_pose(np.random.default_rng(0), model, rest, 'reach').rotations
    transforms = pose_bones(model.bone_parents, rest.bone_heads, turns, np.array([0.5, -1.0, 2.0]))
    joints = joint_positions(model, rest, transforms)
    for index, bone in enumerate(BONES):
        if bone:
            transform = transforms[model.bone(bone)]
            expected = transform @ [*rest.bone_heads[model.bone(bone)], 1.0]
            np.testing.assert_allclose(joints[index], expected, atol=1e-12)
    assert np.abs(joints - joint_positions(model, rest, at_rest(model))).max() > 1


# ------------------------------------------------------------------------------------------------------ visibility
def test_the_table_is_complete_and_symmetric():
    assert set(PARTS_AT_JOINT) == set(JOINTS)
    swap = {'Left': 'Right', 'Right': 'Left'}

    def other_side(part):
        for side, other in swap.items():
            if side in part:
                return part.replace(side, other)
        return part

    for index, joint in enumerate(JOINTS):
        parts = PARTS_AT_JOINT[joint]
        assert set(parts) <= set(COARSE_PARTS)
        assert {other_side(part) for part in parts} == set(PARTS_AT_JOINT[JOINTS[JOINT_MIRROR[index]]])
    assert PARTS_AT_JOINT['left_ankle'] == ('LowerLegLeft', 'LeftFoot')
    assert PARTS_AT_JOINT['right_wrist'] == ('LowerArmRight', 'RightHand')
    assert PARTS_AT_JOINT['left_shoulder'] == ('Torso', 'UpperArmLeft')


def hidden(x, y, coarse, **options):
    """Names of the joints that are hidden if all lie at one point."""
    return {
        JOINTS[index] for index in np.flatnonzero(occluded_joints(np.full((NUM_JOINTS, 2), (x, y)), coarse, **options))
    }


def test_what_a_part_shows_by_hand():
    def with_part(name):
        return np.full((3, 3), -1 if name is None else PART[name], np.int8)

    everything = set(JOINTS)
    assert hidden(1, 1, with_part(None)) == everything
    assert everything - hidden(1, 1, with_part('LeftHand')) == {'left_wrist'}
    assert everything - hidden(1, 1, with_part('UpperLegRight')) == {'right_hip', 'right_knee', 'pelvis'}
    assert everything - hidden(1, 1, with_part('Head')) == {'head_top', 'upper_neck', 'thorax'}
    assert everything - hidden(1, 1, with_part('Torso')) == {
        'pelvis', 'thorax', 'upper_neck', 'left_hip', 'right_hip', 'left_shoulder', 'right_shoulder',
    }  # fmt: skip


def test_how_near_a_pixel_must_be():
    coarse = np.full((5, 7), -1, np.int8)
    coarse[2, 3] = PART['Head']
    # Distances to the pixel at (3, 2): 1.4, 1.5, 1.6 along the row, and (1, 1), (1.1, 1.1) diagonally.
    for x, y, seen in ((1.6, 2, True), (1.5, 2, True), (1.4, 2, False), (2, 1, True), (4.1, 0.9, False)):
        assert ('head_top' not in hidden(x, y, coarse)) == seen, (x, y)
    assert 'head_top' in hidden(2, 2, coarse, radius=0.9)
    assert 'head_top' not in hidden(1, 2, coarse, radius=2)
    # The nearest pixel counts even beyond the radius.
    assert 'head_top' not in hidden(3.4, 2.4, coarse, radius=0)
    assert 'head_top' in hidden(3.6, 2.4, coarse, radius=0)


def test_joints_off_the_picture_and_unknown_ones():
    coarse = np.full((1, 1), PART['Head'], np.int8)
    everything = set(JOINTS)
    assert hidden(0, 0, coarse) != everything
    for x, y in ((0.49, 0), (-0.5, 0), (0, 0.49)):
        assert hidden(x, y, coarse) != everything, (x, y)
    # A pixel ends half way to the next.
    for x, y in ((0.5, 0), (0, -0.51), (np.nan, 0), (0, np.nan), (np.inf, 0), (1e300, 0), (-1e300, 0)):
        assert hidden(x, y, coarse) == everything, (x, y)


def test_each_joint_has_its_own_place():
    coarse = np.full((4, 40), PART['Torso'], np.int8)
    pixels = np.stack([2.0 * np.arange(NUM_JOINTS), np.full(NUM_JOINTS, 2.0)], axis=1)
    coarse[:, 2 * JOINTS.index('left_knee')] = PART['LowerLegLeft']
    seen = {JOINTS[index] for index in np.flatnonzero(~occluded_joints(pixels, coarse, radius=0.5))}
    assert seen == {
        'left_knee', 'pelvis', 'thorax', 'upper_neck', 'left_hip', 'right_hip', 'left_shoulder', 'right_shoulder',
    }  # fmt: skip


def photographed(model, rest, angles, position, towards='pelvis'):
    """Names of the hidden joints of a rendered person, seen from a place given relative to a joint."""
    transforms = pose_bones(model.bone_parents, rest.bone_heads, joint_rotations(angles, model, rest), np.zeros(3))
    joints = joint_positions(model, rest, transforms)
    middle = joints[JOINTS.index(towards)]
    camera = Camera.look(middle + position, middle, 0.0, 380.0, (149.5, 149.5))
    body = skin_vertices(rest.vertices, model.skin, transforms)
    raster = rasterize(*camera.project(body), model.faces['skin'], (300, 300))
    coarse = np.asarray(FINE_TO_COARSE, np.int8)[np.where(raster.faces >= 0, model.face_parts[raster.faces], 0)]
    return {JOINTS[index] for index in np.flatnonzero(occluded_joints(camera.project(joints)[0], coarse))}


def test_rendered_people(model, rest):
    cross = JointAngles(left_arm=ArmAngles(90), right_arm=ArmAngles(90))
    front, back = np.array([0.0, -4.0, 0.2]), np.array([0.0, 4.0, 0.2])
    assert photographed(model, rest, cross, front) == set()
    assert photographed(model, rest, cross, back) == set()
    # From the person's left, the right arm and leg are behind the left ones.
    forward = JointAngles(left_arm=ArmAngles(90, 90), right_arm=ArmAngles(90, 90))
    aside = photographed(model, rest, forward, np.array([4.0, 0.0, 0.0]), 'left_elbow')
    assert {'right_elbow', 'right_wrist', 'right_knee', 'right_ankle'} <= aside
    assert not any(name.startswith('left') for name in aside)
    # A hand held out to the camera hides elbow and shoulder; from behind, the shoulder hides them.
    ahead = photographed(model, rest, forward, np.array([0.0, -4.0, 0.0]), 'left_shoulder')
    assert {'left_elbow', 'left_shoulder'} <= ahead
    assert 'left_wrist' not in ahead
    behind = photographed(model, rest, forward, np.array([0.0, 4.0, 0.0]), 'left_shoulder')
    assert 'left_shoulder' not in behind
    assert 'left_wrist' in behind
