"""Drawn figures: sides, and the agreement of label, joints and surface."""

import numpy as np
import pytest

from mmspd.anatomy import FINE_TO_COARSE, JOINTS, PARSING_CLASSES
from mmspd.testing.body import Body, sample_body
from mmspd.testing.canvas import Canvas, Chart
from mmspd.testing.figures import DrawnPerson, draw_person
from mmspd.testing.shapes import Capsule, Ellipse, RoundedPolygon

SEEDS = range(50)
WIDTH, HEIGHT = 160, 220
CLASS = {name: index for index, name in enumerate(PARSING_CLASSES)}
# Written out, not taken from the code under test: fine parts of the person's left and right side.
LEFT_PARTS = {4, 5, 8, 10, 12, 14, 15, 17, 19, 21, 24}
RIGHT_PARTS = {3, 6, 7, 9, 11, 13, 16, 18, 20, 22, 23}
COVERS = {'UpperClothes', 'Dress', 'Coat', 'Pants', 'Jumpsuits', 'Skirt', 'Scarf', 'Glove', 'Socks'}


@pytest.fixture(scope='module')
def people() -> list[DrawnPerson]:
    return [draw_person(np.random.default_rng(seed), WIDTH, HEIGHT) for seed in SEEDS]


def at_joint(person: DrawnPerson, name: str, values: np.ndarray) -> int | None:
    """Value at a joint's pixel; None where the joint is missing or hidden."""
    index = JOINTS.index(name)
    if np.isnan(person.joints[index]).any() or person.occluded[index]:
        return None
    x, y = np.rint(person.joints[index]).astype(int)
    return int(values[y, x])


def test_both_views_and_both_kinds_of_joints_occur(people):
    assert 10 < sum(person.frontal for person in people) < 45
    assert sum(person.occluded.sum() for person in people) > 20
    assert sum(np.isnan(person.joints).any() for person in people) > 3
    seen = {PARSING_CLASSES[label] for person in people for label in np.unique(person.label)}
    assert seen == set(PARSING_CLASSES)
    assert {int(part) for person in people for part in np.unique(person.parts)} == set(range(25))


def test_left_is_at_the_right_of_the_picture_exactly_when_facing_the_viewer(people):
    for person in people:
        # The trunk only: limbs may cross.
        for joint in ('shoulder', 'hip'):
            left, right = (person.joints[JOINTS.index(f'{side}_{joint}')][0] for side in ('left', 'right'))
            if not np.isnan(left + right):
                assert (left > right) == person.frontal


def test_only_a_frontal_person_shows_a_face_and_front_charts(people):
    fronts, backs = {2, 9, 10, 13, 14, 15, 16, 19, 20}, {1, 7, 8, 11, 12, 17, 18, 21, 22}
    for person in people:
        parts, face = set(np.unique(person.parts).tolist()), (person.label == CLASS['Face']).any()
        assert face == person.frontal
        assert not parts & (backs if person.frontal else fronts)


def test_sided_labels_agree_with_sided_parts_everywhere(people):
    for person in people:
        for side, parts in (('Left', LEFT_PARTS), ('Right', RIGHT_PARTS)):
            for thing in ('Arm', 'Leg', 'Shoe'):
                region = person.parts[person.label == CLASS[side + thing]]
                assert set(np.unique(region).tolist()) <= parts


@pytest.mark.parametrize(
    ('joint', 'names', 'coarse'),
    [
        ('ankle', {'Leg', 'Shoe'}, {'left': {3, 8}, 'right': {4, 7}}),
        ('knee', {'Leg'}, {'left': {6, 8}, 'right': {5, 7}}),
        ('elbow', {'Arm'}, {'left': {9, 11}, 'right': {10, 12}}),
        ('wrist', {'Arm'}, {'left': {2, 11}, 'right': {1, 12}}),
    ],
)
def test_a_visible_joint_lies_on_its_own_limb(people, joint, names, coarse):
    bare = 0
    for person in people:
        for side in ('left', 'right'):
            part = at_joint(person, f'{side}_{joint}', person.parts)
            if part is None:
                continue
            assert FINE_TO_COARSE[part] in coarse[side]
            label = PARSING_CLASSES[at_joint(person, f'{side}_{joint}', person.label)]
            allowed = {side.capitalize() + name for name in names}
            assert label in allowed | COVERS
            bare += label in allowed
    assert bare > 5


def test_a_hidden_joint_has_another_body_part_before_it(people):
    """An occluded wrist must lie on something that is neither its arm nor background."""
    checked = 0
    for person in people:
        for side, own in (('left', {2, 11}), ('right', {1, 12})):
            index = JOINTS.index(f'{side}_wrist')
            if person.occluded[index]:
                x, y = np.rint(person.joints[index]).astype(int)
                assert FINE_TO_COARSE[person.parts[y, x]] not in own | {-1}
                checked += 1
    assert checked > 5


def test_joints_lie_inside_and_the_box_is_tight(people):
    for person in people:
        joints = person.joints[~np.isnan(person.joints).any(axis=1)]
        assert (joints >= -0.5).all()
        assert (joints <= [WIDTH - 0.5, HEIGHT - 0.5]).all()
        assert not person.occluded[np.isnan(person.joints).any(axis=1)].any()
        rows, columns = np.nonzero((person.label > 0) | (person.parts > 0))
        expected = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_array_equal(person.box, expected)


def test_surface_coordinates_fill_the_body_and_nothing_else(people):
    for person in people:
        assert person.uv.min() >= 0
        assert person.uv.max() <= 1
        assert not person.uv[person.parts == 0].any()
        # Clothed or bare, a labelled limb is body.
        assert (person.parts[person.label >= CLASS['LeftArm']] > 0).all()


@pytest.mark.parametrize(
    ('near', 'far', 'parts'),
    [
        ('elbow', 'wrist', {'left': (19, 21), 'right': (20, 22)}),
        ('knee', 'ankle', {'left': (12, 14), 'right': (11, 13)}),
    ],
)
def test_v_runs_along_a_limb_and_u_from_its_inner_to_its_outer_edge(people, near, far, parts):
    checked = 0
    for person in people:
        for side, charts in parts.items():
            start, end = (person.joints[JOINTS.index(f'{side}_{name}')].astype(float) for name in (near, far))
            rows, columns = np.nonzero(np.isin(person.parts, charts))
            if np.isnan(start + end).any() or rows.size == 0:
                continue
            u, v = person.uv[rows, columns].T
            axis, pixels = end - start, np.stack([columns, rows], axis=1) - start
            np.testing.assert_allclose(v, np.clip(pixels @ axis / (axis @ axis), 0, 1), atol=1e-3)
            # Hanging straight down, a limb on the picture's right has its outer edge at the right.
            outer = np.array([axis[1], -axis[0]]) * (1 if (side == 'left') == person.frontal else -1)
            off_axis = np.abs(u - 0.5) > 0.01
            np.testing.assert_array_equal((u > 0.5)[off_axis], (pixels @ outer > 0)[off_axis])
            checked += 1
    assert checked > 50


def test_torso_u_runs_from_the_right_side_to_the_left(people):
    for person in people:
        rows, columns = np.nonzero((person.parts == 1) | (person.parts == 2))
        slope = np.corrcoef(columns, person.uv[rows, columns, 0])[0, 1]
        assert slope > 0.7 if person.frontal else slope < -0.7


def test_the_same_seed_draws_the_same_bytes():
    first, again, other = (draw_person(np.random.default_rng(seed), 100, 150) for seed in (3, 3, 4))
    for name in ('image', 'label', 'joints', 'occluded', 'parts', 'uv', 'box'):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    assert first.image.tobytes() != other.image.tobytes()


@pytest.mark.parametrize(('width', 'height'), [(16, 16), (16, 300), (300, 16), (17, 33)])
def test_small_and_narrow_pictures(width, height):
    for seed in range(5):
        person = draw_person(np.random.default_rng(seed), width, height)
        assert person.image.shape == (height, width, 3)
        assert person.image.dtype == np.uint8
        assert person.joints.dtype == np.float32


def test_too_small_a_picture_is_refused():
    with pytest.raises(ValueError, match='at least 16x16 pixels, got 15x40'):
        draw_person(np.random.default_rng(0), 15, 40)


def test_sign_of_a_side():
    nothing: dict = {}
    facing = Body(True, np.zeros((16, 2)), nothing, nothing, nothing, 'left')
    turned = Body(False, np.zeros((16, 2)), nothing, nothing, nothing, 'left')
    assert (facing.sign('left'), facing.sign('right')) == (1, -1)
    assert (turned.sign('left'), turned.sign('right')) == (-1, 1)


def test_bones_keep_their_lengths():
    body = sample_body(np.random.default_rng(1))
    for side in ('left', 'right'):
        arm = np.hypot(*(body.joint(f'{side}_elbow') - body.joint(f'{side}_shoulder')))
        assert arm == pytest.approx(0.165)


def test_capsule_by_hand():
    capsule = Capsule(np.array([0.0, 0.0]), np.array([0.0, 10.0]), 2.0, 4.0)
    distance, u, v = capsule.evaluate(np.array([3.0, 0.0, -3.0]), np.array([5.0, 12.0, 5.0]))
    np.testing.assert_allclose(distance, [0, -2, 0])  # radius 3 half way; 2 below the end of radius 4
    np.testing.assert_allclose(u, [1, 0, -1])
    np.testing.assert_allclose(v, [0.5, 1, 0.5])


def test_ellipse_by_hand():
    ellipse = Ellipse(np.array([5.0, 5.0]), np.array([0.0, 1.0]), 2.0, 4.0)
    distance, u, v = ellipse.evaluate(np.array([7.0, 5.0, 5.0, 9.0]), np.array([5.0, 1.0, 5.0, 5.0]))
    np.testing.assert_allclose(distance[:2], 0, atol=1e-9)
    assert distance[2] < 0 < distance[3]
    np.testing.assert_allclose(u[:3], [1, 0, 0])
    np.testing.assert_allclose(v[:3], [0.5, 0, 0.5])


@pytest.mark.parametrize('turned', [False, True])
def test_rounded_square_by_hand(turned):
    corners = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])[:: -1 if turned else 1]
    square = RoundedPolygon(corners, 1.0, np.array([5.0, 0.0]), np.array([5.0, 10.0]), 5.0)
    distance, u, v = square.evaluate(np.array([5.0, 12.0, 13.0]), np.array([5.0, 5.0, 14.0]))
    np.testing.assert_allclose(distance, [-6, 1, 4])  # last: 3-4-5 triangle at the corner, less the radius
    np.testing.assert_allclose(u[0], 0)
    np.testing.assert_allclose(v[0], 0.5)


def test_each_pixel_takes_the_nearest_chart():
    canvas = Canvas(np.zeros((9, 21, 3), np.float32))
    left, right = (Capsule(np.array([x, 4.0]), np.array([x, 4.1]), 1.0, 1.0) for x in (3.0, 17.0))
    band = Capsule(np.array([3.0, 4.0]), np.array([17.0, 4.0]), 2.0, 2.0)
    canvas.paint(band, (10.0, 20.0, 30.0), 6, [Chart(left, (9, 9), 1), Chart(right, (10, 10), 1)])
    assert set(canvas.parts[4, 2:10].tolist()) == {9}
    assert set(canvas.parts[4, 11:19].tolist()) == {10}
    assert (canvas.label[4, 2:19] == 6).all()
    assert not canvas.parts[0].any()
