"""COCO's keypoints results of whole pictures with any number of persons, by the rules of its evaluator."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from mmspd.anatomy import COCO_JOINTS, COCO_SIGMAS
from mmspd.datasets.files.number_lists import check_numbers
from mmspd.evaluation.functional.keypoint_ap import FoundKeypoints, TrueKeypoints, score_keypoint_images
from mmspd.results.coco_pictures import (
    Annotation,
    known_results,
    named_scores,
    picture_tally,
    read_pictures,
    tell_undetected,
)
from mmspd.results.keypoint_results import read_keypoint_results
from mmspd.utils.progress import Report

__all__ = ['KeypointPictures']

_CAUSES: Final = {
    'm': 'no person of 32^2 to 96^2 pixels has annotated keypoints',
    'l': 'no person of 96^2 pixels or more has annotated keypoints',
}


class KeypointPictures:
    """COCO's keypoints results against its annotation: AP and AR of OKS.

    Args:
        truth (Path): An annotation file of COCO's keypoints.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is malformed; the message names annotation and field.
    """

    def __init__(self, truth: Path) -> None:
        pictures = read_pictures(truth, ('keypoints',)).by_id
        self.tally = picture_tally('keypoints')
        self._images: dict[int, tuple[Sequence[TrueKeypoints], list[FoundKeypoints]]] = {
            number: ([_person(each) for each in picture.persons], []) for number, picture in pictures.items()
        }
        if not any(map(self._has_keypoints, self._images)):
            raise ValueError(f"{truth}: no annotation has keypoints; COCO's are in person_keypoints_*.json")

    def take(self, results: Path, progress: Report) -> None:
        """Give all detections to their pictures; defects are added to ``tally``.

        Args:
            results (Path): JSON file of COCO's keypoints results, of its 17 joints.
            progress (Callable[[int, int], None]): Gets the number of pictures with detections so far, and of all.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If the file is no JSON list, or of its entries not one is of a picture of the truth.
        """
        done, total = 0, len(self._images)
        read = read_keypoint_results(results, COCO_JOINTS, self.tally.add_malformed)
        for number, result in known_results(read, self._images, self.tally, results):
            found = self._images[number][1]
            done += not found
            found.append(FoundKeypoints(result.keypoints, result.score))
            progress(done, total)
        undetected = (number for number, (_, found) in self._images.items() if not found)
        tell_undetected(self.tally, (number for number in undetected if self._has_keypoints(number)))
        progress(total, total)

    def _has_keypoints(self, number: int) -> bool:
        """Whether anybody in a picture has."""
        return any(person.visible.any() for person in self._images[number][0])

    @property
    def pictures(self) -> int:
        """How many the truth has."""
        return len(self._images)

    def score(self) -> dict[str, float]:
        """The metrics, after :meth:`take`: ``keypoints/AP`` and so on; for each NaN the log gives the cause."""
        scores = score_keypoint_images(list(self._images.values()), np.array(COCO_SIGMAS))
        return named_scores('keypoints', scores, _why_missing)


def _why_missing(name: str) -> str:
    """Why a score is NaN."""
    return _CAUSES.get(name[-1], 'no person has annotated keypoints')


def _person(annotation: Annotation) -> TrueKeypoints:
    """A person as OKS takes it; without any annotated keypoint where it has not the field."""
    numbers = check_numbers(annotation.fields.get('keypoints', []), f'{annotation.where}, field keypoints')
    if len(numbers) not in (0, 3 * len(COCO_JOINTS)):
        raise ValueError(
            f"{annotation.where}, field keypoints: expected {3 * len(COCO_JOINTS)} numbers (x, y, v of COCO's "
            f'{len(COCO_JOINTS)} joints), got {len(numbers)}'
        )
    joints = np.array(numbers or [0.0] * (3 * len(COCO_JOINTS)), dtype=np.float64).reshape(-1, 3)
    return TrueKeypoints(joints[:, :2], joints[:, 2] > 0, annotation.area, annotation.box, annotation.crowd)
