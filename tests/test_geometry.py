"""Points have their pixels' centres at integers, boxes lie on the pixels' edges."""

import numpy as np

from mmspd.geometry import apply_to_boxes, apply_to_points, clip_boxes, mirroring, rotation, scaling, translation

WHOLE = np.array([[0, 0, 10, 20]], dtype=np.float32)


def test_scaling_keeps_edges_on_edges():
    matrix = scaling(3, 0.5)
    # Of three new pixels to an old one, the middle one has its centre; half a pixel ends at -0.25.
    np.testing.assert_allclose(
        apply_to_points(matrix, np.array([[0.0, 0.0], [-0.5, -0.5]])), [[1, -0.25], [-0.5, -0.5]]
    )
    np.testing.assert_allclose(apply_to_boxes(matrix, WHOLE), [[0, 0, 30, 10]])


def test_mirroring_keeps_the_image_and_swaps_first_and_last_pixel():
    matrix = mirroring(10)
    np.testing.assert_allclose(apply_to_points(matrix, np.array([[0.0, 5.0], [9.0, 5.0]])), [[9, 5], [0, 5]])
    np.testing.assert_allclose(apply_to_boxes(matrix, WHOLE), WHOLE)
    np.testing.assert_allclose(apply_to_boxes(matrix, np.array([[1.0, 2, 4, 6]])), [[6, 2, 9, 6]])


def test_rotation_is_clockwise_on_screen_about_its_centre():
    matrix = rotation(90, (5, 5))
    np.testing.assert_allclose(apply_to_points(matrix, np.array([[5.0, 5.0], [7.0, 5.0]])), [[5, 5], [5, 7]])
    # A box of 4 x 2 pixels becomes one of 2 x 4 about the same centre, (5, 5) as a point and (5.5, 5.5) on edges.
    np.testing.assert_allclose(apply_to_boxes(matrix, np.array([[3.5, 4.5, 7.5, 6.5]])), [[4.5, 3.5, 6.5, 7.5]])


def test_right_factor_is_applied_first():
    matrix = translation(1, 2) @ scaling(2, 2)
    np.testing.assert_allclose(apply_to_points(matrix, np.array([[3.0, 3.0]])), [[7.5, 8.5]])


def test_types_and_shapes_are_kept():
    points = np.zeros((2, 3, 2), dtype=np.float32)
    assert apply_to_points(scaling(2, 2), points).shape == points.shape
    assert apply_to_points(scaling(2, 2), points).dtype == np.float32
    assert apply_to_boxes(scaling(2, 2), WHOLE).dtype == np.float32
    assert apply_to_boxes(scaling(2, 2), WHOLE[:0]).shape == (0, 4)


def test_clipping_leaves_an_empty_box_of_one_outside():
    boxes = np.array([[-5.0, 3, 8, 30], [12, 3, 15, 5]])
    np.testing.assert_array_equal(clip_boxes(boxes, 10, 20), [[0, 3, 8, 20], [10, 3, 10, 5]])
    assert boxes[0, 0] == -5
