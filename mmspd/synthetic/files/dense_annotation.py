"""Annotation of a rendered person in the data sets' own formats.

DensePose-COCO's points and coarse masks, LIP's row of joints, and the dense map of I, U, V.
"""

from typing import Any, Final

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from mmspd.anatomy import COARSE_PARTS, MASK_SIZE, POINT_RANGE
from mmspd.synthetic.rendered_person import RenderedPerson

__all__ = ['coarse_masks', 'dense_map', 'densepose_annotation', 'pose_row', 'sample_surface_points']

_DECIMALS: Final = 6  # of coordinates: a millionth of a chart, and less than a ten-thousandth of a pixel


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
    pools = [np.zeros((0, 2), np.int64)]
    for part in np.flatnonzero(np.bincount(parts.ravel())[1:]) + 1:
        here = parts == part
        rows, columns = np.nonzero(here & inner)
        if rows.size == 0:
            rows, columns = np.nonzero(here)
        pools.append(rng.permutation(np.stack([columns, rows], axis=1)))
    # The first of every part come before the second of any.
    ranks = np.concatenate([np.arange(len(pool)) for pool in pools])
    return np.concatenate(pools)[np.argsort(ranks, kind='stable')[:count]]


def densepose_annotation(rng: np.random.Generator, person: RenderedPerson, num_points: int) -> dict[str, Any]:
    """The surface annotation of one person, relative to its box, ready for JSON.

    Args:
        rng (np.random.Generator): Source of the choice of points.
        person (RenderedPerson): The person; only box, parts, uv and coarse are used.
        num_points (int): Wanted points.

    Returns:
        dict: ``bbox`` [x, y, width, height]; ``area``, pixels of the body, and ``iscrowd`` 0, as COCO's tools ask for
        them; ``dp_x``, ``dp_y`` 0..255 across the box, so that
        ``bbox_x + dp_x / 255 * width`` is the pixel-centre coordinate; ``dp_I`` 1..24; ``dp_U``, ``dp_V`` 0..1;
        ``dp_masks``, 14 run-length masks of 256x256 over the box, ``[]`` for a part that does not show.
    """
    x1, y1, x2, y2 = person.box.tolist()
    points = sample_surface_points(rng, person.parts, num_points)
    columns, rows = points[:, 0], points[:, 1]
    uv = person.uv[rows, columns].astype(np.float64)
    return {
        'bbox': [x1, y1, x2 - x1, y2 - y1],
        'area': float(np.count_nonzero(person.coarse >= 0)),
        'iscrowd': 0,
        'dp_x': _numbers((columns - x1) / (x2 - x1) * POINT_RANGE),
        'dp_y': _numbers((rows - y1) / (y2 - y1) * POINT_RANGE),
        'dp_I': person.parts[rows, columns].astype(float).tolist(),
        'dp_U': _numbers(uv[:, 0]),
        'dp_V': _numbers(uv[:, 1]),
        'dp_masks': coarse_masks(_in_box(person)),
    }


def pose_row(file_name: str, person: RenderedPerson) -> str:
    """A person's row of LIP's pose list.

    Args:
        file_name (str): Of the picture.
        person (RenderedPerson): The person; only the joints are used.

    Returns:
        str: Name, then x, y (counted from 1) and v (1: occluded) of each joint, three times nan for a missing one.
    """
    fields = [file_name]
    for (x, y), occluded in zip(person.joints.astype(float), person.occluded, strict=True):
        fields.append('nan,nan,nan' if np.isnan(x) else f'{x + 1:.2f},{y + 1:.2f},{int(occluded)}')
    return ','.join(fields)


def dense_map(person: RenderedPerson) -> np.ndarray:
    """Part and chart coordinates of every pixel as one image, as DensePose's own tools write it.

    Args:
        person (RenderedPerson): The person; only parts and uv are used.

    Returns:
        np.ndarray: uint8 (H, W, 3) for ``cv2.imwrite``: channel 0 is I, 1 is U * 255, 2 is V * 255, rounded.
    """
    chart = np.rint(np.clip(person.uv, 0, 1) * 255).astype(np.uint8)
    return np.dstack([person.parts, chart])


def _numbers(values: np.ndarray) -> list[float]:
    """Rounded floats for JSON."""
    return np.round(values, _DECIMALS).tolist()


def _in_box(person: RenderedPerson) -> np.ndarray:
    """The person's ``coarse`` within its box."""
    x1, y1, x2, y2 = person.box.astype(int)
    return person.coarse[y1:y2, x1:x2]


def coarse_masks(coarse: np.ndarray) -> list[Any]:
    """A run-length mask for each coarse part.

    Args:
        coarse (np.ndarray): Whole numbers (h, w) over a box: -1, or the position in ``COARSE_PARTS``.

    Returns:
        list: 14 masks of 256x256 cells over the box; ``[]`` where empty.
    """
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
