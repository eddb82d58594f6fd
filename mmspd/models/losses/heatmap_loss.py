"""Losses of the pose branch, as pure functions.

Axis glossary: N images, K joints, h, w heatmap cells. Every function takes predicted and target heatmaps float (N, K,
h, w) and joint weights float (N, K), 0 where a joint is not annotated, and returns the mean over the images that have
an annotated joint; 0, still attached to the prediction, where there are none.
"""

import torch
from torch import Tensor


def annotated_images(weights: Tensor) -> Tensor:
    """Images with any positive weight, bool (N,); every loss here averages over them."""
    return (weights > 0).any(dim=1)


def _mean_over_annotated(per_image: Tensor, weights: Tensor) -> Tensor:
    """Mean of (N,) over the annotated images; 0 if there are none."""
    annotated = annotated_images(weights)
    return (per_image * annotated).sum() / annotated.sum().clamp(min=1)


def heatmap_norm(pred: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """The unsquared L2 norm of the difference over an image's whole K x h x w volume (JPPNet's public code).

    About 14 for a zero prediction of 16 Gaussians of sigma 2. Its gradient has the same length however small the
    difference, which is why it trains at a learning rate of 1e-4, where a mean of squares, thousands of times
    smaller, does not.
    """
    difference = (pred.float() - target) * weights[:, :, None, None]
    return _mean_over_annotated(torch.linalg.vector_norm(difference.flatten(1), dim=1), weights)


def heatmap_mean_square(pred: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Mean squared difference over the cells of the annotated joints, the usual loss of heatmap networks."""
    squares = (pred.float() - target).square().mean(dim=(2, 3)) * weights
    return _mean_over_annotated(squares.sum(dim=1) / weights.sum(dim=1).clamp(min=1e-6), weights)


def soft_argmax(heatmaps: Tensor, sharpness: float = 25.0) -> Tensor:
    """Expected position under softmax(sharpness * heatmap).

    Args:
        heatmaps (Tensor): (N, K, h, w), peaks about 1.
        sharpness (float): At 25 a lone peak of 1 outweighs 2304 empty cells by more than 10,000,000 to 1.

    Returns:
        Tensor: float32 (N, K, 2), x and y in cells from 0 to w - 1 and h - 1.
    """
    height, width = heatmaps.shape[-2:]
    mass = (heatmaps.float().flatten(2) * sharpness).softmax(dim=-1).unflatten(-1, (height, width))
    xs = torch.arange(width, device=mass.device, dtype=mass.dtype)
    ys = torch.arange(height, device=mass.device, dtype=mass.dtype)
    return torch.stack([(mass.sum(dim=2) * xs).sum(-1), (mass.sum(dim=3) * ys).sum(-1)], dim=-1)


def coordinate_loss(pred: Tensor, target: Tensor, weights: Tensor, sharpness: float = 25.0) -> Tensor:
    """1 / (2 N) times the sum of squared distances over the N annotated joints (paper, Eq. 3), in cells.

    Args:
        pred (Tensor): Heatmaps (N, K, h, w), read by :func:`soft_argmax`.
        target (Tensor): Joint coordinates in cells, float (N, K, 2).
        weights (Tensor): float (N, K).
        sharpness (float): Of the soft-argmax.
    """
    squares = (soft_argmax(pred, sharpness) - target).square().sum(dim=-1) * weights
    return _mean_over_annotated(squares.sum(dim=1) / (2 * weights.sum(dim=1).clamp(min=1e-6)), weights)
