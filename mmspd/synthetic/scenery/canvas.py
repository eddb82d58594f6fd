"""Painting shapes with smooth edges over one another: what backgrounds and occluders are made of.

Coordinates are pixels with centres at integers, x to the right and y down. Colours are linear albedo in 0..1, B, G, R.
Inside, the picture is kept as three planes (3, H, W), on which numpy is three times as fast as on (H, W, 3).
"""

from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np

from mmspd.synthetic.paint.noise import noise_field

#: From x (1, w) and y (h, 1) to planes (3, h, w).
PaintFunction = Callable[[np.ndarray, np.ndarray], np.ndarray]
#: A colour (3,), planes (3, h, w) of the painted window, or a function that gives them.
Paint = np.ndarray | PaintFunction
Window = tuple[slice, slice]

_FAR: Final = 16000.0  # pixels; OpenCV cannot fill polygons with corners much farther away
_SHIFT: Final = 4  # fractional bits of corners
_GRAIN_ROOM: Final = 48  # pixels by which the grain is larger than the picture, so that shapes differ in it


def plane(colour: np.ndarray | Sequence[float]) -> np.ndarray:
    """A colour (3,) as float32 (3, 1, 1), which broadcasts over planes."""
    return np.asarray(colour, np.float32).reshape(3, 1, 1)


class Canvas:
    """A picture that shapes are painted on.

    Args:
        rng (np.random.Generator): Source of the surfaces' grain and slight gradients.
        height (int): Of the picture, pixels, at least 1.
        width (int): Of the picture, pixels, at least 1.

    Attributes:
        planes (np.ndarray): float32 (3, H, W), premultiplied by alpha.
        alpha (np.ndarray): float32 (H, W), 0 where nothing is painted.
        floor (np.ndarray): bool (H, W); whoever paints the floor sets it, what is painted over the floor clears it.
    """

    def __init__(self, rng: np.random.Generator, height: int, width: int) -> None:
        self.rng = rng
        self.height, self.width = height, width
        self.planes = np.zeros((3, height, width), np.float32)
        self.alpha = np.zeros((height, width), np.float32)
        self.floor = np.zeros((height, width), bool)
        size = height + _GRAIN_ROOM, width + _GRAIN_ROOM
        self._grain = 0.35 * rng.standard_normal(size, dtype=np.float32)
        for cell, weight in ((3, 0.35), (10, 0.45), (40, 0.55)):
            self._grain += np.float32(weight) * noise_field(rng, *size, cell)

    @property
    def unit(self) -> float:
        """A length that grows with the picture: the smaller side over 100, pixels."""
        return min(self.height, self.width) / 100

    def window(self, low: np.ndarray, high: np.ndarray) -> Window | None:
        """The pixels that a shape between the corners ``low`` and ``high`` (x, y) can touch; None if outside."""
        left, top = (max(int(np.floor(value)) - 1, 0) for value in low)
        right, bottom = (
            min(int(np.ceil(value)) + 2, limit) for value, limit in zip(high, (self.width, self.height), strict=True)
        )
        return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None

    def blend(self, window: Window, weight: np.ndarray, paint: Paint, texture: float = 0.0) -> None:
        """Paint over a window.

        Args:
            window (Window): Rows and columns.
            weight (np.ndarray): float32 (h, w), how much of each pixel is covered, 0..1.
            paint (Paint): With what.
            texture (float): Strength of the surface's grain and of a slight gradient over the shape: the brightness
                varies by about this share.
        """
        rows, columns = window
        if callable(paint):
            x = np.arange(columns.start, columns.stop, dtype=np.float32)[None]
            y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
            colour = paint(x, y)
        else:
            colour = plane(paint) if paint.ndim == 1 else paint
        if texture:
            colour = colour * self._surface(window, texture)
        target = self.planes[:, rows, columns]
        target += weight * (colour - target)
        alpha = self.alpha[window]
        alpha += weight * (1 - alpha)
        self.floor[window] &= weight < 0.5

    def _surface(self, window: Window, texture: float) -> np.ndarray:
        """Brightness factors float32 (h, w) of a surface that is not perfectly even."""
        rows, columns = window
        shift = self.rng.integers(_GRAIN_ROOM, size=2)
        grain = self._grain[rows.start + shift[0] : rows.stop + shift[0], columns.start + shift[1] :]
        grain = grain[:, : columns.stop - columns.start]
        slopes = self.rng.uniform(-1, 1, size=2).astype(np.float32) * np.float32(texture)
        down = np.linspace(-slopes[0], slopes[0], rows.stop - rows.start, dtype=np.float32)[:, None]
        across = np.linspace(-slopes[1], slopes[1], columns.stop - columns.start, dtype=np.float32)
        return np.maximum(1 + np.float32(texture) * grain + (down + across), 0.05)

    def fill(self, polygons: Sequence[np.ndarray], paint: Paint, opacity: float = 1.0, texture: float = 0.06) -> None:
        """Paint polygons (N, 2); where two of them overlap there is a hole."""
        corners = [np.clip(np.asarray(polygon, np.float64), -_FAR, _FAR) for polygon in polygons]
        together = np.concatenate(corners)
        window = self.window(together.min(axis=0), together.max(axis=0))
        if window is None:
            return
        mask = np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.uint8)
        origin = np.array([window[1].start, window[0].start])
        fixed = [np.rint((polygon - origin) * (1 << _SHIFT)).astype(np.int32) for polygon in corners]
        cv2.fillPoly(mask, fixed, 255, cv2.LINE_AA, _SHIFT)
        self.blend(window, mask * np.float32(opacity / 255), paint, texture)

    def rectangle(
        self, low: tuple[float, float], high: tuple[float, float], paint: Paint, texture: float = 0.06
    ) -> None:
        """Paint an upright rectangle between two corners (x, y)."""
        self.fill([np.array([low, (high[0], low[1]), high, (low[0], high[1])])], paint, texture=texture)

    def stroke(self, points: np.ndarray, thickness: float, paint: Paint, closed: bool = False) -> None:
        """Paint a line along points (N, 2), ``thickness`` pixels wide; a thin one is painted faint instead."""
        points = np.clip(np.asarray(points, np.float64), -_FAR, _FAR)
        window = self.window(points.min(axis=0) - thickness, points.max(axis=0) + thickness)
        if window is None:
            return
        mask = np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.uint8)
        fixed = np.rint((points - [window[1].start, window[0].start]) * (1 << _SHIFT)).astype(np.int32)
        cv2.polylines(mask, [fixed], closed, 255, max(round(thickness), 1), cv2.LINE_AA, _SHIFT)
        self.blend(window, mask * np.float32(min(thickness, 1) / 255), paint, texture=0.04)

    def ellipse(
        self, centre: tuple[float, float], radii: tuple[float, float], colour: np.ndarray, ball: float = 0.0
    ) -> None:
        """Paint an ellipse; ``ball`` in 0..1 shades it as a ball that is lit from above."""
        middle, reach = np.array(centre, np.float64), np.array(radii, np.float64)
        window = self.window(np.clip(middle - reach, -_FAR, _FAR), np.clip(middle + reach, -_FAR, _FAR))
        if window is None:
            return
        x = (np.arange(window[1].start, window[1].stop, dtype=np.float32) - np.float32(centre[0]))[None]
        y = (np.arange(window[0].start, window[0].stop, dtype=np.float32) - np.float32(centre[1]))[:, None]
        x, y = x / np.float32(radii[0]), y / np.float32(radii[1])
        radius = np.sqrt(x * x + y * y)
        weight = np.clip((1 - radius) * np.float32(min(radii)) + np.float32(0.5), 0, 1)
        shade = 1 - np.float32(ball) * np.clip(0.35 + 0.5 * y + 0.25 * x + 0.3 * radius**4, 0, 1)
        self.blend(window, weight, plane(colour) * shade, texture=0.05)

    def limb(
        self, ends: tuple[np.ndarray, np.ndarray], radii: tuple[float, float], paint: Paint, depth: float = 0.6
    ) -> None:
        """Paint a tapered cylinder with round ends, dark towards its sides: a pole, a tube, an arm or a leg."""
        start, end = (np.clip(np.asarray(point, np.float64), -_FAR, _FAR) for point in ends)
        reach = max(radii)
        window = self.window(np.minimum(start, end) - reach, np.maximum(start, end) + reach)
        if window is None:
            return
        axis = end - start
        length = max(float(np.hypot(*axis)), 1e-3)
        direction = (axis / length).astype(np.float32)
        x = (np.arange(window[1].start, window[1].stop, dtype=np.float32) - np.float32(start[0]))[None]
        y = (np.arange(window[0].start, window[0].stop, dtype=np.float32) - np.float32(start[1]))[:, None]
        along = np.clip((x * direction[0] + y * direction[1]) / np.float32(length), 0, 1)
        from_x, from_y = x - along * np.float32(axis[0]), y - along * np.float32(axis[1])
        radius = np.float32(radii[0]) + along * np.float32(radii[1] - radii[0])
        distance = np.sqrt(from_x * from_x + from_y * from_y)
        weight = np.clip(radius - distance + np.float32(0.5), 0, 1) * np.float32(min(2 * reach, 1))
        # The side that faces up and left is lit, as on most photographs.
        across = (from_x * direction[1] - from_y * direction[0]) / np.maximum(radius, 0.5)
        lit = np.float32(-0.3 if direction[0] < direction[1] else 0.3)
        shade = 1 - np.float32(depth) * np.clip(0.7 * across * across - lit * across, 0, 1)
        if callable(paint):
            xs, ys = x + np.float32(start[0]), y + np.float32(start[1])
            self.blend(window, weight, paint(xs, ys) * shade, texture=0.05)
        else:
            self.blend(window, weight, plane(paint) * shade, texture=0.05)
