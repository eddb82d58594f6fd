"""Drawing functions: colours, sides, degenerate inputs."""

import numpy as np
import pytest

from mmspd.anatomy import JOINTS, PARSING_PALETTE, SIDE_COLOURS, SURFACE_MIRROR_PAIRS
from mmspd.visualization.drawing import (
    PART_COLOURS,
    draw_skeleton,
    draw_surface,
    draw_surface_points,
    overlay_parsing,
    side_of,
    surface_colours,
)
from mmspd.visualization.sheets import display_scale, legend, panel_sheet, resize, stack_columns, stack_rows

GREY = np.full((40, 30, 3), 100, np.uint8)


def test_parsing_has_the_palettes_colours():
    labels = np.tile(np.arange(20), (20, 1))
    drawn = overlay_parsing(np.full((20, 20, 3), 77, np.uint8), labels, PARSING_PALETTE, alpha=1.0)
    np.testing.assert_array_equal(drawn[3, 1:], PARSING_PALETTE[1:])
    assert (drawn[:, 0] == 77).all(), 'the background shows the image'


def test_parsing_blends_by_alpha():
    drawn = overlay_parsing(np.full((1, 1, 3), 100, np.uint8), np.array([[1]]), [(0, 0, 0), (200, 0, 50)], alpha=0.25)
    assert drawn[0, 0].tolist() == [125, 75, 88]  # 0.75 * 100 + 0.25 * colour; 87.5 rounds to even


@pytest.mark.parametrize('value', [255, 20, -1])
def test_labels_without_a_colour_show_the_image(value):
    labels = np.full((40, 30), value)
    np.testing.assert_array_equal(overlay_parsing(GREY, labels, PARSING_PALETTE, 1.0), GREY)


def test_parsing_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r'size \(40, 30\) of the image is needed, got \(30, 40\)'):
        overlay_parsing(GREY, np.zeros((30, 40), int), PARSING_PALETTE)


def test_inputs_are_left_alone():
    image = GREY.copy()
    overlay_parsing(image, np.ones((40, 30), int), PARSING_PALETTE)
    draw_skeleton(image, np.full((16, 2), 15.0))
    draw_skeleton(image, np.full((16, 2), 15.0), occluded=np.ones(16, bool))
    draw_surface(image, np.ones((3, 40, 30)))
    draw_surface_points(image, np.full((1, 2), 5.0), np.array([1]), np.zeros((1, 2)))
    np.testing.assert_array_equal(image, GREY)


@pytest.mark.parametrize(('joint', 'side'), [(0, 'right'), (5, 'left'), (6, 'centre'), (9, 'centre'), (15, 'left')])
def test_a_joint_has_its_sides_colour(joint, side):
    keypoints = np.full((16, 2), np.nan)
    keypoints[joint] = (15, 20)
    drawn = draw_skeleton(GREY, keypoints)
    assert drawn[20, 15].tolist() == list(SIDE_COLOURS[side])
    assert JOINTS[joint].startswith(side) or side == 'centre'
    assert side_of(joint) == side


def test_a_bone_has_its_sides_colour():
    keypoints = np.full((16, 2), np.nan)
    keypoints[JOINTS.index('left_elbow')], keypoints[JOINTS.index('left_wrist')] = (30, 150), (270, 150)
    drawn = draw_skeleton(np.zeros((300, 300, 3), np.uint8), keypoints)
    assert drawn[150, 150].tolist() == list(SIDE_COLOURS['left'])


def test_low_scores_and_missing_joints_are_left_out():
    scores = np.full(16, 0.5)
    np.testing.assert_array_equal(draw_skeleton(GREY, np.full((16, 2), 15.0), scores, threshold=0.5), GREY)
    np.testing.assert_array_equal(draw_skeleton(GREY, np.full((16, 2), np.nan)), GREY)
    np.testing.assert_array_equal(draw_skeleton(GREY, np.full((16, 2), np.inf)), GREY)
    scores[9] = 0.6
    assert (draw_skeleton(GREY, np.full((16, 2), 15.0), scores, threshold=0.5) != GREY).any()


def test_an_occluded_joint_is_a_ring():
    keypoints = np.full((16, 2), np.nan)
    keypoints[9] = (100, 100)
    image = np.full((200, 200, 3), 100, np.uint8)
    occluded = np.zeros(16, bool)
    assert (draw_skeleton(image, keypoints, occluded=occluded)[100, 100] == SIDE_COLOURS['centre']).all()
    occluded[9] = True
    ring = draw_skeleton(image, keypoints, occluded=occluded)
    assert (ring[100, 100] == 100).all()
    assert (ring == SIDE_COLOURS['centre']).all(axis=2).any()


@pytest.mark.parametrize('place', [1e9, -1e9, 1e300])
def test_joints_far_away_do_not_fail(place):
    keypoints = np.full((16, 2), place)
    keypoints[::2] = 5
    drawn = draw_skeleton(GREY, keypoints)
    assert (drawn[5, 5] != GREY[5, 5]).any()  # the joints on the picture are there


@pytest.mark.parametrize('size', [(1, 1), (1, 50), (50, 1)])
def test_one_pixel(size):
    image = np.zeros((*size, 3), np.uint8)
    assert overlay_parsing(image, np.ones(size, int), PARSING_PALETTE).shape == image.shape
    assert draw_skeleton(image, np.zeros((16, 2))).shape == image.shape
    assert draw_surface(image, np.zeros((3, *size))).shape == image.shape
    sheet = panel_sheet([image, image], ['ground truth: parsing', 'b'])
    assert max(sheet.shape[:2]) >= 360


def test_part_colours_are_distinct():
    assert len(np.unique(PART_COLOURS, axis=0)) == 25
    for first, second in SURFACE_MIRROR_PAIRS:
        assert PART_COLOURS[second].sum() < PART_COLOURS[first].sum(), 'the sides of a pair differ in lightness'


def test_surface_colours_by_hand():
    part = PART_COLOURS[2].astype(float)
    drawn = surface_colours(np.array([2, 2, 2, 0]), np.array([[0, 1], [0, 0], [1, 1], [1, 1]], float))
    np.testing.assert_allclose(drawn[0], part)
    np.testing.assert_allclose(drawn[1], part / 2)
    np.testing.assert_allclose(drawn[2], part + (255 - part) * 0.55, rtol=1e-5)
    assert not drawn[3].any()


def test_surface_shows_the_image_off_the_body():
    iuv = np.zeros((3, 40, 30))
    np.testing.assert_array_equal(draw_surface(GREY, iuv), GREY)
    iuv[:, 7, 8] = (4, 0, 1)
    drawn = draw_surface(GREY, iuv, alpha=1.0)
    assert drawn[7, 8].tolist() == PART_COLOURS[4].tolist()
    assert (drawn != GREY).any(axis=2).sum() == 1
    with pytest.raises(ValueError, match=r'shape \(3, 40, 30\) is needed'):
        draw_surface(GREY, iuv[:, :-1])


def test_surface_points():
    points = np.array([[5, 6], [20, 30], [np.nan, 1], [15, 15]])
    drawn = draw_surface_points(GREY, points, np.array([1, 24, 3, 0]), np.array([[0, 1]] * 4, float))
    assert drawn[6, 5].tolist() == PART_COLOURS[1].tolist()
    assert drawn[30, 20].tolist() == PART_COLOURS[24].tolist()
    assert drawn[15, 15].tolist() == [100, 100, 100], 'a background point is not drawn'
    empty = np.zeros((0, 2))
    np.testing.assert_array_equal(draw_surface_points(GREY, empty, np.zeros(0, int), empty), GREY)


@pytest.mark.parametrize(
    ('size', 'scale'), [((100, 36), 3.6), ((500, 400), 1), ((36, 1440), 0.5), ((360, 1), 1), ((1, 1), 360)]
)
def test_display_scale(size, scale):
    assert display_scale(*size) == scale


def test_resize_keeps_labels():
    labels = np.array([[1, 19], [0, 255]], np.uint8)
    np.testing.assert_array_equal(resize(labels, 2, nearest=True), np.kron(labels, np.ones((2, 2), np.uint8)))
    assert resize(np.zeros((1, 900, 3), np.uint8), 0.1).shape == (1, 90, 3)


def test_panel_sheet_holds_every_panel_and_a_title():
    red, blue = (
        np.zeros((400, 380, 3), np.uint8) + np.array(colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255))
    )
    sheet = panel_sheet([red, blue[:380]], ['first', 'second'])
    assert (sheet == (255, 0, 0)).all(axis=2).sum() == 400 * 380
    assert (sheet == (0, 0, 255)).all(axis=2).sum() == 380 * 380
    assert (sheet[:25] < 128).any(), 'no title'
    for panels, titles in (([], []), ([red], ['a', 'b'])):
        with pytest.raises(ValueError, match='one title for each'):
            panel_sheet(panels, titles)


def test_legend():
    drawn = legend(['Hat', 'Hair'], [(10, 200, 30), (40, 50, 250)])
    top, bottom = (
        np.flatnonzero((drawn == colour).all(axis=2).any(axis=1)) for colour in ((10, 200, 30), (40, 50, 250))
    )
    assert top.max() < bottom.min()
    assert legend([], []).size == 0


def test_stacking_pads_with_paper():
    wide, narrow = np.zeros((2, 5, 3), np.uint8), np.zeros((3, 2, 3), np.uint8)
    rows, columns = stack_rows([wide, narrow]), stack_columns([wide, narrow])
    assert rows.shape == (5, 5, 3)
    assert (rows[2:, 2:] == 255).all()
    assert not rows[2:, :2].any()
    assert columns.shape == (3, 7, 3)
    assert (columns[2, :5] == 255).all()
