"""Nearest triangle in the plane."""

import numba
import numpy as np

__all__ = ['nearest_triangles']


@numba.njit(cache=True)
def _on_segment(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> tuple[float, float]:
    """Place (0 at a, 1 at b) of the point of a segment nearest to p, and its squared distance; a = b is fine."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    t = 0.0
    if length > 0.0:
        t = min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / length))
    ex, ey = ax + t * dx - px, ay + t * dy - py
    return t, ex * ex + ey * ey


@numba.njit(cache=True)
def _in_triangle(px: float, py: float, corners: np.ndarray, weights: np.ndarray) -> float:
    """Squared distance to a triangle (3, 2); fills the barycentric coordinates (3,) of its nearest point."""
    ax, ay, bx, by, cx, cy = corners[0, 0], corners[0, 1], corners[1, 0], corners[1, 1], corners[2, 0], corners[2, 1]
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if area != 0.0:
        second = ((px - ax) * (cy - ay) - (cx - ax) * (py - ay)) / area
        third = ((bx - ax) * (py - ay) - (px - ax) * (by - ay)) / area
        if second >= 0.0 and third >= 0.0 and second + third <= 1.0:
            weights[0], weights[1], weights[2] = 1.0 - second - third, second, third
            return 0.0
    best = np.inf
    for start in range(3):
        end = (start + 1) % 3
        t, squared = _on_segment(px, py, corners[start, 0], corners[start, 1], corners[end, 0], corners[end, 1])
        if squared < best:
            best = squared
            weights[:] = 0.0
            weights[start], weights[end] = 1.0 - t, t
    return best


@numba.njit(cache=True)
def _search(
    points: np.ndarray,
    corners: np.ndarray,
    boxes: np.ndarray,
    nearest: np.ndarray,
    weights: np.ndarray,
    far: np.ndarray,
) -> None:
    """Fill the results of :func:`nearest_triangles`, ``far`` with squared distances."""
    found = np.empty(3)
    for n in range(len(points)):
        px, py = points[n, 0], points[n, 1]
        best = np.inf
        for f in range(len(corners)):
            # A triangle is no nearer than its box.
            dx = max(boxes[f, 0] - px, px - boxes[f, 2], 0.0)
            dy = max(boxes[f, 1] - py, py - boxes[f, 3], 0.0)
            if dx * dx + dy * dy >= best:
                continue
            squared = _in_triangle(px, py, corners[f], found)
            if squared < best:
                best = squared
                nearest[n] = f
                weights[n] = found
                if best == 0.0:
                    break
        far[n] = best


def nearest_triangles(points: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each point, the triangle that contains it, or else the nearest one; the first of several.

    Args:
        points (np.ndarray): float64 (N, 2), finite.
        corners (np.ndarray): float64 (F, 3, 2) with F > 0; triangles of no area count as their edges.

    Returns:
        tuple: ``nearest`` int64 (N,), triangles; ``weights`` float64 (N, 3), barycentric coordinates of the nearest
        point in it; ``distance`` float64 (N,), 0 inside.
    """
    nearest = np.zeros(len(points), dtype=np.int64)
    weights, distance = np.zeros((len(points), 3)), np.zeros(len(points))
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    _search(points, corners, boxes, nearest, weights, distance)
    return nearest, weights, np.sqrt(distance)
