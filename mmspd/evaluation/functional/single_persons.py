"""Mean similarity, AP and AR of pictures that show one annotated person each, and at most one prediction of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmspd.evaluation.functional.average_precision import ImagePairs, average_precision

__all__ = ['SinglePerson', 'score_persons', 'why_missing']

_REASONS = {
    'm': 'no person of 32^2 to 96^2 pixels has surface points',
    'l': 'no person of 96^2 pixels or more has surface points',
    '': 'no person has surface points',
}
_SIZED = ('APm', 'APl', 'ARm', 'ARl')


@dataclass(frozen=True)
class SinglePerson:
    """A picture's one person, which has surface points.

    Attributes:
        predicted: Whether there is a prediction.
        score: The prediction's, the higher the surer.
        predicted_area: Pixels of its box.
        area: Pixels of the annotated person; None if unknown.
    """

    predicted: bool
    score: float = 0.0
    predicted_area: float = 0.0
    area: float | None = None


def score_persons(persons: Sequence[SinglePerson], similarities: np.ndarray, name: str) -> dict[str, float]:
    """Score persons by the similarities of their predictions.

    Args:
        persons (Sequence[SinglePerson]): N persons, in a fixed order.
        similarities (np.ndarray): float (N,), 0..1; 0 where nothing is predicted.
        name (str): Key of the mean.

    Returns:
        dict: The mean, under ``name``, and what :func:`average_precision` gives; NaN where no person counts. APm, APl,
        ARm and ARl are not among them if a person's area is unknown.

    Raises:
        ValueError: If a similarity or score is not a number, or out of range.
    """
    pictures = [_pairs(*each) for each in zip(persons, similarities.tolist(), strict=True)]
    scores = {name: float(similarities.mean()) if persons else math.nan} | average_precision(pictures)
    if any(person.area is None for person in persons):
        scores = {key: value for key, value in scores.items() if key not in _SIZED}
    return scores


def why_missing(key: str) -> str:
    """Why a value of :func:`score_persons` is NaN, by its key."""
    return _REASONS[key[-1] if key in _SIZED else '']


def _pairs(person: SinglePerson, similarity: float) -> ImagePairs:
    found = int(person.predicted)
    return ImagePairs(
        similarity=np.full((found, 1), similarity),
        # Boxes decide only whether a detection of somebody who does not count is dropped, and here everybody counts.
        box_overlap=np.zeros((found, 1)),
        scores=np.full(found, person.score),
        areas=np.full(found, person.predicted_area),
        true_areas=np.array([person.area or 0.0]),
        counted=np.ones(1, dtype=bool),
        crowd=np.zeros(1, dtype=bool),
    )
