import numpy as np
import pytest

from mmspd.datasets.crops.lip_crops import Crop
from mmspd.datasets.files.densepose_results import DenseResult
from mmspd.datasets.predictions.best_predictions import OUTCOMES, BestPredictions, Person, Thresholds

# Of a 6 x 5 picture: the person fills the rows 1..4.
LABEL = np.array([[0] * 5] + [[0, 5, 5, 5, 0]] * 4 + [[0] * 5], np.uint8)


def detection(rows, score=0.9, part=3, image_id=1, corner=(0, 0)):
    """Body in columns 1..3 of some rows of a map of 6 x 5."""
    iuv = np.zeros((6, 5, 3), np.uint8)
    iuv[list(rows), 1:4] = part, 10, 20
    return DenseResult(image_id, (*corner, 5.0, 6.0), score, iuv)


def best_of(*detections, persons=None, labels=None, **thresholds):
    labels = labels or {'a': LABEL, 'b': LABEL}
    limits = Thresholds(**({'area': 1} | thresholds))
    best = BestPredictions(persons or {1: [Person('a', None)]}, labels.__getitem__, limits, num_points=4)
    for each in detections:
        best.offer(each)
    return best


def outcomes(best):
    return {name: number for name, number in best.count().items() if number}


def test_the_best_score_wins_whatever_the_order():
    several = [detection([1, 2, 3], 0.6, part=3), detection([1, 2, 3, 4], 0.8, part=5), detection([1, 2], 0.7, part=7)]
    for order in (several, several[::-1]):
        best = best_of(*order)
        assert set(best.chosen['a'].annotation['dp_I']) == {5}
        assert (best.chosen['a'].score, best.chosen['a'].overlap, best.chosen['a'].size) == (0.8, 1.0, (6, 5))
        assert outcomes(best) == {'beaten': 2, 'chosen': 1}


def test_of_equal_scores_the_larger_overlap_wins_then_the_earlier_one():
    best = best_of(detection([1, 2], part=3), detection([1, 2, 3], part=5), detection([2, 3, 4], part=7))
    assert set(best.chosen['a'].annotation['dp_I']) == {5}


@pytest.mark.parametrize(
    ('one', 'thresholds', 'outcome'),
    [
        (detection([1, 2, 3], score=0.49), {}, 'score'),
        (detection([1, 2, 3], image_id=2), {}, 'image'),
        (detection([]), {}, 'empty'),
        (detection([1, 2, 3]), {'area': 10}, 'area'),
        (detection([1, 2, 3]), {'area': 9}, 'chosen'),
        (detection([1]), {}, 'overlap'),  # 3 of 12 pixels
        (detection([1]), {'overlap': 0.25}, 'chosen'),
        (detection([1, 2, 3], corner=(60, 0)), {}, 'crop'),
        (detection([1, 2, 3], score=-3.0), {'score': -4}, 'chosen'),
    ],
)
def test_what_becomes_of_a_detection(one, thresholds, outcome):
    best = best_of(one, **thresholds)
    assert outcomes(best) == {outcome: 1}
    assert set(best.chosen) == ({'a'} if outcome == 'chosen' else set())


def test_every_person_of_a_picture_is_tried_in_its_crop():
    """COCO's picture shows one person at (10, 20) and another at (30, 20); each detection is of one of them."""
    persons = {1: [Person('a', Crop(10, 20, 5, 6)), Person('b', Crop(30, 20, 5, 6))]}
    first, second = (
        detection([1, 2, 3, 4], part=part, corner=corner) for part, corner in ((3, (10, 20)), (5, (30, 20)))
    )
    best = best_of(first, second, persons=persons)
    assert {name: set(chosen.annotation['dp_I']) for name, chosen in best.chosen.items()} == {'a': {3}, 'b': {5}}
    assert best.chosen['b'].annotation['bbox'] == [0, 0, 5, 6]
    assert outcomes(best) == {'crop': 2, 'chosen': 2}


def test_the_area_counts_within_the_crop():
    persons = {1: [Person('a', Crop(10, 20, 5, 6))]}
    best = best_of(detection([0, 1, 2, 3, 4], corner=(10, 16)), persons=persons, area=4, overlap=0)
    assert outcomes(best) == {'area': 1}  # three pixels of fifteen are left


@pytest.mark.parametrize(
    ('label', 'outcome'),
    [(np.zeros((6, 5), np.uint8), 'foreground'), (np.full((6, 5), 255, np.uint8), 'foreground'), (LABEL[1:], 'size')],
)
def test_a_label_that_tells_nothing(label, outcome):
    persons = {1: [Person('a', Crop(0, 0, 5, 6))]}
    assert outcomes(best_of(detection([1, 2, 3]), persons=persons, labels={'a': label})) == {outcome: 1}


def test_every_outcome_has_a_description():
    assert list(best_of().count()) == list(OUTCOMES)


@pytest.mark.parametrize('wrong', [{'area': 0}, {'overlap': 1.1}, {'overlap': float('nan')}, {'score': float('inf')}])
def test_thresholds_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match='expected a finite score, an area of at least 1 and an overlap'):
        Thresholds(**wrong)
