"""Whole pictures of an annotation file in COCO's format, crowds and persons without annotation included.

Data sets leave those out; an evaluator of detections needs them, as detections there are neither right nor wrong.
What follows for detections of either kind, joints and surfaces, is here, too.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from logging import WARNING
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from mmengine.logging import print_log

from mmspd.datasets.files.coco_file import index_images, locate
from mmspd.datasets.files.densepose_file import facts_of_file
from mmspd.datasets.files.json_stream import stream_coco
from mmspd.datasets.files.number_lists import check_number, check_numbers
from mmspd.datasets.files.result_list import PERSON
from mmspd.results.keypoint_results import KeypointResult
from mmspd.results.surface_results import SurfaceResult
from mmspd.results.tally import Tally

__all__ = [
    'Annotation',
    'Picture',
    'Pictures',
    'known_results',
    'named_scores',
    'picture_tally',
    'read_pictures',
    'tell_undetected',
]

_UNDETECTED: Final = 'pictures without detection'
_RULES: Final = {
    _UNDETECTED: 'their persons are not found',
    'malformed': 'absent',
    'extra': 'nothing, they are of pictures that the truth has not',
}

Result = TypeVar('Result', KeypointResult, SurfaceResult)


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


@dataclass(frozen=True, eq=False)
class Pictures:
    """All pictures of a file.

    Attributes:
        by_id: By rising id, as COCO's evaluators take them.
        surface_name: The surface that its points are of, None where the file does not say.
    """

    by_id: dict[int, Picture]
    surface_name: str | None


def read_pictures(path: Path, fields: Collection[str]) -> Pictures:
    """Read an annotation file.

    Args:
        path (Path): JSON file.
        fields (Collection[str]): What to keep of annotations, beside box, area and crowd: polygons take most memory.

    Returns:
        Pictures: Its pictures.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not of that format, has no picture, or says that a network predicted it; the message
            names file, entry and field.
    """
    lists: dict[str, list[Any]] = {'images': [], 'annotations': []}
    kept = {'id', 'image_id', 'category_id', 'bbox', 'area', 'iscrowd', *fields}

    def take(name: str, position: int, entry: Any) -> None:
        """Keep an entry."""
        if name == 'annotations' and isinstance(entry, dict):
            entry = {key: value for key, value in entry.items() if key in kept}
        lists[name].append(entry)

    facts = facts_of_file({'info': stream_coco(path, take).info}, path)
    if facts['predicted']:
        raise ValueError(f'{path}: a network predicted these annotations (info.predicted); they are no truth')
    images = index_images(lists['images'], path)
    if not images:
        raise ValueError(f'{path}: expected pictures in its list of images, got none')
    pictures = {number: Picture(images[number]) for number in sorted(images)}
    seen: set[int] = set()
    for position, entry in enumerate(lists['annotations']):
        where, image = locate(entry, position, images, seen, path)
        if entry.get('category_id', PERSON) == PERSON:
            pictures[image['id']].persons.append(_annotation(entry, where))
    return Pictures(pictures, facts['surface_name'])


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


def picture_tally(task: str) -> Tally:
    """The defects of a file of detections; a strict evaluation allows that a detector finds nobody in a picture."""
    return Tally(task, _RULES, frozenset({_UNDETECTED}))


def known_results(
    read: Iterable[tuple[str, Result]], pictures: Collection[int], tally: Tally, path: Path
) -> Iterator[tuple[int, Result]]:
    """The detections in pictures of the truth.

    Args:
        read (Iterable): Place in the file, and detection; what is malformed is in ``tally`` already.
        pictures (Collection[int]): Ids of the truth's pictures.
        tally (Tally): Takes the detections in other pictures.
        path (Path): The file, for the message.

    Yields:
        tuple: Picture's id, and detection.

    Raises:
        ValueError: At the end, if the file has entries and not one was yielded: it is of other pictures or another
            format. An empty list is the result of a detector that finds nobody.
    """
    known = 0
    for where, result in read:
        if isinstance(result.image_id, int) and result.image_id in pictures:
            known += 1
            yield result.image_id, result
        else:
            tally.add('extra', f'{where}: picture {result.image_id}')
    if not known and (tally.items('malformed') or tally.items('extra')):
        raise ValueError(
            f'{path}: not one entry is of a picture of the truth, whose first is {min(pictures)}. The first that is '
            f'not: {tally.first("malformed", "extra")}'
        )


def tell_undetected(tally: Tally, pictures: Iterable[int]) -> None:
    """Add pictures with persons, but without any detection, to ``tally``."""
    for number in pictures:
        tally.add(_UNDETECTED, str(number))


def named_scores(group: str, scores: Mapping[str, float], cause: Callable[[str], str]) -> dict[str, float]:
    """Scores by metrics' keys; the log tells the cause of each NaN.

    Args:
        group (str): What stands before the slash.
        scores (Mapping[str, float]): By ``AP`` and so on.
        cause (Callable[[str], str]): Why the score of such a name is NaN.

    Returns:
        dict: ``GROUP/AP`` and so on.
    """
    for name, value in scores.items():
        if math.isnan(value):
            print_log(f'{group}/{name} is NaN, as {cause(name)}', 'current', WARNING)
    return {f'{group}/{name}': value for name, value in scores.items()}
