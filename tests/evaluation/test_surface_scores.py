import numpy as np
import pytest
import torch

from mmspd.evaluation.functional import SurfaceCounts, compare_surface

BOX = torch.tensor([10.0, 10.0, 14.0, 14.0])


def score(charts, points, labels, uv, valid=None, box=BOX):
    points = torch.tensor(points, dtype=torch.float32).reshape(-1, 2)
    valid = torch.ones(len(labels), dtype=torch.bool) if valid is None else torch.tensor(valid)
    uv = torch.tensor(uv, dtype=torch.float32).reshape(-1, 2)
    return compare_surface(*charts, box, points, torch.tensor(labels, dtype=torch.int64), uv, valid)


# The centres of the four cells.
TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT = (10.5, 10.5), (12.5, 10.5), (10.5, 12.5), (12.5, 12.5)


def test_points_by_hand(charts):
    points = [TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT, BOTTOM_RIGHT]
    labels = [3, 4, 2, 24, 24]  # right; 5 predicted for 4; background predicted for 2; right; right
    # The true parts' charts say U = .03, .04, .02, .24 and V = .06, .08, .04, .48; the last point has no U, V.
    uv = [(0.03, 0.10), (0.14, 0.08), (0.00, 0.04), (0.20, 0.40), (0.9, 0.9)]
    scores = score(charts, points, labels, uv, valid=[True, True, True, True, False]).scores()
    assert scores['I_accuracy'] == pytest.approx(3 / 5)
    assert scores['U_error'] == pytest.approx((0 + 0.10 + 0.02 + 0.04) / 4, abs=1e-6)
    assert scores['V_error'] == pytest.approx((0.04 + 0 + 0 + 0.08) / 4, abs=1e-6)
    assert scores['num_points'] == 5
    assert scores['num_uv_points'] == 4
    assert np.isnan(scores['background_accuracy'])


def test_background_points_are_scored_apart(charts):
    points = [TOP_LEFT, BOTTOM_LEFT, (100.0, 100.0), TOP_RIGHT]
    scores = score(charts, points, [0, 0, 0, 5], [(0.5, 0.5)] * 4).scores()
    # Part 3 predicted for the first; the cell of background; outside the box is background.
    assert scores['background_accuracy'] == pytest.approx(2 / 3)
    assert scores['num_background_points'] == 3
    assert scores['I_accuracy'] == 1
    assert scores['num_points'] == scores['num_uv_points'] == 1


def test_points_outside_the_box_have_a_wrong_part_and_no_uv_error(charts):
    # Part 3 would be read at the box's nearest corner, but there is no chart.
    counts = score(charts, [(9.0, 9.0), TOP_LEFT], [3, 3], [(0.5, 0.5), (0.13, 0.06)])
    assert counts.scores()['I_accuracy'] == pytest.approx(1 / 2)
    assert counts.scores()['U_error'] == pytest.approx(0.10, abs=1e-6)
    assert counts.outside == 1


def test_u_and_v_are_read_between_cells(charts):
    part_logits, uv = charts
    uv = uv.clone()
    uv[:, 4] = torch.tensor([[[0.0, 0.4], [0.8, 0.8]], [[0.2, 0.2], [0.2, 0.6]]])
    # Midway between the upper cells U = 0.2, V = 0.2; in the middle of all four U = 0.5, V = 0.3.
    counts = score((part_logits, uv), [(11.5, 10.5), (11.5, 11.5)], [5, 5], [(0.0, 0.0), (0.0, 0.0)])
    assert counts.u_error == pytest.approx(0.7, abs=1e-6)
    assert counts.v_error == pytest.approx(0.5, abs=1e-6)


def test_an_empty_box_predicts_background(charts):
    counts = score(charts, [TOP_LEFT, TOP_LEFT], [3, 0], [(0, 0), (0, 0)], box=torch.zeros(4))
    assert (counts.correct, counts.background_correct, counts.outside, counts.uv_points) == (0, 1, 1, 0)


def test_sums_over_images(charts):
    first = score(charts, [TOP_LEFT], [3], [(0.13, 0.06)])
    second = score(charts, [TOP_LEFT] * 3, [4, 3, 5], [(0.04, 0.08), (0.03, 0.06), (0.05, 0.10)])
    total = SurfaceCounts.total([first, SurfaceCounts(), second]).scores()
    assert total['I_accuracy'] == pytest.approx(2 / 4)  # not the mean of 1 and 1 / 3
    assert total['U_error'] == pytest.approx(0.10 / 4, abs=1e-6)


def test_no_points(charts):
    for counts in (score(charts, [], [], []), SurfaceCounts.total([])):
        scores = counts.scores()
        assert np.isnan([scores['I_accuracy'], scores['U_error'], scores['V_error']]).all()
        assert scores['num_points'] == 0


@pytest.mark.parametrize('label', [-1, 25])
def test_labels_out_of_range_are_refused(charts, label):
    with pytest.raises(ValueError, match=r'labels must be 0\.\.24'):
        score(charts, [TOP_LEFT], [label], [(0, 0)])


def test_points_that_do_not_fit_are_refused(charts):
    with pytest.raises(ValueError, match=r'surface points must have the shape \(1, 2\), got \(2, 2\)'):
        score(charts, [TOP_LEFT, TOP_LEFT], [3], [(0, 0)])
