"""Coordinates and 3x3 affine matrices, as pure functions.

Conventions, everywhere in mmspd:

* *Points* (joints, surface points) are pixel coordinates whose integers are pixel **centres**: the first pixel's
  centre is (0, 0) and an image of width W spans -0.5 to W - 0.5. Mirroring maps x to W - 1 - x.
* *Boxes* are ``x1, y1, x2, y2`` measured on pixel **edges**: the whole image is (0, 0, W, H). A box coordinate ``e`` is
  the point coordinate ``e - 0.5``.
* A matrix maps *points* of one image to points of another: ``[x', y', 1] = M @ [x, y, 1]``.

Resizing an image to a new size maps pixel edges onto pixel edges (PyTorch's ``align_corners=False``, OpenCV's
``resize``), so a scale ``s`` maps x to ``s * (x + 0.5) - 0.5``. TensorFlow 1 knew no half pixels: there it maps x to
``s * x``, which is the grid ``'corner'``, and the usual one is ``'edge'``.
"""

import numpy as np

GRIDS = ('edge', 'corner')


def scaling(scale_x: float, scale_y: float) -> np.ndarray:
    """Matrix of a resize by ``scale_x`` and ``scale_y``: float64, (3, 3)."""
    return np.array(
        [[scale_x, 0.0, 0.5 * scale_x - 0.5], [0.0, scale_y, 0.5 * scale_y - 0.5], [0.0, 0.0, 1.0]], dtype=np.float64
    )


def resizing(scale_x: float, scale_y: float, grid: str) -> np.ndarray:
    """Matrix of a resize on a grid: float64, (3, 3).

    Args:
        scale_x (float): New width by old width.
        scale_y (float): New height by old height.
        grid (str): ``'edge'`` maps pixel edges onto pixel edges, as :func:`scaling`; ``'corner'`` maps the first
            pixel's centre onto the first pixel's centre, as TensorFlow 1 resizes.

    Raises:
        ValueError: Another grid.
    """
    if grid not in GRIDS:
        raise ValueError(f'grid must be one of {GRIDS}, got {grid!r}')
    return scaling(scale_x, scale_y) if grid == 'edge' else np.diag([scale_x, scale_y, 1.0])


def translation(dx: float, dy: float) -> np.ndarray:
    """Matrix that adds (dx, dy) pixels: float64, (3, 3)."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy], [0.0, 0.0, 1.0]], dtype=np.float64)


def rotation(degrees: float, centre: tuple[float, float]) -> np.ndarray:
    """Matrix of a rotation about ``centre`` (x, y); positive angles turn clockwise on screen: float64, (3, 3)."""
    angle = np.deg2rad(degrees)
    turn = np.eye(3)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return translation(*centre) @ turn @ translation(-centre[0], -centre[1])


def mirroring(width: int) -> np.ndarray:
    """Matrix that mirrors an image of ``width`` pixels left to right: float64, (3, 3)."""
    return np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], dtype=np.float64)


def apply_to_points(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map points by an affine matrix.

    Args:
        matrix (np.ndarray): (3, 3).
        points (np.ndarray): (..., 2), pixel coordinates.

    Returns:
        np.ndarray: The mapped points, same shape and dtype as ``points``.
    """
    mapped = points.astype(np.float64) @ matrix[:2, :2].T + matrix[:2, 2]
    return mapped.astype(points.dtype)


def apply_to_boxes(matrix: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Map boxes by an affine matrix: the smallest upright boxes around the mapped corners.

    Args:
        matrix (np.ndarray): (3, 3).
        boxes (np.ndarray): (N, 4), ``x1, y1, x2, y2`` on pixel edges.

    Returns:
        np.ndarray: (N, 4), same dtype as ``boxes``.
    """
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2).astype(np.float64) - 0.5
    mapped = apply_to_points(matrix, corners) + 0.5
    return np.concatenate([mapped.min(axis=1), mapped.max(axis=1)], axis=1).astype(boxes.dtype)


def clip_boxes(boxes: np.ndarray, width: int, height: int) -> np.ndarray:
    """Clip boxes (N, 4) to an image; a box outside it becomes empty on the border. Returns a new array."""
    limit = np.array([width, height, width, height], dtype=boxes.dtype)
    return np.clip(boxes, 0, limit)
