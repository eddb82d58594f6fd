"""Scores of images, and which are best, middling and worst."""

import numpy as np
import pytest

from mmspd.reports.extremes import choose_extremes, image_scores
from tests.reports.runs import GOOD, counts_of


def test_an_images_score_is_the_mean_over_its_classes():
    # background 6 / 7 and hat 3 / 4; background 8 / 10 and a missed hat.
    assert image_scores(GOOD) == pytest.approx([(6 / 7 + 3 / 4) / 2, 0.4])


def test_classes_that_an_image_lacks_do_not_count():
    assert image_scores(counts_of([[5, 0], [5, 0], [5, 0]])) == pytest.approx([1.0])


def test_an_image_without_a_pixel_has_no_score():
    assert np.isnan(image_scores(np.zeros((1, 3, 2), dtype=np.int64))).all()
    assert image_scores(np.zeros((0, 3, 2), dtype=np.int64)).shape == (0,)


def test_best_median_and_worst():
    ids = np.array(['a', 'b', 'c', 'd', 'e', 'f'])
    scores = np.array([0.1, 0.9, 0.5, np.nan, 0.4, 0.6])
    assert choose_extremes(ids, scores) == {'best': [('b', 0.9)], 'median': [('c', 0.5)], 'worst': [('a', 0.1)]}
    two = choose_extremes(ids, scores, each=2)
    assert [[img_id for img_id, _ in chosen] for chosen in two.values()] == [['b', 'f'], ['c'], ['e', 'a']]


def test_equal_scores_are_ordered_by_id():
    chosen = choose_extremes(np.array(['c', 'a', 'b']), np.ones(3))
    assert [found[0][0] for found in chosen.values()] == ['a', 'b', 'c']


@pytest.mark.parametrize(('count', 'expected'), [(0, [0, 0, 0]), (1, [1, 0, 0]), (2, [1, 0, 1])])
def test_no_sample_comes_twice(count, expected):
    chosen = choose_extremes(np.arange(count).astype(str), np.linspace(0, 1, count))
    assert [len(found) for found in chosen.values()] == expected
