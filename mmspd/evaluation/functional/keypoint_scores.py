"""Scores of joints from their distances: six measures, of all joints or some, of visible and occluded ones.

Besides those of :mod:`mmspd.evaluation.functional.keypoints`:

* ``mED_torso``, ``mED_head``: mean distance in lengths of the person's own torso or head, as PCK and PCKh take them;
  the mean of the joints' ratios, and no ratio of means.
* ``AUC``: area under PCKh over thresholds of 0..0.5 heads, in trapezoids of 0.01, divided by 0.5, so that it is 1 where
  every joint is exact. Works on MPII report it beside PCKh@0.5 (Insafutdinov et al., ECCV 2016), with MPII's own head.

Each measure has one value a joint, of which a score is the mean. Persons without the length that a measure needs are
left out of it. Axis glossary: N persons, K joints.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from mmspd.anatomy import JOINT_SIDES, JOINTS
from mmspd.evaluation.functional.keypoints import KeypointErrors, correct_keypoints, masked_mean

__all__ = ['JOINT_GROUPS', 'SIDE_GROUPS', 'SUBSETS', 'Measure', 'area_under_pck', 'measure_keypoints', 'score_joints']

_AUC_LIMIT: Final = 0.5
_AUC_STEPS: Final = 50

SUBSETS: Final = ('', '_visible', '_occluded')  # endings of keys

# Name -> bool (K,), which joints it stands for.
JOINT_GROUPS: Final = {name: np.arange(len(JOINTS)) == place for place, name in enumerate(JOINTS)}
SIDE_GROUPS: Final = {side: np.array(JOINT_SIDES) == side for side in dict.fromkeys(JOINT_SIDES)}


@dataclass(frozen=True, eq=False)
class Measure:
    """One value for each joint of each person.

    Attributes:
        values: (N, K), float64 or bool; meaningless where not counted.
        counted: bool (N, K).
        length: 'torso' or 'head', which a person needs to count; '' if neither.
        excluded: Number of persons with annotated joints that lack it.
    """

    values: np.ndarray
    counted: np.ndarray
    length: str = ''
    excluded: int = 0


def measure_keypoints(
    errors: KeypointErrors, pck_threshold: float = 0.2, pckh_threshold: float = 0.5
) -> dict[str, Measure]:
    """The measures of some persons' joints by their keys.

    Args:
        errors (KeypointErrors): Distances of N persons.
        pck_threshold (float): Largest distance for PCK, in torso lengths.
        pckh_threshold (float): Largest distance for PCKh, in head lengths.

    Returns:
        dict[str, Measure]: ``mED`` in pixels, ``mED_torso`` and ``mED_head`` in lengths, ``PCK@t``, ``PCKh@t`` and
        ``AUC`` as fractions.
    """
    measures = {'mED': Measure(errors.errors, errors.annotated)}
    pck, pckh = f'PCK@{pck_threshold:g}', f'PCKh@{pckh_threshold:g}'
    for length, key, threshold in (('torso', pck, pck_threshold), ('head', pckh, pckh_threshold)):
        lengths = getattr(errors, length)
        correct, counted, excluded = correct_keypoints(errors, lengths, threshold)
        relative = errors.errors / np.where(np.isfinite(lengths), lengths, 1)[:, None]
        measures[f'mED_{length}'] = Measure(relative, counted, length, excluded)
        measures[key] = Measure(correct, counted, length, excluded)
    of_heads = measures[pckh]
    measures['AUC'] = Measure(area_under_pck(errors, errors.head), of_heads.counted, 'head', of_heads.excluded)
    return {key: measures[key] for key in ('mED', 'mED_torso', 'mED_head', pck, pckh, 'AUC')}


def area_under_pck(errors: KeypointErrors, lengths: np.ndarray) -> np.ndarray:
    """Each joint's share of the area under the curve of PCK over thresholds of 0..0.5 lengths.

    The area is that of trapezoids between thresholds 0.01 apart. As the curve is a mean over joints, so is the area.

    Args:
        errors (KeypointErrors): Distances of N persons.
        lengths (np.ndarray): (N,), pixels; NaN where unknown.

    Returns:
        np.ndarray: float64 (N, K), 0..1: 1 for a distance of 0, 0 for one above half a length; meaningless where the
        joint is not annotated or the length unknown.
    """
    steps = np.zeros(errors.errors.shape)
    for step in range(_AUC_STEPS + 1):
        correct, _, _ = correct_keypoints(errors, lengths, step * _AUC_LIMIT / _AUC_STEPS)
        steps += correct * (0.5 if step in (0, _AUC_STEPS) else 1.0)
    return steps / _AUC_STEPS


def score_joints(
    measures: Mapping[str, Measure], errors: KeypointErrors, joints: np.ndarray
) -> tuple[dict[str, float], dict[str, str]]:
    """Scores of some of the joints: all annotated ones, the visible and the occluded ones.

    Args:
        measures (Mapping[str, Measure]): Of :func:`measure_keypoints`.
        errors (KeypointErrors): Which they were made of.
        joints (np.ndarray): bool (K,), the joints that are asked for.

    Returns:
        tuple: For each measure's key, with each ending of :data:`SUBSETS`, the mean, NaN where there is none; and for
        the keys whose value is NaN the cause.
    """
    annotated = errors.annotated & joints
    chosen = dict(zip(SUBSETS, (annotated, annotated & ~errors.occluded, annotated & errors.occluded), strict=True))
    scores, causes = {}, {}
    for name, measure in measures.items():
        for ending, subset in chosen.items():
            scores[f'{name}{ending}'] = masked_mean(measure.values, measure.counted & subset)
            if math.isnan(scores[f'{name}{ending}']):
                causes[f'{name}{ending}'] = _cause(measure, subset)
    return scores, causes


def _cause(measure: Measure, chosen: np.ndarray) -> str:
    """Why the mean over chosen annotated joints, bool (N, K), is NaN."""
    if not chosen.any():
        return 'no such joint is annotated'
    if not (measure.counted & chosen).any():
        return f'nobody with such a joint has a {measure.length} of known length'
    return 'a predicted joint is no number'
