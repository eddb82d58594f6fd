"""DensePose-COCO's results (:mod:`mmspd.datasets.files.densepose_results`), whose pictures may go by names, too."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmspd.datasets.files.densepose_results import LARGEST_MAP, DenseResult, result_entry, unpack_entry
from mmspd.datasets.files.problems import Report
from mmspd.datasets.files.result_list import read_entries
from mmspd.evaluation.functional.surface_reading import map_of_charts
from mmspd.results.image_ids import ImageId, check_id, to_json_id

__all__ = ['SurfaceResult', 'read_surface_results', 'surface_entry', 'surface_is_needed']


@dataclass(frozen=True, eq=False)
class SurfaceResult:
    """One detected person.

    Attributes:
        image_id: Of its picture, a number or a name.
        box: float64 (4,), x, y, width, height in pixels of the picture, on pixel edges.
        score: The higher the surer.
        iuv: uint8 (3, h, w), I, and U, V times 255, over the box.
    """

    image_id: ImageId
    box: np.ndarray
    score: float
    iuv: np.ndarray


def surface_entry(
    img_id: str, box: torch.Tensor, score: float, part_logits: torch.Tensor, uv: torch.Tensor
) -> dict[str, Any]:
    """A person as the file has it, ready for JSON.

    Args:
        img_id (str): Its picture's id; a whole number in decimals becomes one.
        box (torch.Tensor): (4,), x1, y1, x2, y2 on pixel edges.
        score (float): The higher the surer.
        part_logits (torch.Tensor): (25, S, S).
        uv (torch.Tensor): (2, 24, S, S), 0..1.

    Returns:
        dict: ``image_id``, ``category_id``, ``bbox``, ``score``, ``uv_shape``, ``uv_data``.

    Raises:
        ValueError: If the box or the score is not finite, or the box is empty or larger than any picture.
    """
    corner_and_size = torch.cat([box[:2], box[2:] - box[:2]]).double()
    x, y, width, height = corner_and_size.tolist()
    if not torch.isfinite(corner_and_size).all() or min(width, height) <= 0 or width * height > LARGEST_MAP:
        raise ValueError(f'{img_id}: expected a box of 1 to {LARGEST_MAP} pixels (x1, y1, x2, y2), got {box.tolist()}')
    if not np.isfinite(score):
        raise ValueError(f'{img_id}: expected a finite score, got {score}')
    iuv = np.ascontiguousarray(map_of_charts(part_logits, uv, box).transpose(1, 2, 0))
    entry = result_entry(DenseResult(0, (x, y, width, height), score, iuv))
    return {**entry, 'image_id': to_json_id(img_id)}


def read_surface_results(path: Path, report: Report | None = None) -> Iterator[tuple[str, SurfaceResult]]:
    """Read results, as :func:`mmspd.datasets.files.result_list.read_entries`."""
    yield from read_entries(path, _parse, report)


def _parse(entry: Any, where: str) -> SurfaceResult:
    """Check and unpack an entry."""
    bbox, score, iuv = unpack_entry(entry, where)
    image_id = check_id(entry['image_id'], f'{where}, field image_id')
    return SurfaceResult(image_id, np.array(bbox), score, np.ascontiguousarray(iuv.transpose(2, 0, 1)))


def surface_is_needed(where: str, name: str | None) -> str:
    """The message where distances on a surface are not at hand.

    Args:
        where (str): File or sample of the points.
        name (str, optional): The surface that they are of, None for DensePose's, which its files do not name.
    """
    return (
        f"{where}: its points are of {name or 'DensePose'}'s surface: name a folder with the files of its evaluation, "
        'SMPL_subdiv.mat, SMPL_SUBDIV_TRANSFORM.mat and Pdist_matrix.pkl (--gps-surface)'
    )
