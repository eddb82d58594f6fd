"""Lines of equal U and of equal V on the body's surface, drawn over an image as DensePose's figures have them.

Each part of each person is a region of its own, and lines are traced inside regions only: U and V of two parts, or of
two persons, are coordinates of different charts, between which nothing can be interpolated.
"""

from typing import Final

import cv2
import numpy as np

from mmspd.anatomy import NUM_PARTS
from mmspd.geometry import apply_to_points, scaling
from mmspd.visualization.sheets import sample_nearest

__all__ = ['LEVELS', 'U_COLOURS', 'V_COLOURS', 'draw_contours', 'iso_lines', 'surface_regions']

LEVELS: Final = np.arange(1, 10) / 10


def _ramp(low: tuple[int, int, int], high: tuple[int, int, int]) -> np.ndarray:
    """A colour for each level, uint8 (L, 3), evenly from one to the other."""
    colours = np.rint(np.linspace(low, high, len(LEVELS))).astype(np.uint8)
    colours.setflags(write=False)
    return colours


# Warm and cold: red-green blindness, the most frequent kind, keeps them apart.
U_COLOURS: Final = _ramp((225, 30, 0), (255, 240, 90))
V_COLOURS: Final = _ramp((50, 90, 255), (140, 255, 255))

# Lines of a larger map are traced on a sample of it: at most this many points a side.
_LONGEST_GRID: Final = 2048
# Lines are drawn on a canvas up to this many times as large, of at most this many pixels a side, and averaged: many
# short strokes then leave an even line.
_OVERSAMPLING, _LONGEST_CANVAS = 4, 2160
_SHIFT: Final = 4  # bits of a fraction in OpenCV's fixed-point numbers
_PIXELS_A_LINE: Final = 600  # image pixels, of the longest side, for each pixel of a line's width


def surface_regions(parts: np.ndarray, person_map: np.ndarray | None = None) -> np.ndarray:
    """Number each part of each person.

    Args:
        parts (np.ndarray): (H, W), 0 off the body, 1..24.
        person_map (np.ndarray | None): Integers (H, W), 0 nobody, 1..R. None: everything is one person's.

    Returns:
        np.ndarray: int64 (H, W), 0 off the body; equal where part and person are.
    """
    parts = parts.astype(np.int64)
    persons = 0 if person_map is None else person_map.astype(np.int64)
    return np.where(parts > 0, parts + (NUM_PARTS + 1) * persons, 0)


def iso_lines(field: np.ndarray, regions: np.ndarray, levels: np.ndarray = LEVELS) -> tuple[np.ndarray, np.ndarray]:
    """Lines of equal value by marching squares: straight pieces between pixel centres, at sub-pixel places.

    A square between four pixel centres is crossed only where all four lie in one region and are finite. In a saddle
    the mean of the four decides which corners belong together.

    Args:
        field (np.ndarray): (H, W), values at pixel centres.
        regions (np.ndarray): Integers (H, W), 0 where there is nothing.
        levels (np.ndarray): (L,).

    Returns:
        tuple: float64 (N, 2, 2), both ends (x, y) of each piece in pixel-centre coordinates; int64 (N,), positions of
        their levels in ``levels``.
    """
    # Corners in turn: this, right, right below, below. Edge k runs from corner k to the next.
    shifts = ((0, 0), (0, 1), (1, 1), (1, 0))
    height, width = field.shape[0] - 1, field.shape[1] - 1
    usable = np.where(np.isfinite(field), regions, 0)
    around = [usable[y : y + height, x : x + width] for y, x in shifts]
    rows, columns = np.nonzero((around[0] > 0) & np.logical_and.reduce([each == around[0] for each in around[1:]]))
    values = np.stack([field[rows + y, columns + x] for y, x in shifts]).astype(np.float64)
    lowest, highest = values.min(axis=0), values.max(axis=0)
    pieces, numbers = [np.zeros((0, 2, 2))], [np.zeros(0, np.int64)]
    for number, level in enumerate(levels.tolist()):
        crossed = np.flatnonzero((lowest < level) & (highest >= level))
        local = _pieces_in_squares(values[:, crossed], level)
        for cells, ends in local:
            pieces.append(ends + np.stack([columns, rows], axis=-1)[crossed[cells], None])
            numbers.append(np.full(len(cells), number))
    return np.concatenate(pieces), np.concatenate(numbers)


def _pieces_in_squares(values: np.ndarray, level: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pieces of one level in squares that it crosses.

    Args:
        values (np.ndarray): (4, M), at the corners (0, 0), (1, 0), (1, 1), (0, 1) of each square.
        level (float): Lies between the values of each.

    Returns:
        list: Pairs of squares (N,) and ends (N, 2, 2) in the square.
    """
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float64)
    following = np.roll(values, -1, axis=0)
    above = values >= level
    crossing = above != np.roll(above, -1, axis=0)
    way = np.divide(level - values, following - values, out=np.zeros_like(values), where=crossing)
    steps = np.roll(corners, -1, axis=0) - corners
    places = corners[:, None] + way[..., None] * steps[:, None]  # (4, M, 2)

    saddle = crossing.all(axis=0)
    simple = np.flatnonzero(~saddle)
    first, last = crossing.argmax(axis=0)[simple], 3 - crossing[::-1].argmax(axis=0)[simple]
    pieces = [(simple, np.stack([places[first, simple], places[last, simple]], axis=1))]
    # The corners 0 and 2 are joined through the middle, or 1 and 3: then two lines cut the other two off.
    joined = (values.mean(axis=0) >= level) == above[0]
    for cells, edges in ((joined, ((0, 1), (2, 3))), (~joined, ((3, 0), (1, 2)))):
        chosen = np.flatnonzero(saddle & cells)
        pieces += [(chosen, np.stack([places[a, chosen], places[b, chosen]], axis=1)) for a, b in edges]
    return pieces


def draw_contours(image: np.ndarray, iuv: np.ndarray, person_map: np.ndarray | None = None) -> np.ndarray:
    """Draw lines of equal U and V, at ``LEVELS``, in ``U_COLOURS`` and ``V_COLOURS``.

    Args:
        image (np.ndarray): uint8 (H, W, 3), RGB.
        iuv (np.ndarray): (3, h, w), over the whole image at any size: part 0..24, U and V in 0..1.
        person_map (np.ndarray | None): Integers (h, w), 0 nobody, 1..R. None: everything is one person's.

    Returns:
        np.ndarray: uint8 (H, W, 3).

    Raises:
        ValueError: If maps have other shapes.
    """
    if iuv.ndim != 3 or len(iuv) != 3 or (person_map is not None and person_map.shape != iuv.shape[1:]):
        persons = '' if person_map is None else f' with a map {person_map.shape} of persons'
        raise ValueError(f'a surface map (3, h, w), and one (h, w) of persons, are needed, got {iuv.shape}{persons}')
    shape = np.array(iuv.shape[1:])
    height, width = np.maximum(1, shape * min(1, _LONGEST_GRID / shape.max())).astype(int).tolist()
    parts, u, v = np.moveaxis(sample_nearest(np.moveaxis(iuv, 0, -1), height, width), -1, 0)
    regions = surface_regions(parts, None if person_map is None else sample_nearest(person_map, height, width))

    longest = max(image.shape[:2])
    factor = int(np.clip(_LONGEST_CANVAS // longest, 1, _OVERSAMPLING))
    canvas = np.zeros((factor * image.shape[0], factor * image.shape[1], 4), np.uint8)
    thickness = max(1, round(factor * max(1.0, longest / _PIXELS_A_LINE)))
    matrix = scaling(canvas.shape[1] / width, canvas.shape[0] / height)
    for field, colours in ((v, V_COLOURS), (u, U_COLOURS)):
        pieces, levels = iso_lines(field, regions)
        ends = np.rint(apply_to_points(matrix, pieces) * (1 << _SHIFT)).astype(np.int32)
        for number, colour in enumerate(colours.tolist()):
            cv2.polylines(canvas, list(ends[levels == number]), False, (*colour, 255), thickness, cv2.LINE_AA, _SHIFT)
    ink = cv2.resize(canvas, image.shape[1::-1], interpolation=cv2.INTER_AREA)
    inked = ink[..., 3] > 0
    cover = ink[inked].astype(np.float32)
    out = image.copy()
    out[inked] = np.rint(image[inked] * (1 - cover[:, 3:] / 255) + cover[:, :3]).clip(0, 255).astype(np.uint8)
    return out
