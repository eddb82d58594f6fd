"""GPS and GPSm of every detection with every annotated person of a picture, by DensePose-COCO's rules.

Axis glossary: D detections and G persons of a picture, P points, h, w pixels of a detection's map.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mmspd.evaluation.functional.average_precision import MOST_DETECTIONS, ImagePairs, box_overlaps
from mmspd.evaluation.functional.gps import masked_gps, score_points
from mmspd.evaluation.functional.person_masks import annotated_body, mask_overlap, predicted_body
from mmspd.evaluation.functional.surface_reading import read_map
from mmspd.surface import PART_SCALES, MeasuredSurface

__all__ = ['AnnotatedPerson', 'DetectedPerson', 'compare_persons', 'with_masks']


@dataclass(frozen=True, eq=False)
class AnnotatedPerson:
    """A person of DensePose-COCO's annotation.

    Attributes:
        box: (4,), x, y, width, height in pixels of the picture.
        area: Its pixels.
        crowd: Whether it stands for a crowd.
        points: (P, 2), x, y of its points in the picture: x = box_x + dp_x / 255 * width. None for a person that was
            not annotated with points, which does not count.
        parts: Whole numbers (P,), 1..24; None likewise.
        uv: (P, 2), 0..1; None likewise.
        mask: bool (256, 256) over the box, the union of ``dp_masks``; None where there are none.
    """

    box: np.ndarray
    area: float
    crowd: bool = False
    points: np.ndarray | None = None
    parts: np.ndarray | None = None
    uv: np.ndarray | None = None
    mask: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class DetectedPerson:
    """A person of DensePose-COCO's results.

    Attributes:
        box: (4,), x, y, width, height in pixels of the picture.
        score: The higher the surer.
        iuv: uint8 (3, h, w), I, and U, V times 255, over the box.
    """

    box: np.ndarray
    score: float
    iuv: np.ndarray


def compare_persons(
    detections: Sequence[DetectedPerson],
    persons: Sequence[AnnotatedPerson],
    measured: MeasuredSurface,
    k: np.ndarray | float = PART_SCALES,
) -> ImagePairs:
    """Compare a picture's detections, the surest 20, with its persons.

    Args:
        detections (Sequence[DetectedPerson]): D detections.
        persons (Sequence[AnnotatedPerson]): G persons.
        measured (MeasuredSurface): The surface that the points are of.
        k (np.ndarray | float): Scale in metres, one for each part or one for all.

    Returns:
        ImagePairs: With GPS as the similarity; 0 for a person with an empty list of points.

    Raises:
        ValueError: If points do not fit the surface.
    """
    detections = _surest(detections)
    similarity = np.zeros((len(detections), len(persons)))
    for column, person in enumerate(persons):
        if person.points is None or person.parts is None or person.uv is None or not len(person.parts):
            continue
        for row, detection in enumerate(detections):
            parts, uv = read_map(detection.iuv, detection.box, person.points)
            distances = measured.distances(person.parts, person.uv, parts, uv)
            similarity[row, column] = score_points(distances, person.parts, k).gps
    boxes = np.array([detection.box for detection in detections], dtype=np.float64).reshape(-1, 4)
    true_boxes = np.array([person.box for person in persons], dtype=np.float64).reshape(-1, 4)
    crowd = np.array([person.crowd for person in persons], dtype=bool)
    return ImagePairs(
        similarity=similarity,
        box_overlap=box_overlaps(boxes, true_boxes, crowd),
        scores=np.array([detection.score for detection in detections], dtype=np.float64),
        areas=boxes[:, 2] * boxes[:, 3],
        true_areas=np.array([person.area for person in persons], dtype=np.float64),
        counted=np.array([person.points is not None for person in persons], dtype=bool),
        crowd=crowd,
    )


def with_masks(
    pairs: ImagePairs,
    detections: Sequence[DetectedPerson],
    persons: Sequence[AnnotatedPerson],
    shape: tuple[int, int],
) -> ImagePairs:
    """The same pairs with GPSm as the similarity.

    Args:
        pairs (ImagePairs): Of :func:`compare_persons`, of the same detections and persons.
        detections (Sequence[DetectedPerson]): D detections.
        persons (Sequence[AnnotatedPerson]): G persons; one without mask overlaps nothing.
        shape (tuple): H, W of the picture.

    Returns:
        ImagePairs: Otherwise as they were.
    """
    overlap = np.zeros_like(pairs.similarity)
    bodies = [predicted_body(detection.iuv[0] > 0, detection.box, shape) for detection in _surest(detections)]
    for column, person in enumerate(persons):
        if person.mask is None:
            continue
        annotated = annotated_body(person.mask, person.box, shape)
        overlap[:, column] = [mask_overlap(body, annotated, person.crowd) for body in bodies]
    return replace(pairs, similarity=masked_gps(pairs.similarity, overlap))


def _surest(detections: Sequence[DetectedPerson]) -> list[DetectedPerson]:
    """The detections that count, by falling score; those of equal scores as they came."""
    return sorted(detections, key=lambda detection: -detection.score)[:MOST_DETECTIONS]
