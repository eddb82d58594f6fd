"""Lines of U and V: places worked out by hand, borders of parts and persons, degenerate maps."""

import numpy as np
import pytest

from mmspd.visualization.contours import LEVELS, U_COLOURS, V_COLOURS, draw_contours, iso_lines, surface_regions


def across(height, width):
    """U from 0 at the first column's centre to 1 at the last one's."""
    return np.tile(np.linspace(0, 1, width), (height, 1))


def surface(u, v=0.0, part=1):
    """A map (3, H, W) of one part."""
    return np.stack([np.full(u.shape, part), u, np.broadcast_to(v, u.shape)]).astype(np.float32)


@pytest.mark.parametrize('width', [41, 8])
def test_lines_lie_at_known_columns(width):
    pieces, numbers = iso_lines(across(20, width), np.ones((20, width), int))
    for number, level in enumerate(LEVELS):
        ends = pieces[numbers == number]
        np.testing.assert_allclose(ends[..., 0], level * (width - 1))
        # Row by row from the first to the last, once.
        assert np.sort(ends[..., 1], axis=1).tolist() == [[row, row + 1] for row in range(19)]


def test_rows_and_columns_are_not_mixed_up():
    field = across(11, 5).T  # grows downwards
    pieces, numbers = iso_lines(field, np.ones(field.shape, int), np.array([0.25]))
    assert field.shape == (5, 11)
    np.testing.assert_allclose(pieces[..., 1], 1.0)
    assert numbers.tolist() == [0] * 10


def test_a_circle_is_traced_to_a_fraction_of_a_pixel():
    y, x = np.mgrid[:41, :41]
    pieces, _ = iso_lines(np.hypot(x - 20, y - 20), np.ones((41, 41), int), np.array([13.3]))
    np.testing.assert_allclose(np.hypot(*(pieces - 20).reshape(-1, 2).T), 13.3, atol=0.02)
    length = np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum()
    assert length == pytest.approx(2 * np.pi * 13.3, rel=5e-3)


def test_the_same_lines_as_contourpy():
    contourpy = pytest.importorskip('contourpy')
    field = np.random.default_rng(0).random((30, 40))
    pieces, numbers = iso_lines(field, np.ones(field.shape, int))
    lengths = np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1)
    generator = contourpy.contour_generator(z=field, name='serial')
    for number, level in enumerate(LEVELS.tolist()):
        theirs = sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in generator.lines(level))
        assert lengths[numbers == number].sum() == pytest.approx(theirs)


@pytest.mark.parametrize(
    ('level', 'expected'),
    [
        # The middle, 0.5, is above: the high corners are joined, and the low ones are cut off.
        (0.4, [[[0.6, 0], [1, 0.4]], [[0.4, 1], [0, 0.6]]]),
        # The middle is below: the high corners are cut off.
        (0.6, [[[0, 0.4], [0.4, 0]], [[1, 0.6], [0.6, 1]]]),
    ],
)
def test_a_saddle_by_hand(level, expected):
    field = np.array([[1.0, 0.0], [0.0, 1.0]])
    pieces, _ = iso_lines(field, np.ones((2, 2), int), np.array([level]))
    np.testing.assert_allclose(pieces, expected)


def test_no_line_crosses_from_one_part_or_person_to_another():
    field = across(12, 20).T  # lines run across all columns
    parts = np.ones((20, 12), int)
    whole = iso_lines(field, surface_regions(parts))[0]
    assert ((whole[..., 0].min(axis=1) == 5) & (whole[..., 0].max(axis=1) == 6)).sum() == len(LEVELS)
    parts[:, 6:] = 2
    persons = np.where(np.arange(12) < 6, 1, 2) * np.ones((20, 1), int)
    for regions in (surface_regions(parts), surface_regions(np.ones((20, 12), int), persons)):
        pieces = iso_lines(field, regions)[0]
        left, right = pieces[..., 0].max(axis=1) <= 5, pieces[..., 0].min(axis=1) >= 6
        assert left.sum() == right.sum() == len(LEVELS) * 5
        assert (left | right).all()


def test_regions_by_hand():
    parts, persons = np.array([[0, 1, 24, 1]]), np.array([[1, 0, 1, 2]])
    assert surface_regions(parts).tolist() == [[0, 1, 24, 1]]
    assert surface_regions(parts.astype(np.float32), persons).tolist() == [[0, 1, 49, 51]]


@pytest.mark.parametrize('shape', [(1, 1), (1, 9), (9, 1), (9, 9)])
def test_nothing_to_draw(shape):
    image = np.full((*shape, 3), 90, np.uint8)
    empty = np.zeros((3, *shape), np.float32)
    assert iso_lines(empty[1], np.zeros(shape, int))[0].shape == (0, 2, 2)
    np.testing.assert_array_equal(draw_contours(image, empty), image)
    if 1 in shape:  # no square of four pixels
        np.testing.assert_array_equal(draw_contours(image, surface(across(*shape), 0.5)), image)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_stop_lines(value):
    field = across(5, 21)
    field[2, 10] = value  # on the line of 0.5, which takes up the squares at both sides
    pieces, numbers = iso_lines(field, np.ones((5, 21), int))
    assert np.isfinite(pieces).all()
    assert sorted(pieces[numbers == 4][..., 1].min(axis=1)) == [0, 3]
    assert len(pieces[numbers == 3]) == 4


def test_drawn_lines_have_their_levels_colours():
    image = np.zeros((200, 401, 3), np.uint8)
    drawn = draw_contours(image, surface(across(200, 401)))
    assert not image.any()
    for number, level in enumerate(LEVELS):
        column = round(level * 400)
        np.testing.assert_allclose(drawn[20:180, column].astype(int), U_COLOURS[number] * np.ones((160, 1)), atol=3)
        assert not drawn[20:180, column - 20 : column - 3].any()
    down = surface(np.zeros((401, 200)), across(200, 401).T)
    drawn = draw_contours(np.zeros((401, 200, 3), np.uint8), down)
    np.testing.assert_allclose(drawn[200, 100].astype(int), V_COLOURS[4], atol=3)
    assert (U_COLOURS[:, 0] > U_COLOURS[:, 2]).all(), 'U is warm'
    assert (V_COLOURS[:, 2] > V_COLOURS[:, 0]).all(), 'V is cold'


def test_lines_are_smooth():
    """Anti-aliased: along the edge of a slanting line there are mixtures of its colour and the image's."""
    y, x = np.mgrid[:300, :300]
    drawn = draw_contours(np.zeros((300, 300, 3), np.uint8), surface((x + 0.37 * y) / 410))
    shades = np.unique(drawn[..., 0])
    assert len(shades) > 30


def test_a_map_of_another_size_covers_the_whole_image():
    image = np.zeros((100, 400, 3), np.uint8)
    for shape in ((10, 40), (30, 5000)):
        drawn = draw_contours(image, surface((np.arange(shape[1]) + 0.5) / shape[1] * np.ones((shape[0], 1))))
        # U is 0.5 between the columns 199 and 200.
        weights = drawn[50, 180:220, 0].astype(float)
        assert (weights * np.arange(180, 220)).sum() / weights.sum() == pytest.approx(199.5, abs=0.15)


def test_two_persons_arms_are_kept_apart_in_the_picture():
    down = surface(np.zeros((200, 200)), across(200, 200).T)
    persons = np.where(np.arange(200) < 100, 1, 2) * np.ones((200, 1), int)
    image = np.zeros((200, 200, 3), np.uint8)
    row = round(0.5 * 199)
    joined, apart = draw_contours(image, down), draw_contours(image, down, persons)
    assert joined[row, 95:105].any(axis=1).all()
    assert apart[row, 80:97].any(axis=1).all()
    assert apart[row].sum() < joined[row].sum()


@pytest.mark.parametrize('wrong', [np.zeros((2, 5, 5)), np.zeros((5, 5))])
def test_wrong_maps_are_refused(wrong):
    with pytest.raises(ValueError, match=r'a surface map \(3, h, w\)'):
        draw_contours(np.zeros((5, 5, 3), np.uint8), wrong)
    with pytest.raises(ValueError, match=r'map \(4, 5\) of persons'):
        draw_contours(np.zeros((5, 5, 3), np.uint8), np.zeros((3, 5, 5)), np.zeros((4, 5), int))
