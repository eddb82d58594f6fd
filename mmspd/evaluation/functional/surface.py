"""Scores of the body surface at annotated points: the part I, and U, V within it.

Axis glossary: P points, S chart resolution. The part's accuracy is a fraction; errors of U and V are absolute
differences, in the charts' unit (0..1). Points with label 0 lie on the background and are scored apart.

* A point outside the predicted box is predicted as background, so its part is wrong.
* U and V are read from the charts of the point's *true* part, so that they measure the charts and not the part again.
  Outside the box there are no charts: such a point has a wrong part, but no U, V error. ``num_outside`` counts them.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import torch

from mmspd.codecs.charts import inside_box, sample_charts

__all__ = ['SurfaceCounts', 'compare_surface']


@dataclass(frozen=True)
class SurfaceCounts:
    """Sums over points, which add up over images.

    Attributes:
        points: Points on the body.
        correct: Those whose part is predicted right.
        outside: Those outside the predicted box.
        uv_points: Those whose U, V are annotated and which lie in the box.
        u_error: Sum of their absolute errors of U.
        v_error: Sum of their absolute errors of V.
        background_points: Points on the background.
        background_correct: Those predicted as background.
    """

    points: int = 0
    correct: int = 0
    outside: int = 0
    uv_points: int = 0
    u_error: float = 0.0
    v_error: float = 0.0
    background_points: int = 0
    background_correct: int = 0

    @classmethod
    def total(cls, parts: Iterable['SurfaceCounts']) -> 'SurfaceCounts':
        """The sum over several images; no image at all is allowed."""
        return cls(*(sum(column) for column in zip(astuple(cls()), *map(astuple, parts), strict=True)))

    def scores(self) -> dict[str, float]:
        """Accuracies, mean errors (NaN where there is no point) and numbers of points, by the names that logs use."""
        return {
            'I_accuracy': _ratio(self.correct, self.points),
            'U_error': _ratio(self.u_error, self.uv_points),
            'V_error': _ratio(self.v_error, self.uv_points),
            'background_accuracy': _ratio(self.background_correct, self.background_points),
            'num_points': float(self.points),
            'num_uv_points': float(self.uv_points),
            'num_outside': float(self.outside),
            'num_background_points': float(self.background_points),
        }


def compare_surface(
    part_logits: torch.Tensor,
    uv: torch.Tensor,
    box: torch.Tensor,
    points: torch.Tensor,
    labels: torch.Tensor,
    true_uv: torch.Tensor,
    uv_valid: torch.Tensor,
) -> SurfaceCounts:
    """Score one person's predicted charts at its annotated points.

    Args:
        part_logits (torch.Tensor): Float, (25, S, S): background and 24 parts.
        uv (torch.Tensor): Float, (2, 24, S, S), 0..1.
        box (torch.Tensor): (4,), ``x1, y1, x2, y2`` on pixel edges, original image.
        points (torch.Tensor): (P, 2), pixel coordinates, original image.
        labels (torch.Tensor): int64, (P,), 0..24; 0 is a point on the background.
        true_uv (torch.Tensor): (P, 2), 0..1.
        uv_valid (torch.Tensor): bool, (P,): whether U, V are annotated.

    Returns:
        SurfaceCounts: Sums over the points.

    Raises:
        ValueError: If a label is out of range or shapes do not fit.
    """
    parts = part_logits.shape[0] - 1
    _check_points(points, labels, true_uv, uv_valid, parts)
    device = part_logits.device
    box, points, labels = box.to(device), points.to(device), labels.to(device)
    true_uv, uv_valid = true_uv.to(device), uv_valid.to(device).bool()

    inside = inside_box(box, points)
    predicted = sample_charts(part_logits, box, points).argmax(dim=1) * inside
    right = predicted == labels
    on_body = labels > 0

    measured = on_body & inside & uv_valid
    charts = sample_charts(uv.flatten(0, 1), box, points[measured]).unflatten(1, (2, parts))
    own_part = (labels[measured] - 1)[:, None, None].expand(-1, 2, 1)
    error = (charts.gather(2, own_part)[..., 0] - true_uv[measured]).abs().sum(dim=0)
    return SurfaceCounts(
        points=int(on_body.sum()),
        correct=int((right & on_body).sum()),
        outside=int((on_body & ~inside).sum()),
        uv_points=int(measured.sum()),
        u_error=float(error[0]),
        v_error=float(error[1]),
        background_points=int((~on_body).sum()),
        background_correct=int((right & ~on_body).sum()),
    )


def _check_points(
    points: torch.Tensor, labels: torch.Tensor, true_uv: torch.Tensor, uv_valid: torch.Tensor, parts: int
) -> None:
    """Refuse points whose arrays differ in length and labels that name no part."""
    count = len(labels)
    for name, array, shape in (
        ('points', points, (count, 2)),
        ('labels', labels, (count,)),
        ('uv', true_uv, (count, 2)),
        ('uv_valid', uv_valid, (count,)),
    ):
        if array.shape != shape:
            raise ValueError(f'surface {name} must have the shape {shape}, got {tuple(array.shape)}')
    if count and not 0 <= int(labels.min()) <= int(labels.max()) <= parts:
        raise ValueError(f'surface labels must be 0..{parts}, found {int(labels.min())}..{int(labels.max())}')


def _ratio(part: float, whole: int) -> float:
    return part / whole if whole else float('nan')
