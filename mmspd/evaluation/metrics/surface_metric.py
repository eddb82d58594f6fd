"""``SurfacePointMetric``: the body surface at annotated points."""

from collections.abc import Mapping
from dataclasses import astuple, fields
from typing import Any

import numpy as np

from mmspd.evaluation.functional.surface import SurfaceCounts, compare_surface
from mmspd.evaluation.metrics.samples import BranchMetric, describe, refuse_pseudo_labels, to_tensor, warn_unmeasured
from mmspd.registry import METRICS

__all__ = ['SurfacePointMetric']


@METRICS.register_module()
class SurfacePointMetric(BranchMetric):
    """Accuracy of the part I and mean absolute errors of U and V at annotated points.

    Keys, after the prefix: ``I_accuracy`` (points on the body), ``U_error``, ``V_error`` (charts' unit, 0..1),
    ``background_accuracy`` (points on the background, where there are any), ``num_points``, ``num_uv_points``,
    ``num_outside`` (of the predicted box) and ``num_background_points``. See
    :mod:`mmspd.evaluation.functional.surface` for what counts.

    Needs ``bboxes``, ``part_logits`` and ``uv`` in ``pred_surface``, of at most one person (points do not say whose
    they are), and ``ori_points``, ``labels``, ``uv``, ``uv_valid`` in ``gt_surface_points``. A sample without
    ``gt_surface_points`` is not counted; with nobody predicted, all its points are predicted as background.

    Args:
        collect_device (str): Where results of several processes meet, ``'cpu'`` or ``'gpu'``. Defaults to ``'cpu'``.
        prefix (str | None): Put before every key. Defaults to None: ``'surface'``.

    Raises:
        ValueError: In ``measure``, naming the image: if the prediction holds several persons or does not fit the
            points, or if the points are themselves a network's predictions (``dp_predicted``).
    """

    default_prefix = 'surface'
    element = 'pred_surface'
    section = 'surface'

    def measure(self, sample: Mapping[str, Any]) -> SurfaceCounts:
        """Sum an image's points: eight numbers."""
        truth = sample.get('gt_surface_points')
        refuse_pseudo_labels(sample)
        if truth is None or not len(truth['labels']):
            return SurfaceCounts()
        surface = sample['pred_surface']
        boxes, part_logits, uv = (to_tensor(surface[key]) for key in ('bboxes', 'part_logits', 'uv'))
        if len(boxes) > 1:
            raise ValueError(
                f'{describe(sample)}: pred_surface holds {len(boxes)} persons, but surface points do not say whose '
                'they are: predict one person an image'
            )
        if not len(boxes):
            # An empty box: every point lies outside it.
            boxes = boxes.new_zeros((1, 4))
            part_logits, uv = part_logits.new_zeros((1, 25, 1, 1)), uv.new_zeros((1, 2, 24, 1, 1))
        points = (to_tensor(truth[key]) for key in ('ori_points', 'labels', 'uv', 'uv_valid'))
        try:
            return compare_surface(part_logits[0], uv[0], boxes[0], *points)
        except ValueError as error:
            raise ValueError(f'{describe(sample)}: {error}') from error

    def score(self, results: list[SurfaceCounts]) -> dict[str, float]:
        """Average over all points."""
        counts = np.array([astuple(each) for each in results], dtype=np.float64)
        names = [each.name for each in fields(SurfaceCounts)]
        self.details = {'ids': np.array(self.ids), 'counts': counts, 'fields': np.array(names)}
        total = SurfaceCounts.total(results)
        metrics = total.scores()
        if not total.background_points:
            del metrics['background_accuracy']
        warn_unmeasured(type(self).__name__, metrics)
        return metrics
