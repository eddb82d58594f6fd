"""Geodesic point similarity (GPS), as DensePose-COCO's evaluation has it.

A point's similarity is ``exp(-d^2 / (2 k^2))``, with ``d`` the distance along the body, in metres, between the labelled
and the predicted surface point. A person's is the mean over the labelled points. The scale ``k`` was one constant in
the original article (Guler et al., CVPR 2018); the later evaluation has one for each coarse part, that of the
*labelled* point.
"""

from typing import Final

import numpy as np

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, NUM_PARTS

__all__ = ['FIXED_SCALE', 'PART_SCALES', 'person_similarity', 'point_similarity']

FIXED_SCALE: Final = 0.255  # metres; half of it and the similarity is 0.88, twice and it is 0.14

_COARSE_SCALES: Final = {
    'Torso': 0.351,
    'RightHand': 0.107,
    'LeftHand': 0.107,
    'LeftFoot': 0.126,
    'RightFoot': 0.126,
    'UpperLegRight': 0.237,
    'UpperLegLeft': 0.237,
    'LowerLegRight': 0.173,
    'LowerLegLeft': 0.173,
    'UpperArmLeft': 0.142,
    'UpperArmRight': 0.142,
    'LowerArmLeft': 0.128,
    'LowerArmRight': 0.128,
    'Head': 0.150,
}


def _scale_table() -> np.ndarray:
    table = np.array([_COARSE_SCALES[COARSE_PARTS[coarse]] if coarse >= 0 else np.nan for coarse in FINE_TO_COARSE])
    table.setflags(write=False)
    return table


# float64 (25,), metres: scale by fine part; background has none (NaN).
PART_SCALES: Final = _scale_table()


def point_similarity(distances: np.ndarray, parts: np.ndarray, k: np.ndarray | float = PART_SCALES) -> np.ndarray:
    """Similarity of each point.

    Args:
        distances (np.ndarray): (N...,), metres, 0 or more; infinite where the prediction is background.
        parts (np.ndarray): Whole numbers (N...,), part of the labelled point, 1..24.
        k (np.ndarray | float): Scale in metres: a table (25,) by part, or one for all, as ``FIXED_SCALE``.

    Returns:
        np.ndarray: float64 (N...,), 0..1; 0 at an infinite distance.

    Raises:
        ValueError: If a distance is negative or NaN, a part is out of range, a scale is not finite and above 0, or
            shapes differ.
    """
    distances, parts, scales = np.asarray(distances, np.float64), np.asarray(parts), np.asarray(k, np.float64)
    if parts.dtype.kind not in 'iu' or parts.shape != distances.shape:
        raise ValueError(
            f'expected a part, a whole number, for each distance, got {parts.shape} of {parts.dtype} '
            f'for {distances.shape}'
        )
    if parts.size and not 1 <= parts.min() <= parts.max() <= NUM_PARTS:
        raise ValueError(f'expected labelled parts of 1..{NUM_PARTS}, got {parts.min()}..{parts.max()}')
    if not (distances >= 0).all():
        raise ValueError('expected distances of 0 or more, got a negative one or NaN')
    if scales.shape not in ((), (NUM_PARTS + 1,)):
        raise ValueError(f'expected one scale, or a table of {NUM_PARTS + 1} by part, got shape {scales.shape}')
    scale = scales[parts] if scales.ndim else scales
    if not ((scale > 0) & np.isfinite(scale)).all():
        raise ValueError('expected finite scales above 0 metres')
    with np.errstate(over='ignore'):  # of a tiny scale: 0 all the same
        return np.exp(-np.square(distances / scale) / 2)


def person_similarity(similarities: np.ndarray, persons: np.ndarray, num_persons: int) -> np.ndarray:
    """Mean similarity of each person's labelled points.

    Args:
        similarities (np.ndarray): (P,), one for each labelled point, 0..1.
        persons (np.ndarray): Whole numbers (P,), the point's person, 0..``num_persons`` - 1.
        num_persons (int): N.

    Returns:
        np.ndarray: float64 (N,); NaN for a person without points.

    Raises:
        ValueError: If a person is out of range or the lengths differ.
    """
    similarities, persons = np.asarray(similarities, np.float64), np.asarray(persons)
    if persons.dtype.kind not in 'iu' or persons.ndim != 1 or persons.shape != similarities.shape:
        raise ValueError(
            f'expected a person, a whole number, for each of (P,) similarities, got {persons.shape} of '
            f'{persons.dtype} for {similarities.shape}'
        )
    if num_persons < 0:
        raise ValueError(f'expected a number of persons of 0 or more, got {num_persons}')
    if persons.size and not 0 <= persons.min() <= persons.max() < num_persons:
        raise ValueError(f'expected persons of 0..{num_persons - 1}, got {persons.min()}..{persons.max()}')
    counts = np.bincount(persons, minlength=num_persons)
    sums = np.bincount(persons, weights=similarities, minlength=num_persons)
    return np.divide(sums, counts, out=np.full(num_persons, np.nan), where=counts > 0)
