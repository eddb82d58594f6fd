"""Which part of a picture the network sees of each person."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from mmspd.datasets.crops.person_boxes import PixelCrop, crop_around

__all__ = ['BOX_MARGIN', 'PersonCrop', 'boxes_inside', 'check_boxes', 'crops_around', 'whole_picture']

BOX_MARGIN: Final = 0.1  # what a crop shows around a person's box on each side, of its width and height


class PersonCrop(NamedTuple):
    """A part of a picture with one person.

    Attributes:
        window (tuple): x0, y0, x1, y1, whole pixels of the picture.
        box (np.ndarray | None): float64 (4,), the person's box on pixel edges of the picture, cut to it; None where it
            is not known.
        score (float | None): Of the box, by the detector.
    """

    window: PixelCrop
    box: np.ndarray | None
    score: float | None


def whole_picture(shape: tuple[int, int]) -> PersonCrop:
    """The crop of a picture of (H, W) that shows one person."""
    return PersonCrop((0, 0, shape[1], shape[0]), None, None)


def check_boxes(boxes: np.ndarray | Sequence[Sequence[float]]) -> np.ndarray:
    """Boxes as an array.

    Args:
        boxes (np.ndarray | Sequence): (R, 4), x1, y1, x2, y2 on pixel edges, or (R, 5) with a score.

    Returns:
        np.ndarray: float64 (R, 4) or (R, 5).

    Raises:
        ValueError: If there are no such numbers, or a score is not finite.
    """
    try:
        rows = np.asarray(boxes, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f'boxes are (R, 4) numbers: x1, y1, x2, y2, or (R, 5) with a score: {error}') from error
    rows = rows.reshape(0, 4) if rows.size == 0 else rows
    if rows.ndim != 2 or rows.shape[1] not in (4, 5):
        raise ValueError(f'boxes are (R, 4): x1, y1, x2, y2, or (R, 5) with a score; got numbers of shape {rows.shape}')
    if not np.isfinite(rows[:, 4:]).all():
        raise ValueError(f'scores of boxes are finite, got {rows[:, 4].tolist()}')
    return rows


def crops_around(
    boxes: np.ndarray | Sequence[Sequence[float]], shape: tuple[int, int], margin: float
) -> list[PersonCrop]:
    """A crop around each box.

    Args:
        boxes (np.ndarray | Sequence): (R, 4), x1, y1, x2, y2 on pixel edges, or (R, 5) with a score. A box may reach
            out of the picture.
        shape (tuple): (H, W) of the picture.
        margin (float): What the crop shows around the box on each side, as a fraction of its width and height.

    Returns:
        list[PersonCrop]: One for each.

    Raises:
        ValueError: If there are no such numbers, or a box is empty or outside the picture; the message counts boxes
            from 0.
    """
    crops = []
    for number, row in enumerate(check_boxes(boxes)):
        window = crop_around(row[:4], margin, shape, f'box {number}')
        box = np.clip(row[:4], 0, [shape[1], shape[0], shape[1], shape[0]])
        crops.append(PersonCrop(window, box, float(row[4]) if len(row) == 5 else None))
    return crops


def boxes_inside(boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Of a detector's boxes (R, 4) or (R, 5) those that show a part of a picture of (H, W); the others are noise."""
    low, high = np.maximum(boxes[:, :2], 0), np.minimum(boxes[:, 2:4], (shape[1], shape[0]))
    return boxes[np.isfinite(boxes).all(axis=1) & (low < high).all(axis=1)]
