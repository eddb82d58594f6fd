"""Plane shapes with a signed distance and local coordinates: what the drawn figures are made of.

A shape's ``evaluate(x, y)`` takes pixel-centre coordinates and gives three arrays of their shape:

* ``distance``: pixels to the outline, negative inside (exact, or a close approximation near the outline);
* ``u``: -1..1 across the axis. The positive side is ``(axis_y, -axis_x)``: the picture's right for an axis that points
  down the picture, its left for one that points up;
* ``v``: 0..1 along the axis.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

Evaluation = tuple[np.ndarray, np.ndarray, np.ndarray]
_TINY = 1e-6


class Shape(Protocol):
    """A filled outline in the picture."""

    def bounds(self) -> tuple[float, float, float, float]:
        """Smallest known ``x1, y1, x2, y2`` (pixel-centre coordinates) that contain the shape."""
        ...

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> Evaluation:
        """Signed distance, u and v at the points; see the module's docstring."""
        ...


def across(axis: np.ndarray) -> np.ndarray:
    """The direction of positive ``u`` for an axis direction (2,)."""
    return np.array([axis[1], -axis[0]])


@dataclass(frozen=True)
class Capsule:
    """A limb: all points within a radius of a segment, the radius changing linearly along it.

    Args:
        start (np.ndarray): (2,), where v = 0.
        end (np.ndarray): (2,), where v = 1. It may equal ``start``.
        start_radius (float): Pixels.
        end_radius (float): Pixels.
    """

    start: np.ndarray
    end: np.ndarray
    start_radius: float
    end_radius: float

    def bounds(self) -> tuple[float, float, float, float]:
        """See :class:`Shape`."""
        ends, radii = np.stack([self.start, self.end]), np.array([[self.start_radius], [self.end_radius]])
        low, high = (ends - radii).min(axis=0), (ends + radii).max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> Evaluation:
        """See :class:`Shape`."""
        axis = self.end - self.start
        length = max(float(np.hypot(*axis)), _TINY)
        along = ((x - self.start[0]) * axis[0] + (y - self.start[1]) * axis[1]) / length**2
        v = np.clip(along, 0, 1)
        radius = np.maximum(self.start_radius + v * (self.end_radius - self.start_radius), _TINY)
        distance = np.hypot(x - self.start[0] - v * axis[0], y - self.start[1] - v * axis[1]) - radius
        side = across(axis / length)
        u = ((x - self.start[0]) * side[0] + (y - self.start[1]) * side[1]) / radius
        return distance, np.clip(u, -1, 1), v


@dataclass(frozen=True)
class Ellipse:
    """A head: an ellipse with an axis.

    Args:
        centre (np.ndarray): (2,).
        axis (np.ndarray): (2,), unit direction of v.
        half_width (float): Pixels across the axis.
        half_length (float): Pixels along the axis.
    """

    centre: np.ndarray
    axis: np.ndarray
    half_width: float
    half_length: float

    def bounds(self) -> tuple[float, float, float, float]:
        """See :class:`Shape`."""
        reach = np.hypot(self.half_length * self.axis, self.half_width * across(self.axis))
        low, high = self.centre - reach, self.centre + reach
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> Evaluation:
        """See :class:`Shape`; the distance is first-order: value over gradient of the implicit equation."""
        side = across(self.axis)
        half_width, half_length = max(self.half_width, _TINY), max(self.half_length, _TINY)
        x, y = x - self.centre[0], y - self.centre[1]
        u = (x * side[0] + y * side[1]) / half_width
        v = (x * self.axis[0] + y * self.axis[1]) / half_length
        radius = np.hypot(u, v)
        slope = np.hypot(u / half_width, v / half_length)
        distance = radius * (radius - 1) / np.maximum(slope, _TINY)
        distance = np.where(slope < _TINY, -min(half_width, half_length), distance)
        return distance, np.clip(u, -1, 1), np.clip(0.5 + 0.5 * v, 0, 1)


@dataclass(frozen=True)
class RoundedPolygon:
    """A torso or a skirt: a convex polygon, grown by a radius, with an axis.

    Args:
        corners (np.ndarray): (N, 2), N >= 3, of a convex polygon in either order.
        radius (float): Pixels by which the polygon is grown; rounds its corners.
        start (np.ndarray): (2,), where v = 0.
        end (np.ndarray): (2,), where v = 1.
        half_width (float): Pixels from the axis to u = 1.
    """

    corners: np.ndarray
    radius: float
    start: np.ndarray
    end: np.ndarray
    half_width: float

    def bounds(self) -> tuple[float, float, float, float]:
        """See :class:`Shape`."""
        low, high = self.corners.min(axis=0) - self.radius, self.corners.max(axis=0) + self.radius
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> Evaluation:
        """See :class:`Shape`."""
        distance = np.full(np.broadcast(x, y).shape, np.inf)
        turns = []
        for corner, following in zip(self.corners, np.roll(self.corners, -1, axis=0), strict=True):
            edge = following - corner
            dx, dy = x - corner[0], y - corner[1]
            along = np.clip((dx * edge[0] + dy * edge[1]) / max(float(edge @ edge), _TINY), 0, 1)
            distance = np.minimum(distance, np.hypot(dx - along * edge[0], dy - along * edge[1]))
            turns.append(edge[0] * dy - edge[1] * dx)
        same_side = np.all(np.stack(turns) >= 0, axis=0) | np.all(np.stack(turns) <= 0, axis=0)
        _, u, v = Capsule(self.start, self.end, self.half_width, self.half_width).evaluate(x, y)
        return np.where(same_side, -distance, distance) - self.radius, u, v
