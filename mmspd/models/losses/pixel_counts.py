"""Over how many pixels a parsing loss of MMSegmentation averages."""

import torch
from mmseg.models.losses import CrossEntropyLoss
from torch import Tensor, nn


def averaged_pixels(loss: nn.Module, labels: Tensor, ignore_index: int) -> Tensor:
    """What mmseg's ``CrossEntropyLoss`` divides by; all pixels for any other loss.

    With ``avg_non_ignore`` these are the pixels that are not ignored, with class weights (of the softmax) the sum of
    their weights, else all pixels. Other losses (Dice, Lovasz, ...) are no means over pixels, and no weighing of
    processes makes their mean the whole batch's loss: each process then counts by its part of the batch. Nor does a
    loss with ``reduction='sum'`` become the whole batch's, but its mean over the processes.

    Args:
        loss (nn.Module): A loss of mmseg.
        labels (Tensor): int64 (N, H, W).
        ignore_index (int): Label that is not trained.

    Returns:
        Tensor: Scalar, 0 or more.
    """
    everything = labels.new_tensor(labels.numel())
    if not isinstance(loss, CrossEntropyLoss):
        return everything
    known = labels != ignore_index
    if _weighs_classes(loss):
        return labels.new_tensor(loss.class_weight, dtype=torch.float32)[labels[known]].sum()
    return known.sum() if loss.avg_non_ignore else everything


def pixel_loss(loss: nn.Module, logits: Tensor, labels: Tensor, ignore_index: int) -> tuple[Tensor, Tensor]:
    """A parsing loss of mmseg, and over how many pixels it averages.

    Class weights work beside ignored pixels: their sum, which mmsegmentation 1.2.2 looks up for the ignored ones too
    and fails, as its continuation does with ``avg_non_ignore``, is handed to the loss.

    Args:
        loss (nn.Module): A loss of mmseg.
        logits (Tensor): (N, C, H, W).
        labels (Tensor): int64 (N, H, W), 0..C-1 or ``ignore_index``.
        ignore_index (int): Label that is not trained.

    Returns:
        tuple[Tensor, Tensor]: The loss, a scalar, and the pixels of :func:`averaged_pixels`.
    """
    pixels = averaged_pixels(loss, labels, ignore_index)
    divisor = {'avg_factor': pixels} if _weighs_classes(loss) and loss.reduction == 'mean' else {}
    return loss(logits, labels, ignore_index=ignore_index, **divisor), pixels


def _weighs_classes(loss: nn.Module) -> bool:
    return isinstance(loss, CrossEntropyLoss) and loss.class_weight is not None and not loss.use_sigmoid
