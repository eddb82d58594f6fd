"""Floors and walls with a pattern in perspective: tiles, boards, carpet, grass, paving, asphalt, bricks.

A floor is a function from metres (P, 2) and metres per pixel (P,) to albedo float32 (P, 3). What is finer than a pixel
fades into its mean, so that floors do not flicker towards the horizon.
"""

import numpy as np

from mmspd.synthetic.paint.cloth import sample_pattern
from mmspd.synthetic.paint.colours import from_hsv, from_srgb
from mmspd.synthetic.paint.noise import lattice_values, value_noise
from mmspd.synthetic.scenery.canvas import Paint
from mmspd.synthetic.scenery.views import FloorPaint, View, sample_leaf_colour


def _turn(coords: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return coords[:, 0] * cos + coords[:, 1] * sin, coords[:, 1] * cos - coords[:, 0] * sin


def _slabs(
    u: np.ndarray, v: np.ndarray, footprint: np.ndarray, size: tuple[float, float], joint: float, shift: float
) -> tuple[np.ndarray, np.ndarray]:
    """Each slab's own number (P,), -0.5..0.5, and how much of a pixel is joint (P,), 0..1.

    Rows of slabs are moved by ``shift`` slabs against each other; ``size`` and ``joint`` are metres.
    """
    row = np.floor(v / np.float32(size[1]))
    along = u / np.float32(size[0]) + np.float32(shift) * row
    column = np.floor(along)
    own = lattice_values(column.astype(np.int32), row.astype(np.int32)) - 0.5
    to_edge = np.minimum(
        (0.5 - np.abs(along - column - 0.5)) * size[0], (0.5 - np.abs(v / np.float32(size[1]) - row - 0.5)) * size[1]
    )
    blur = np.maximum(footprint, 1e-4)
    lines = np.clip((joint / 2 - to_edge) / blur + 0.5, 0, 1) * np.minimum(joint / blur, 1)
    fade = np.clip(1.5 - 2 * footprint / min(size), 0, 1)
    mean = 1 - (1 - joint / size[0]) * (1 - joint / size[1])
    return own * fade, lines * fade + np.float32(mean) * (1 - fade)


def slab_floor(
    colour: np.ndarray, size: tuple[float, float], joint: float, angle: float, contrast: float, shift: float = 0.0
) -> FloorPaint:
    """Tiles, paving or boards.

    Args:
        colour (np.ndarray): (3,) mean albedo.
        size (tuple[float, float]): Length and width of a slab, metres.
        joint (float): Width of the joints, metres; they are darker.
        angle (float): Of the rows, radians.
        contrast (float): By which slabs differ in brightness, as a share.
        shift (float): By how many slabs each row is moved against the one before.
    """

    def paint(coords: np.ndarray, footprint: np.ndarray) -> np.ndarray:
        u, v = _turn(coords, angle)
        own, lines = _slabs(u, v, footprint, size, joint, shift)
        veins = value_noise(np.stack([u, v], axis=1), (0.35 * size[0], 0.2 * size[1])) - 0.5
        factor = (1 + 2 * contrast * own + contrast * veins) * (1 - 0.5 * lines)
        return np.clip(factor[:, None] * colour, 0, 1).astype(np.float32, copy=False)

    return paint


def soft_floor(colour: np.ndarray, cell: float, contrast: float) -> FloorPaint:
    """Carpet, asphalt, grass, sand or snow: noise over centimetres and over metres, ``contrast`` as a share."""

    def paint(coords: np.ndarray, footprint: np.ndarray) -> np.ndarray:
        fine = (value_noise(coords, (cell, 2 * cell)) - 0.5) * np.clip(1.4 - 0.7 * footprint / cell, 0.15, 1)
        coarse = value_noise(coords, (0.8, 1.2)) - 0.5
        return np.clip((1 + contrast * (2.2 * fine + coarse))[:, None] * colour, 0, 1).astype(np.float32, copy=False)

    return paint


def sample_indoor_floor(rng: np.random.Generator) -> FloorPaint:
    """Boards, tiles, carpet or a patterned rug."""
    kind = rng.choice(('boards', 'tiles', 'carpet', 'rug'), p=(0.4, 0.3, 0.2, 0.1))
    angle = float(rng.choice((0.0, np.pi / 2, rng.uniform(0, np.pi))))
    if kind == 'boards':
        brown = from_hsv(rng.uniform(18, 36), rng.uniform(0.2, 0.6), rng.uniform(0.35, 0.8))
        return slab_floor(brown, (1.3, rng.uniform(0.08, 0.2)), 0.006, angle, rng.uniform(0.15, 0.4), shift=0.37)
    if kind == 'tiles':
        grey = from_hsv(rng.choice((30.0, 45.0, 215.0)), rng.uniform(0, 0.16), rng.uniform(0.4, 0.92))
        side = rng.uniform(0.2, 0.6)
        return slab_floor(grey, (side, side), rng.uniform(0.006, 0.02), angle, rng.uniform(0.02, 0.2))
    if kind == 'carpet':
        carpet = from_hsv(rng.uniform(0, 360), rng.uniform(0.03, 0.3), rng.uniform(0.25, 0.75))
        return soft_floor(carpet, rng.uniform(0.02, 0.06), rng.uniform(0.15, 0.4))
    pattern, scale = sample_pattern(rng), np.float32(rng.uniform(3, 7))
    return lambda coords, footprint: pattern(coords / scale)


def sample_outdoor_ground(rng: np.random.Generator, kind: str) -> FloorPaint:
    """Ground of a ``kind``: ``paving``, ``asphalt``, ``grass`` or ``sand``."""
    if kind == 'paving':
        stone = from_hsv(rng.uniform(15, 60), rng.uniform(0, 0.25), rng.uniform(0.42, 0.75))
        size = float(rng.uniform(0.15, 0.7))
        shape = (size * rng.uniform(1, 2), size)
        return slab_floor(stone, shape, 0.015, rng.uniform(0, np.pi / 2), rng.uniform(0.08, 0.25), shift=0.5)
    if kind == 'asphalt':
        return soft_floor(from_hsv(220, rng.uniform(0, 0.08), rng.uniform(0.3, 0.58)), 0.03, rng.uniform(0.12, 0.25))
    if kind == 'grass':
        return soft_floor(sample_leaf_colour(rng), 0.05, rng.uniform(0.4, 0.7))
    return soft_floor(from_srgb(*(rng.uniform(0.75, 1.1) * np.array((205, 180, 145)))), 0.08, rng.uniform(0.2, 0.35))


def brick_wall(rng: np.random.Generator, view: View, z: float) -> Paint:
    """Bricks, blocks or cladding on a wall that faces the camera at depth ``z``."""
    size = ((0.24, 0.075), (0.5, 0.25), (4.0, 0.18))[int(rng.integers(3))]
    hue, saturation = (rng.uniform(8, 25), rng.uniform(0.3, 0.6)) if size[0] < 0.3 else (40, rng.uniform(0, 0.2))
    paint = slab_floor(from_hsv(hue, saturation, rng.uniform(0.4, 0.8)), size, 0.014, 0.0, rng.uniform(0.1, 0.3), 0.5)
    metres = np.float32(1 / view.scale(z))

    def on_wall(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        columns, rows = np.broadcast_arrays(x - np.float32(view.centre), y - np.float32(view.horizon))
        coords = np.stack([columns.ravel(), rows.ravel()], axis=1) * metres
        return paint(coords, np.full(len(coords), metres, np.float32)).T.reshape(3, *columns.shape)

    return on_wall
