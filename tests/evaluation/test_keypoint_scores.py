import csv

import numpy as np
import pytest

from mmspd.anatomy import JOINTS
from mmspd.evaluation.functional import (
    KeypointErrors,
    compare_keypoints,
    correct_keypoints,
    joint_means,
    masked_mean,
    mean_spd_code_error,
    spd_code_errors,
)
from mmspd.evaluation.functional.keypoint_scores import (
    JOINT_GROUPS,
    SIDE_GROUPS,
    area_under_pck,
    measure_keypoints,
    score_joints,
)

NONE = np.zeros((1, 16), dtype=bool)


def joint(name):
    return JOINTS.index(name)


def person(**positions):
    """Joints (1, 16, 2) and which of them are annotated (1, 16)."""
    points, annotated = np.zeros((1, 16, 2), dtype=np.float32), NONE.copy()
    for name, position in positions.items():
        points[0, joint(name)], annotated[0, joint(name)] = position, True
    return points, annotated


@pytest.fixture
def errors():
    # Torso: left shoulder (30, 0) to right hip (0, 40): 50 px. Head: 10 px.
    truth, annotated = person(
        left_shoulder=(30, 0), right_hip=(0, 40), upper_neck=(20, 0), head_top=(20, -10), left_ankle=(0, 100)
    )
    occluded = NONE.copy()
    occluded[0, [joint('left_ankle'), joint('pelvis')]] = True  # the pelvis is missing, and so not occluded
    prediction = truth + 1000.0 * ~annotated[..., None]  # what is predicted for a missing joint does not matter
    prediction[0, joint('head_top')] += (3, 4)  # 5 px: half a head
    prediction[0, joint('upper_neck')] += (0, 6)
    prediction[0, joint('left_ankle')] += (10, 0)  # 0.2 torsos
    prediction[0, joint('right_hip')] += (8, 8)  # 11.3 px
    return compare_keypoints(prediction, truth, annotated, occluded)


def test_mean_distance_by_hand(errors):
    assert masked_mean(errors.errors, errors.annotated) == pytest.approx((5 + 6 + 10 + 128**0.5 + 0) / 5)
    assert masked_mean(errors.errors, errors.occluded) == pytest.approx(10)
    assert errors.occluded.sum() == 1
    means = joint_means(errors.errors, errors.annotated)
    assert means[joint('head_top')] == pytest.approx(5)
    assert np.isnan(means[joint('left_knee')])


def test_pck_by_hand(errors):
    correct, counted, excluded = correct_keypoints(errors, errors.torso, 0.2)
    # 50 px torso, 10 px allowed, itself included: only the hip is too far off.
    assert (correct & counted).sum() == 4
    assert not correct[0, joint('right_hip')]
    assert masked_mean(correct, counted) == pytest.approx(4 / 5)
    assert excluded == 0
    # 10 px head, 5 px allowed: head top (5 px) and left shoulder (0 px) of five joints.
    correct, counted, excluded = correct_keypoints(errors, errors.head, 0.5)
    assert masked_mean(correct, counted) == pytest.approx(2 / 5)
    assert joint_means(correct, counted)[joint('upper_neck')] == 0
    assert excluded == 0


def test_scores_by_hand(errors):
    # Torso 50 px, head 10 px. Visible: head top 5 px, neck 6, hip 11.3, shoulder 0; occluded: ankle 10.
    scores, causes = score_joints(measure_keypoints(errors), errors, np.ones(16, dtype=bool))
    distances = 5 + 6 + 128**0.5 + 0
    assert causes == {}
    assert scores['mED_torso'] == pytest.approx((distances + 10) / 50 / 5)
    assert scores['mED_torso_visible'] == pytest.approx(distances / 50 / 4)
    assert scores['mED_head'] == pytest.approx((distances + 10) / 10 / 5)
    assert scores['mED_head_occluded'] == pytest.approx(1)
    assert (scores['PCK@0.2_occluded'], scores['PCKh@0.5_visible']) == (1, 0.5)
    # The shoulder is right at every threshold, the head top at 0.5 alone, the others at none.
    assert scores['AUC'] == pytest.approx((1 + 0.005 / 0.5) / 5)
    assert scores['AUC_occluded'] == 0
    right, _ = score_joints(measure_keypoints(errors), errors, SIDE_GROUPS['right'])
    assert right['mED'] == pytest.approx(128**0.5)
    left, causes = score_joints(measure_keypoints(errors), errors, JOINT_GROUPS['left_shoulder'])
    assert (left['mED'], left['AUC_visible']) == (0, 1)
    assert causes['PCKh@0.5_occluded'] == 'no such joint is annotated'


def test_area_under_pck_is_the_integral():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 100, (40, 16, 2))
    annotated = rng.random((40, 16)) < 0.9
    prediction = truth + rng.normal(0, 6, truth.shape)
    errors = compare_keypoints(prediction, truth, annotated, np.zeros_like(annotated))
    area = area_under_pck(errors, errors.head)
    counted = annotated & np.isfinite(errors.head)[:, None]
    relative = np.hypot(*np.moveaxis(prediction - truth, 2, 0))[counted] / np.repeat(errors.head, 16)[counted.ravel()]
    thresholds = np.arange(51) / 100
    curve = np.array([(relative <= threshold).mean() for threshold in thresholds])
    assert area[counted].mean() == pytest.approx(((curve[1:] + curve[:-1]) / 2 * 0.01).sum() / 0.5)
    # Of a curve of steps the trapezoids are off by half a step at most; its exact area is that left of each step.
    assert area[counted].mean() == pytest.approx(np.clip(1 - relative / 0.5, 0, 1).mean(), abs=0.01)
    assert 0.2 < area[counted].mean() < 0.9


def test_torso_falls_back_to_the_other_diagonal():
    both, annotated = person(left_shoulder=(3, 0), right_hip=(0, 4), right_shoulder=(0, 0), left_hip=(6, 8))
    assert compare_keypoints(both, both, annotated, NONE).torso.tolist() == [5]
    annotated[0, joint('right_hip')] = False
    assert compare_keypoints(both, both, annotated, NONE).torso.tolist() == [10]
    annotated[0, joint('right_shoulder')] = False
    assert np.isnan(compare_keypoints(both, both, annotated, NONE).torso).all()


def test_persons_without_a_length_are_left_out_and_counted(errors):
    alone = compare_keypoints(*person(head_top=(5, 5))[:1] * 2, person(head_top=(5, 5))[1], NONE)
    nothing = compare_keypoints(np.ones((1, 16, 2)), np.zeros((1, 16, 2)), NONE, NONE)
    coinciding, annotated = person(upper_neck=(5, 5), head_top=(5, 5))
    flat = compare_keypoints(coinciding + 1, coinciding, annotated, NONE)
    everyone = KeypointErrors.concatenate([errors, alone, nothing, flat])
    correct, counted, excluded = correct_keypoints(everyone, everyone.head, 0.5)
    assert masked_mean(correct, counted) == pytest.approx(2 / 5)
    assert excluded == 2


def test_normalised_distances_are_means_of_ratios(errors):
    # A second person of half the size, 10 px off at one joint: torso 25 px, head 5 px.
    truth, annotated = person(left_shoulder=(15, 0), right_hip=(0, 20), upper_neck=(0, 0), head_top=(0, 5))
    prediction = truth.copy()
    prediction[0, joint('left_shoulder')] += (0, 10)
    both = KeypointErrors.concatenate([errors, compare_keypoints(prediction, truth, annotated, NONE)])
    scores, _ = score_joints(measure_keypoints(both), both, np.ones(16, dtype=bool))
    first = 5 + 6 + 128**0.5 + 10
    assert scores['mED_torso'] == pytest.approx((first / 50 + 10 / 25) / 9)
    assert scores['mED_head'] == pytest.approx((first / 10 + 10 / 5) / 9)


def test_no_joint_annotated_is_nan():
    nothing = compare_keypoints(np.ones((2, 16, 2)), np.full((2, 16, 2), np.nan), np.zeros((2, 16)), np.ones((2, 16)))
    for errors in (nothing, KeypointErrors.concatenate([])):
        correct, counted, excluded = correct_keypoints(errors, errors.torso, 0.2)
        assert np.isnan([masked_mean(errors.errors, errors.annotated), masked_mean(correct, counted)]).all()
        assert np.isnan(mean_spd_code_error(errors))
        assert excluded == 0


def test_a_prediction_that_is_not_a_number_shows():
    truth, annotated = person(head_top=(5, 5), pelvis=(0, 0))
    prediction = truth.copy()
    prediction[0, joint('pelvis')] = np.nan
    errors = compare_keypoints(prediction, truth, annotated, NONE)
    assert np.isnan(masked_mean(errors.errors, errors.annotated))


def test_wrong_shapes_are_refused():
    truth, annotated = person(pelvis=(1, 1))
    with pytest.raises(ValueError, match=r'predicted keypoints must have the shape \(1, 16, 2\), got \(1, 17, 2\)'):
        compare_keypoints(np.zeros((1, 17, 2)), truth, annotated, NONE)


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_a_truth_that_is_no_number_is_refused(value):
    truth, annotated = person(pelvis=(1, 1))
    truth[0, joint('pelvis'), 1] = value
    with pytest.raises(ValueError, match='true keypoints hold NaN or infinity at annotated joints'):
        compare_keypoints(np.zeros((1, 16, 2)), truth, annotated, NONE)
    truth[0, joint('thorax')] = value  # not annotated
    truth[0, joint('pelvis')] = 1
    assert compare_keypoints(truth, truth, annotated, NONE).annotated.sum() == 1


def test_spd_code_by_hand():
    # Joints 0..15 lie at x = 0, 10, 20, ...; joint 1 is missing; predictions are perfect, and x = 400 for joint 1.
    truth = np.stack([10.0 * np.arange(16), np.zeros(16)], axis=1)[None]
    annotated = np.arange(16)[None] != 1
    prediction = truth.copy()
    prediction[0, 1, 0] = 400
    expected = np.full(16, 10.0)  # each joint is compared with the one before it...
    expected[0] = 0  # ...but for the one before the gap...
    expected[2] = 380  # ...and the one that meets the prediction of the missing joint.
    actual = spd_code_errors(prediction, truth, annotated)
    np.testing.assert_allclose(actual[annotated], expected[annotated[0]])
    errors = compare_keypoints(prediction, truth, annotated, NONE)
    assert mean_spd_code_error(errors) == pytest.approx((380 + 13 * 10) / 15)
    assert masked_mean(errors.errors, errors.annotated) == 0


def test_spd_code_averages_per_joint_first():
    # The first person has joint 0 only (4 px off), the second joints 0 and 1 (0 and 10 px off).
    truth, annotated = np.zeros((2, 16, 2)), np.zeros((2, 16), dtype=bool)
    annotated[0, 0] = annotated[1, :2] = True
    prediction = truth.copy()
    prediction[0, 0], prediction[1, 1] = (0, 4), (10, 0)
    errors = compare_keypoints(prediction, truth, annotated, np.zeros_like(annotated))
    assert mean_spd_code_error(errors) == pytest.approx(((4 + 0) / 2 + 10) / 2)
    assert masked_mean(errors.errors, errors.annotated) == pytest.approx(14 / 3)


@pytest.mark.parametrize(('fill', 'perfect', 'noisy'), [(0, 44.3, 53.3), (-1, 44.5, 53.4), (None, 32.5, 41.4)])
def test_spd_code_on_the_real_list(real_data, fill, perfect, noisy):
    with (real_data / 'lip' / 'lip_val_set.csv').open(newline='') as file:
        rows = np.array([row[1:] for row in csv.reader(file)], dtype=float).reshape(-1, 16, 3)
    truth, annotated = rows[..., :2] - 1, ~np.isnan(rows[..., 0])
    stand_in = np.nanmean(truth, axis=1, keepdims=True) if fill is None else fill
    prediction = np.where(annotated[..., None], truth, stand_in)
    occluded = rows[..., 2] == 1
    ideal = compare_keypoints(prediction, truth, annotated, occluded)
    assert masked_mean(ideal.errors, ideal.annotated) == 0
    assert mean_spd_code_error(ideal) == pytest.approx(perfect, abs=0.1)
    noise = np.random.default_rng(0).normal(0, 10, prediction.shape)
    shaken = compare_keypoints(prediction + noise, truth, annotated, occluded)
    assert masked_mean(shaken.errors, shaken.annotated) == pytest.approx(10 * (np.pi / 2) ** 0.5, rel=0.01)
    assert mean_spd_code_error(shaken) == pytest.approx(noisy, abs=0.2)
