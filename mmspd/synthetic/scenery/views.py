"""Things that stand in a scene, projected by a level camera: points, boxes, floors, plants and people far away.

World: X metres to the right of the camera, Y above the floor, Z in front of the camera. The camera looks along Z, so
the eye level is one row, the horizon, and every upright edge stays upright.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from mmspd.synthetic.paint.colours import from_srgb, sample_cloth_colour, sample_hair_colour, sample_skin_colour
from mmspd.synthetic.paint.noise import noise_field
from mmspd.synthetic.paint.patterns import Pattern
from mmspd.synthetic.scenery.canvas import Canvas, Paint, PaintFunction, plane

#: From metres on the floor (P, 2) and metres per pixel there (P,) to albedo (P, 3).
FloorPaint = Callable[[np.ndarray, np.ndarray], np.ndarray]
_NEAREST: Final = 0.4  # metres in front of the camera; what is nearer is not drawn
_FARTHEST: Final = 80.0  # metres; the floor beyond looks the same


@dataclass(frozen=True)
class View:
    """A canvas and the camera that looks at the scene on it.

    Args:
        canvas (Canvas): What to paint on.
        horizon (float): Row of the eye level, may be outside the picture.
        focal (float): Focal length in pixels.
        eye_height (float): Of the camera above the floor, metres.
        centre (float): Column that the camera looks at.
        distance (float): Depth of the person whom the scene is behind, metres.
    """

    canvas: Canvas
    horizon: float
    focal: float
    eye_height: float
    centre: float
    distance: float

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels (N, 2) of world points (N, 3); depths under 0.4 m count as 0.4 m."""
        points = np.asarray(points, np.float64)
        scale = self.focal / np.maximum(points[:, 2], _NEAREST)
        return np.stack(
            [self.centre + points[:, 0] * scale, self.horizon - (points[:, 1] - self.eye_height) * scale], axis=1
        )

    def pixel(self, x: float, y: float, z: float) -> tuple[float, float]:
        """The pixel (x, y) of one world point."""
        column, row = self.project(np.array([[x, y, z]]))[0]
        return float(column), float(row)

    def scale(self, z: float) -> float:
        """Pixels per metre at depth ``z``."""
        return self.focal / max(z, _NEAREST)

    def visible_x(self, z: float) -> tuple[float, float]:
        """The range of X that the picture shows at depth ``z``, metres."""
        scale = self.scale(z)
        return -self.centre / scale, (self.canvas.width - self.centre) / scale

    def panel(
        self, low: tuple[float, float], high: tuple[float, float], z: float, paint: Paint, texture: float = 0.06
    ) -> None:
        """Paint an upright rectangle that faces the camera, between the corners (X, Y)."""
        first, second = self.pixel(*low, z), self.pixel(*high, z)
        self.canvas.rectangle(first, second, paint, texture)

    def box(self, low: np.ndarray, high: np.ndarray, colour: np.ndarray, texture: float = 0.06) -> None:
        """Paint a box with upright sides between the corners (X, Y, Z): its visible faces, the far ones first."""
        (x1, y1, z1), (x2, y2, z2) = (np.asarray(corner, np.float64) for corner in (low, high))
        if z1 < _NEAREST:
            return
        if x1 > 0 or x2 < 0:
            x = x1 if x1 > 0 else x2
            side = np.array([(x, y1, z1), (x, y1, z2), (x, y2, z2), (x, y2, z1)])
            self.canvas.fill([self.project(side)], colour * np.float32(0.6), texture=texture)
        if y2 < self.eye_height or y1 > self.eye_height:
            y, light = (y2, 1.25) if y2 < self.eye_height else (y1, 0.5)
            cover = np.array([(x1, y, z1), (x2, y, z1), (x2, y, z2), (x1, y, z2)])
            self.canvas.fill([self.project(cover)], np.minimum(colour * np.float32(light), 0.95), texture=texture)
        self.panel((x1, y1), (x2, y2), z1, colour, texture)

    def shadow(self, left: float, right: float, z: float, darkness: float = 0.55) -> None:
        """Darken the floor below something that stands from ``left`` to ``right`` at depth ``z``; it stays floor."""
        canvas = self.canvas
        first, last = self.pixel(left, 0, z), self.pixel(right, 0, z)
        middle = np.array([(first[0] + last[0]) / 2, first[1]])
        reach = np.array([0.62 * (last[0] - first[0]) + 1, 0.1 * self.scale(z) + 0.08 * (last[0] - first[0])])
        window = canvas.window(np.clip(middle - reach, -1e6, 1e6), np.clip(middle + reach, -1e6, 1e6))
        if window is None:
            return
        x = (np.arange(window[1].start, window[1].stop, dtype=np.float32) - np.float32(middle[0]))[None]
        y = (np.arange(window[0].start, window[0].stop, dtype=np.float32) - np.float32(middle[1]))[:, None]
        inside = np.clip(1.3 - (x / np.float32(reach[0])) ** 2 - (y / np.float32(reach[1])) ** 2, 0, 1)
        canvas.planes[:, window[0], window[1]] *= 1 - np.float32(darkness) * inside

    def floor(self, paint: FloorPaint, farthest: float = _FARTHEST) -> None:
        """Paint the floor up to the depth ``farthest``, and mark it as floor."""
        canvas = self.canvas
        first = max(int(np.ceil(self.horizon + self.focal * self.eye_height / farthest)), 0)
        if first >= canvas.height:
            return
        rows = np.arange(first, canvas.height, dtype=np.float32)[:, None]
        columns = np.arange(canvas.width, dtype=np.float32)[None]
        depth = np.float32(self.focal * self.eye_height) / (rows - np.float32(self.horizon))
        across = (columns - np.float32(self.centre)) * depth * np.float32(1 / self.focal)
        coords = np.stack([across, np.broadcast_to(depth, across.shape)], axis=-1).reshape(-1, 2)
        # A pixel covers most along the depth: d depth / d row.
        footprint = np.broadcast_to(depth * depth / np.float32(self.focal * self.eye_height), across.shape).ravel()
        albedo = paint(coords, footprint).reshape(*across.shape, 3).transpose(2, 0, 1)
        whole = slice(first, canvas.height), slice(0, canvas.width)
        canvas.blend(whole, np.ones(across.shape, np.float32), albedo, texture=0.05)
        canvas.floor[whole] = True


def on_plane(
    pattern: Pattern, scale: float, origin: tuple[float, float] = (0.0, 0.0), light: float = 1.0
) -> PaintFunction:
    """A cloth pattern as the paint of something flat that faces the camera, ``scale`` pixels per metre."""

    def paint(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        columns, rows = np.broadcast_arrays(x - np.float32(origin[0]), y - np.float32(origin[1]))
        coords = np.stack([columns.ravel(), rows.ravel()], axis=1) / np.float32(scale)
        return pattern(coords).T.reshape(3, *columns.shape) * np.float32(light)

    return paint


def draw_foliage(
    canvas: Canvas, centre: tuple[float, float], radii: tuple[float, float], colour: np.ndarray, leaf: float
) -> None:
    """Paint a crown of leaves: a ragged ellipse, light on top, with dark gaps; ``leaf`` is a leaf's size in pixels."""
    middle, reach = np.array(centre), 1.25 * np.array(radii)
    window = canvas.window(middle - reach, middle + reach)
    if window is None:
        return
    rows, columns = window[0].stop - window[0].start, window[1].stop - window[1].start

    def noise(cell: float) -> np.ndarray:
        """Two octaves, 0..1."""
        cell = min(max(cell, 1.0), 4.0 * max(rows, columns))
        fields = [noise_field(canvas.rng, rows, columns, max(cell * share, 1)) for share in (1.0, 0.5)]
        return 0.5 + np.float32(0.33) * fields[0] + np.float32(0.17) * fields[1]

    clumps, leaves = noise(min(radii) / 2.2), noise(leaf)
    x = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None]
    y = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None]
    x, y = (x - np.float32(centre[0])) / np.float32(radii[0]), (y - np.float32(centre[1])) / np.float32(radii[1])
    inside = 1.2 - np.sqrt(x * x + y * y) - 0.75 * clumps - 0.5 * (leaves - 0.5)
    weight = np.clip(inside * np.float32(min(radii) / max(0.6 * leaf, 1)), 0, 1)
    light = np.clip(0.6 + 1.0 * (clumps - 0.5) + 1.2 * (leaves - 0.5) - 0.25 * y, 0.1, 1.6)
    yellow = 1 + np.float32(0.25) * (leaves - 0.5) * plane((-1, 0.2, 1))
    canvas.blend(window, weight, plane(colour) * light * yellow, texture=0.08)


def sample_leaf_colour(rng: np.random.Generator) -> np.ndarray:
    """Green, now and then autumnal: float32 (3,), linear B, G, R."""
    if rng.random() < 0.12:
        return from_srgb(rng.uniform(140, 200), rng.uniform(90, 140), rng.uniform(20, 60))
    green = rng.uniform(75, 140)
    return from_srgb(green * rng.uniform(0.55, 0.95), green, green * rng.uniform(0.25, 0.6))


def draw_passer_by(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    """Paint somebody simple in the distance, at X and depth ``z``: clothes and skin that are not the person's."""
    canvas = view.canvas
    view.shadow(x - 0.2, x + 0.2, z)
    height, stride = rng.uniform(1.5, 1.9), rng.uniform(-0.25, 0.25)
    skin, top, bottom = sample_skin_colour(rng), sample_cloth_colour(rng), sample_cloth_colour(rng)
    scale = view.scale(z)

    def limb(*joints: tuple[float, float], radius: tuple[float, float], colour: np.ndarray) -> None:
        ends = [np.array(view.pixel(x + side, up * height, z)) for side, up in joints]
        canvas.limb((ends[0], ends[1]), (radius[0] * height * scale, radius[1] * height * scale), colour)

    for side in (-1, 1):
        foot = 0.05 * side + stride * side
        limb((0.07 * side, 0.5), (foot, 0.04), radius=(0.05, 0.028), colour=bottom)
        limb((foot, 0.03), (foot + 0.05 * side, 0.02), radius=(0.025, 0.02), colour=np.full(3, 0.03, np.float32))
    swing = rng.uniform(0, 0.2)
    for side in (-1, 1):
        hand = (0.2 + swing) * side, rng.uniform(0.43, 0.62)
        limb((0.17 * side, 0.78), hand, radius=(0.028, 0.022), colour=top if rng.random() < 0.6 else skin)
        limb(hand, (hand[0], hand[1] - 0.03), radius=(0.022, 0.018), colour=skin)
    limb((0, 0.75), (0, 0.54), radius=(0.095, 0.08), colour=top)
    limb((0, 0.925), (0, 0.9), radius=(0.05, 0.05), colour=sample_hair_colour(rng))
    limb((0, 0.9), (0, 0.868), radius=(0.043, 0.034), colour=skin)


def draw_post(view: View, x: float, z: float, height: float, radius: float, colour: np.ndarray) -> None:
    """Paint an upright post that stands on the floor at X and depth ``z``."""
    ends = np.array(view.pixel(x, 0, z)), np.array(view.pixel(x, height, z))
    view.canvas.limb(ends, (radius * view.scale(z), 0.85 * radius * view.scale(z)), colour)
