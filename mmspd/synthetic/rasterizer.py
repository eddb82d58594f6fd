"""A z-buffer rasteriser: which triangle is seen at which sample, and what its corners' values are there.

Samples lie on a regular grid, ``first + step * index`` pixels in x and y, so that one call serves pixel centres
(first 0, step 1) and denser grids. A triangle covers a sample inside it or on its top or left edges, so that two
triangles that share an edge never both cover it, nor leave it free.
"""

from dataclasses import dataclass

import numba
import numpy as np

__all__ = ['Raster', 'interpolate', 'rasterize']

# Nearer than this, metres, nothing is drawn.
NEAR = 0.05


@dataclass(frozen=True)
class Raster:
    """What is seen at each sample.

    Args:
        faces (np.ndarray): int32 (H, W), index of the triangle, -1 where there is none.
        weights (np.ndarray): float32 (H, W, 3), perspective-correct weights of its corners, 0 where there is none.
        depth (np.ndarray): float32 (H, W), metres, inf where there is none.
    """

    faces: np.ndarray
    weights: np.ndarray
    depth: np.ndarray


def rasterize(
    pixels: np.ndarray,
    depth: np.ndarray,
    faces: np.ndarray,
    shape: tuple[int, int],
    kept: np.ndarray | None = None,
    first: float = 0.0,
    step: float = 1.0,
) -> Raster:
    """Draw triangles into a z-buffer; both sides are seen.

    Args:
        pixels (np.ndarray): float (N, 2), projected vertices.
        depth (np.ndarray): float (N,), metres. A triangle with a corner nearer than 5 cm is left out.
        faces (np.ndarray): int32 (F, 3).
        shape (tuple): Rows and columns of samples.
        kept (np.ndarray, optional): float (N,); a triangle exists only where this, interpolated, is not negative, which
            cuts smooth borders. Defaults to None: everywhere.
        first (float): Pixel coordinate of the first sample, of rows and columns alike. Defaults to 0.
        step (float): Pixels between samples. Defaults to 1.

    Returns:
        Raster: Of ``shape``.
    """
    screen = np.empty((len(pixels), 4), np.float64)
    screen[:, :2] = (pixels - first) / step
    screen[:, 2] = np.where(depth > NEAR, 1 / np.maximum(depth, NEAR), -1)
    screen[:, 3] = 0 if kept is None else kept
    seen, weights, inverse = _draw(screen, np.ascontiguousarray(faces, np.int32), *shape)
    with np.errstate(divide='ignore'):
        return Raster(seen, weights, np.where(seen >= 0, 1 / inverse, np.inf).astype(np.float32))


@numba.njit(cache=True)
def _draw(screen: np.ndarray, faces: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The loop of :func:`rasterize`; ``screen`` holds x, y, inverse depth (-1: too near) and ``kept``."""
    seen = np.full((height, width), -1, np.int32)
    weights = np.zeros((height, width, 3), np.float32)
    nearest = np.zeros((height, width), np.float64)
    for face in range(faces.shape[0]):
        a, b, c = faces[face]
        if screen[a, 2] < 0 or screen[b, 2] < 0 or screen[c, 2] < 0:
            continue
        if screen[a, 3] < 0 and screen[b, 3] < 0 and screen[c, 3] < 0:
            continue
        ax, ay, bx, by, cx, cy = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
        left, right = max(0, int(np.ceil(min(ax, bx, cx)))), min(width - 1, int(np.floor(max(ax, bx, cx))))
        top, bottom = max(0, int(np.ceil(min(ay, by, cy)))), min(height - 1, int(np.floor(max(ay, by, cy))))
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if left > right or top > bottom or area == 0:
            continue
        sign = 1.0 if area > 0 else -1.0
        # Edge functions, positive inside; an edge's own samples count for one of its two sides only.
        ex = sign * (cy - by), sign * (ay - cy), sign * (by - ay)
        ey = sign * (bx - cx), sign * (cx - ax), sign * (ax - bx)
        own0 = ex[0] < 0 or (ex[0] == 0 and ey[0] < 0)
        own1 = ex[1] < 0 or (ex[1] == 0 and ey[1] < 0)
        own2 = ex[2] < 0 or (ex[2] == 0 and ey[2] < 0)
        area = abs(area)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                w0 = -(ex[0] * (column - bx) + ey[0] * (row - by))
                w1 = -(ex[1] * (column - cx) + ey[1] * (row - cy))
                w2 = -(ex[2] * (column - ax) + ey[2] * (row - ay))
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                if (w0 == 0 and not own0) or (w1 == 0 and not own1) or (w2 == 0 and not own2):
                    continue
                w0, w1, w2 = w0 / area * screen[a, 2], w1 / area * screen[b, 2], w2 / area * screen[c, 2]
                inverse = w0 + w1 + w2
                if inverse <= nearest[row, column]:
                    continue
                if w0 * screen[a, 3] + w1 * screen[b, 3] + w2 * screen[c, 3] < 0:
                    continue
                nearest[row, column] = inverse
                seen[row, column] = face
                weights[row, column, 0] = w0 / inverse
                weights[row, column, 1] = w1 / inverse
                weights[row, column, 2] = w2 / inverse
    return seen, weights, nearest


def interpolate(
    raster: Raster, where: tuple[np.ndarray, np.ndarray], faces: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Values of vertices at samples.

    Args:
        raster (Raster): Of these faces.
        where (tuple): Rows and columns, each int (P,), of samples that show a triangle.
        faces (np.ndarray): int (F, 3).
        values (np.ndarray): float (N, A), of the vertices.

    Returns:
        np.ndarray: float32 (P, A).
    """
    return _mix(
        np.ascontiguousarray(faces, np.int32)[raster.faces[where]],
        raster.weights[where],
        np.ascontiguousarray(values, np.float32),
    )


@numba.njit(cache=True)
def _mix(corners: np.ndarray, weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Weighted sums of the corners' values."""
    mixed = np.zeros((corners.shape[0], values.shape[1]), np.float32)
    for sample in range(corners.shape[0]):
        for corner in range(3):
            for channel in range(values.shape[1]):
                mixed[sample, channel] += weights[sample, corner] * values[corners[sample, corner], channel]
    return mixed
