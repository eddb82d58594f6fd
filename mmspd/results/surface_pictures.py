"""DensePose-COCO's results of whole pictures with any number of persons, by the rules of its evaluator."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from mmspd.anatomy import COARSE_PARTS, POINT_RANGE
from mmspd.datasets.files.coco_file import require_size
from mmspd.datasets.files.densepose_file import parse_surface
from mmspd.datasets.files.run_length import union_of_masks
from mmspd.evaluation.functional.average_precision import ImagePairs, average_precision
from mmspd.evaluation.functional.gps_pairs import AnnotatedPerson, DetectedPerson, compare_persons, with_masks
from mmspd.evaluation.functional.single_persons import why_missing
from mmspd.results.coco_pictures import (
    Annotation,
    known_results,
    named_scores,
    picture_tally,
    read_pictures,
    tell_undetected,
)
from mmspd.results.surface_results import read_surface_results, surface_is_needed
from mmspd.surface import BODY_SURFACE, DENSEPOSE_SURFACE, MeasuredSurface, open_surface
from mmspd.utils.progress import Report

__all__ = ['SurfacePictures']

_FIELDS: Final = ('dp_x', 'dp_y', 'dp_I', 'dp_U', 'dp_V', 'dp_masks')
_KEPT: Final = 16  # pictures whose masks are kept: results come picture by picture


class SurfacePictures:
    """DensePose-COCO's results against its annotation: AP and AR of GPS, and of GPSm where there are masks.

    One map is in memory at a time; what is kept is a few numbers for each detection and person of its picture.

    Args:
        truth (Path): An annotation file of DensePose-COCO.
        surface (str, optional): ``'mmspd_body'``, or a folder with the files of DensePose's evaluation. Defaults to
            None: the embedded body, where the file says that its points are of it.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If the truth is malformed, of another surface, or itself a network's prediction; or a file of the
            surface is damaged.
    """

    def __init__(self, truth: Path, surface: str | None = None) -> None:
        pictures = read_pictures(truth, _FIELDS)
        self._pictures = pictures.by_id
        self._measured = _surface_of(pictures.surface_name, surface, truth)
        self.tally = picture_tally('densepose')
        self._pairs: dict[int, list[ImagePairs]] = {number: [] for number in self._pictures}
        self._masked: dict[int, list[ImagePairs]] = {number: [] for number in self._pictures}
        groups = (picture.persons for picture in self._pictures.values())
        self._with_masks = any(person.fields.get('dp_masks') for group in groups for person in group)
        self._persons = lru_cache(_KEPT)(self._read_persons)

    def take(self, results: Path, progress: Report) -> None:
        """Compare all detections with the persons of their pictures; defects are added to ``tally``.

        Args:
            results (Path): JSON file of DensePose-COCO's results.
            progress (Callable[[int, int], None]): Gets the number of pictures with detections so far, and of all.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If the file is no JSON list, of its entries not one is of a picture of the truth, or an
                annotation of the truth is malformed.
        """
        found: set[int] = set()
        total = len(self._pictures)
        read = read_surface_results(results, self.tally.add_malformed)
        for number, result in known_results(read, self._pictures, self.tally, results):
            found.add(number)
            self._compare(number, [DetectedPerson(result.box, result.score, result.iuv)])
            progress(len(found), total)
        undetected = [number for number in self._pictures if number not in found]
        for number in undetected:
            self._compare(number, [])
        tell_undetected(self.tally, (number for number in undetected if self._pairs[number][0].counted.any()))
        progress(total, total)

    def _read_persons(self, number: int) -> list[AnnotatedPerson]:
        """A picture's persons."""
        return [_person(each) for each in self._pictures[number].persons]

    def _compare(self, number: int, detections: list[DetectedPerson]) -> None:
        """Keep the similarities of at most one detection with the persons of its picture."""
        persons = self._persons(number)
        pairs = compare_persons(detections, persons, self._measured)
        self._pairs[number].append(pairs)
        if self._with_masks:
            picture = self._pictures[number]
            size = require_size(picture.image, f'image {number}') if detections else (0, 0)  # no use without any
            self._masked[number].append(with_masks(pairs, detections, persons, size))

    @property
    def pictures(self) -> int:
        """How many the truth has."""
        return len(self._pictures)

    def score(self) -> dict[str, float]:
        """The metrics, after :meth:`take`: ``gps/AP`` and so on, ``gpsm/AP`` and so on, ``gps/num_persons``."""
        metrics = _scores('gps', self._pairs)
        metrics['gps/num_persons'] = float(sum(int(parts[0].counted.sum()) for parts in self._pairs.values()))
        return metrics | (_scores('gpsm', self._masked) if self._with_masks else {})


def _surface_of(name: str | None, given: str | None, truth: Path) -> MeasuredSurface:
    """The surface on which points are measured, which must be theirs."""
    if given is None and name != BODY_SURFACE:
        raise ValueError(surface_is_needed(str(truth), name))
    measured = open_surface(given or BODY_SURFACE)
    mine = measured.surface.name
    if (name or DENSEPOSE_SURFACE) != mine:
        raise ValueError(f'{truth}: its points are of the surface {name or DENSEPOSE_SURFACE}, not of {mine}')
    return measured


def _person(annotation: Annotation) -> AnnotatedPerson:
    """A person as GPS takes it, in the file's own numbers."""
    fields = annotation.fields
    person = AnnotatedPerson(annotation.box, annotation.area, annotation.crowd)
    if 'dp_x' not in fields:
        return person
    masks = fields.get('dp_masks')
    checked = parse_surface({**fields, 'dp_masks': masks or [[]] * len(COARSE_PARTS)}, annotation.where)
    if checked is None:
        return person
    places = np.array([fields['dp_x'], fields['dp_y']], dtype=np.float64).T / POINT_RANGE
    uv = np.array([fields['dp_U'], fields['dp_V']], dtype=np.float64).T
    try:
        mask = union_of_masks(masks) if masks else None
    except ValueError as error:
        raise ValueError(f'{annotation.where}, field dp_masks: {error}') from error
    points = person.box[:2] + places * person.box[2:]
    return replace(person, points=points, parts=checked['dp_I'], uv=uv, mask=mask)


def _scores(group: str, pictures: dict[int, list[ImagePairs]]) -> dict[str, float]:
    """AP and AR by keys."""
    return named_scores(group, average_precision([_joined(parts) for parts in pictures.values()]), why_missing)


def _joined(parts: list[ImagePairs]) -> ImagePairs:
    """A picture's detections, which were compared one by one."""
    rows: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ('similarity', 'box_overlap', 'scores', 'areas')
    }
    return ImagePairs(**rows, **{name: getattr(parts[0], name) for name in ('true_areas', 'counted', 'crowd')})
