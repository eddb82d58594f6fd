"""The rule by which LIP's pictures were cut from COCO's.

Found by matching pixels, as no text of the data set has it: a box's two edges are rounded and, counted from 1, both
belong to the crop. Halves are rounded up, as floor(v + 0.5), not to the even number as Python's ``round`` does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ['Crop', 'crop_of']


@dataclass(frozen=True)
class Crop:
    """A rectangle of whole pixels in a picture.

    Attributes:
        x0: Column of its first pixel, counted from 0; -1 where a box starts at the picture's edge.
        y0: Row of its first pixel, likewise.
        width: Columns, at least 1.
        height: Rows, at least 1.
    """

    x0: int
    y0: int
    width: int
    height: int

    def clamped(self, height: int, width: int) -> 'Crop':
        """The part of it that lies in a picture.

        Args:
            height (int): The picture's rows.
            width (int): The picture's columns.

        Returns:
            Crop: The part.

        Raises:
            ValueError: If no pixel of it lies in the picture.
        """
        left, top = max(self.x0, 0), max(self.y0, 0)
        right, bottom = min(self.x0 + self.width, width), min(self.y0 + self.height, height)
        if right <= left or bottom <= top:
            raise ValueError(f'no pixel of {self} lies in a picture of {width} x {height} (width x height)')
        return Crop(left, top, right - left, bottom - top)


def crop_of(bbox: Sequence[float]) -> Crop:
    """The crop that LIP takes of a person, before it is clamped to the picture.

    Args:
        bbox (Sequence[float]): COCO's box: x, y, width, height in pixels of the picture, counted from 0.

    Returns:
        Crop: x0 = round(x) - 1, y0 = round(y) - 1, width = round(x + w) - round(x) + 1, height likewise.

    Raises:
        ValueError: If these are not four finite numbers with a positive width and height.
    """
    if len(bbox) != 4 or not all(math.isfinite(value) for value in bbox) or min(bbox[2:]) <= 0:
        raise ValueError(f'expected a box of x, y, width, height with a positive size, got {list(bbox)[:6]}')
    x, y, width, height = bbox
    left, top = _round_half_up(x), _round_half_up(y)
    return Crop(left - 1, top - 1, _round_half_up(x + width) - left + 1, _round_half_up(y + height) - top + 1)


def _round_half_up(value: float) -> int:
    return math.floor(value + 0.5)
