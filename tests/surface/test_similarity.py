"""Geodesic point similarity."""

import numpy as np
import pytest

from mmspd.surface.similarity import FIXED_SCALE, PART_SCALES, person_similarity, point_similarity


def test_scales_of_the_24_parts():
    assert np.isnan(PART_SCALES[0])
    expected = [0.351] * 2 + [0.107] * 2 + [0.126] * 2 + [0.237] * 4 + [0.173] * 4 + [0.142] * 4 + [0.128] * 4
    assert PART_SCALES[1:].tolist() == [*expected, 0.150, 0.150]


def test_similarity_by_hand():
    # At d = k it is exp(-1/2), at d = 2 k exp(-2).
    distances, parts = np.array([[0.107, 0.214], [0.351, 0.0], [np.inf, 0.15]]), np.array([[3, 4], [1, 9], [5, 24]])
    expected = [[0.6065306597, 0.1353352832], [0.6065306597, 1], [0, 0.6065306597]]
    np.testing.assert_allclose(point_similarity(distances, parts), expected, rtol=1e-9)
    np.testing.assert_allclose(point_similarity(np.array([0.51]), np.array([3]), FIXED_SCALE), [0.1353352832])


def test_person_is_the_mean_of_its_points():
    found = person_similarity(np.array([1.0, 0.5, 0.25, 0.0]), np.array([0, 2, 0, 2]), 4)
    np.testing.assert_array_equal(found, [0.625, np.nan, 0.25, np.nan])
    assert person_similarity(np.zeros(0), np.zeros(0, int), 0).shape == (0,)
    assert np.isnan(person_similarity(np.zeros(0), np.zeros(0, int), 1)).all()
    assert point_similarity(np.zeros(0), np.zeros(0, int)).shape == (0,)


@pytest.mark.parametrize(
    ('distances', 'parts', 'k', 'message'),
    [
        ([-0.1], [3], PART_SCALES, 'distances of 0 or more'),
        ([np.nan], [3], PART_SCALES, 'distances of 0 or more'),
        ([0.1], [0], PART_SCALES, 'parts of 1..24, got 0..0'),
        ([0.1], [25], PART_SCALES, 'parts of 1..24, got 25..25'),
        ([0.1], [3.0], PART_SCALES, 'whole number'),
        ([0.1], [3, 4], PART_SCALES, r'got \(2,\)'),
        ([0.1], [3], 0.0, 'scales above 0'),
        ([np.inf], [3], np.inf, 'finite scales'),
        ([0.1], [3], np.ones(24), r'table of 25 by part, got shape \(24,\)'),
    ],
)
def test_wrong_points_are_refused(distances, parts, k, message):
    with pytest.raises(ValueError, match=message):
        point_similarity(np.array(distances), np.array(parts), k)


@pytest.mark.parametrize(
    ('persons', 'message'), [([0, 2], '0..1, got 0..2'), ([-1, 0], 'got -1'), ([0], r'got \(1,\)')]
)
def test_wrong_persons_are_refused(persons, message):
    with pytest.raises(ValueError, match=message):
        person_similarity(np.zeros(2), np.array(persons), 2)


def test_a_tiny_scale_and_a_negative_number_of_persons():
    # Not smaller: code that torch.compile made lets the process take subnormal numbers for 0.
    assert point_similarity(np.array([100.0, 0.0]), np.array([3, 3]), 1e-307).tolist() == [0, 1]
    with pytest.raises(ValueError, match='0 or more, got -1'):
        person_similarity(np.zeros(0), np.zeros(0, int), -1)
