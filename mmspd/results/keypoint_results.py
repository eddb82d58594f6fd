"""COCO's keypoints results: one list of ``{image_id, category_id, keypoints, score}``, an entry a detected person.

``keypoints`` is flat, x, y and a number (a score, or COCO's constant 1) for each joint. Coordinates are COCO's own:
pixels count from 0 and a whole number is a pixel's centre, so what a network gives on pixel edges is half a pixel more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from mmspd.datasets.files.number_lists import check_number, check_numbers
from mmspd.datasets.files.problems import Report
from mmspd.datasets.files.result_list import PERSON, check_entry, read_entries
from mmspd.results.image_ids import ImageId, check_id, to_json_id

__all__ = ['KeypointResult', 'keypoint_entry', 'read_keypoint_results']

_FIELDS: Final = ('image_id', 'keypoints', 'score')


@dataclass(frozen=True, eq=False)
class KeypointResult:
    """One detected person.

    Attributes:
        image_id: Of its picture, a number or a name.
        keypoints: float64 (K, 2), pixels counted from 0, centres at whole numbers.
        score: The higher the surer.
    """

    image_id: ImageId
    keypoints: np.ndarray
    score: float


def keypoint_entry(img_id: str, keypoints: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """A person as the file has it, ready for JSON.

    Args:
        img_id (str): Its picture's id; a whole number in decimals becomes one.
        keypoints (np.ndarray): (K, 2), pixels counted from 0, centres at whole numbers.
        scores (np.ndarray): (K,); their mean is the person's.

    Returns:
        dict: ``image_id``, ``category_id``, ``keypoints``, ``score``.

    Raises:
        ValueError: If a number is not finite or shapes do not fit.
    """
    joints = np.column_stack([np.asarray(keypoints, dtype=np.float64), np.asarray(scores, dtype=np.float64)])
    if not np.isfinite(joints).all():
        raise ValueError(f'{img_id}: expected finite joints and scores, got {joints.tolist()}')
    return {
        'image_id': to_json_id(img_id),
        'category_id': PERSON,
        'keypoints': joints.ravel().tolist(),
        'score': float(joints[:, 2].mean()) if len(joints) else 0.0,
    }


def read_keypoint_results(
    path: Path, joints: Sequence[str], report: Report | None = None
) -> Iterator[tuple[str, KeypointResult]]:
    """Read results of the joints ``joints``; otherwise as :func:`mmspd.datasets.files.result_list.read_entries`."""
    yield from read_entries(path, partial(_parse, joints=joints), report)


def _parse(entry: Any, where: str, joints: Sequence[str]) -> KeypointResult:
    """Check an entry."""
    entry = check_entry(entry, where, _FIELDS)
    image_id = check_id(entry['image_id'], f'{where}, field image_id')
    numbers = check_numbers(entry['keypoints'], f'{where}, field keypoints')
    if len(numbers) != 3 * len(joints):
        raise ValueError(
            f'{where}, field keypoints: expected {3 * len(joints)} numbers (x, y, score of {len(joints)} joints: '
            f'{joints[0]} to {joints[-1]}), got {len(numbers)}'
        )
    score = float(check_number(entry['score'], f'{where}, field score'))
    return KeypointResult(image_id, np.array(numbers, dtype=np.float64).reshape(-1, 3)[:, :2], score)
