"""Average precision of persons' keypoints, by the rules of COCO's evaluator (Lin et al., ECCV 2014).

Its similarity of a detection and a person, OKS, is the mean over the person's annotated keypoints of
``exp(-d^2 / (2 a s^2))``: d is the distance in pixels, a the person's area, s twice the keypoint's sigma, which COCO
measured from people who annotated the same pictures (:data:`mmspd.anatomy.COCO_SIGMAS`).

Axis glossary: K keypoints, D detections and G persons of a picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmspd.evaluation.functional.average_precision import ImagePairs, average_precision

__all__ = ['FoundKeypoints', 'TrueKeypoints', 'keypoint_similarity', 'score_keypoint_images']


@dataclass(frozen=True, eq=False)
class TrueKeypoints:
    """An annotated person. One that stands for a crowd, or has no annotated keypoint, asks for no detection.

    Attributes:
        keypoints: (K, 2), x, y in pixels; any value where not annotated.
        visible: bool (K,), whether annotated (COCO's v > 0), occluded or not.
        area: Its pixels: of the person, not of the box.
        box: (4,), x, y, width, height.
        crowd: Whether it stands for a crowd, which several detections may match.
    """

    keypoints: np.ndarray
    visible: np.ndarray
    area: float
    box: np.ndarray
    crowd: bool = False


@dataclass(frozen=True, eq=False)
class FoundKeypoints:
    """A detection.

    Attributes:
        keypoints: (K, 2), x, y in pixels; all of them count.
        score: The higher the surer.
    """

    keypoints: np.ndarray
    score: float


def keypoint_similarity(
    found: Sequence[FoundKeypoints], persons: Sequence[TrueKeypoints], sigmas: np.ndarray
) -> np.ndarray:
    """OKS of every detection with every person.

    With a person without annotated keypoints, the distances are those to its box, made thrice as wide and high about
    its centre: whatever was detected there is forgiven.

    Args:
        found (Sequence[FoundKeypoints]): D detections.
        persons (Sequence[TrueKeypoints]): G persons.
        sigmas (np.ndarray): float (K,), positive.

    Returns:
        np.ndarray: float64 (D, G), 0..1.

    Raises:
        ValueError: If a shape does not fit ``sigmas``, or a number is not finite or negative where it cannot be.
    """
    sigmas = np.asarray(sigmas, dtype=np.float64)
    _check(found, persons, sigmas)
    similarity = np.zeros((len(found), len(persons)))
    if not found:
        return similarity
    places = np.stack([each.keypoints for each in found]).astype(np.float64)
    for column, person in enumerate(persons):
        seen = np.asarray(person.visible, dtype=bool)
        if seen.any():
            offsets = places[:, seen] - np.asarray(person.keypoints, dtype=np.float64)[seen]
        else:
            seen = np.ones(len(sigmas), dtype=bool)
            corner, size = np.asarray(person.box, dtype=np.float64).reshape(2, 2)
            offsets = np.maximum(corner - size - places, 0) + np.maximum(places - (corner + 2 * size), 0)
        # An area of 0 must not divide.
        errors = (offsets**2).sum(axis=2) / (2 * sigmas[seen]) ** 2 / (person.area + np.spacing(1)) / 2
        similarity[:, column] = np.exp(-errors).mean(axis=1)
    return similarity


def score_keypoint_images(
    images: Sequence[tuple[Sequence[TrueKeypoints], Sequence[FoundKeypoints]]], sigmas: np.ndarray
) -> dict[str, float]:
    """AP and AR over OKS of 0.5:0.05:0.95, at 0.5 and 0.75, and of medium and large persons.

    The surest 20 detections of a picture count. Detections of equal scores keep the order of pictures, and of
    detections in them. A detection's own size, for medium and large, is that of the box around its keypoints.

    Args:
        images (Sequence): Of each picture, its persons and its detections; either may be empty.
        sigmas (np.ndarray): float (K,), positive: :data:`mmspd.anatomy.COCO_SIGMAS`, or those of some of its joints.

    Returns:
        dict: ``AP``, ``AP50``, ``AP75``, ``APm``, ``APl``, ``AR``, ``AR50``, ``AR75``, ``ARm``, ``ARl``, fractions; NaN
        where no person counts (COCO's evaluator writes -1).

    Raises:
        ValueError: As :func:`keypoint_similarity`; the message begins with the picture's number from 0.
    """
    pictures = []
    for number, (persons, found) in enumerate(images):
        try:
            pictures.append(_pairs(persons, found, sigmas))
        except ValueError as error:
            raise ValueError(f'picture {number}: {error}') from error
    return average_precision(pictures)


def _pairs(persons: Sequence[TrueKeypoints], found: Sequence[FoundKeypoints], sigmas: np.ndarray) -> ImagePairs:
    crowd = np.array([person.crowd for person in persons], dtype=bool)
    annotated = np.array([np.any(person.visible) for person in persons], dtype=bool)
    return ImagePairs(
        similarity=keypoint_similarity(found, persons, sigmas),
        box_overlap=None,
        scores=np.array([each.score for each in found], dtype=np.float64),
        areas=np.array([np.ptp(each.keypoints, axis=0).prod() for each in found], dtype=np.float64),
        true_areas=np.array([person.area for person in persons], dtype=np.float64),
        counted=annotated & ~crowd,
        crowd=crowd,
    )


def _check(found: Sequence[FoundKeypoints], persons: Sequence[TrueKeypoints], sigmas: np.ndarray) -> None:
    """Raise ValueError for what cannot be measured."""
    if sigmas.ndim != 1 or not len(sigmas) or not (np.isfinite(sigmas) & (sigmas > 0)).all():
        raise ValueError(f'expected sigmas (K,), positive, got {sigmas.tolist()}')
    shape = (len(sigmas), 2)
    for each in found:
        _check_numbers('detected keypoints', each.keypoints, shape)
        if not np.isfinite(each.score):
            raise ValueError(f'expected a finite score, got {each.score}')
    for person in persons:
        if np.shape(person.visible) != shape[:1]:
            raise ValueError(f'expected visible of shape {shape[:1]}, got {np.shape(person.visible)}')
        if np.shape(person.keypoints) != shape:
            raise ValueError(f'expected annotated keypoints of shape {shape}, got {np.shape(person.keypoints)}')
        seen = np.asarray(person.visible, dtype=bool)
        _check_numbers('annotated keypoints', np.asarray(person.keypoints)[seen], (int(seen.sum()), 2))
        _check_numbers('a box', person.box, (4,))
        if not 0 <= person.area < np.inf:
            raise ValueError(f'expected an area of 0 or more pixels, got {person.area}')


def _check_numbers(what: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
    if np.shape(values) != shape or not np.isfinite(values).all():
        raise ValueError(f'expected {what} of shape {shape}, all finite, got shape {np.shape(values)}')
