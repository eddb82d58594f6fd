"""Whole pictures of an annotation file in COCO's format, crowds and persons without annotation included.

Data sets leave those out; an evaluator of detections needs them, as detections there are neither right nor wrong.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from mmspd.datasets.files.coco_file import index_images, locate
from mmspd.datasets.files.json_stream import stream_coco
from mmspd.datasets.files.number_lists import check_number, check_numbers
from mmspd.results.tally import Tally

__all__ = ['Annotation', 'Picture', 'picture_tally', 'read_pictures']

_PERSON: Final = 1
_UNDETECTED: Final = 'pictures without detection'
_RULES: Final = {
    _UNDETECTED: 'their persons are not found',
    'malformed': 'absent',
    'extra': 'nothing, they are of pictures that the truth has not',
}


@dataclass(frozen=True, eq=False)
class Annotation:
    """A person of a picture.

    Attributes:
        where: File and annotation, for messages.
        fields: The file's entry, as far as it was asked for.
        box: float64 (4,), x, y, width, height; the last two not negative.
        area: Its pixels.
        crowd: Whether it stands for a crowd.
    """

    where: str
    fields: dict[str, Any]
    box: np.ndarray
    area: float
    crowd: bool


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture.

    Attributes:
        image: Its entry: ``id``, ``file_name`` and, where the file has them, ``height``, ``width``.
        persons: Its persons, in the file's order.
    """

    image: dict[str, Any]
    persons: list[Annotation] = field(default_factory=list)


def picture_tally(task: str) -> Tally:
    """The defects of a file of detections; a strict evaluation allows that a detector finds nobody in a picture."""
    return Tally(task, _RULES, frozenset({_UNDETECTED}))


def read_pictures(path: Path, fields: Collection[str]) -> tuple[dict[str, Any], dict[int, Picture]]:
    """Read an annotation file.

    Args:
        path (Path): JSON file.
        fields (Collection[str]): What to keep of annotations, beside box, area and crowd: polygons take most memory.

    Returns:
        tuple: The file's ``info``; and image id -> picture, by rising id, as COCO's evaluators take them.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not of that format, or has no picture; the message names file, entry and field.
    """
    lists: dict[str, list[Any]] = {'images': [], 'annotations': []}
    kept = {'id', 'image_id', 'category_id', 'bbox', 'area', 'iscrowd', *fields}

    def take(name: str, position: int, entry: Any) -> None:
        """Keep an entry."""
        if name == 'annotations' and isinstance(entry, dict):
            entry = {key: value for key, value in entry.items() if key in kept}
        lists[name].append(entry)

    info = stream_coco(path, take).info
    images = index_images(lists['images'], path)
    if not images:
        raise ValueError(f'{path}: expected pictures in its list of images, got none')
    pictures = {number: Picture(images[number]) for number in sorted(images)}
    seen: set[int] = set()
    for position, entry in enumerate(lists['annotations']):
        where, image = locate(entry, position, images, seen, path)
        if entry.get('category_id', _PERSON) == _PERSON:
            pictures[image['id']].persons.append(_annotation(entry, where))
    return info, pictures


def _annotation(entry: dict[str, Any], where: str) -> Annotation:
    """Check what every person has."""
    missing = [name for name in ('bbox', 'area') if name not in entry]
    if missing:
        raise ValueError(f'{where}: it lacks the fields {missing}')
    box = np.array(check_numbers(entry['bbox'], f'{where}, field bbox'), dtype=np.float64)
    if box.shape != (4,) or (box[2:] < 0).any():
        raise ValueError(f'{where}, field bbox: expected x, y, width, height, got {str(entry["bbox"])[:60]}')
    area = entry['area']
    # Crowds cover more pixels than any coordinate counts.
    if type(area) not in (int, float) or not 0 <= area < np.inf:
        raise ValueError(f'{where}, field area: expected a number of pixels, got {str(area)[:60]!r}')
    crowd = check_number(entry.get('iscrowd', 0), f'{where}, field iscrowd')
    return Annotation(where, entry, box, float(area), bool(crowd))
