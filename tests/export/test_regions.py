"""Boxes and ROI align of exported graphs against those of the model."""

import pytest
import torch

from mmspd.export.regions import chosen_boxes, foreground_boxes, grid_roi_align
from mmspd.models.sampling import roi_align
from mmspd.models.segmentors.decoding import foreground_box

BOXES = {
    'inside': [3.0, 2.0, 30.0, 41.0],
    'the whole input': [0.0, 0.0, 40.0, 48.0],
    'beyond every border, by more than a cell': [-30.0, -20.0, 60.0, 70.0],
    'less than a cell beyond': [-6.0, -5.0, 44.0, 53.0],
    'outside': [100.0, 120.0, 140.0, 150.0],
    'outside on the other side': [-90.0, -70.0, -50.0, -40.0],
    'tiny': [20.0, 20.0, 20.001, 20.001],
    'over one corner': [36.0, 44.0, 52.0, 60.0],
}


@pytest.mark.parametrize('ratio', [1, 2, 3])
@pytest.mark.parametrize('size', [1, 4, 7])
def test_grid_roi_align_is_roi_align(size, ratio):
    torch.manual_seed(0)
    boxes = torch.tensor(list(BOXES.values()))
    features = torch.randn(len(boxes), 3, 6, 5)
    rois = torch.cat([torch.arange(len(boxes))[:, None].float(), boxes], dim=1)
    got = grid_roi_align(features, rois, size, 1 / 8, ratio)
    torch.testing.assert_close(got, roi_align(features, rois, size, 1 / 8, ratio), atol=1e-5, rtol=0)
    assert (got[list(BOXES).index('outside')] == 0).all()


def test_grid_roi_align_on_a_map_of_one_cell():
    features = torch.full((1, 2, 1, 1), 3.0)
    # Of each line's 6 samples at -1.25, -0.75, ..., 1.25 cells, the first and the last lie more than a cell outside.
    got = grid_roi_align(features, torch.tensor([[0, -8.0, -8.0, 16.0, 16.0]]), 3, 1 / 8, 2)
    line = torch.tensor([0.5, 1.0, 0.5])
    torch.testing.assert_close(got[0, 0], 3 * line[:, None] * line, atol=1e-6, rtol=0)


def logits_of(cells):
    """Logits (1, 3, 4, 6) whose class 1 wins at the given (row, column)."""
    logits = torch.zeros(1, 3, 4, 6)
    logits[:, 0] = 1
    for row, column in cells:
        logits[0, 1, row, column] = 2
    return logits


@pytest.mark.parametrize('cells', [[(0, 0)], [(3, 5)], [(1, 2), (2, 4)], [(0, 5), (3, 0)]])
def test_foreground_boxes_are_those_of_the_model(cells):
    logits = logits_of(cells)
    torch.testing.assert_close(foreground_boxes(logits, (30, 50)), foreground_box(logits[0], (30, 50)))


def test_foreground_boxes_by_hand_in_one_batch():
    ties = torch.ones(1, 3, 4, 6)  # the first of equal classes wins, which is the background
    batch = torch.cat([logits_of([(1, 2), (2, 2)]), logits_of([]), ties])
    want = torch.tensor([[20.0, 8.0, 30.0, 24.0], [0.0, 0.0, 60.0, 32.0], [0.0, 0.0, 60.0, 32.0]])
    torch.testing.assert_close(foreground_boxes(batch, (32, 60)), want)


def test_only_a_box_with_an_area_is_taken():
    boxes = torch.tensor([[1.0, 2, 3, 4], [3, 2, 3, 4], [1, 4, 3, 4], [0, 0, 0, 0], [5, 5, 1, 1], [-5, -5, -1, -1]])
    found = torch.full((6, 4), 9.0)
    taken = (chosen_boxes(boxes, found) == boxes).all(dim=1)
    assert taken.tolist() == [True, False, False, False, False, True]
    not_a_number = torch.full((1, 4), float('nan'))
    assert chosen_boxes(not_a_number, found[:1]).tolist() == found[:1].tolist()
