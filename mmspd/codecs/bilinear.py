"""The largest of many maps at every pixel of a picture, and charts read there, without enlarging the maps.

Maps are bilinear between the centres of their cells. Where four neighbouring centres agree on the largest map, it is
the largest everywhere between them, as each value there is a mean of the four with the same weights for every map. So
only pixels between cells that disagree, along the edges of classes, need the other maps.

Axis glossary: C maps, h, w cells, H, W pixels.
"""

from typing import NamedTuple

import numba
import numpy as np

__all__ = ['Places', 'largest_maps', 'places_of', 'surface_map']


class Places(NamedTuple):
    """Where pixels of one axis lie between the cells of a map.

    Attributes:
        lower (np.ndarray): int64 (N,), the cell before each pixel; the last one's next is itself.
        fraction (np.ndarray): float32 (N,), how far it lies from there to the next, 0..1.
    """

    lower: np.ndarray
    fraction: np.ndarray


def places_of(pixels: range, low: float, high: float, size: int) -> Places:
    """Where pixels lie in a map of ``size`` cells that covers ``low`` to ``high`` evenly.

    Args:
        pixels (range): Numbers of pixels; pixel i has its centre at i + 0.5.
        low (float): The first cell's edge.
        high (float): The last cell's other edge, above ``low``.
        size (int): Cells.

    Returns:
        Places: Beyond the outermost cells' centres, those centres.
    """
    edges = np.arange(pixels.start, pixels.stop, dtype=np.float64) + 0.5
    position = np.clip((edges - low) / (high - low) * size - 0.5, 0, size - 1)
    lower = position.astype(np.int64)
    return Places(lower, (position - lower).astype(np.float32))


def largest_maps(maps: np.ndarray, rows: Places, columns: Places) -> np.ndarray:
    """Which map is the largest at each pixel, as ``argmax`` of the enlarged maps.

    Args:
        maps (np.ndarray): float32 (C, h, w), C up to 255.
        rows (Places): Of the H rows of pixels.
        columns (Places): Of the W columns.

    Returns:
        np.ndarray: uint8 (H, W), 0..C - 1; of equal ones the first.
    """
    out = np.empty((len(rows.lower), len(columns.lower)), np.uint8)
    _largest(*_cells(maps), *rows, *columns, out)
    return out


def surface_map(part_logits: np.ndarray, uv: np.ndarray, rows: Places, columns: Places) -> np.ndarray:
    """I, U, V at each pixel: the part with the largest logit, and U, V of that part's charts.

    Args:
        part_logits (np.ndarray): float32 (1 + N, h, w): background and N parts.
        uv (np.ndarray): float32 (2, N, h, w).
        rows (Places): Of the H rows of pixels.
        columns (Places): Of the W columns.

    Returns:
        np.ndarray: float32 (3, H, W); all 0 on the background.
    """
    out = np.zeros((3, len(rows.lower), len(columns.lower)), np.float32)
    _read_charts(largest_maps(part_logits, rows, columns), np.ascontiguousarray(uv), *rows, *columns, out)
    return out


def _cells(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest map of each cell, uint8 (h, w), and the maps with their values of a cell side by side (h, w, C)."""
    return maps.argmax(axis=0).astype(np.uint8), np.ascontiguousarray(maps.transpose(1, 2, 0))


@numba.njit(cache=True)
def _largest(
    winners: np.ndarray,
    cells: np.ndarray,
    rows: np.ndarray,
    down: np.ndarray,
    columns: np.ndarray,
    across: np.ndarray,
    out: np.ndarray,
) -> None:
    """Fill ``out`` (H, W); see :func:`largest_maps`."""
    height, width, count = cells.shape
    line = np.empty((width, count), np.float32)
    # Between four cells a map whose values are all below another's smallest is never the largest.
    candidates = np.empty((height, width, count), np.uint8)
    found = np.zeros((height, width), np.int64)
    for top in range(height):
        for left in range(width):
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            first = winners[top, left]
            least = min(cells[top, left, first], cells[top, right, first])
            least = min(least, cells[bottom, left, first], cells[bottom, right, first])
            for c in range(count):
                most = max(cells[top, left, c], cells[top, right, c], cells[bottom, left, c], cells[bottom, right, c])
                if not most < least:
                    candidates[top, left, found[top, left]] = c
                    found[top, left] += 1
    for y in range(len(rows)):
        top, bottom = rows[y], min(rows[y] + 1, height - 1)
        for left in range(width):
            for c in range(count):
                line[left, c] = cells[top, left, c] + (cells[bottom, left, c] - cells[top, left, c]) * down[y]
        for x in range(len(columns)):
            left, right = columns[x], min(columns[x] + 1, width - 1)
            first = winners[top, left]
            if winners[top, right] == first and winners[bottom, left] == first and winners[bottom, right] == first:
                out[y, x] = first
                continue
            best, largest = 0, -np.inf
            for number in range(found[top, left]):
                c = candidates[top, left, number]
                value = line[left, c] + (line[right, c] - line[left, c]) * across[x]
                if value > largest:
                    best, largest = c, value
            out[y, x] = best


@numba.njit(cache=True)
def _read_charts(
    parts: np.ndarray,
    uv: np.ndarray,
    rows: np.ndarray,
    down: np.ndarray,
    columns: np.ndarray,
    across: np.ndarray,
    out: np.ndarray,
) -> None:
    """Fill ``out`` (3, H, W), which is 0; see :func:`surface_map`."""
    height, width = uv.shape[2:]
    for y in range(len(rows)):
        top, bottom = rows[y], min(rows[y] + 1, height - 1)
        for x in range(len(columns)):
            part = parts[y, x]
            if part == 0:
                continue
            left, right = columns[x], min(columns[x] + 1, width - 1)
            out[0, y, x] = part
            for axis in range(2):
                chart = uv[axis, part - 1]
                upper = chart[top, left] + (chart[top, right] - chart[top, left]) * across[x]
                lower = chart[bottom, left] + (chart[bottom, right] - chart[bottom, left]) * across[x]
                out[1 + axis, y, x] = upper + (lower - upper) * down[y]
