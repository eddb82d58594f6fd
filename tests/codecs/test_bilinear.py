"""The largest map at each pixel against the enlarged maps, and charts read at hand-computed places."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmspd.codecs.bilinear import largest_maps, places_of, surface_map


def over(height, width, cells):
    """Places of a whole picture (H, W) in cells (h, w)."""
    return places_of(range(height), 0, height, cells[0]), places_of(range(width), 0, width, cells[1])


def enlarged(maps, height, width):
    """The maps at the picture's size, in float64 and by another implementation: (C, H, W)."""
    maps = torch.from_numpy(maps).double()[None]
    return F.interpolate(maps, size=(height, width), mode='bilinear', align_corners=False)[0].numpy()


def smooth_maps(rng, shape):
    """Maps of a few waves, as a network gives them: large areas of one class."""
    count, height, width = shape
    y, x = np.mgrid[:height, :width]
    waves = rng.uniform(-0.6, 0.6, (count, 2, 1, 1))
    return np.sin(waves[:, 0] * y + waves[:, 1] * x + rng.uniform(0, 6, (count, 1, 1))).astype(np.float32)


@pytest.mark.parametrize('kind', ['random', 'smooth'])
@pytest.mark.parametrize(
    ('shape', 'size'),
    [
        ((20, 12, 9), (96, 72)),
        ((3, 5, 7), (5, 7)),  # pixels on the cells' centres
        ((4, 16, 16), (7, 5)),  # fewer pixels than cells
        ((2, 1, 1), (9, 4)),  # one cell
        ((20, 6, 1), (30, 11)),
        ((20, 8, 6), (1, 1)),  # one pixel
        ((255, 3, 4), (17, 40)),
        ((1, 4, 4), (8, 8)),  # one map
        ((18, 2, 2), (101, 97)),
    ],
)
def test_the_largest_map_is_the_argmax_of_the_enlarged_maps(kind, shape, size):
    rng = np.random.default_rng(sum(shape) + sum(size))
    maps = rng.standard_normal(shape).astype(np.float32) if kind == 'random' else smooth_maps(rng, shape)
    found = largest_maps(maps, *over(*size, shape[1:]))
    assert found.dtype == np.uint8
    assert found.shape == size
    values = enlarged(maps, *size)
    chosen = np.take_along_axis(values, found[None].astype(int), axis=0)[0]
    # Only where rounding decides may it be another than the argmax.
    np.testing.assert_allclose(chosen, values.max(axis=0), atol=1e-5)
    assert (found == values.argmax(axis=0)).mean() > 0.999


def test_of_equal_maps_the_first_is_taken_as_argmax_does():
    rng = np.random.default_rng(0)
    # Whole numbers read at quarters are exact in any precision, so ties are ties.
    maps = rng.integers(0, 3, (6, 8, 5)).astype(np.float32)
    values = enlarged(maps, 16, 10)
    assert (np.sort(values, axis=0)[-1] == np.sort(values, axis=0)[-2]).mean() > 0.2
    np.testing.assert_array_equal(largest_maps(maps, *over(16, 10, (8, 5))), values.argmax(axis=0))
    assert (largest_maps(np.zeros((4, 3, 3), np.float32), *over(9, 9, (3, 3))) == 0).all()


def test_between_cells_that_disagree_a_third_map_may_win():
    # Map 0 wins on the left, map 1 on the right; in the middle both are at 5 and map 2 is at 6.
    maps = np.array([[[10.0, 0.0]], [[0.0, 10.0]], [[6.0, 6.0]]], np.float32)
    found = largest_maps(maps, *over(1, 16, (1, 2)))
    # Pixels lie at cells ..., 0.3125, 0.4375, 0.5625, ...: map 0 has 10 * (1 - place), at least 6 up to place 0.4.
    places = np.clip((np.arange(16) + 0.5) / 8 - 0.5, 0, 1)
    np.testing.assert_array_equal(found[0], np.where(places <= 0.4, 0, np.where(places >= 0.6, 1, 2)))
    assert sorted(set(found[0].tolist())) == [0, 1, 2]


def test_maps_that_are_no_contiguous_array_are_read_rightly():
    maps = np.random.default_rng(3).standard_normal((9, 7, 4)).astype(np.float32).transpose(2, 1, 0)
    places = over(14, 18, (7, 9))
    np.testing.assert_array_equal(largest_maps(maps, *places), largest_maps(np.ascontiguousarray(maps), *places))


def test_places_are_measured_between_centres_and_stop_at_the_outermost():
    # Two cells over pixels 0..7: centres at edge coordinates 2 and 6; pixel i's centre is at i + 0.5.
    lower, fraction = places_of(range(8), 0, 8, 2)
    np.testing.assert_array_equal(lower, [0, 0, 0, 0, 0, 0, 1, 1])
    np.testing.assert_allclose(fraction, [0, 0, 0.125, 0.375, 0.625, 0.875, 0, 0])
    assert lower.dtype == np.int64
    assert fraction.dtype == np.float32
    # A box from 1.5 to 5.5 of four cells, whose centres are at 2, 3, 4, 5; pixels 3 and 4 lie at 3.5 and 4.5.
    lower, fraction = places_of(range(3, 5), 1.5, 5.5, 4)
    np.testing.assert_array_equal(lower, [1, 2])
    np.testing.assert_allclose(fraction, [0.5, 0.5])
    # One cell is the value everywhere; no pixel is no place.
    assert places_of(range(3), 0, 3, 1).lower.tolist() == [0, 0, 0]
    assert places_of(range(3), 0, 3, 1).fraction.tolist() == [0, 0, 0]
    assert len(places_of(range(2, 2), 0, 3, 5).lower) == 0


def test_charts_are_read_at_fractions_from_the_part_that_wins():
    # A chart of 2 x 2 cells over 4 x 4 pixels: pixels lie at places 0, 0.25, 0.75, 1 of both axes.
    logits = np.full((3, 2, 2), -9, np.float32)
    logits[1, :, 0] = 1  # part 1 at the left
    logits[2, :, 1] = 1  # part 2 at the right
    uv = np.zeros((2, 2, 2, 2), np.float32)
    uv[0, 0] = [[0.0, 0.4], [0.8, 0.2]]  # U of part 1
    uv[1, 0] = 0.5
    uv[0, 1] = 1.0
    uv[1, 1] = [[0.0, 0.0], [1.0, 1.0]]  # V of part 2: downwards
    iuv = surface_map(logits, uv, *over(4, 4, (2, 2)))
    assert iuv.dtype == np.float32
    np.testing.assert_array_equal(iuv[0], [[1, 1, 2, 2]] * 4)
    # U of part 1 at the places (x, y) = (0, 0), (0.25, 0), then (0, 0.25), (0.25, 0.25): 0.25 of the way down the left
    # column is 0.2, down the right one 0.35, and 0.25 of the way from 0.2 to 0.35 is 0.2375.
    np.testing.assert_allclose(iuv[1, :2, :2], [[0.0, 0.1], [0.2, 0.2375]], atol=1e-6)
    np.testing.assert_allclose(iuv[1, :, 2:], 1)
    np.testing.assert_allclose(iuv[2, :, :2], 0.5)
    np.testing.assert_allclose(iuv[2, :, 2:], np.repeat([[0], [0.25], [0.75], [1]], 2, axis=1), atol=1e-6)


def test_the_background_has_neither_part_nor_place():
    logits = np.zeros((25, 4, 4), np.float32)  # a tie: the first, which is the background
    iuv = surface_map(logits, np.ones((2, 24, 4, 4), np.float32), *over(8, 8, (4, 4)))
    assert iuv.shape == (3, 8, 8)
    assert not iuv.any()
