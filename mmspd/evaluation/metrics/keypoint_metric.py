"""``KeypointMetric``: distances of joints, PCK and PCKh."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmspd.anatomy import JOINTS
from mmspd.evaluation.functional.keypoints import (
    KeypointErrors,
    compare_keypoints,
    correct_keypoints,
    joint_means,
    masked_mean,
    mean_spd_code_error,
)
from mmspd.evaluation.metrics.samples import BranchMetric, describe, log_table, warn_unmeasured
from mmspd.registry import METRICS
from mmspd.utils.arrays import to_numpy

__all__ = ['KeypointMetric']


@METRICS.register_module()
class KeypointMetric(BranchMetric):
    """Mean Euclidean distance in pixels of the original image, and PCK, PCKh as fractions.

    Keys, after the prefix: ``mED``, ``PCK@0.2``, ``PCKh@0.5``, each over all annotated joints, and with ``_visible``
    and ``_occluded`` over those alone; ``mED_spd_code``, which alone may stand beside the paper's numbers (see
    :func:`mmspd.evaluation.functional.spd_code_errors`); ``PCK@0.2_excluded`` and ``PCKh@0.5_excluded``, the number of
    persons with annotated joints but without the length that PCK or PCKh compares with.

    Needs ``pred_instances.keypoints``, and in ``gt_instances`` ``keypoints``, ``keypoints_visible`` and (else nothing
    is occluded) ``keypoints_occluded``. A sample without ``gt_instances`` is not counted.

    Args:
        pck_threshold (float): Largest distance for PCK, in torso lengths. Defaults to 0.2.
        pckh_threshold (float): Largest distance for PCKh, in head lengths. Defaults to 0.5.
        per_joint (bool): Whether to log a table with one row a joint. Defaults to True.
        per_joint_keys (bool): Whether to return per-joint values too, such as ``mED.head_top``. Defaults to False.
        collect_device (str): Where results of several processes meet, ``'cpu'`` or ``'gpu'``. Defaults to ``'cpu'``.
        prefix (str | None): Put before every key. Defaults to None: ``'pose'``.

    Raises:
        ValueError: In ``measure``, naming the image: if the shapes do not fit.
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
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        for name, value in (('pck_threshold', pck_threshold), ('pckh_threshold', pckh_threshold)):
            if not value > 0:
                raise ValueError(f'{name} must be positive, got {value}')
        self.pck_threshold = pck_threshold
        self.pckh_threshold = pckh_threshold
        self.per_joint = per_joint
        self.per_joint_keys = per_joint_keys

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
        persons = [len(each.annotated) for each in results]
        self.details = {'ids': np.repeat(np.array(self.ids), persons), **vars(errors)}
        pck, pckh = f'PCK@{self.pck_threshold:g}', f'PCKh@{self.pckh_threshold:g}'
        torso_right, torso_known, no_torso = correct_keypoints(errors, errors.torso, self.pck_threshold)
        head_right, head_known, no_head = correct_keypoints(errors, errors.head, self.pckh_threshold)
        measures = {
            'mED': (errors.errors, errors.annotated),
            pck: (torso_right, torso_known),
            pckh: (head_right, head_known),
        }
        metrics = {}
        for name, (values, counted) in measures.items():
            metrics[name] = masked_mean(values, counted)
            metrics[f'{name}_visible'] = masked_mean(values, counted & ~errors.occluded)
            metrics[f'{name}_occluded'] = masked_mean(values, counted & errors.occluded)
        metrics['mED_spd_code'] = mean_spd_code_error(errors)
        warn_unmeasured(type(self).__name__, metrics)
        metrics.update({f'{pck}_excluded': float(no_torso), f'{pckh}_excluded': float(no_head)})

        joints = {name: joint_means(values, counted) for name, (values, counted) in measures.items()}
        if self.per_joint:
            log_table('joints', 'joint', JOINTS, joints)
        if self.per_joint_keys:
            for name, means in joints.items():
                metrics.update({f'{name}.{joint}': float(v) for joint, v in zip(JOINTS, means, strict=True)})
        for name, number, missing in ((pck, no_torso, 'torso'), (pckh, no_head, 'head')):
            if number:
                print_log(f'{name} leaves out {number} persons whose {missing} is not annotated', 'current')
        return metrics
