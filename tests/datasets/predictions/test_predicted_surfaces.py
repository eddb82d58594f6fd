import json

import numpy as np
import pytest

from mmspd.anatomy import COARSE_PARTS
from mmspd.datasets.crops.lip_crops import Crop, crop_of
from mmspd.datasets.files.densepose_file import parse_surface
from mmspd.datasets.files.densepose_results import DenseResult, read_results
from mmspd.datasets.files.lip_files import read_poses
from mmspd.datasets.files.run_length import union_of_masks
from mmspd.datasets.predictions.predicted_surfaces import (
    MapInCrop,
    move_to_crop,
    overlap_with_label,
    surface_annotation,
)
from mmspd.datasets.transforms import LoadSurfacePoints


def numbered(height, width):
    """A map whose U counts columns and V rows."""
    iuv = np.ones((height, width, 3), np.uint8)
    iuv[..., 1] = np.arange(width)
    iuv[..., 2] = np.arange(height)[:, None]
    return iuv


def detection(bbox):
    return DenseResult(1, bbox, 0.9, numbered(round(bbox[3]), round(bbox[2])))


def of_parts(parts, bbox=None):
    parts = np.array(parts, np.uint8)
    height, width = parts.shape
    return MapInCrop(bbox or (0.0, 0.0, width, height), 0, 0, np.dstack([parts, parts * 2, parts * 3]))


@pytest.mark.parametrize(
    ('bbox', 'box_in_crop', 'corner', 'columns', 'rows'),
    [
        # The crop is columns 12..16 and rows 21..24. All of the map lies in it.
        ((13.0, 22.0, 3.0, 2.0), (1, 1, 3, 2), (1, 1), [0, 1, 2], [0, 1]),
        # Columns 10..13 and rows 20..25: two, one and one are cut off.
        ((10.0, 20.0, 4.0, 6.0), (0, 0, 2, 4), (0, 0), [2, 3], [1, 2, 3, 4]),
        # Its first column covers 10.3..11.3, and 11.3..12.3 holds no centre of the crop's pixels, but 12.3..13.3 does.
        ((10.3, 22.0, 4.0, 1.0), (0.3, 1, 2, 1), (0, 1), [2, 3], [0]),
        # 11.7..12.7 holds the centre 12.5 of the crop's first column.
        ((10.7, 22.0, 4.0, 1.0), (-0.3, 1, 3, 1), (0, 1), [1, 2, 3], [0]),
        ((15.2, 22.0, 4.0, 1.0), (3.2, 1, 2, 1), (3, 1), [0, 1], [0]),
    ],
)
def test_a_map_moves_into_the_crop_and_is_cut(bbox, box_in_crop, corner, columns, rows):
    moved = move_to_crop(detection(bbox), Crop(12, 21, 5, 4))
    assert moved.bbox == pytest.approx(box_in_crop)
    assert (moved.column, moved.row) == corner
    assert moved.iuv[0, :, 1].tolist() == columns
    assert moved.iuv[:, 0, 2].tolist() == rows


@pytest.mark.parametrize('bbox', [(0, 22, 12, 2), (17, 22, 3, 2), (13, 10, 3, 11), (13, 25, 3, 3), (900, -900, 3, 3)])
def test_a_map_beside_the_crop_is_none(bbox):
    assert move_to_crop(detection(bbox), Crop(12, 21, 5, 4)) is None


def test_overlap_by_hand():
    label = np.array([[0, 5, 5, 5], [0, 5, 5, 255]], np.uint8)
    # Foreground: five pixels. The body: four, of which three are foreground; one more lies on an ignored pixel.
    assert overlap_with_label(of_parts([[3, 3, 3, 0], [0, 3, 0, 3]]), label) == pytest.approx(3 / 6)
    # The torso on the label's background, as of a bare chest, counts neither way.
    for torso in (1, 2):
        assert overlap_with_label(of_parts([[torso, 3, 3, 0], [0, 3, 0, 3]]), label) == pytest.approx(3 / 5)
    assert overlap_with_label(of_parts([[0, 3, 3, 3], [0, 3, 3, 0]]), label) == 1
    assert overlap_with_label(of_parts([[3, 0, 0, 0], [3, 0, 0, 0]]), label) == 0
    assert overlap_with_label(of_parts([[0] * 4] * 2), label) == 0


def test_overlap_counts_where_the_map_lies_in_the_crop():
    label = np.array([[0, 0, 0], [0, 0, 5], [0, 0, 5]], np.uint8)
    part = MapInCrop((2, 1, 1, 2), 2, 1, np.full((2, 1, 3), 3, np.uint8))
    assert overlap_with_label(part, label) == 1


def test_overlap_of_no_foreground_is_none():
    assert overlap_with_label(of_parts([[3, 3]]), np.array([[0, 255]], np.uint8)) is None


def loaded(annotation, size):
    """The points as the training pipeline has them."""
    surface = parse_surface({'id': 1, **json.loads(json.dumps(annotation))}, 'here') | {'image_size': size}
    step = LoadSurfacePoints(num_background=50)
    return step.transform({'surface': surface, 'ori_shape': size, 'rng': np.random.default_rng(0)})


def two_blocks():
    """The torso's part 2, 30 x 20 pixels, above a hand's part 4 of 6 x 5, in a map of 60 x 40; U, V differ anywhere."""
    iuv = np.zeros((60, 40, 3), np.uint8)
    iuv[5:35, 10:30, 0] = 2
    iuv[50:56, 33:38, 0] = 4
    body = iuv[..., 0] > 0
    iuv[body, 1:] = np.random.default_rng(1).integers(0, 256, (body.sum(), 2))
    return iuv


@pytest.mark.parametrize('corner', [(0, 0), (7, 9), (6.8, 9.3)])
def test_points_come_back_to_their_pixels(corner):
    iuv = two_blocks()
    predicted = MapInCrop((*corner, 40.0, 60.0), round(corner[0]), round(corner[1]), iuv)
    annotation = surface_annotation(predicted, '36_453991', 24)
    results = loaded(annotation, (100, 80))
    body = results['dp_labels'] > 0
    places = results['dp_points'][body] - corner
    columns, rows = np.rint(places).astype(int).T
    np.testing.assert_allclose(places, np.rint(places), atol=1e-4)
    np.testing.assert_array_equal(results['dp_labels'][body], iuv[rows, columns, 0])
    np.testing.assert_allclose(results['dp_uv'][body] * 255, iuv[rows, columns, 1:], atol=1e-3)
    assert np.bincount(results['dp_labels'][body]).tolist() == [0, 0, 12, 0, 12]
    assert len(np.unique(places, axis=0)) == 24
    # The background is drawn beside the coarse masks, which are the map's to a cell.
    assert body.sum() + 50 == len(body)
    background = np.floor(results['dp_points'][~body] - corner).astype(int)
    inside = iuv[np.clip(background[:, 1], 0, 59), np.clip(background[:, 0], 0, 39), 0]
    assert not inside.any()


def test_masks_are_the_maps_coarse_parts():
    annotation = surface_annotation(MapInCrop((0.0, 0.0, 40.0, 60.0), 0, 0, two_blocks()), 'a', 5)
    named = dict(zip(COARSE_PARTS, annotation['dp_masks'], strict=True))
    assert [name for name, mask in named.items() if mask] == ['Torso', 'LeftHand']
    torso = union_of_masks([named['Torso']])
    # Columns 10..29 of 40 are cells 64..191 of 256; rows 5..34 of 60 begin in cell 21.3 and end in 149.3.
    assert np.flatnonzero(torso.any(axis=0))[[0, -1]].tolist() == [64, 191]
    assert np.flatnonzero(torso.any(axis=1))[[0, -1]].tolist() == [21, 148]
    assert torso.sum() == 128 * 128
    assert annotation['area'] == 30 * 20 + 6 * 5


def test_the_choice_depends_on_name_and_map_alone():
    predicted = MapInCrop((0.0, 0.0, 40.0, 60.0), 0, 0, two_blocks())
    first = surface_annotation(predicted, '36_453991', 20)
    np.random.default_rng().random()
    assert surface_annotation(predicted, '36_453991', 20) == first
    assert surface_annotation(predicted, '36_453992', 20) != first


def test_a_body_of_few_pixels_has_few_points():
    annotation = surface_annotation(of_parts([[0, 0, 24], [0, 0, 0]], (1.0, 2.0, 3.0, 2.0)), 'a', 200)
    assert annotation['dp_I'] == [24]
    assert annotation['dp_x'] == [pytest.approx(2 / 3 * 255, abs=1e-5)]
    assert (annotation['dp_y'], annotation['bbox']) == ([0.0], [1.0, 2.0, 3.0, 2.0])
    assert annotation['dp_U'] == [pytest.approx(48 / 255, abs=1e-6)]
    assert annotation['dp_V'] == [pytest.approx(72 / 255, abs=1e-6)]


def test_a_real_prediction_of_cocos_picture_fits_the_joints_of_lips_crop(real_data):
    """Box and prediction are COCO's, the joints LIP's: their sides and places agree only in the right crop."""
    results = read_results(real_data / 'densepose' / 'example_results.json')
    result = next(result for result in results if result.image_id == 872)
    moved = move_to_crop(result, crop_of([163.73, 126.42, 265.69, 480.4]).clamped(640, 621))
    assert moved.bbox == pytest.approx((0.8, 0.3, 238, 474))
    poses = read_poses(real_data / 'lip' / 'lip_val_set.csv')
    joints = np.rint(poses.keypoints[poses.rows['872_560228']]).astype(int)
    parts = moved.iuv[..., 0]
    right_ankle, right_knee, left_knee = joints[0], joints[1], joints[4]
    right_wrist, left_elbow, left_wrist = joints[10], joints[14], joints[15]
    allowed = [
        (right_ankle, (6, 11, 13)),  # right foot, right lower leg
        (right_knee, (7, 9, 11, 13)),
        (left_knee, (8, 10, 12, 14)),
        (right_wrist, (3, 20, 22)),
        (left_elbow, (15, 17, 19, 21)),
        (left_wrist, (4, 19, 21)),
    ]
    for (x, y), expected in allowed:
        assert parts[y - moved.row, x - moved.column] in expected
