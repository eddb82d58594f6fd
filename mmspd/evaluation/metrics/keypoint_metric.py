"""``KeypointMetric``: distances of joints, PCK, PCKh and the area under it."""

import math
from collections.abc import Mapping, Sequence
from logging import WARNING
from typing import Any, Final

import numpy as np
from mmengine.logging import print_log

from mmspd.anatomy import JOINTS, NUM_JOINTS
from mmspd.evaluation.functional.keypoint_scores import (
    JOINT_GROUPS,
    SIDE_GROUPS,
    SUBSETS,
    Measure,
    measure_keypoints,
    score_joints,
)
from mmspd.evaluation.functional.keypoints import KeypointErrors, compare_keypoints, mean_spd_code_error
from mmspd.evaluation.metrics.samples import BranchMetric, describe, log_table
from mmspd.registry import METRICS
from mmspd.utils.arrays import to_numpy

__all__ = ['KeypointMetric']

_NAMED: Final = 5  # predictions that a warning names


@METRICS.register_module()
class KeypointMetric(BranchMetric):
    """Mean Euclidean distance in pixels of the original image and in lengths of the person; PCK, PCKh and AUC.

    Keys, after the prefix: ``mED``, ``mED_torso``, ``mED_head``, ``PCK@0.2``, ``PCKh@0.5``, ``AUC``, each over all
    annotated joints, and with ``_visible`` and ``_occluded`` over those alone
    (:mod:`mmspd.evaluation.functional.keypoint_scores`); ``mED_spd_code``, which alone may stand beside the paper's
    numbers (see :func:`mmspd.evaluation.functional.spd_code_errors`); ``PCK@0.2_excluded``, the number of persons with
    annotated joints but without the torso that PCK and ``mED_torso`` compare with, and ``PCKh@0.5_excluded`` likewise
    without the head that PCKh, ``mED_head`` and ``AUC`` do. The log names the cause of each NaN.

    Needs ``pred_instances.keypoints``, and in ``gt_instances`` ``keypoints``, ``keypoints_visible`` and (else nothing
    is occluded) ``keypoints_occluded``. A sample without ``gt_instances`` is not counted.

    Args:
        pck_threshold (float): Largest distance for PCK, in torso lengths. Defaults to 0.2.
        pckh_threshold (float): Largest distance for PCKh, in head lengths. Defaults to 0.5.
        per_joint (bool): Whether to log tables with one row a joint and a side. Defaults to True.
        per_joint_keys (bool): Whether to return per-joint values too, such as ``mED.head_top``. Defaults to False.
        per_side_keys (bool): Whether to return those of the left, right and middle joints, such as ``mED.left`` and
            ``AUC_occluded.centre``. Defaults to False.
        collect_device (str): Where results of several processes meet, ``'cpu'`` or ``'gpu'``. Defaults to ``'cpu'``.
        prefix (str | None): Put before every key. Defaults to None: ``'pose'``.

    Raises:
        ValueError: If a threshold is not positive and finite. In ``measure``, naming the image: if the shapes do not
            fit, or an annotated joint's place is no finite number.
    """

    default_prefix = 'pose'
    element = 'pred_instances'
    section = 'pose'

    def __init__(
        self,
        pck_threshold: float = 0.2,
        pckh_threshold: float = 0.5,
        per_joint: bool = True,
        per_joint_keys: bool = False,
        per_side_keys: bool = False,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        for name, value in (('pck_threshold', pck_threshold), ('pckh_threshold', pckh_threshold)):
            if not 0 < value < math.inf:
                raise ValueError(f'{name} must be positive and finite, got {value}')
        self.pck_threshold = pck_threshold
        self.pckh_threshold = pckh_threshold
        self.per_joint = per_joint
        self.per_joint_keys = per_joint_keys
        self.per_side_keys = per_side_keys

    def measure(self, sample: Mapping[str, Any]) -> KeypointErrors:
        """Measure an image's joints: a few arrays of (R, 16)."""
        truth = sample.get('gt_instances')
        if truth is None or 'keypoints' not in truth:
            return KeypointErrors.nobody()
        prediction = to_numpy(sample['pred_instances']['keypoints'])
        annotated = to_numpy(truth['keypoints_visible']) > 0
        occluded = to_numpy(truth.get('keypoints_occluded', np.zeros_like(annotated)))
        try:
            return compare_keypoints(prediction, to_numpy(truth['keypoints']), annotated, occluded)
        except ValueError as error:
            raise ValueError(f'{describe(sample)}: {error}') from error

    def score(self, results: list[KeypointErrors]) -> dict[str, float]:
        """Average over all persons."""
        errors = KeypointErrors.concatenate(results)
        persons = np.repeat(np.array(self.ids, dtype=str), [len(each.annotated) for each in results])
        self.details = {'ids': persons, **vars(errors)}
        measures = measure_keypoints(errors, self.pck_threshold, self.pckh_threshold)
        metrics, causes = score_joints(measures, errors, np.ones(NUM_JOINTS, dtype=bool))
        metrics['mED_spd_code'] = mean_spd_code_error(errors)
        if math.isnan(metrics['mED_spd_code']):
            causes['mED_spd_code'] = 'a predicted joint is no number' if errors.annotated.any() else causes['mED']
        _log_excluded(measures)
        for key in (f'PCK@{self.pck_threshold:g}', f'PCKh@{self.pckh_threshold:g}'):
            metrics[f'{key}_excluded'] = float(measures[key].excluded)

        rows = {group: score_joints(measures, errors, joints) for group, joints in (JOINT_GROUPS | SIDE_GROUPS).items()}
        if self.per_joint:
            _log_tables({group: scores for group, (scores, _) in rows.items()}, list(measures))
        wanted = [*(JOINT_GROUPS if self.per_joint_keys else ()), *(SIDE_GROUPS if self.per_side_keys else ())]
        for group in wanted:
            scores, missing = rows[group]
            metrics.update({f'{key}.{group}': value for key, value in scores.items()})
            causes.update({f'{key}.{group}': cause for key, cause in missing.items()})
        _log_causes(causes, errors, persons)
        return metrics


def _log_tables(rows: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> None:
    """A table each of all, visible and occluded joints, with a row a joint and a side."""
    for ending in SUBSETS:
        columns = {name: np.array([scores[f'{name}{ending}'] for scores in rows.values()]) for name in names}
        log_table(f'joints{ending.replace("_", ", ")}', 'joint or side', list(rows), columns)


def _log_excluded(measures: Mapping[str, Measure]) -> None:
    """Tell how many persons are left out of which measures."""
    for length in ('torso', 'head'):
        names = [name for name, measure in measures.items() if measure.length == length]
        excluded = measures[names[0]].excluded
        if excluded:
            print_log(f'{", ".join(names)} leave out {excluded} persons without a {length} of known length', 'current')


def _log_causes(causes: Mapping[str, str], errors: KeypointErrors, persons: np.ndarray) -> None:
    """Warn of each NaN with its cause, and of predictions that are no finite numbers."""
    for cause in dict.fromkeys(causes.values()):
        keys = ', '.join(key for key, its in causes.items() if its == cause)
        print_log(f'KeypointMetric: NaN, as {cause}: {keys}', 'current', WARNING)
    wrong = np.argwhere(~(np.isfinite(errors.errors) & np.isfinite(errors.spd_errors)))  # 0 where not annotated
    if len(wrong):
        first = ', '.join(f'{JOINTS[joint]} of {persons[person]}' for person, joint in wrong[:_NAMED])
        print_log(
            f'KeypointMetric: {len(wrong)} joints are compared with predictions that are no finite numbers: {first}'
            f'{", ..." if len(wrong) > _NAMED else ""}',
            'current',
            WARNING,
        )
