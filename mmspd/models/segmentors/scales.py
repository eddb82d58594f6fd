"""Training at several scales of the input with shared weights, every scale and their mean supervised (JPPNet)."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mmspd.models.losses.task_loss import TaskLoss
from mmspd.models.segmentors.batch import JointTargets


def resize_inputs(inputs: Tensor, scale: float) -> Tensor:
    """Inputs (N, 3, H, W) at another scale, bilinear, at least one pixel a side; themselves at scale 1."""
    if scale == 1:
        return inputs
    size = [max(1, int(side * scale)) for side in inputs.shape[-2:]]
    return F.interpolate(inputs, size=size, mode='bilinear', align_corners=False)


def resize_joints(targets: JointTargets, size: tuple[int, int]) -> JointTargets:
    """Joint targets for heatmaps of another size (h, w).

    The outermost cells lie on the outermost pixels at every size (UDP), so Gaussians keep their place, and their width
    in pixels.
    """
    old_h, old_w = targets.heatmaps.shape[-2:]
    factor = targets.joints.new_tensor([(size[1] - 1) / (old_w - 1), (size[0] - 1) / (old_h - 1)])
    heatmaps = F.interpolate(targets.heatmaps, size=size, mode='bilinear', align_corners=True)
    return JointTargets(heatmaps, targets.joints * factor, targets.weights)


def mean_of_scales(scales: Sequence[Sequence[Tensor]], align_corners: bool) -> list[Tensor]:
    """Mean of each stage's predictions over the scales, at the size of the first scale.

    Args:
        scales (Sequence[Sequence[Tensor]]): For each scale its stages, (N, C, h, w) with h and w of the scale.
        align_corners (bool): How the maps lie on the picture: False for logits, whose cells cover it from edge to
            edge, True for heatmaps, whose outermost cells lie on the outermost pixels (UDP).

    Returns:
        list[Tensor]: One (N, C, h, w) for each stage.
    """

    def enlarge(maps: Tensor, size: torch.Size) -> Tensor:
        return F.interpolate(maps, size=size, mode='bilinear', align_corners=align_corners)

    return [
        torch.stack([first, *(enlarge(other, first.shape[-2:]) for other in others)]).mean(dim=0)
        for first, *others in zip(*scales, strict=True)
    ]


def supervise_scales(
    predictions: dict[float, list[Tensor]], align_corners: bool, task_loss: Callable[[list[Tensor]], TaskLoss]
) -> TaskLoss:
    """Loss of every scale and of their mean, all summed.

    Args:
        predictions (dict[float, list[Tensor]]): Stages of each scale, the input's own scale first.
        align_corners (bool): As in :func:`mean_of_scales`.
        task_loss (Callable): A head's loss of one scale's stages.

    Returns:
        TaskLoss: With one scale the head's own. With several its terms of the mean under their own names, and those of
        each scale under ``scale<s>_<name>``.
    """
    if len(predictions) == 1:
        return task_loss(*predictions.values())
    losses = {'': task_loss(mean_of_scales(list(predictions.values()), align_corners))}
    losses |= {f'scale{scale:g}_': task_loss(stages) for scale, stages in predictions.items()}
    terms = {prefix + name: term for prefix, loss in losses.items() for name, term in loss.terms.items()}
    return TaskLoss(terms, losses[''].annotated)
