"""Cloth patterns: functions of the position on a garment, so that a pattern moves with the cloth.

A pattern is called with ``coords``, float32 (P, 2): metres across and along the garment, any origin; it returns albedo,
float32 (P, 3), linear B, G, R in 0..1. Angles are in radians, from the first axis towards the second. All are frozen,
so that a sampled garment cannot change while it is drawn. :mod:`mmspd.synthetic.paint.cloth` samples them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

import numpy as np

from mmspd.synthetic.paint.colours import Colour
from mmspd.synthetic.paint.noise import lattice_values, value_noise

_RAMP_LENGTH: Final = 512
_GLYPH_ROWS: Final = 5


class Pattern(ABC):
    """A function from positions on a garment to colours."""

    @abstractmethod
    def __call__(self, coords: np.ndarray) -> np.ndarray:
        """Albedo float32 (P, 3) at ``coords`` float32 (P, 2)."""


def _turned(coords: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (P,) along the direction ``angle``, and across it."""
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return coords[:, 0] * cos + coords[:, 1] * sin, coords[:, 1] * cos - coords[:, 0] * sin


def _mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """``first`` where ``share`` (P,) is 0 and ``second`` where it is 1; both (3,) or (P, 3)."""
    return (first + share[:, None] * (second - first)).astype(np.float32, copy=False)


def _spread(colour: Colour, coords: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.array(colour, np.float32), (len(coords), 3))


@dataclass(frozen=True)
class Bands:
    """One period of parallel bands.

    Args:
        colours (tuple[Colour, ...]): Of the bands, in order.
        edges (tuple[float, ...]): Where one band ends and the next begins, as increasing fractions of the period; one
            fewer than colours.
        period (float): Metres.
    """

    colours: tuple[Colour, ...]
    edges: tuple[float, ...]
    period: float

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Colours float32 (P, 3) at ``positions`` (P,), metres. The period is resolved into 512 steps."""
        centres = (np.arange(_RAMP_LENGTH) + 0.5) / _RAMP_LENGTH
        ramp = np.array(self.colours, np.float32)[np.searchsorted(self.edges, centres, side='right')]
        steps = np.floor(positions * np.float32(_RAMP_LENGTH / self.period)).astype(np.int32)
        return ramp[steps & (_RAMP_LENGTH - 1)]


@dataclass(frozen=True)
class Plain(Pattern):
    """One colour, with faint blotches of wear.

    Args:
        colour (Colour): Albedo.
        wear (float): Share by which the brightness varies over some centimetres, in 0..1.
        offset (tuple[float, float]): Which noise.
    """

    colour: Colour
    wear: float = 0.0
    offset: tuple[float, float] = (0.0, 0.0)

    def __call__(self, coords: np.ndarray) -> np.ndarray:  # noqa: D102
        if self.wear == 0:
            return _spread(self.colour, coords).copy()
        factor = 1 + self.wear * (2 * value_noise(coords, (0.09, 0.09), self.offset, octaves=2) - 1)
        return np.clip(factor[:, None] * np.array(self.colour, np.float32), 0, 1)


@dataclass(frozen=True)
class Stripes(Pattern):
    """Parallel stripes, regular or not.

    Args:
        bands (Bands): One period.
        angle (float): Direction in which the bands follow each other: 0 gives vertical stripes, pi / 2 horizontal ones.
    """

    bands: Bands
    angle: float

    def __call__(self, coords: np.ndarray) -> np.ndarray:  # noqa: D102
        return self.bands.at(_turned(coords, self.angle)[0])


@dataclass(frozen=True)
class Checks(Pattern):
    """Checks or tartan: the mean of stripes in two directions, as warp and weft cross.

    Args:
        warp (Bands): One period across.
        weft (Bands): One period along.
        angle (float): Of the warp's bands.
    """

    warp: Bands
    weft: Bands
    angle: float

    def __call__(self, coords: np.ndarray) -> np.ndarray:  # noqa: D102
        across, along = _turned(coords, self.angle)
        return 0.5 * (self.warp.at(across) + self.weft.at(along))


@dataclass(frozen=True)
class Dots(Pattern):
    """Dots on a square lattice, every other row moved by half a period.

    Args:
        ground (Colour): Between the dots.
        dot (Colour): Of the dots.
        period (float): Distance of the dots in a row, and of the rows, metres.
        radius (float): Of a dot, metres, at most half the period.
    """

    ground: Colour
    dot: Colour
    period: float
    radius: float

    def __call__(self, coords: np.ndarray) -> np.ndarray:  # noqa: D102
        row = np.floor(coords[:, 1] / self.period)
        x = coords[:, 0] / self.period + 0.5 * (row % 2)
        distance = np.hypot(x - np.floor(x) - 0.5, coords[:, 1] / self.period - row - 0.5) * self.period
        inside = (distance < self.radius).astype(np.float32)
        return _mix(_spread(self.ground, coords), np.array(self.dot, np.float32), inside)


@dataclass(frozen=True)
class Flowers(Pattern):
    """Scattered blossoms: one in each cell of a lattice, moved, sized and coloured by the cell's own numbers.

    Args:
        ground (Colour): Between the flowers.
        petals (tuple[Colour, ...]): Colours that the flowers take.
        period (float): Side of a cell, metres.
        count (int): Petals of a flower.
        offset (tuple[int, int]): Which cells of the noise lattice.
    """

    ground: Colour
    petals: tuple[Colour, ...]
    period: float
    count: int
    offset: tuple[int, int]

    def __call__(self, coords: np.ndarray) -> np.ndarray:  # noqa: D102
        scaled = coords / np.float32(self.period)
        cell = np.floor(scaled)
        column, row = (cell[:, axis].astype(np.int32) + self.offset[axis] for axis in (0, 1))
        number = [lattice_values(column + 31 * i, row + 57 * i) for i in range(4)]
        x = scaled[:, 0] - cell[:, 0] - (0.35 + 0.3 * number[0])
        y = scaled[:, 1] - cell[:, 1] - (0.35 + 0.3 * number[1])
        distance = np.hypot(x, y)
        reach = 0.17 + 0.16 * number[2]
        waves = np.cos(self.count * np.arctan2(y, x) + 6.3 * number[3])
        choice = (number[3] * len(self.petals)).astype(np.int32)
        colours = np.array(self.petals, np.float32)[np.minimum(choice, len(self.petals) - 1)]
        heart = 0.55 + 0.45 * np.clip(3 * distance / reach, 0, 1)  # darker in the middle
        inside = (distance < reach * (0.72 + 0.28 * waves)).astype(np.float32)
        return _mix(_spread(self.ground, coords), colours * heart[:, None], inside)


@dataclass(frozen=True)
class Blotches(Pattern):
    """Layers of blotches over one another: camouflage, batik, cow or cloud prints.

    Args:
        colours (tuple[Colour, ...]): The ground, then the layers, the topmost last.
        cell (tuple[float, float]): Width and height of a blotch, metres.
        threshold (float): A layer shows where its noise is above this; in 0..1, less is more.
        softness (float): Noise over which a layer's edge fades in; 0.02 is sharp.
        offset (tuple[float, float]): Which noise.
    """

    colours: tuple[Colour, ...]
    cell: tuple[float, float]
    threshold: float
    softness: float
    offset: tuple[float, float]

    def __call__(self, coords: np.ndarray) -> np.ndarray:  # noqa: D102
        albedo = _spread(self.colours[0], coords)
        for layer, colour in enumerate(self.colours[1:]):
            offset = self.offset[0] + 23.6 * layer, self.offset[1] + 41.2 * layer
            noise = value_noise(coords, self.cell, offset, octaves=2)
            share = np.clip((noise - self.threshold) / self.softness, 0, 1)
            albedo = _mix(albedo, np.array(colour, np.float32), share)
        return np.array(albedo, np.float32)


@dataclass(frozen=True)
class Weave(Pattern):
    """Denim or knitwear: fine threads over slow changes of brightness.

    Args:
        colour (Colour): Mean albedo.
        thread (tuple[float, float]): Width and height of a thread or stitch, metres.
        angle (float): Of the threads.
        depth (float): Share by which threads differ in brightness, in 0..1.
        wash (float): Share by which the brightness varies over decimetres, in 0..1.
        offset (tuple[float, float]): Which noise.
    """

    colour: Colour
    thread: tuple[float, float]
    angle: float
    depth: float
    wash: float
    offset: tuple[float, float]

    def __call__(self, coords: np.ndarray) -> np.ndarray:  # noqa: D102
        threads = value_noise(np.stack(_turned(coords, self.angle), axis=1), self.thread, self.offset)
        factor = 1 + self.depth * (2 * threads - 1)
        factor += self.wash * (2 * value_noise(coords, (0.16, 0.22), self.offset, octaves=2) - 1)
        return np.clip(factor[:, None] * np.array(self.colour, np.float32), 0, 1)


@dataclass(frozen=True)
class Gradient(Pattern):
    """A slow change from one colour to another.

    Args:
        colours (tuple[Colour, Colour]): Up to the start, and from the end on.
        start (float): Position along ``angle`` where the change begins, metres.
        end (float): Where it ends, metres, greater than ``start``.
        angle (float): Direction of the change.
    """

    colours: tuple[Colour, Colour]
    start: float
    end: float
    angle: float

    def __call__(self, coords: np.ndarray) -> np.ndarray:  # noqa: D102
        share = (_turned(coords, self.angle)[0] - self.start) / np.float32(self.end - self.start)
        return _mix(_spread(self.colours[0], coords), np.array(self.colours[1], np.float32), np.clip(share, 0, 1))


@dataclass(frozen=True)
class Print(Pattern):
    """Another pattern with a motif printed on it.

    Args:
        ground (Pattern): What it is printed on.
        colour (Colour): Of the ink.
        motif (str): ``disc``, ``ring``, ``box`` or ``text`` (rows of letter-like marks).
        centre (tuple[float, float]): Metres.
        half_size (tuple[float, float]): Half width and half height, metres.
        seed (int): Which letters.
    """

    ground: Pattern
    colour: Colour
    motif: str
    centre: tuple[float, float]
    half_size: tuple[float, float]
    seed: int = 0

    def __call__(self, coords: np.ndarray) -> np.ndarray:  # noqa: D102
        x = (coords[:, 0] - np.float32(self.centre[0])) / np.float32(self.half_size[0])
        y = (coords[:, 1] - np.float32(self.centre[1])) / np.float32(self.half_size[1])
        return _mix(self.ground(coords), np.array(self.colour, np.float32), self._inked(x, y).astype(np.float32))

    def _inked(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Whether there is ink at x and y (P,), both -1..1 within the motif: bool (P,)."""
        if self.motif == 'disc':
            return np.hypot(x, y) < 1
        if self.motif == 'ring':
            return np.abs(np.hypot(x, y) - 0.8) < 0.2
        inside = np.maximum(np.abs(x), np.abs(y)) < 1
        if self.motif == 'box':
            return inside
        # Letters of 3 by 5 marks, with a gap of one mark to the next letter and line.
        lines = 2 if self.half_size[1] > 0.5 * self.half_size[0] else 1
        mark = np.floor((y + 1) / 2 * lines * (_GLYPH_ROWS + 1)).astype(np.int32)
        stroke = np.floor((x + 1) / 2 * 6 * 4).astype(np.int32)
        gap = (mark % (_GLYPH_ROWS + 1) == _GLYPH_ROWS) | (stroke % 4 == 3)
        # Full uprights and about half of the other marks are what letters look like from afar.
        filled = (stroke % 4 == 0) | (lattice_values(stroke + 7 * self.seed, mark + 13 * self.seed) < 0.5)
        return inside & ~gap & filled
