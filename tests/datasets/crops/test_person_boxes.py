"""Crops around boxes, worked out by hand."""

import numpy as np
import pytest

from mmspd.datasets.crops.person_boxes import clip_crop, corners, crop_around, cut, move_box, move_points


def test_corners():
    result = corners(np.array([2, 3, 10, 20], dtype=np.float32))
    assert result.tolist() == [[2, 3, 12, 23]]
    assert result.dtype == np.float32


@pytest.mark.parametrize(
    ('box', 'margin', 'size', 'crop'),
    [
        ((10, 20, 30, 60), 0.0, (100, 100), (10, 20, 30, 60)),
        ((10, 20, 30, 60), 0.1, (100, 100), (8, 16, 32, 64)),
        ((10.4, 20.6, 30.2, 60.0), 0.0, (100, 100), (10, 20, 31, 60)),  # every pixel that it touches
        ((10, 20, 30, 60), 1.0, (70, 40), (0, 0, 40, 70)),  # cut at all four sides
        ((10, 20, 30, 60), 1.0, None, (0, 0, 50, 100)),  # at two, where the size is unknown
        ((-5, -5, 3, 4), 0.0, (10, 10), (0, 0, 3, 4)),
        ((4, 4, 5, 5), 0.0, (10, 10), (4, 4, 5, 5)),  # one pixel
        ((4.2, 4.2, 4.3, 4.3), 0.0, (10, 10), (4, 4, 5, 5)),
        ((9.5, 9.5, 80, 80), 0.0, (10, 10), (9, 9, 10, 10)),
    ],
)
def test_crop_around_a_box(box, margin, size, crop):
    assert crop_around(box, margin, size, 'x') == crop


@pytest.mark.parametrize('box', [(5, 5, 5, 8), (5, 5, 8, 4), (0, 0, np.nan, 4), (0, 0, np.inf, 4)])
def test_an_empty_box_is_refused(box):
    with pytest.raises(ValueError, match='here: expected a box of positive'):
        crop_around(box, 0.5, (10, 10), 'here')


@pytest.mark.parametrize('box', [(10, 0, 12, 5), (0, 20, 5, 25), (-5, 0, 0, 5), (0, -9, 5, -1)])
def test_a_box_outside_its_picture_is_refused_whatever_the_margin(box):
    with pytest.raises(ValueError, match=r'here: the box .* outside its picture of 10 x 20'):
        crop_around(box, 5.0, (20, 10), 'here')


def test_a_crop_is_clipped_where_that_moves_nothing():
    assert clip_crop((2, 3, 50, 60), (40, 30), 'x') == (2, 3, 30, 40)
    assert clip_crop((2, 3, 5, 6), (40, 30), 'x') == (2, 3, 5, 6)
    for crop in ((30, 0, 40, 5), (0, 40, 5, 50), (-1, 0, 5, 5), (5, 5, 5, 9)):
        with pytest.raises(ValueError, match=r'x: the crop .* 30 x 40'):
            clip_crop(crop, (40, 30), 'x')


def test_pixels_points_and_boxes_move_together():
    image = np.arange(20).reshape(4, 5)
    crop = (2, 1, 4, 3)
    part = cut(image, crop)
    assert part.tolist() == [[7, 8], [12, 13]]
    part[:] = 0
    assert image[1, 2] == 7
    # the point on the pixel of value 13, column 3, row 2
    point = np.array([[3.0, 2.0]], dtype=np.float32)
    assert move_points(point, crop).tolist() == [[1, 1]]
    assert move_points(point, crop).dtype == np.float32
    assert move_box(np.array([2.5, 1.0, 7, 9], dtype=np.float32), crop).tolist() == [0.5, 0, 7, 9]
