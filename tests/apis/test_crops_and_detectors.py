"""Boxes that are given or detected, in all their forms, and the crops around them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from torch import nn

from mmspd.apis import mmdet_detector, torchvision_detector
from mmspd.apis.crops import boxes_inside, crops_around, whole_picture
from mmspd.apis.detectors import detected_boxes

BOXES = np.array([[1.0, 2, 11, 22], [3, 4, 13, 24], [5, 6, 15, 26]])
SCORES = np.array([0.9, 0.2, 0.6])
LABELS = np.array([1, 1, 3])
SCORED = np.column_stack([BOXES, SCORES])


def test_a_crop_shows_a_margin_around_its_box():
    # 10 wide and 20 high: a margin of 0.1 is 1 and 2 pixels; edges 29.5 and 51.5 are widened to whole pixels.
    (crop,) = crops_around([[30.5, 40, 40.5, 60]], (100, 200), 0.1)
    assert crop.window == (29, 38, 42, 62)
    np.testing.assert_array_equal(crop.box, [30.5, 40, 40.5, 60])
    assert crop.score is None
    (tight,) = crops_around([[30, 40, 40, 60]], (100, 200), 0)
    assert tight.window == (30, 40, 40, 60)


def test_boxes_that_reach_out_of_the_picture_are_cut_to_it():
    boxes = [[-5, -4, 10, 8, 1], [190, 90, 260, 120, 0.5], [-9, -9, 900, 900, 0]]
    left, right, around = crops_around(boxes, (100, 200), 0.0)
    np.testing.assert_array_equal(left.box, [0, 0, 10, 8])
    assert left.window == (0, 0, 10, 8)
    np.testing.assert_array_equal(right.box, [190, 90, 200, 100])
    assert right.window == (190, 90, 200, 100)
    assert right.score == 0.5
    assert around.window == (0, 0, 200, 100)
    np.testing.assert_array_equal(around.box, [0, 0, 200, 100])


@pytest.mark.parametrize('nobody', [[], (), np.zeros((0, 4)), np.zeros((0, 5)), np.zeros(0)])
def test_nobody_is_no_crop(nobody):
    assert crops_around(nobody, (10, 10), 0.1) == []


@pytest.mark.parametrize(
    ('box', 'message'),
    [
        ([0, 0, np.nan, 5], 'box 1: expected a box of positive width and height'),
        ([0, 0, np.inf, 5], 'box 1: expected a box of positive'),
        ([3, 3, 3, 9], 'box 1: expected a box of positive'),
        ([9, 3, 3, 9], 'box 1: expected a box of positive'),
        ([10, 0, 15, 5], 'box 1: .* lies outside its picture of 10 x 20 pixels'),
        ([-5, 0, 0, 5], 'box 1: .* lies outside'),
        ([0, 20, 5, 30], 'box 1: .* lies outside'),
    ],
)
def test_boxes_that_are_none_are_refused_by_their_number(box, message):
    with pytest.raises(ValueError, match=message):
        crops_around([[0, 0, 5, 5], box], (20, 10), 0.1)


@pytest.mark.parametrize(
    'boxes', [[1, 2, 3, 4], [[1, 2, 3]], np.zeros((1, 6)), np.zeros((1, 1, 4)), [['a'] * 4], [[1, 2, 3, 4], [1]], {}]
)
def test_what_has_no_four_numbers_is_refused(boxes):
    with pytest.raises(ValueError, match=r'boxes are \(R, 4\)'):
        crops_around(boxes, (20, 10), 0.1)


def test_the_whole_picture_is_a_crop():
    assert whole_picture((20, 10)) == ((0, 0, 10, 20), None, None)


def instances(boxes=BOXES, scores=SCORES, labels=LABELS):
    """What mmdet's models give."""
    fields = dict(bboxes=torch.tensor(boxes), scores=torch.tensor(scores), labels=torch.tensor(labels))
    return SimpleNamespace(pred_instances=InstanceData(**fields))


@pytest.mark.parametrize(
    'output',
    [
        SCORED,
        SCORED.tolist(),
        torch.tensor(SCORED),
        (BOXES, SCORES),
        (torch.tensor(BOXES), torch.tensor(SCORES)),
        (BOXES.tolist(), SCORES.tolist()),
        dict(boxes=BOXES, scores=SCORES),
        dict(bboxes=BOXES.tolist(), scores=SCORES.tolist()),
        [dict(boxes=torch.tensor(BOXES), scores=torch.tensor(SCORES), labels=torch.tensor([1, 1, 1]))],
        instances(labels=[0, 0, 0]),
        dict(predictions=[dict(bboxes=BOXES.tolist(), scores=SCORES.tolist(), labels=[2, 2, 2])], visualization=[]),
    ],
)
def test_all_forms_of_boxes_are_taken(output):
    found = detected_boxes(output, 'a.jpg')
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, SCORED)
    np.testing.assert_allclose(detected_boxes(output, 'a.jpg', threshold=0.6), SCORED[[0, 2]])


@pytest.mark.parametrize('output', [BOXES, BOXES.tolist(), tuple(map(tuple, BOXES)), dict(boxes=BOXES)])
def test_boxes_without_scores_are_all_kept(output):
    np.testing.assert_array_equal(detected_boxes(output, 'a.jpg', threshold=0.99), BOXES)


@pytest.mark.parametrize('count', [1, 2, 4, 5])
def test_a_pair_is_told_from_a_tuple_of_boxes_whatever_their_number(count):
    boxes, scores = np.tile(BOXES[:1], (count, 1)), np.full(count, 0.5)
    np.testing.assert_array_equal(detected_boxes((boxes, scores), 'a.jpg'), np.column_stack([boxes, scores]))
    rows = tuple(boxes.tolist())
    np.testing.assert_array_equal(detected_boxes(rows, 'a.jpg'), boxes)
    scored = tuple(np.column_stack([boxes, scores]).tolist())
    np.testing.assert_array_equal(detected_boxes(scored, 'a.jpg')[:, 4], scores)


@pytest.mark.parametrize(
    'output',
    [[], (), ([], []), np.zeros((0, 5)), (np.zeros((0, 4)), np.zeros(0)), instances(BOXES[:0], SCORES[:0], LABELS[:0])],
)
def test_nobody_found_is_no_box(output):
    assert detected_boxes(output, 'a.jpg', label=1, threshold=0.5).shape == (0, 4)


def test_of_several_labels_it_must_be_said_which_one_is_a_person():
    with pytest.raises(ValueError, match=r'a\.jpg: the detector gave boxes with several labels'):
        detected_boxes(instances(), 'a.jpg')


def test_labels_keep_people_alone():
    np.testing.assert_allclose(detected_boxes(instances(), 'a.jpg', label=1), SCORED[:2])
    np.testing.assert_allclose(detected_boxes(instances(), 'a.jpg', label=3, threshold=0.5), SCORED[2:])
    # Boxes without labels are people.
    np.testing.assert_allclose(detected_boxes((BOXES, SCORES), 'a.jpg', label=7), SCORED)


@pytest.mark.parametrize(
    ('output', 'message'),
    [
        (None, r'the detector gave an array of \(\)'),
        ('three people', 'the detector gave no boxes, but a str'),
        (dict(masks=[1]), 'the detector gave no boxes, but a dict'),
        (np.zeros((2, 7)), r'the detector gave an array of \(2, 7\); expected boxes'),
        (np.arange(4), r'the detector gave an array of \(4,\)'),
        (dict(boxes=BOXES, scores=SCORES[:2]), r'gave 3 boxes, but scores of shape \(2,\)'),
    ],
)
def test_what_holds_no_boxes_is_an_error(output, message):
    with pytest.raises(ValueError, match=message):
        detected_boxes(output, 'a.jpg')


class FakeTorchvision(nn.Module):
    """As detection models of torchvision: a list of pictures in, a list of dicts out, in evaluation mode alone."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, pictures):
        assert not self.training
        self.seen = pictures
        return [dict(boxes=torch.tensor(BOXES), labels=torch.tensor(LABELS), scores=torch.tensor(SCORES))]


def test_a_torchvision_model_is_a_detector():
    model, image = FakeTorchvision(), np.zeros((8, 9, 3), np.uint8)
    image[2, 3] = (255, 51, 0)  # blue 1, green 0.2, red 0
    np.testing.assert_allclose(torchvision_detector(model)(image), SCORED[:1])
    (seen,) = model.seen
    assert seen.shape == (3, 8, 9)
    np.testing.assert_allclose(seen[:, 2, 3], [0, 0.2, 1])
    np.testing.assert_allclose(torchvision_detector(model, threshold=0.1)(image), SCORED[:2])
    np.testing.assert_allclose(torchvision_detector(model, threshold=0.1, label=3)(image), SCORED[2:])


def test_an_inferencer_of_mmdet_is_a_detector():
    seen = []

    def inferencer(image):
        seen.append(image)
        prediction = dict(bboxes=BOXES.tolist(), scores=SCORES.tolist(), labels=(LABELS - 1).tolist())
        return dict(predictions=[prediction], visualization=[])

    image = np.zeros((8, 9, 3), np.uint8)
    np.testing.assert_allclose(mmdet_detector(inferencer)(image), SCORED[:1])
    np.testing.assert_allclose(mmdet_detector(inferencer, 0.1)(image), SCORED[:2])
    np.testing.assert_allclose(mmdet_detector(inferencer, label=2)(image), SCORED[2:])
    assert all(each is image for each in seen)


def test_of_detected_boxes_those_that_show_nothing_are_left_out():
    boxes = np.array(
        [
            [2, 3, 8, 9, 0.9],  # inside
            [-5, -5, 1, 1, 0.8],  # a corner
            [12, 0, 20, 9, 0.7],  # beside the picture, whose width is 12
            [4, 4, 4, 9, 0.6],  # empty
            [8, 8, 2, 9, 0.5],  # turned
            [np.nan, 0, 5, 5, 0.4],
        ]
    )
    np.testing.assert_array_equal(boxes_inside(boxes, (10, 12)), boxes[:2])
    assert boxes_inside(np.zeros((0, 4)), (10, 12)).shape == (0, 4)
