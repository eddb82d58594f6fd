"""Cameras that see a person fill the picture."""

from functools import cache

import numpy as np
import pytest

from mmspd.anatomy import JOINTS
from mmspd.synthetic.bodies.body import body_model, pose_bones, skin_vertices
from mmspd.synthetic.bodies.skeleton import joint_positions
from mmspd.synthetic.framing import MARGINS, NEAREST, frame_person
from mmspd.synthetic.poses.pose_families import sample_pose
from mmspd.synthetic.settings import POSE_FAMILIES

SEEDS = range(20)
SIZES = ((256, 192), (384, 384), (120, 400), (400, 60))


@cache
def person(seed, family=None):
    """Points on the ground and joints of a posed body."""
    model, rng = body_model(), np.random.default_rng(seed)
    rest = model.random_shape(rng)
    pose = sample_pose(rng, model, rest, family or POSE_FAMILIES[seed % len(POSE_FAMILIES)])
    transforms = pose_bones(model.bone_parents, rest.bone_heads, pose.rotations, np.zeros(3))
    points = skin_vertices(rest.vertices, model.skin, transforms)[np.unique(model.faces['skin'])].astype(np.float64)
    down = np.array([0.0, 0.0, points[:, 2].min()])
    return points - down, joint_positions(model, rest, transforms) - down


def margins(camera, points, height, width):
    """Room left, above, right and below of the points, as shares of the picture's sides."""
    pixels, _ = camera.project(points)
    low, high = pixels.min(axis=0) + 0.5, pixels.max(axis=0) + 0.5
    size = np.array([width, height])
    return np.concatenate([low / size, 1 - high / size])


def rows_of(camera, joints):
    return dict(zip(JOINTS, camera.project(joints)[0][:, 1], strict=True))


@pytest.mark.parametrize(('height', 'width'), SIZES)
def test_the_whole_person_fills_the_picture(height, width):
    limiting = set()
    for seed in SEEDS:
        points, joints = person(seed)
        camera = frame_person(np.random.default_rng(seed), points, joints, height, width)
        room = margins(camera, points, height, width)
        assert (room >= MARGINS[0] - 1e-9).all()
        tight = [bool((room[axis::2] <= MARGINS[1] + 1e-9).all()) for axis in range(2)]
        assert any(tight)
        limiting.add(tuple(tight).index(True))
    if (height, width) in SIZES[2:]:
        assert limiting == {int(height < width)}  # what is flat is filled from top to bottom


def test_cameras_stand_where_they_may():
    heights, distances, sides = [], [], []
    for seed in range(60):
        points, joints = person(seed % 20)
        camera = frame_person(
            np.random.default_rng(seed), points, joints, 200, 200, camera_height=(0.8, 1.4), distance=(3.0, 5.0)
        )
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        heights.append(camera.position[2])
        distances.append(middle[1] - camera.position[1])
        assert camera.position[0] == middle[0]
        sides.append(np.rad2deg(np.arcsin(camera.rotation[0, 2])))
        np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
        # It looks at about the person: the axis passes within a metre of the middle.
        off = middle - camera.position
        assert np.linalg.norm(off - (off @ camera.rotation[2]) * camera.rotation[2]) < 1.0
    assert 0.8 <= min(heights) < 0.95 < 1.25 < max(heights) <= 1.4
    assert 3.0 <= min(distances) < 3.3 < 4.7 < max(distances) <= 5.0
    assert 1.2 < np.std(sides) < 2.8  # roll


def test_nothing_is_too_near():
    for seed in SEEDS:
        points, joints = person(seed)
        # Also from so high that the person would be behind the camera.
        for height in (1.0, 4.0):
            camera = frame_person(
                np.random.default_rng(seed), points, joints, 96, 96, camera_height=(height, height), distance=(0.1, 0.1)
            )
            _, depth = camera.project(points)
            assert depth.min() >= NEAREST
            assert height > 1 or depth.min() < NEAREST + 0.4
            assert np.linalg.norm(points - camera.position, axis=1).min() >= NEAREST


@pytest.mark.parametrize(('height', 'width'), SIZES)
def test_cut_legs(height, width):
    cuts = []
    for seed in SEEDS:
        points, joints = person(seed, 'stand')
        camera = frame_person(np.random.default_rng(seed), points, joints, height, width, cut_legs=True)
        rows, end = rows_of(camera, joints), height - 0.5
        hips, ankles = (max(rows[f'{side}_{name}'] for side in ('left', 'right')) for name in ('hip', 'ankle'))
        assert hips < end < min(rows['left_ankle'], rows['right_ankle'])
        cuts.append((end - hips) / (ankles - hips))
        kept = points[camera.project(points)[0][:, 1] <= end]
        room = margins(camera, kept, height, width)
        assert (room[:3] >= MARGINS[0] - 1e-9).all()
        assert room[3] >= -1e-9
        assert (room[[0, 2]] <= MARGINS[1] + 1e-9).all() or room[1] <= MARGINS[1] + 1e-9
    assert min(cuts) < 0.35
    assert max(cuts) > 0.6


@pytest.mark.parametrize('family', POSE_FAMILIES)
def test_cut_legs_of_all_poses_keeps_the_hips(family):
    ends = 0
    for seed in SEEDS:
        points, joints = person(seed, family)
        camera = frame_person(np.random.default_rng(seed), points, joints, 128, 96, cut_legs=True)
        rows = rows_of(camera, joints)
        assert max(rows['left_hip'], rows['right_hip']) < 127.5
        ends += max(rows['left_ankle'], rows['right_ankle']) > 127.5
    assert ends == len(SEEDS)


@pytest.mark.parametrize(('height', 'width'), SIZES)
def test_cut_head(height, width):
    for seed in SEEDS:
        points, joints = person(seed, 'stand')
        camera = frame_person(np.random.default_rng(seed), points, joints, height, width, cut_head=True)
        rows = rows_of(camera, joints)
        assert (rows['head_top'] + rows['upper_neck']) / 2 <= -0.5 + 1e-6
        assert rows['thorax'] > -0.5
        kept = points[camera.project(points)[0][:, 1] >= -0.5]
        room = margins(camera, kept, height, width)
        assert (room[[0, 2, 3]] >= MARGINS[0] - 1e-9).all()


def test_both_cuts():
    both = 0
    for seed in SEEDS:
        for family, shape in (('stand', (300, 260)), ('reach', (300, 120))):
            points, joints = person(seed, family)
            camera = frame_person(np.random.default_rng(seed), points, joints, *shape, cut_legs=True, cut_head=True)
            rows = rows_of(camera, joints)
            assert max(rows['left_ankle'], rows['right_ankle']) > shape[0] - 0.5
            assert rows['thorax'] > -0.5
            both += rows['head_top'] < -0.5
            # Arms are never cut at the sides.
            inside = camera.project(points)[0]
            kept = points[(inside[:, 1] >= -0.5) & (inside[:, 1] <= shape[0] - 0.5)]
            assert (margins(camera, kept, *shape)[[0, 2]] >= MARGINS[0] - 1e-9).all()
    assert 5 < both < 2 * len(SEEDS)  # the others are too wide


def test_who_lies_keeps_head_and_legs():
    points, joints = person(0, 'stand')
    turn = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])  # the head to +x
    lying, lying_joints = points @ turn.T + [0, 0, 0.5], joints @ turn.T + [0, 0, 0.5]
    for seed in SEEDS:
        camera = frame_person(np.random.default_rng(seed), lying, lying_joints, 200, 200, cut_legs=True, cut_head=True)
        assert (margins(camera, lying, 200, 200) >= MARGINS[0] - 1e-9).all()


def test_the_seed_alone_decides():
    points, joints = person(1)
    cameras = [frame_person(np.random.default_rng(seed), points, joints, 64, 48) for seed in (3, 3, 4)]
    assert cameras[0].position.tobytes() == cameras[1].position.tobytes()
    assert (cameras[0].focal, cameras[0].centre) == (cameras[1].focal, cameras[1].centre)
    assert cameras[0].focal != cameras[2].focal


def test_degenerate_pictures_and_people():
    points, joints = person(1)
    camera = frame_person(np.random.default_rng(0), points, joints, 1, 1)
    assert (margins(camera, points, 1, 1) >= MARGINS[0] - 1e-9).all()
    one = frame_person(np.random.default_rng(0), points[:1], joints, 64, 48)
    assert np.isfinite([one.focal, *one.centre]).all()
    assert (margins(one, points[:1], 64, 48) > 0).all()
    lowest = points[points[:, 2].argmin()][None]
    beyond = frame_person(np.random.default_rng(0), lowest, joints, 64, 48, cut_legs=True)
    assert np.isfinite([beyond.focal, *beyond.centre]).all()
    for wrong in (points[:0], np.full((3, 3), np.nan), points[:, :2]):
        with pytest.raises(ValueError, match='expected points'):
            frame_person(np.random.default_rng(0), wrong, joints, 64, 48)
