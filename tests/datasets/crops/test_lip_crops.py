"""The crop rule, by hand and on real crops."""

import csv

import pytest

from mmspd.datasets.crops.lip_crops import Crop, crop_of


def test_rule_by_hand():
    # 167.58 -> 168, 162.89 -> 163, right edge 478.19 -> 478, lower edge 628.08 -> 628
    assert crop_of([167.58, 162.89, 310.61, 465.19]) == Crop(x0=167, y0=162, width=311, height=466)


def test_halves_are_rounded_up():
    """0.5 and 2.5 become 1 and 3; Python's round makes them 0 and 2."""
    assert crop_of([0.5, 2.5, 2.0, 3.0]) == Crop(x0=0, y0=2, width=3, height=4)


def test_a_narrow_box_is_one_pixel():
    assert crop_of([3.1, 3.1, 0.1, 0.2]) == Crop(x0=2, y0=2, width=1, height=1)


def test_clamped_to_the_picture():
    whole = crop_of([0.0, 0.3, 640.0, 480.4])
    assert whole == Crop(x0=-1, y0=-1, width=641, height=482)
    assert whole.clamped(height=480, width=640) == Crop(x0=0, y0=0, width=640, height=480)
    inner = Crop(x0=3, y0=4, width=5, height=6)
    assert inner.clamped(height=10, width=8) == inner
    assert inner.clamped(height=9, width=7) == Crop(x0=3, y0=4, width=4, height=5)


@pytest.mark.parametrize('size', [(4, 100), (100, 3)])
def test_a_crop_outside_the_picture_is_refused(size):
    with pytest.raises(ValueError, match='no pixel of'):
        Crop(x0=3, y0=4, width=5, height=6).clamped(*size)


@pytest.mark.parametrize(
    'bbox', [[1, 2, 3], [1, 2, 0, 3], [1, 2, 3, -1], [float('nan'), 2, 3, 4], [1, 2, float('inf'), 3]]
)
def test_no_box_is_refused(bbox):
    with pytest.raises(ValueError, match='expected a box'):
        crop_of(bbox)


def test_real_crops(real_data):
    with (real_data / 'lip_coco_registration' / 'registration.csv').open() as file:
        rows = [row for row in csv.DictReader(file) if row['bbox_x']]
    assert len(rows) >= 6
    for row in rows:
        crop = crop_of([float(row[f'bbox_{side}']) for side in 'xywh']).clamped(int(row['H']), int(row['W']))
        assert crop == Crop(*(int(row[f'crop_{side}']) for side in ('x0', 'y0', 'w', 'h'))), row['lip_name']
