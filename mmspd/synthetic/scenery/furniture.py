"""Furniture that stands on a room's floor, and limbs as of people who are mostly out of the picture."""

from collections.abc import Callable
from typing import Final

import numpy as np

from mmspd.synthetic.paint.cloth import sample_pattern
from mmspd.synthetic.paint.colours import from_hsv, from_srgb, sample_cloth_colour, sample_skin_colour
from mmspd.synthetic.scenery.views import View, draw_foliage, on_plane, sample_leaf_colour


def sample_wood(rng: np.random.Generator) -> np.ndarray:
    """Wood, or white or grey paint on it: float32 (3,), linear B, G, R."""
    if rng.random() < 0.3:
        return from_hsv(rng.uniform(0, 360), rng.uniform(0, 0.1), rng.uniform(0.5, 0.95))
    return from_hsv(rng.uniform(16, 34), rng.uniform(0.3, 0.65), rng.uniform(0.25, 0.75))


def _draw_cabinet(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    wood = sample_wood(rng)
    width, height = rng.uniform(0.5, 1.5), rng.uniform(0.5, 2.0)
    view.shadow(x, x + width, z)
    view.box(np.array([x, 0, z]), np.array([x + width, height, z + 0.45]), wood, texture=0.1)
    count = int(rng.integers(1, 4))
    for i in range(count):
        low, high = height * (i + 0.06) / count, height * (i + 0.94) / count
        view.panel((x + 0.04, low), (x + width - 0.04, high), z, wood * np.float32(0.85), texture=0.1)
        handle = (x + width / 2 - 0.06, high - 0.08), (x + width / 2 + 0.06, high - 0.06)
        view.panel(*handle, z, wood * np.float32(0.3))
    for at in rng.uniform(x, x + width - 0.1, size=int(rng.integers(0, 4))):  # things on top
        tall, thing = rng.uniform(0.1, 0.35), sample_cloth_colour(rng)
        view.panel((at, height), (at + rng.uniform(0.06, 0.2), height + tall), z + 0.1, thing, texture=0.15)


def _draw_sofa(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    width, cloth = rng.uniform(0.9, 2.2), sample_cloth_colour(rng)
    view.shadow(x - 0.1, x + width + 0.1, z)
    view.box(np.array([x, 0.1, z + 0.6]), np.array([x + width, 0.85, z + 0.8]), cloth)
    view.box(np.array([x, 0.08, z]), np.array([x + width, 0.42, z + 0.7]), cloth)
    for side in (x - 0.12, x + width - 0.05):
        view.box(np.array([side, 0.05, z]), np.array([side + 0.17, 0.62, z + 0.8]), cloth * np.float32(0.9))
    for at in rng.uniform(x, x + width - 0.3, size=2):
        view.panel((at, 0.42), (at + 0.38, 0.78), z + 0.5, on_plane(sample_pattern(rng), view.scale(z)), texture=0.2)


def _draw_legs(view: View, x: float, z: float, size: tuple[float, float, float], wood: np.ndarray) -> None:
    """Four legs and a top; ``size`` is width, height and depth in metres."""
    width, height, depth = size
    view.shadow(x, x + width, z)
    for back in (z + depth, z):
        for side in (x, x + width):
            ends = np.array(view.pixel(side, 0, back)), np.array(view.pixel(side, height, back))
            view.canvas.limb(ends, (0.025 * view.scale(back),) * 2, wood * np.float32(0.7))
    low, high = np.array([x - 0.04, height - 0.04, z]), np.array([x + width + 0.04, height, z + depth])
    view.box(low, high, wood, texture=0.12)


def _draw_table(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    width = float(rng.uniform(0.8, 1.6))
    _draw_legs(view, x, z, (width, 0.74, 0.6 * width), sample_wood(rng))
    for at in rng.uniform(x, x + width, size=int(rng.integers(0, 5))):
        ends = np.array(view.pixel(at, 0.77, z + 0.2)), np.array(view.pixel(at, rng.uniform(0.8, 1.05), z + 0.2))
        view.canvas.limb(ends, (0.04 * view.scale(z),) * 2, sample_cloth_colour(rng))


def _draw_chair(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    wood = sample_wood(rng)
    _draw_legs(view, x, z, (0.42, 0.45, 0.4), wood)
    view.panel((x, rng.uniform(0.45, 0.65)), (x + 0.42, 0.95), z + 0.4, wood)


def _draw_plant(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    scale = view.scale(z)
    view.shadow(x, x + 0.3, z)
    view.box(np.array([x, 0, z]), np.array([x + 0.3, 0.32, z + 0.3]), sample_wood(rng))
    leaf = sample_leaf_colour(rng)
    for _ in range(3):
        at = view.pixel(x + rng.uniform(0, 0.3), rng.uniform(0.6, 1.2), z)
        draw_foliage(view.canvas, at, (0.28 * scale, 0.4 * scale), leaf, 0.04 * scale)


def _draw_lamp(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    scale, height = view.scale(z), rng.uniform(1.3, 1.7)
    view.shadow(x - 0.12, x + 0.12, z)
    ends = np.array(view.pixel(x, 0, z)), np.array(view.pixel(x, height, z))
    view.canvas.limb(ends, (0.018 * scale,) * 2, from_srgb(60, 58, 55))
    wide, narrow = rng.uniform(0.14, 0.24), rng.uniform(0.08, 0.2)
    corners = ((-wide, height - 0.15), (wide, height - 0.15), (narrow, height + 0.2), (-narrow, height + 0.2))
    shade = np.array([view.pixel(x + across, up, z) for across, up in corners])
    view.canvas.fill([shade], from_hsv(rng.uniform(25, 50), rng.uniform(0.05, 0.4), rng.uniform(0.7, 1.0)))


def _draw_boxes(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    view.shadow(x, x + 0.4, z)
    for level in range(int(rng.integers(1, 4))):
        size, at = rng.uniform(0.3, 0.5), x + rng.uniform(-0.1, 0.1)
        colour = from_hsv(rng.uniform(25, 35), rng.uniform(0.3, 0.5), rng.uniform(0.5, 0.75))
        low = np.array([at, 0.35 * level, z])
        view.box(low, low + np.array([size, 0.34, size]), colour)


def _draw_limb(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    scale = view.scale(z)
    paint = sample_skin_colour(rng) if rng.random() < 0.6 else sample_cloth_colour(rng)
    start, turn = np.array(view.pixel(x, rng.uniform(0.3, 1.5), z)), rng.uniform(0, 2 * np.pi)
    end = start + rng.uniform(0.3, 0.6) * scale * np.array([np.cos(turn), np.sin(turn)])
    view.canvas.limb((start, end), (0.065 * scale, 0.04 * scale), paint)


#: Draws a piece that stands on the floor at X and depth Z, metres.
FURNITURE: Final[dict[str, Callable[[np.random.Generator, View, float, float], None]]] = {
    'cabinet': _draw_cabinet,
    'sofa': _draw_sofa,
    'table': _draw_table,
    'chair': _draw_chair,
    'plant': _draw_plant,
    'lamp': _draw_lamp,
    'boxes': _draw_boxes,
    'limb': _draw_limb,
}
