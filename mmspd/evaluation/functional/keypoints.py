"""Errors of joints: mean distances, PCK and PCKh, and the distance that SPD's published numbers probably are.

Axis glossary: N persons, K joints. Distances are Euclidean, in pixels of the original image. Joints are *annotated*
(visible or occluded) or missing; missing joints never count.

* ``mED``: mean distance over all annotated joints of all persons.
* ``mED_spd_code``: the paper's evaluation as it probably was run, see :func:`spd_code_errors`. It may stand beside the
  paper's 51 to 57 px, but is no measure of quality.
* ``PCK@t``: share of annotated joints with distance <= t x torso, the diagonal from left shoulder to right hip, or the
  other one where it is incomplete. Persons with neither are left out, and counted.
* ``PCKh@t``: the same with the head's length, from upper neck to head top (Andriluka et al., CVPR 2014, derive it from
  a head box, which LIP lacks).

A length between two joints at the same place is as unknown as one with a missing joint.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from mmspd.anatomy import JOINTS, NUM_JOINTS

__all__ = [
    'KeypointErrors',
    'compare_keypoints',
    'correct_keypoints',
    'joint_means',
    'masked_mean',
    'mean_spd_code_error',
    'spd_code_errors',
]

_TORSO_DIAGONALS = (('left_shoulder', 'right_hip'), ('right_shoulder', 'left_hip'))
_HEAD = ('upper_neck', 'head_top')


@dataclass(frozen=True)
class KeypointErrors:
    """Distances of N persons' joints, with what scores need to know about each person.

    Attributes:
        errors: float64, (N, K), pixels; 0 and meaningless where not annotated.
        spd_errors: float64, (N, K), pixels, of :func:`spd_code_errors`; likewise.
        annotated: bool, (N, K).
        occluded: bool, (N, K); only among the annotated ones.
        torso: float64, (N,), pixels; NaN where unknown.
        head: float64, (N,), pixels; NaN where unknown.
    """

    errors: np.ndarray
    spd_errors: np.ndarray
    annotated: np.ndarray
    occluded: np.ndarray
    torso: np.ndarray
    head: np.ndarray

    @classmethod
    def concatenate(cls, parts: Sequence['KeypointErrors']) -> 'KeypointErrors':
        """All persons of several results; no result at all is allowed."""
        parts = [cls.nobody(), *parts]
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})

    @classmethod
    def nobody(cls) -> 'KeypointErrors':
        """The result of no person."""
        joints = np.zeros((0, NUM_JOINTS))
        persons = np.zeros(0)
        return cls(joints, joints, joints.astype(bool), joints.astype(bool), persons, persons)


def compare_keypoints(
    prediction: np.ndarray, truth: np.ndarray, annotated: np.ndarray, occluded: np.ndarray
) -> KeypointErrors:
    """Measure the predicted joints of some persons.

    Args:
        prediction (np.ndarray): (N, 16, 2), pixels of the original image.
        truth (np.ndarray): (N, 16, 2), likewise; any value where not annotated.
        annotated (np.ndarray): bool, (N, 16).
        occluded (np.ndarray): bool, (N, 16).

    Returns:
        KeypointErrors: The distances; NaN where an annotated joint's prediction is not a number, so that it shows.

    Raises:
        ValueError: If the shapes do not fit, or an annotated joint's place is no finite number.
    """
    persons = len(truth)
    for name, array, shape in (
        ('predicted keypoints', prediction, (persons, NUM_JOINTS, 2)),
        ('true keypoints', truth, (persons, NUM_JOINTS, 2)),
        ('keypoints_visible', annotated, (persons, NUM_JOINTS)),
        ('keypoints_occluded', occluded, (persons, NUM_JOINTS)),
    ):
        if array.shape != shape:
            raise ValueError(f'{name} must have the shape {shape}, got {array.shape}')
    annotated = annotated.astype(bool)
    if not np.isfinite(truth[annotated]).all():
        raise ValueError('true keypoints hold NaN or infinity at annotated joints')
    truth = np.where(annotated[..., None], truth, 0).astype(np.float64)
    prediction = prediction.astype(np.float64)
    return KeypointErrors(
        errors=np.where(annotated, _distance(prediction, truth), 0),
        spd_errors=np.where(annotated, spd_code_errors(prediction, truth, annotated), 0),
        annotated=annotated,
        occluded=occluded.astype(bool) & annotated,
        torso=_first_known([_length(truth, annotated, ends) for ends in _TORSO_DIAGONALS]),
        head=_length(truth, annotated, _HEAD),
    )


def spd_code_errors(prediction: np.ndarray, truth: np.ndarray, annotated: np.ndarray) -> np.ndarray:
    """Distances as the code that appears to be the SPD authors' takes them.

    It reads the prediction's columns with an index that stays where it is at a missing joint. The n-th *annotated*
    joint of a person is thus compared with the n-th *predicted* joint, whichever joint that is: right up to the first
    missing joint, wrong from there on. :func:`mean_spd_code_error` averages per joint, then over the 16 joints (Eq. 9,
    N = 16). That order of averaging is not known: of several it was chosen for giving values of the paper's size.

    On LIP's complete validation list, perfect predictions score 44.3 px under it with (0, 0) predicted for missing
    joints, 44.5 px with (-1, -1) and 32.5 px with the mean of the person's joints; with normal noise of 10 px on each
    coordinate (12.5 px in truth) 53.3, 53.4 and 41.4 px.

    Args:
        prediction (np.ndarray): (N, K, 2).
        truth (np.ndarray): (N, K, 2).
        annotated (np.ndarray): bool, (N, K).

    Returns:
        np.ndarray: (N, K), pixels; meaningless where not annotated.
    """
    annotated_before = np.cumsum(annotated, axis=1) - annotated
    return _distance(np.take_along_axis(prediction, annotated_before[..., None], axis=1), truth)


def mean_spd_code_error(errors: KeypointErrors) -> float:
    """``mED_spd_code``: mean per joint, then over the joints annotated anywhere; pixels, NaN if there are none."""
    measured = np.asarray(errors.annotated.any(axis=0))
    return masked_mean(joint_means(errors.spd_errors, errors.annotated), measured)


def correct_keypoints(
    errors: KeypointErrors, lengths: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """Which joints lie close enough to the truth, in units of a length of the person.

    Args:
        errors (KeypointErrors): Distances of N persons.
        lengths (np.ndarray): (N,), pixels: ``errors.torso`` for PCK, ``errors.head`` for PCKh.
        threshold (float): Largest distance of a correct joint, in those lengths, itself included.

    Returns:
        tuple: ``correct`` bool (N, K); ``counted`` bool (N, K), the annotated joints of persons whose length is known;
        the number of persons left out although they have an annotated joint.
    """
    known = np.isfinite(lengths)
    limits = np.where(known, lengths, 0) * threshold
    excluded = int((errors.annotated.any(axis=1) & ~known).sum())
    return errors.errors <= limits[:, None], errors.annotated & known[:, None], excluded


def masked_mean(values: np.ndarray, mask: np.ndarray) -> float:
    """Mean of the values under the mask; NaN if there are none."""
    return float(values[mask].mean()) if mask.any() else float('nan')


def joint_means(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mean of each column of (N, K) under the mask: float64, (K,); NaN for a column without any."""
    count = mask.sum(axis=0)
    total = np.where(mask, values, 0).sum(axis=0, dtype=np.float64)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1])


def _length(truth: np.ndarray, annotated: np.ndarray, ends: tuple[str, str]) -> np.ndarray:
    """Distance between two joints, (N,); NaN where one is missing or both coincide (no length to compare with)."""
    first, second = (JOINTS.index(name) for name in ends)
    length = _distance(truth[:, first], truth[:, second])
    return np.where(annotated[:, first] & annotated[:, second] & (length > 0), length, np.nan)


def _first_known(candidates: Sequence[np.ndarray]) -> np.ndarray:
    """The first candidate that is not NaN, person by person."""
    chosen = candidates[0]
    for candidate in candidates[1:]:
        chosen = np.where(np.isnan(chosen), candidate, chosen)
    return chosen
