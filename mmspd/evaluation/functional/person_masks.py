"""Where a person is in the picture, as annotated and as predicted, by the rules of DensePose-COCO's evaluator.

Axis glossary: h, w pixels of a box, H, W of the picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmspd.anatomy import MASK_SIZE

__all__ = ['AnnotatedBody', 'annotated_body', 'mask_overlap', 'predicted_body']


def annotated_body(mask: np.ndarray, box: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The pixels of an annotated person.

    The mask is stretched linearly to the box's size, corner pixels upon corner pixels, and cut at one half, as
    ``scipy.ndimage.zoom`` does it, which is what that evaluator calls. For some sizes rounding puts the last row or
    column beyond the mask, and it is lost; so it is there. Here only what lies in the picture is worked out.

    Args:
        mask (np.ndarray): bool (256, 256), the union of ``dp_masks``.
        box (np.ndarray): (4,), x, y, width, height of the annotation.
        shape (tuple): H, W of the picture.

    Returns:
        np.ndarray: bool (H, W).
    """
    width, height = (max(float(size), 1.0) for size in box[2:])
    size = (round(mask.shape[0] * (height / mask.shape[0])), round(mask.shape[1] * (width / mask.shape[1])))
    picture = np.zeros(shape, dtype=bool)
    rows, columns = _shown(box, size, shape)
    down = _between(np.arange(rows.start, rows.stop) - int(box[1]), mask.shape[0], size[0])
    across = _between(np.arange(columns.start, columns.stop) - int(box[0]), mask.shape[1], size[1])
    # In the order in which zoom adds up the four corners: where they make one half, rounding decides.
    values = np.zeros((rows.stop - rows.start, columns.stop - columns.start))
    for row, row_share in down:
        for column, column_share in across:
            values += mask[row][:, column] * np.multiply.outer(row_share, column_share)
    picture[rows, columns] = values > 0.5
    return picture


def _between(pixels: np.ndarray, cells: int, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The two cells of a mask between which pixels of its stretched axis lie, each with its share, 0..1.

    Args:
        pixels (np.ndarray): Whole numbers (N,), of 0..size - 1.
        cells (int): The mask's.
        size (int): Pixels of the whole axis.

    Returns:
        list: Two pairs of cells, int64 (N,), and shares, float64 (N,); both shares 0 beyond the mask.
    """
    places = pixels * ((cells - 1) / (size - 1) if size > 1 else 1.0)
    first = np.floor(places).astype(np.int64)
    known = places <= cells - 1
    share = np.where(known, places - first, 0.0)
    return [(np.minimum(first, cells - 1), known - share), (np.minimum(first + 1, cells - 1), share)]


def predicted_body(mask: np.ndarray, box: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The pixels of a predicted person.

    Args:
        mask (np.ndarray): bool (h, w), over the box: where its map has a part.
        box (np.ndarray): (4,), x, y, width, height of the prediction.
        shape (tuple): H, W of the picture.

    Returns:
        np.ndarray: bool (H, W).
    """
    picture = np.zeros(shape, dtype=bool)
    rows, columns = _shown(box, mask.shape[:2], shape)
    top, left = int(box[1]), int(box[0])
    picture[rows, columns] = mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return picture


def _shown(box: np.ndarray, size: tuple[int, int], shape: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of the picture in which a mask of h x w pixels shows, perhaps none.

    It lies at its box's corner, cut to whole numbers; what reaches out of box or picture is lost.
    """
    x, y, width, height = np.asarray(box, dtype=np.float64).tolist()
    shown = []
    for start, extent, pixels, most in ((y, height, size[0], shape[0]), (x, width, size[1], shape[1])):
        first = int(start)
        begin = min(max(first, 0), most)
        shown.append(slice(begin, max(begin, min(int(start + extent), most, first + pixels))))
    return shown[0], shown[1]


def mask_overlap(predicted: np.ndarray, annotated: np.ndarray, crowd: bool = False) -> float:
    """IoU of two masks.

    Args:
        predicted (np.ndarray): bool (H, W).
        annotated (np.ndarray): bool (H, W).
        crowd (bool): Whether the annotation is of a crowd, of which a prediction need cover no more than itself: the
            intersection is then divided by the prediction alone.

    Returns:
        float: 0..1; 0 where both are empty.
    """
    common = int(np.count_nonzero(predicted & annotated))
    whole = int(np.count_nonzero(predicted if crowd else predicted | annotated))
    return common / whole if whole else 0.0


@dataclass(frozen=True, eq=False)
class AnnotatedBody:
    """What a data sample's meta information says of where its person is.

    Attributes:
        mask: bool (256, 256) over the box, the union of ``dp_masks``; None if unknown.
        box: float64 (4,), x, y, width, height; without meaning where there is no mask.
        shape: H, W of the picture; likewise.
        area: The person's pixels; None if unknown.
    """

    mask: np.ndarray | None
    box: np.ndarray
    shape: tuple[int, int]
    area: float | None

    @classmethod
    def of_sample(cls, sample: Mapping[str, Any]) -> 'AnnotatedBody':
        """Read ``dp_body``, ``dp_box``, ``dp_area`` and ``ori_shape``, as far as they are there.

        Raises:
            ValueError: If a mask comes without box or picture size, or one of them is not what it must be.
        """
        area = sample.get('dp_area')
        if area is not None and not 0 <= area < np.inf:
            raise ValueError(f'expected dp_area of 0 or more pixels, got {area}')
        if sample.get('dp_body') is None:
            return cls(None, np.zeros(4), (0, 0), None if area is None else float(area))
        mask = np.asarray(sample['dp_body'])
        if mask.shape != (MASK_SIZE, MASK_SIZE) or mask.dtype != bool:
            raise ValueError(f'expected dp_body bool ({MASK_SIZE}, {MASK_SIZE}), got {mask.shape} of {mask.dtype}')
        box = np.asarray(sample.get('dp_box', ()), dtype=np.float64)
        if box.shape != (4,) or not np.isfinite(box).all() or (box[2:] <= 0).any() or 'ori_shape' not in sample:
            raise ValueError(f'dp_body needs dp_box (x, y, width, height) and ori_shape beside it, got {box.tolist()}')
        height, width = sample['ori_shape'][:2]
        whole = float(mask.mean() * box[2] * box[3])
        return cls(mask, box, (height, width), whole if area is None else float(area))

    def overlap(self, body: np.ndarray, box: np.ndarray) -> float:
        """IoU with a predicted mask, bool (h, w) over its box (4,), x, y, width, height.

        Raises:
            ValueError: If there is no annotated mask.
        """
        if self.mask is None:
            raise ValueError('no mask is known, so nothing can overlap it')
        annotated = annotated_body(self.mask, self.box, self.shape)
        return mask_overlap(predicted_body(body, box, self.shape), annotated)
