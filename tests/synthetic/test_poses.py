"""Poses: anatomical angles against positions worked out by hand, families, and arms that stay out of the body."""

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from mmspd.anatomy import JOINT_MIRROR, JOINTS
from mmspd.synthetic.bodies.body import BodyModel, RestBody, body_model, pose_bones, skin_vertices
from mmspd.synthetic.bodies.skeleton import joint_positions
from mmspd.synthetic.poses.arm_poses import ARM_POSES, sample_arm
from mmspd.synthetic.poses.clearance import clear_arms
from mmspd.synthetic.poses.joint_angles import LIMITS, ArmAngles, JointAngles, LegAngles, TrunkTurn
from mmspd.synthetic.poses.limbs import joint_rotations
from mmspd.synthetic.poses.pose_families import sample_angles, sample_pose
from mmspd.synthetic.poses.turning import cross, rotation, rotations, turn_frame
from mmspd.synthetic.settings import POSE_FAMILIES

FORWARD, BACK, LEFT, RIGHT = (np.array([x, y, 0.0]) for x, y in ((0, -1), (0, 1), (1, 0), (-1, 0)))
UP, DOWN = np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, -1.0])
ASKEW = JointAngles(
    TrunkTurn(20, 8, -15),
    TrunkTurn(15, -12, 20),
    TrunkTurn(-10, 9, 30),
    ArmAngles(120, 30, -40, 70, 35, -20, 30, 8),
    ArmAngles(40, 80, 25, 100, -30, 25, 60, -5),
    LegAngles(70, 20, 25, 90, -15),
    LegAngles(-15, 5, -10, 30, 20),
)
RAISED = JointAngles(left_arm=ArmAngles(90), right_arm=ArmAngles(90))


@pytest.fixture(scope='module')
def model() -> BodyModel:
    return body_model()


@pytest.fixture(scope='module', params=[None, 0, 1, 2])
def rest(model, request) -> RestBody:
    if request.param is None:
        return model.shape(np.zeros(model.shapes.shape[1]))
    return model.random_shape(np.random.default_rng(request.param))


def transforms_of(model, rest, angles):
    return pose_bones(model.bone_parents, rest.bone_heads, joint_rotations(angles, model, rest), np.zeros(3))


def joints_of(model, rest, angles):
    return dict(zip(JOINTS, joint_positions(model, rest, transforms_of(model, rest, angles)), strict=True))


def head_of(model, rest, angles, bone):
    """Where a bone begins when posed."""
    index = model.bone(bone)
    transform = transforms_of(model, rest, angles)[index]
    return transform[:, :3] @ rest.bone_heads[index] + transform[:, 3]


def direction(joints, start, end):
    along = joints[end] - joints[start]
    return along / np.linalg.norm(along)


def test_zero_angles_are_straight_limbs_whatever_the_shape(model, rest):
    joints = joints_of(model, rest, JointAngles())
    for side in ('left', 'right'):
        for start, end in (('shoulder', 'elbow'), ('elbow', 'wrist'), ('hip', 'knee'), ('knee', 'ankle')):
            np.testing.assert_allclose(direction(joints, f'{side}_{start}', f'{side}_{end}'), DOWN, atol=1e-6)
    assert joints['left_wrist'][0] > 0.05 > -0.05 > joints['right_wrist'][0]


# Changed part, joint at the near and at the far end of a segment, where it is to point.
BY_HAND = {
    'elbow': ({'left_arm': ArmAngles(elbow=90)}, 'left_elbow', 'left_wrist', FORWARD),
    'right elbow': ({'right_arm': ArmAngles(elbow=90)}, 'right_elbow', 'right_wrist', FORWARD),
    'elbow does not move the upper arm': ({'left_arm': ArmAngles(elbow=90)}, 'left_shoulder', 'left_elbow', DOWN),
    'arm sideways': ({'left_arm': ArmAngles(90)}, 'left_shoulder', 'left_wrist', LEFT),
    'right arm sideways': ({'right_arm': ArmAngles(90)}, 'right_shoulder', 'right_wrist', RIGHT),
    'arm forward': ({'left_arm': ArmAngles(90, 90)}, 'left_shoulder', 'left_wrist', FORWARD),
    'arm behind': ({'right_arm': ArmAngles(30, -90)}, 'right_shoulder', 'right_wrist', (BACK - 3**0.5 * UP) / 2),
    'arm up': ({'left_arm': ArmAngles(180, 40)}, 'left_shoulder', 'left_wrist', UP),
    'arm sideways, forearm forward': ({'left_arm': ArmAngles(90, elbow=90)}, 'left_elbow', 'left_wrist', FORWARD),
    'arm forward, forearm up': ({'left_arm': ArmAngles(90, 90, elbow=90)}, 'left_elbow', 'left_wrist', UP),
    'knee': ({'left_leg': LegAngles(knee=90)}, 'left_knee', 'left_ankle', BACK),
    'right knee': ({'right_leg': LegAngles(knee=90)}, 'right_knee', 'right_ankle', BACK),
    'hip': ({'left_leg': LegAngles(90)}, 'left_hip', 'left_ankle', FORWARD),
    'leg aside': ({'left_leg': LegAngles(0, 30)}, 'left_hip', 'left_ankle', (LEFT - 3**0.5 * UP) / 2),
    'right leg aside': ({'right_leg': LegAngles(0, 30)}, 'right_hip', 'right_knee', (RIGHT - 3**0.5 * UP) / 2),
    'seat': ({'left_leg': LegAngles(90, 20, 0, 90)}, 'left_knee', 'left_ankle', DOWN),
    'rotated outward, the shin goes inward': (
        {'left_leg': LegAngles(90, 0, 90, 90)}, 'left_knee', 'left_ankle', RIGHT,
    ),
    'spine': ({'spine': TrunkTurn(bend=90), 'left_arm': ArmAngles()}, 'left_shoulder', 'left_elbow', BACK),
    'pelvis to the side': ({'pelvis': TrunkTurn(side=90)}, 'left_knee', 'left_ankle', RIGHT),
    'pelvis twists to the left': ({'pelvis': TrunkTurn(twist=90)}, 'right_hip', 'left_hip', BACK),
    'spine twists to the left': ({'spine': TrunkTurn(twist=90)}, 'right_shoulder', 'left_shoulder', BACK),
    'spine to the left': ({'spine': TrunkTurn(side=90)}, 'right_shoulder', 'left_shoulder', DOWN),
}  # fmt: skip


@pytest.mark.parametrize('case', BY_HAND)
def test_angles_by_hand(model, rest, case):
    changes, start, end, expected = BY_HAND[case]
    joints = joints_of(model, rest, JointAngles(**changes))
    # Bone heads are float32.
    np.testing.assert_allclose(direction(joints, start, end), expected, atol=2e-6)


def test_a_twisted_arm_takes_the_bent_forearm_inward(model, rest):
    # Half of the twist is the second half's, whose bone begins a little beside the line: hence the tolerance.
    for side, inward in (('left', RIGHT), ('right', LEFT)):
        joints = joints_of(model, rest, JointAngles(**{f'{side}_arm': ArmAngles(twist=80, elbow=90)}))
        expected = np.cos(np.deg2rad(80)) * FORWARD + np.sin(np.deg2rad(80)) * inward
        np.testing.assert_allclose(direction(joints, f'{side}_elbow', f'{side}_wrist'), expected, atol=0.03)


def test_hands(model, rest):
    def across(**angles):
        """From the index finger's knuckle to the little finger's, of a hanging left hand, without its length."""
        pose = JointAngles(left_arm=ArmAngles(**angles))
        ends = [head_of(model, rest, pose, f'finger{finger}-1.L') for finger in (2, 5)]
        return (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])

    # The palm faces the thigh, the thumb's side is in front; pronation turns it inward.
    assert across() @ BACK > 0.8
    assert across(pronation=80) @ LEFT > 0.8
    for name in ('wrist', 'curl'):
        still, bent = (
            head_of(model, rest, JointAngles(left_arm=ArmAngles(**{name: value})), 'finger3-3.L') for value in (0, 50)
        )
        # Towards the palm, which faces the thigh, and up.
        assert bent[0] < still[0] - 0.015
        assert bent[2] > still[2] + 0.003


def test_head_turns_by_the_whole_angle_and_feet_stay_level(model, rest):
    def turn_of(bone, **angles):
        return transforms_of(model, rest, JointAngles(**angles))[model.bone(bone), :, :3]

    np.testing.assert_allclose(turn_of('head', neck=TrunkTurn(twist=50)) @ FORWARD, rotated(UP, 50, FORWARD))
    np.testing.assert_allclose(turn_of('head', neck=TrunkTurn(bend=30)) @ UP, rotated(LEFT, 30, UP), atol=1e-12)
    level = LegAngles(flexion=60, knee=90, ankle=30)
    np.testing.assert_allclose(turn_of('foot.R', right_leg=level), np.eye(3), atol=1e-12)
    toes = turn_of('foot.L', left_leg=LegAngles(ankle=30)) @ FORWARD
    np.testing.assert_allclose(toes, np.cos(np.pi / 6) * FORWARD + 0.5 * UP, atol=1e-12)
    toes = turn_of('foot.L', left_leg=LegAngles(rotation=30)) @ FORWARD
    np.testing.assert_allclose(toes, np.cos(np.pi / 6) * FORWARD + 0.5 * LEFT, atol=1e-12)


def test_raised_arms_lift_the_shoulders(model, rest):
    heights = [
        joints_of(model, rest, JointAngles(left_arm=ArmAngles(raised=raised)))['left_shoulder'][2]
        for raised in (0, 40, 110, 170)
    ]
    assert abs(heights[0] - heights[1]) < 1e-9
    assert heights[1] + 0.02 < heights[2] < heights[3] - 0.02 < heights[0] + 0.2
    shrugged = joints_of(model, rest, JointAngles(right_arm=ArmAngles(shrug=15)))
    assert shrugged['right_shoulder'][2] > heights[0] + 0.015


def test_bones_keep_their_lengths(model, rest):
    transforms = transforms_of(model, rest, ASKEW)
    heads = np.einsum('bij,bj->bi', transforms[:, :, :3], rest.bone_heads) + transforms[:, :, 3]
    parents = model.bone_parents[1:]
    lengths, expected = (
        np.linalg.norm(points[1:] - points[parents], axis=1) for points in (heads, rest.bone_heads.astype(float))
    )
    np.testing.assert_allclose(lengths, expected, atol=1e-6)


def test_mirrored_angles_give_the_mirrored_person(model, rest):
    flip = np.array([-1.0, 1.0, 1.0])
    for angles in (ASKEW, sample_angles(np.random.default_rng(3), 'lean')):
        transforms, mirrored = (transforms_of(model, rest, a) for a in (angles, angles.mirrored()))
        joints, other = (joint_positions(model, rest, t) for t in (transforms, mirrored))
        np.testing.assert_allclose(other, joints[JOINT_MIRROR] * flip, atol=1e-9)
        vertices, others = (skin_vertices(rest.vertices, model.skin, t) for t in (transforms, mirrored))
        np.testing.assert_allclose(others, vertices[model.mirror] * flip, atol=1e-5)
    assert ASKEW.mirrored().mirrored() == ASKEW
    assert np.abs(joints_of(model, rest, ASKEW)['left_wrist'] - joints_of(model, rest, ASKEW)['right_wrist'])[0] > 0.05


# ------------------------------------------------------------------------------------------------------- families
@pytest.mark.parametrize('family', POSE_FAMILIES)
def test_samples_are_proper_rotations_within_limits(model, family):
    rest = model.random_shape(np.random.default_rng(4))
    for seed in range(60):
        angles = sample_angles(np.random.default_rng(seed), family)
        for angle in [*flat(angles), *flat(clear_arms(angles, model, rest) if seed < 10 else angles)]:
            place, name, value = angle
            low, high = LIMITS[place][name]
            assert low <= value <= high, angle
    pose = sample_pose(np.random.default_rng(1), model, rest, family)
    turns = pose.rotations
    assert turns.shape == (len(model.bone_names), 3, 3)
    assert turns.dtype == np.float64
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (len(turns), 1, 1)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(turns), 1)
    assert (pose.family, pose.sits) == (family, family == 'sit')


def test_the_seed_alone_decides_and_seeds_differ(model):
    rest = model.random_shape(np.random.default_rng(4))
    for family in POSE_FAMILIES:
        first, again, other = (
            sample_pose(np.random.default_rng(seed), model, rest, family).rotations for seed in (5, 5, 6)
        )
        assert first.tobytes() == again.tobytes()
        assert np.abs(first - other).max() > 0.1


def test_unknown_family(model):
    with pytest.raises(ValueError, match="stand, walk, sit, reach, lean, got 'fly'"):
        sample_angles(np.random.default_rng(0), 'fly')


@pytest.fixture(scope='module')
def people(model) -> dict[str, list[dict[str, np.ndarray]]]:
    """Joints of 40 people of each family."""
    samples = {}
    for family in POSE_FAMILIES:
        samples[family] = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            rest = model.random_shape(rng)
            turns = sample_pose(rng, model, rest, family).rotations
            transforms = pose_bones(model.bone_parents, rest.bone_heads, turns, np.zeros(3))
            samples[family].append(dict(zip(JOINTS, joint_positions(model, rest, transforms), strict=True)))
    return samples


def test_families_are_what_they_are_called(people):
    for joints in people['sit']:
        for side in ('left', 'right'):
            assert abs(direction(joints, f'{side}_hip', f'{side}_knee')[2]) < 0.5
            assert direction(joints, f'{side}_knee', f'{side}_ankle')[2] < -0.6
        assert direction(joints, 'pelvis', 'thorax')[2] > 0.85
    for joints in people['stand']:
        assert direction(joints, 'pelvis', 'upper_neck')[2] > 0.9
        for side in ('left', 'right'):
            assert direction(joints, f'{side}_hip', f'{side}_ankle')[2] < -0.9
            assert direction(joints, f'{side}_hip', f'{side}_knee')[2] < -0.85
    steps = np.array([(joints['left_knee'] - joints['right_knee'])[1] for joints in people['walk']])
    for side, sign in (('left', -1), ('right', 1)):  # each arm goes with the other side's leg
        swings = [direction(joints, f'{side}_shoulder', f'{side}_elbow')[1] for joints in people['walk']]
        assert sign * np.corrcoef(steps, swings)[0, 1] > 0.4
    assert 8 < (steps < 0).sum() < 32  # either leg leads
    far = [
        max(np.linalg.norm((joints[f'{side}_wrist'] - joints['pelvis'])[:2]) for side in ('left', 'right'))
        for family in ('reach', 'stand')
        for joints in people[family]
    ]
    high = [
        max(joints[f'{side}_wrist'][2] for side in ('left', 'right')) > joints['thorax'][2]
        for joints in people['reach']
    ]
    assert np.mean(far[:40]) > np.mean(far[40:]) + 0.1
    assert np.mean(high) > 0.5
    upright = [direction(joints, 'ankle_middle', 'thorax')[2] for joints in map(with_middle, people['lean'])]
    assert np.mean(np.array(upright) < 0.97) > 0.3


def with_middle(joints):
    return joints | {'ankle_middle': (joints['left_ankle'] + joints['right_ankle']) / 2}


@pytest.mark.parametrize('kind', ARM_POSES)
def test_arm_kinds(kind):
    arms = [sample_arm(np.random.default_rng(seed), kind, forward=20.0) for seed in range(20)]
    assert len({arm.elbow for arm in arms}) == 20
    # A swung arm is 20 degrees in front: what it is raised, seen from the side.
    if kind in ('swing', 'run', 'down'):
        sides = [arm.raised * np.sin(np.deg2rad(arm.plane)) for arm in arms]
        np.testing.assert_allclose(sides, 20)


# ------------------------------------------------------------------------------------------------------ clearance
def share_inside(model, rest, angles):
    """Share of the forearms' and hands' vertices more than 1 cm inside the rest, by the nearest vertex's normal."""
    vertices = skin_vertices(rest.vertices, model.skin, transforms_of(model, rest, angles)).astype(np.float64)
    faces = model.faces['skin']
    normals = np.zeros_like(vertices)
    face_normals = np.cross(
        vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]]
    )
    for corner in range(3):
        np.add.at(normals, faces[:, corner], face_normals)
    strongest = model.skin.bones[np.arange(len(vertices)), model.skin.weights.argmax(axis=1)]
    names = np.array(model.bone_names)[strongest]
    skin = np.unique(faces)
    arms = skin[[name.startswith(('lowerarm', 'wrist', 'finger')) for name in names[skin]]]
    body = skin[[name.startswith(('pelvis', 'upperleg', 'lowerleg', 'spine', 'neck', 'head')) for name in names[skin]]]
    nearest = body[cKDTree(vertices[body]).query(vertices[arms])[1]]
    unit = normals[nearest] / np.linalg.norm(normals[nearest], axis=1, keepdims=True)
    return np.mean(np.einsum('na,na->n', vertices[arms] - vertices[nearest], unit) < -0.01)


def test_arms_leave_the_body(model, rest):
    # Elbows beside and behind the trunk, forearms through it.
    for arm in (ArmAngles(2, -20, 80, 90), ArmAngles(25, -60, 30, 60), ArmAngles(15, -60, 60, 90)):
        angles = JointAngles(left_arm=arm, right_arm=arm)
        cleared = clear_arms(angles, model, rest)
        assert share_inside(model, rest, angles) > 0.15
        assert share_inside(model, rest, cleared) < 0.01
        assert replace(cleared, left_arm=arm, right_arm=arm) == angles


def test_arms_that_are_clear_stay_as_they_are(model, rest):
    assert clear_arms(RAISED, model, rest) == RAISED


def test_each_arm_is_kept_out_of_its_own_surroundings(model, rest):
    # The left thigh is where the left forearm is; the right leg is straight.
    arm = ArmAngles(20, 80, 0, 30)
    angles = JointAngles(left_arm=arm, right_arm=arm, left_leg=LegAngles(80, 10, 0, 80))
    for pose in (clear_arms(angles, model, rest), clear_arms(angles.mirrored(), model, rest).mirrored()):
        assert pose.left_arm != arm
        assert pose.right_arm == arm


def test_few_hands_are_inside_bodies(model):
    shares = []
    for index in range(40):
        rng = np.random.default_rng([2, index])
        rest = model.random_shape(rng)
        shares.append(share_inside(model, rest, clear_arms(sample_angles(rng, POSE_FAMILIES[index % 5]), model, rest)))
    assert np.mean(shares) < 0.03
    assert np.mean(np.array(shares) > 0.15) <= 0.05


# -------------------------------------------------------------------------------------------------------- turning
def rotated(axis, degrees, vector):
    """By another implementation."""
    return Rotation.from_rotvec(np.deg2rad(degrees) * np.asarray(axis)).apply(vector)


def test_rotations_agree_with_scipy():
    vectors = np.random.default_rng(0).normal(size=(20, 3)) * 90
    vectors[0] = 0
    expected = Rotation.from_rotvec(np.deg2rad(vectors)).as_matrix()
    np.testing.assert_allclose(rotations(vectors), expected, atol=1e-12)
    length = np.linalg.norm(vectors[1])
    np.testing.assert_allclose(rotation(vectors[1] / length, length), expected[1], atol=1e-12)
    np.testing.assert_allclose(cross(vectors[1], vectors[2]), np.cross(vectors[1], vectors[2]))


def test_a_turned_frame_by_hand():
    # Down to the left; the hinge's part along the limb does not count.
    turn = turn_frame(2 * DOWN, LEFT + 0.7 * DOWN, 3 * LEFT, UP)
    np.testing.assert_allclose(turn @ np.column_stack([DOWN, LEFT, FORWARD]), np.column_stack([LEFT, UP, FORWARD]))


def flat(angles):
    """(place, name, value) of every angle."""
    for part in fields(angles):
        place = part.name.removeprefix('left_').removeprefix('right_')
        yield from ((place, name, value) for name, value in vars(getattr(angles, part.name)).items())
