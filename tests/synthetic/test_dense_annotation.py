"""Annotation in the data sets' formats, against pictures made by hand."""

import json

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmspd.synthetic.files.dense_annotation import dense_map, densepose_annotation, pose_row, sample_surface_points
from mmspd.synthetic.rendered_person import RenderedPerson, box_around
from mmspd.synthetic.settings import PeopleSettings
from tests.synthetic.flat_person import render


def nobody(height=9, width=7):
    """A picture in which nothing of the person shows."""
    return RenderedPerson(
        image=np.zeros((height, width, 3), np.uint8),
        label=np.zeros((height, width), np.uint8),
        joints=np.full((16, 2), np.nan, np.float32),
        occluded=np.zeros(16, bool),
        parts=np.zeros((height, width), np.uint8),
        uv=np.zeros((height, width, 2), np.float32),
        coarse=np.full((height, width), -1, np.int8),
        box=np.array([0, 0, width, height], np.float32),
        jpeg_quality=90,
    )


def test_box_by_hand():
    mask = np.zeros((5, 8), bool)
    assert box_around(mask).tolist() == [0, 0, 8, 5]
    mask[2, 3] = True
    assert box_around(mask).tolist() == [3, 2, 4, 3]
    mask[4, 7] = True
    assert box_around(mask).tolist() == [3, 2, 8, 5]
    assert box_around(mask).dtype == np.float32


def test_pose_row_by_hand():
    """x and y count from 1; v is 1 where hidden; a missing joint is three times nan."""
    person = nobody()
    person.joints[0], person.joints[1], person.joints[15] = (0, 0), (9.5, 19), (-0.5, 2.004)
    person.occluded[1] = True
    row = pose_row('a.jpg', person)
    assert row == 'a.jpg,1.00,1.00,0,10.50,20.00,1' + ',nan,nan,nan' * 13 + ',0.50,3.00,0'


def test_dense_map_by_hand():
    person = nobody()
    person.parts[1, 2], person.parts[3, 4] = 24, 2
    person.uv[1, 2], person.uv[3, 4] = (1, 0), (0.5, 0.1)
    written = cv2.imdecode(cv2.imencode('.png', dense_map(person))[1], cv2.IMREAD_UNCHANGED)
    assert written.dtype == np.uint8
    assert written[1, 2].tolist() == [24, 255, 0]
    assert written[3, 4].tolist() == [2, 128, 26]  # 127.5 and 25.5, to the even
    written[1, 2] = written[3, 4] = 0
    assert not written.any()


@pytest.mark.parametrize('seed', range(4))
def test_points_and_masks_against_the_picture(seed):
    person = render(seed, 0, PeopleSettings(size=(200, 150)))
    annotation = json.loads(json.dumps(densepose_annotation(np.random.default_rng(seed), person, 60)))
    x0, y0, width, height = annotation['bbox']
    np.testing.assert_array_equal([x0, y0, x0 + width, y0 + height], person.box)
    # The block of flat people fills its box, the eye included.
    assert (annotation['area'], annotation['iscrowd']) == (width * height, 0)
    x = x0 + np.array(annotation['dp_x']) / 255 * width
    y = y0 + np.array(annotation['dp_y']) / 255 * height
    np.testing.assert_allclose(x, np.rint(x), atol=1e-5)
    np.testing.assert_allclose(y, np.rint(y), atol=1e-5)
    columns, rows = np.rint(x).astype(int), np.rint(y).astype(int)
    np.testing.assert_array_equal(annotation['dp_I'], person.parts[rows, columns])
    np.testing.assert_allclose(annotation['dp_U'], person.uv[rows, columns, 0], atol=1e-6)
    np.testing.assert_allclose(annotation['dp_V'], person.uv[rows, columns, 1], atol=1e-6)
    assert len(set(zip(columns, rows, strict=True))) == 60
    assert sorted(set(annotation['dp_I'])) == [1, 2]

    # Each pixel of the box, looked up in the masks at its centre; exact, as a box of up to 256 pixels gives each its
    # own cell. The eye, which no chart covers, belongs to the head.
    pixel_rows, pixel_columns = np.mgrid[int(y0) : int(y0 + height), int(x0) : int(x0 + width)]
    cells = (
        ((pixel_rows + 0.5 - y0) / height * 256).astype(int),
        ((pixel_columns + 0.5 - x0) / width * 256).astype(int),
    )
    assert [index for index, mask in enumerate(annotation['dp_masks']) if mask] == [0, 13]
    for index in (0, 13):
        decoded = coco_mask.decode(annotation['dp_masks'][index])
        assert decoded.shape == (256, 256)
        coarse = person.coarse[pixel_rows, pixel_columns]
        np.testing.assert_array_equal(decoded[cells].astype(bool), coarse == index)
        assert (coarse == index).any()


def test_points_are_spread_over_the_parts():
    parts = np.zeros((40, 40), np.uint8)
    parts[:20], parts[30:33, 30:33], parts[39, 39] = 2, 7, 24
    points = sample_surface_points(np.random.default_rng(0), parts, 5)
    chosen = parts[points[:, 1], points[:, 0]].tolist()
    # Part 7 has one pixel off its edge, part 24 only an edge pixel: each gives its one.
    assert sorted(chosen) == [2, 2, 2, 7, 24]
    assert [31, 31] in points.tolist()
    assert points.dtype == np.int64


@pytest.mark.parametrize('count', [0, 4])
def test_no_body_has_no_points(count):
    assert sample_surface_points(np.random.default_rng(0), np.zeros((9, 9), np.uint8), count).shape == (0, 2)


def test_annotation_of_nobody():
    annotation = densepose_annotation(np.random.default_rng(0), nobody(), 5)
    assert annotation['bbox'] == [0, 0, 7, 9]
    assert annotation['area'] == 0
    assert annotation['dp_masks'] == [[]] * 14
    assert all(annotation[name] == [] for name in ('dp_x', 'dp_y', 'dp_I', 'dp_U', 'dp_V'))


def test_annotation_of_one_pixel():
    person = nobody(1, 1)
    person.parts[:], person.coarse[:], person.uv[:] = 23, 13, (0.25, 0.75)
    annotation = densepose_annotation(np.random.default_rng(0), person, 5)
    assert [annotation[name] for name in ('dp_x', 'dp_y', 'dp_I', 'dp_U', 'dp_V')] == [[0], [0], [23], [0.25], [0.75]]
    assert coco_mask.decode(annotation['dp_masks'][13]).all()
    assert annotation['area'] == 1
