"""DensePose-COCO annotations (points and coarse masks) of a drawn person."""

from typing import Any, Final

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE
from mmspd.datasets.run_length import MASK_SIZE
from mmspd.testing.figures import DrawnPerson

_POINT_RANGE: Final = 255.0  # dp_x, dp_y span the box by 0..255


def sample_surface_points(rng: np.random.Generator, parts: np.ndarray, count: int) -> np.ndarray:
    """Choose pixels on the body, every visible part about equally often.

    Pixels at a part's edge are left out, where the part has others: half a pixel must not change the part.

    Args:
        rng (np.random.Generator): Source of the choice.
        parts (np.ndarray): uint8 (H, W), 0..24.
        count (int): Wanted points. Fewer come where the body has fewer pixels.

    Returns:
        np.ndarray: int64 (P, 2), x, y of distinct pixels, P <= ``count``.
    """
    padded = cv2.copyMakeBorder(parts, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    kernel = np.ones((3, 3), np.uint8)
    inner = (cv2.erode(padded, kernel) == cv2.dilate(padded, kernel))[1:-1, 1:-1]
    visible = [int(part) for part in np.unique(parts) if part]
    pools = []
    for part in visible:
        rows, columns = np.nonzero((parts == part) & inner)
        if rows.size == 0:
            rows, columns = np.nonzero(parts == part)
        pools.append(rng.permutation(np.stack([columns, rows], axis=1)))
    # Rank in a part first: so the first of every part come before the second of any.
    ranks = np.concatenate([np.arange(len(pool)) for pool in pools]) if pools else np.zeros(0)
    points = np.concatenate(pools) if pools else np.zeros((0, 2), np.int64)
    return points[np.argsort(ranks, kind='stable')[:count]]


def densepose_annotation(rng: np.random.Generator, person: DrawnPerson, num_points: int) -> dict[str, Any]:
    """The surface annotation of one person, relative to its box, ready for JSON.

    Args:
        rng (np.random.Generator): Source of the choice of points.
        person (DrawnPerson): The drawn person.
        num_points (int): Wanted points.

    Returns:
        dict: ``bbox`` [x, y, width, height]; ``dp_x``, ``dp_y`` 0..255 across the box, so that
        ``bbox_x + dp_x / 255 * width`` is the pixel-centre coordinate; ``dp_I`` 1..24; ``dp_U``, ``dp_V`` 0..1;
        ``dp_masks``, 14 run-length masks of 256x256 over the box, ``[]`` for a part that does not show.
    """
    x1, y1, x2, y2 = person.box.tolist()
    points = sample_surface_points(rng, person.parts, num_points)
    columns, rows = points[:, 0], points[:, 1]
    uv = person.uv[rows, columns]

    def across_box(values: np.ndarray, start: float, end: float) -> list[float]:
        return ((values - start) / (end - start) * _POINT_RANGE).tolist()

    return {
        'bbox': [x1, y1, x2 - x1, y2 - y1],
        'dp_x': across_box(columns, x1, x2),
        'dp_y': across_box(rows, y1, y2),
        'dp_I': person.parts[rows, columns].astype(float).tolist(),
        'dp_U': uv[:, 0].astype(float).tolist(),
        'dp_V': uv[:, 1].astype(float).tolist(),
        'dp_masks': _coarse_masks(person),
    }


def _coarse_masks(person: DrawnPerson) -> list[Any]:
    """A run-length mask for each coarse part, of 256x256 cells over the box; ``[]`` where empty."""
    x1, y1, x2, y2 = person.box.astype(int)
    coarse = np.asarray(FINE_TO_COARSE, np.int8)[person.parts[y1:y2, x1:x2]]
    # The pixel below each cell's centre.
    rows, columns = (((np.arange(MASK_SIZE) + 0.5) * length / MASK_SIZE).astype(int) for length in coarse.shape)
    stretched = coarse[rows][:, columns]
    masks: list[Any] = []
    for index in range(len(COARSE_PARTS)):
        mask = stretched == index
        if not mask.any():
            masks.append([])
            continue
        encoded = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
        masks.append({'size': [MASK_SIZE, MASK_SIZE], 'counts': encoded['counts'].decode('ascii')})
    return masks
