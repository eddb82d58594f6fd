"""A picture and its exact annotation, painted shape by shape, the nearest last.

Surface coordinates of a drawn person. Limbs: U runs across, 0 on the inner edge and 1 on the outer edge of a hanging
limb; V runs along, 0 at the end nearer to the torso. Torso: U from the person's right (0) to their left (1), V from the
neck down. Head: U from the middle (0) to the side (1) of its left or right half, V from the top down. A mirrored
picture therefore keeps U, V of limbs and head, swaps their parts, and has 1 - U on the torso.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mmspd.testing.outfit import Colour
from mmspd.testing.shapes import Shape

Window = tuple[slice, slice]


@dataclass(frozen=True)
class Chart:
    """Where U and V of a surface part run.

    Args:
        shape (Shape): Its local coordinates give U and V; clamped outside of it.
        parts (tuple[int, int]): Part where ``sign * u`` is negative, and where it is not. Two equal parts share one
            chart that runs from edge to edge; two different ones meet in the middle.
        sign (int): +1 where the chart's U grows towards the shape's positive u, else -1.
    """

    shape: Shape
    parts: tuple[int, int]
    sign: int

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Distance to the shape, part and (..., 2) U, V at pixel centres."""
        distance, u, v = self.shape.evaluate(x, y)
        u = u * self.sign
        part = np.where(u < 0, *self.parts)
        chart_u = 0.5 + 0.5 * u if self.parts[0] == self.parts[1] else np.abs(u)
        return distance, part, np.stack([chart_u, v], axis=-1)


class Canvas:
    """Image, parsing label, surface part and U, V of a picture, all painted at once.

    Args:
        background (np.ndarray): float32 (H, W, 3), B, G, R in 0..255. Painted on in place.
    """

    def __init__(self, background: np.ndarray) -> None:
        self.image = background
        self.height, self.width = background.shape[:2]
        self.label = np.zeros((self.height, self.width), np.uint8)
        self.parts = np.zeros((self.height, self.width), np.uint8)
        self.uv = np.zeros((self.height, self.width, 2), np.float32)

    def _window(self, shape: Shape) -> Window | None:
        """The pixels that a shape can touch, or None where it lies outside the picture."""
        x1, y1, x2, y2 = shape.bounds()
        left, right = max(int(np.floor(x1)), 0), min(int(np.ceil(x2)) + 1, self.width)
        top, bottom = max(int(np.floor(y1)), 0), min(int(np.ceil(y2)) + 1, self.height)
        return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None

    def paint(
        self,
        shape: Shape,
        colour: Colour,
        label: int | None = None,
        charts: Sequence[Chart] = (),
        stripes: tuple[Colour, int] | None = None,
    ) -> None:
        """Paint a shape over what is there.

        The image's edges are smooth; label and part change where a pixel's centre is inside.

        Args:
            shape (Shape): What to paint.
            colour (Colour): Its colour, darkened towards the sides as on a cylinder.
            label (int | None): Parsing label; None keeps what is there (a drawn detail).
            charts (Sequence[Chart]): The surface below: each pixel takes the nearest chart's part, U, V. Empty keeps
                what is there.
            stripes (tuple | None): Second colour and number of stripes along the shape.
        """
        window = self._window(shape)
        if window is None:
            return
        y, x = np.mgrid[window].astype(np.float32)
        distance, u, v = shape.evaluate(x, y)
        inside = distance <= 0
        paint = np.asarray(colour, np.float32)
        if stripes is not None:
            striped = (v * stripes[1]) % 1 < 0.4
            paint = np.where(striped[..., None], np.asarray(stripes[0], np.float32), paint)
        shaded = paint * (1.04 - 0.28 * u**2)[..., None]
        coverage = np.clip(0.5 - distance, 0, 1)[..., None]
        self.image[window] += (shaded - self.image[window]) * coverage
        if label is not None:
            self.label[window][inside] = label
        if charts and inside.any():
            surfaces = [chart.evaluate(x[inside], y[inside]) for chart in charts]
            distances, parts, uvs = (np.stack(values) for values in zip(*surfaces, strict=True))
            nearest, pixels = distances.argmin(axis=0), np.arange(distances.shape[1])
            self.parts[window][inside] = parts[nearest, pixels]
            self.uv[window][inside] = uvs[nearest, pixels]


def draw_background(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A wall and a floor with soft blotches and some boxes and poles: float32 (H, W, 3), B, G, R in 0..255."""
    image = np.empty((height, width, 3), np.float32)
    # Muted colours: one lightness, and a little of each channel's own.
    wall, floor = (rng.uniform(low, high) + rng.uniform(-22, 22, size=3) for low, high in ((130, 210), (85, 160)))
    horizon = int(height * rng.uniform(0.6, 0.85))
    fade = np.linspace(rng.uniform(0.85, 1.0), rng.uniform(1.0, 1.1), height, dtype=np.float32)[:, None, None]
    image[:horizon], image[horizon:] = wall, floor
    image *= fade
    for _ in range(int(rng.integers(2, 7))):
        tall = rng.random() < 0.4
        box_width = width * (rng.uniform(0.02, 0.06) if tall else rng.uniform(0.08, 0.35))
        box_height = height * (rng.uniform(0.3, 0.9) if tall else rng.uniform(0.05, 0.3))
        left, top = rng.uniform(-0.1, 0.95) * width, rng.uniform(-0.1, 0.9) * height
        rows = slice(max(int(top), 0), max(int(top + box_height), 0))
        columns = slice(max(int(left), 0), max(int(left + box_width), 0))
        image[rows, columns] = image[rows, columns] * 0.35 + 0.65 * (
            rng.uniform(60, 220) + rng.uniform(-40, 40, size=3)
        )
    coarse = max(height // 12, 1), max(width // 12, 1)
    blotches = rng.normal(0, 8, size=(*coarse, 1)) + rng.normal(0, 3, size=(*coarse, 3))
    blotches = blotches.astype(np.float32)
    return image + cv2.resize(blotches, (width, height), interpolation=cv2.INTER_CUBIC)
