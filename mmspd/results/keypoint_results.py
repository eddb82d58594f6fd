"""COCO's keypoints results: one list of ``{image_id, category_id, keypoints, score}``, an entry a detected person.

``keypoints`` is flat, x, y and a number (a score, or COCO's constant 1) for each joint. Coordinates are COCO's own:
pixels count from 0 and a whole number is a pixel's centre, so what a network gives on pixel edges is half a pixel more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from mmspd.datasets.files.json_stream import stream_list
from mmspd.datasets.files.number_lists import check_number, check_numbers
from mmspd.datasets.files.problems import Report, tolerating
from mmspd.results.image_ids import ImageId, check_id, to_json_id

__all__ = ['KeypointResult', 'keypoint_entry', 'read_keypoint_results']

_PERSON: Final = 1


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
        'category_id': _PERSON,
        'keypoints': joints.ravel().tolist(),
        'score': float(joints[:, 2].mean()) if len(joints) else 0.0,
    }


def read_keypoint_results(
    path: Path, joints: Sequence[str], report: Report | None = None
) -> Iterator[tuple[str, KeypointResult]]:
    """Read results, one in memory at a time.

    Args:
        path (Path): JSON file.
        joints (Sequence[str]): Names of the K joints that are expected.
        report (Callable[[str], None], optional): Takes the message of each malformed entry, which is then left out.
            Defaults to None: the first is raised.

    Yields:
        tuple: File and entry, and the person, in the file's order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is no JSON list, or an entry is malformed; the message names file, entry and field.
    """
    for index, entry in enumerate(stream_list(path)):
        where, result = f'{path}: result {index}', None
        with tolerating(report):
            result = _parse(entry, where, joints)
        if result is not None:
            yield where, result


def _parse(entry: Any, where: str, joints: Sequence[str]) -> KeypointResult:
    """Check an entry."""
    if not isinstance(entry, dict):
        raise ValueError(f'{where}: expected an object, got {type(entry).__name__}')
    missing = [name for name in ('image_id', 'keypoints', 'score') if name not in entry]
    if missing:
        raise ValueError(f'{where}: it lacks the fields {missing}')
    image_id = check_id(entry['image_id'], f'{where}, field image_id')
    if entry.get('category_id', _PERSON) != _PERSON:
        raise ValueError(f'{where}, field category_id: expected 1 (person), got {str(entry["category_id"])[:60]}')
    numbers = check_numbers(entry['keypoints'], f'{where}, field keypoints')
    if len(numbers) != 3 * len(joints):
        raise ValueError(
            f'{where}, field keypoints: expected {3 * len(joints)} numbers (x, y, score of {len(joints)} joints: '
            f'{", ".join(joints)}), got {len(numbers)}'
        )
    score = float(check_number(entry['score'], f'{where}, field score'))
    return KeypointResult(image_id, np.array(numbers, dtype=np.float64).reshape(-1, 3)[:, :2], score)
