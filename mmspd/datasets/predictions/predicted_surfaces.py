"""From a predicted map of I, U, V to a person's surface annotation in the coordinates of LIP's crop.

Maps are uint8 (h, w, 3): I 0..24, U * 255, V * 255. A box is x, y, width, height on pixel edges; column j of its map is
the pixel whose centre lies in x + j to x + j + 1.
"""

import math
import zlib
from typing import Any, NamedTuple

import numpy as np

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, IGNORE_LABEL, POINT_RANGE
from mmspd.datasets.crops.lip_crops import Crop
from mmspd.datasets.files.densepose_results import DenseResult
from mmspd.synthetic.files.dense_annotation import coarse_masks, sample_surface_points

__all__ = ['MapInCrop', 'move_to_crop', 'overlap_with_label', 'surface_annotation']

_DECIMALS = 6
_COARSE = np.array(FINE_TO_COARSE)
_TORSO = COARSE_PARTS.index('Torso')


class MapInCrop(NamedTuple):
    """The part of a predicted map that lies in a crop; R rows, C columns.

    Attributes:
        bbox: x, y, width, height of this part, in the crop's pixels, on pixel edges; whole numbers where the
            prediction's are.
        column: The crop's column of the map's first one, 0 or more.
        row: Likewise.
        iuv: uint8 (R, C, 3).
    """

    bbox: tuple[float, float, float, float]
    column: int
    row: int
    iuv: np.ndarray


def move_to_crop(result: DenseResult, crop: Crop) -> MapInCrop | None:
    """Move a prediction of an image into a crop of it and cut off what lies outside.

    Args:
        result (DenseResult): Box and map.
        crop (Crop): The crop, clamped to the image; of the whole image it changes nothing.

    Returns:
        MapInCrop | None: None where nothing of the map lies in the crop.
    """
    x, y = result.bbox[0] - crop.x0, result.bbox[1] - crop.y0
    height, width = result.iuv.shape[:2]
    # The first pixel whose centre lies behind the edge.
    left, top = math.ceil(x - 0.5), math.ceil(y - 0.5)
    columns = slice(max(-left, 0), min(crop.width - left, width))
    rows = slice(max(-top, 0), min(crop.height - top, height))
    if columns.stop <= columns.start or rows.stop <= rows.start:
        return None
    bbox = (x + columns.start, y + rows.start, columns.stop - columns.start, rows.stop - rows.start)
    rounded = tuple(round(float(value), _DECIMALS) for value in bbox)
    return MapInCrop(
        (rounded[0], rounded[1], rounded[2], rounded[3]),
        left + columns.start,
        top + rows.start,
        result.iuv[rows, columns],
    )


def overlap_with_label(predicted: MapInCrop, label: np.ndarray) -> float | None:
    """How well a predicted body covers a person's parsed foreground: intersection over union, but for the torso.

    LIP labels bare skin of the torso as background, so pixels of the predicted torso that the label calls background
    count neither for nor against it. Ignored pixels do not count.

    Args:
        predicted (MapInCrop): The prediction.
        label (np.ndarray): uint8 (H, W), the crop's parsing label.

    Returns:
        float | None: 0..1; None where the label has no foreground.
    """
    foreground = (label > 0) & (label != IGNORE_LABEL)
    if not foreground.any():
        return None
    parts = np.zeros(label.shape, dtype=np.uint8)
    height, width = predicted.iuv.shape[:2]
    parts[predicted.row : predicted.row + height, predicted.column : predicted.column + width] = predicted.iuv[..., 0]
    body = (parts > 0) & (label != IGNORE_LABEL)
    bare = (_COARSE[parts] == _TORSO) & (label == 0)
    both = np.count_nonzero(body & foreground)
    return both / np.count_nonzero((body & ~bare) | foreground)


def surface_annotation(predicted: MapInCrop, name: str, num_points: int) -> dict[str, Any]:
    """A person's surface annotation, ready for JSON.

    Points are pixels of the body, drawn so that every visible part has about equally many (of a hand as many as of the
    torso), away from the parts' edges where a part is wide enough. The choice depends on map, name and number alone.

    Args:
        predicted (MapInCrop): The prediction.
        name (str): The person's, which seeds the choice.
        num_points (int): Wanted points; fewer come where the body has fewer pixels.

    Returns:
        dict: ``bbox``; ``area``, pixels of the body; ``dp_x``, ``dp_y`` 0..255 across the box; ``dp_I`` 1..24;
        ``dp_U``, ``dp_V`` 0..1; ``dp_masks``, 14 run-length masks of 256x256 over the box, ``[]`` for an absent part.
    """
    parts = np.ascontiguousarray(predicted.iuv[..., 0])
    height, width = parts.shape
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    columns, rows = sample_surface_points(rng, parts, num_points).T
    uv = predicted.iuv[rows, columns, 1:] / 255
    return {
        'bbox': list(predicted.bbox),
        'area': int(np.count_nonzero(parts)),
        'dp_x': _numbers(columns / width * POINT_RANGE),
        'dp_y': _numbers(rows / height * POINT_RANGE),
        'dp_I': parts[rows, columns].tolist(),
        'dp_U': _numbers(uv[:, 0]),
        'dp_V': _numbers(uv[:, 1]),
        'dp_masks': coarse_masks(_COARSE[parts]),
    }


def _numbers(values: np.ndarray) -> list[float]:
    return np.round(values, _DECIMALS).tolist()
