"""Value noise: random numbers on a lattice, smoothly interpolated.

Two forms of it: :func:`value_noise` at any points (cloth, floors in perspective), and :func:`noise_field` over a whole
picture, which is a resized lattice and therefore cheaper.
"""

from typing import Final

import cv2
import numpy as np

_TABLE_BITS: Final = 7
_TABLE_SIZE: Final = 1 << _TABLE_BITS
# The lattice's numbers, repeated every 128 cells. One table for all; where it is read differs from use to use.
_TABLE: Final = np.random.default_rng(8191).random(_TABLE_SIZE * _TABLE_SIZE, dtype=np.float32)


def lattice_values(columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The lattice's numbers at integer positions of any sign: float32 in 0..1, the inputs' broadcast shape."""
    inside = _TABLE_SIZE - 1
    return _TABLE[((rows & inside) << _TABLE_BITS) + (columns & inside)]


def _octave(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """One octave with cells of size 1: bilinear interpolation with the weights 3t^2 - 2t^3."""
    floor_x, floor_y = np.floor(x), np.floor(y)
    u, v = x - floor_x, y - floor_y
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    column, row = floor_x.astype(np.int32), floor_y.astype(np.int32)
    above_left, above_right = lattice_values(column, row), lattice_values(column + 1, row)
    below_left, below_right = lattice_values(column, row + 1), lattice_values(column + 1, row + 1)
    above = above_left + u * (above_right - above_left)
    below = below_left + u * (below_right - below_left)
    return above + v * (below - above)


def value_noise(
    coords: np.ndarray, cell: tuple[float, float], offset: tuple[float, float] = (0.0, 0.0), octaves: int = 1
) -> np.ndarray:
    """Noise at points.

    Args:
        coords (np.ndarray): float32 (..., 2), x and y in any unit.
        cell (tuple[float, float]): Width and height of a lattice cell of the first octave, in that unit, positive.
        offset (tuple[float, float]): Where the lattice is read, in cells: another offset is other noise.
        octaves (int): Number of octaves, each with half the cells and half the weight of the one before.

    Returns:
        np.ndarray: float32 (...), in 0..1, with mean about 0.5.
    """
    total = np.zeros(coords.shape[:-1], np.float32)
    for octave in range(octaves):
        # Each octave reads elsewhere, so that the lattices' origins do not coincide.
        x = coords[..., 0] * np.float32(2**octave / cell[0]) + np.float32(offset[0] + 37.3 * octave)
        y = coords[..., 1] * np.float32(2**octave / cell[1]) + np.float32(offset[1] + 17.7 * octave)
        total += np.float32(0.5**octave) * _octave(x, y)
    return total / np.float32(2 - 0.5 ** (octaves - 1))


def noise_field(rng: np.random.Generator, height: int, width: int, cell: float) -> np.ndarray:
    """Noise over a picture.

    Args:
        rng (np.random.Generator): Source of randomness.
        height (int): Of the picture, pixels, at least 1.
        width (int): Of the picture, pixels, at least 1.
        cell (float): Side of a lattice cell in pixels, at least 1.

    Returns:
        np.ndarray: float32 (height, width), in -1..1 with mean about 0.
    """
    rows, columns = int(height / cell) + 2, int(width / cell) + 2
    lattice = rng.random((rows, columns), dtype=np.float32) * 2 - 1
    size = max(int(columns * cell), width), max(int(rows * cell), height)
    return np.clip(cv2.resize(lattice, size, interpolation=cv2.INTER_CUBIC)[:height, :width], -1, 1)
