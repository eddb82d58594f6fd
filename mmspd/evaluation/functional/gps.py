"""Geodesic point similarity (GPS) of persons, over all points and by part, and its masked variant.

GPS of a person is the mean, over its labelled points, of ``exp(-d^2 / (2 k^2))`` (:mod:`mmspd.surface.similarity`). It
asks nothing of a prediction where no point is, so a map without any background loses nothing. GPSm therefore is
``sqrt(GPS * IoU)``, with the IoU of the predicted body and the union of the annotated masks.

Axis glossary: P points, N persons.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE
from mmspd.surface.similarity import point_similarity

__all__ = ['PersonGPS', 'masked_gps', 'mean_of_parts', 'score_points']

_COARSE = np.array(FINE_TO_COARSE)


@dataclass(frozen=True, eq=False)
class PersonGPS:
    """One person's similarities, summed by coarse part.

    Attributes:
        sums: float64 (14,), sums of similarities.
        points: int64 (14,), numbers of labelled points.
    """

    sums: np.ndarray
    points: np.ndarray

    @property
    def gps(self) -> float:
        """The mean over all points; NaN without points."""
        return float(self.sums.sum() / self.points.sum()) if self.points.any() else float('nan')


def score_points(distances: np.ndarray, parts: np.ndarray, k: np.ndarray | float) -> PersonGPS:
    """Score one person's points.

    Args:
        distances (np.ndarray): (P,), metres along the surface, infinite where background was predicted.
        parts (np.ndarray): Whole numbers (P,), the labelled parts, 1..24.
        k (np.ndarray | float): Scale in metres: :data:`~mmspd.surface.similarity.PART_SCALES`, or one for all.

    Returns:
        PersonGPS: Sums by coarse part.

    Raises:
        ValueError: As :func:`~mmspd.surface.similarity.point_similarity`.
    """
    similarity = point_similarity(distances, parts, k)
    coarse, count = _COARSE[parts], len(COARSE_PARTS)
    return PersonGPS(np.bincount(coarse, weights=similarity, minlength=count), np.bincount(coarse, minlength=count))


def mean_of_parts(persons: Sequence[PersonGPS]) -> np.ndarray:
    """GPS of each coarse part: the mean over the persons with points there of the mean over these points.

    Args:
        persons (Sequence[PersonGPS]): N persons.

    Returns:
        np.ndarray: float64 (14,); NaN for a part without points.
    """
    size = (len(persons), len(COARSE_PARTS))
    points = np.array([person.points for person in persons]).reshape(size)
    sums = np.array([person.sums for person in persons]).reshape(size)
    means = np.divide(sums, points, out=np.zeros(size), where=points > 0)
    counted = (points > 0).sum(axis=0)
    return np.divide(means.sum(axis=0), counted, out=np.full(size[1], np.nan), where=counted > 0)


def masked_gps(gps: np.ndarray | float, overlap: np.ndarray | float) -> np.ndarray:
    """GPSm, ``sqrt(GPS * IoU)``, of values of 0..1 whose shapes broadcast: float64."""
    return np.sqrt(np.multiply(gps, overlap, dtype=np.float64))
