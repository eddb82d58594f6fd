"""Bilinear sampling of feature maps and of predictions, in plain PyTorch.

Axis glossary: N images, C channels, H, W map, R regions.

Unless it says otherwise, a function takes a map to cover its picture from edge to edge, as ``align_corners=False``
does, so cell ``i`` of ``n`` lies at ``(i + 0.5) / n`` of the picture's width, whatever the resolution.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def roi_align(
    features: Tensor, rois: Tensor, output_size: int, spatial_scale: float, sampling_ratio: int = 2
) -> Tensor:
    """ROI align with a fixed sampling ratio and half-pixel alignment.

    Each of ``output_size`` x ``output_size`` bins is the mean of ``sampling_ratio`` squared bilinear samples, by the
    rules of detectron2's and mmcv's ``RoIAlign(aligned=True)``: samples more than one cell outside the map are 0, those
    less than one cell outside take the border's value (He et al., "Mask R-CNN", ICCV 2017).

    Bilinear weights on an upright grid are products of a row's and a column's, and so are their means: pooling is one
    matrix product down and one across. (A cell that is not finite therefore spoils all regions of its image.)

    Args:
        features (Tensor): (N, C, H, W).
        rois (Tensor): float (R, 5), image index and ``x1, y1, x2, y2`` on pixel edges of the network input.
        output_size (int): Bins along each side.
        spatial_scale (float): Cells per pixel, 1 / stride.
        sampling_ratio (int): Samples along each side of a bin.

    Returns:
        Tensor: (R, C, output_size, output_size), dtype of ``features``.
    """
    height, width = features.shape[-2:]
    x1, y1, x2, y2 = (rois[:, 1:].float() * spatial_scale - 0.5).unbind(1)
    rows = _bin_weights(y1, y2, height, output_size, sampling_ratio)
    columns = _bin_weights(x1, x2, width, output_size, sampling_ratio)
    index = rois[:, 0].long()
    one_each = len(index) == len(features) and torch.equal(index, torch.arange(len(features), device=index.device))
    source = (features if one_each else features[index]).float().permute(0, 2, 3, 1)
    with torch.autocast(features.device.type, enabled=False):
        down = torch.bmm(rows, source.flatten(2)).unflatten(2, source.shape[2:])
        across = torch.matmul(columns[:, None], down)
    return across.permute(0, 3, 1, 2).to(features.dtype)


def _bin_weights(low: Tensor, high: Tensor, cells: int, bins: int, sampling_ratio: int) -> Tensor:
    """How much each cell of a line counts in each bin.

    Args:
        low (Tensor): float32 (R,), where the first bin begins, in cells, whose centres are whole numbers.
        high (Tensor): float32 (R,), where the last ends.
        cells (int): Length of the line.
        bins (int): Bins from ``low`` to ``high``.
        sampling_ratio (int): Samples in each bin.

    Returns:
        Tensor: float32 (R, bins, cells).
    """
    steps = (torch.arange(bins * sampling_ratio, device=low.device, dtype=low.dtype) + 0.5) / (bins * sampling_ratio)
    places = low[:, None] + (high - low)[:, None] * steps
    near = (places >= -1) & (places <= cells)
    distances = places.clamp(0, cells - 1)[..., None] - torch.arange(cells, device=low.device, dtype=low.dtype)
    samples = (1 - distances.abs()).clamp(min=0) * near[..., None]
    return samples.unflatten(1, (bins, sampling_ratio)).mean(dim=2)


def edge_theta(matrix: np.ndarray, target: tuple[int, int], source: tuple[int, int]) -> np.ndarray:
    """``affine_grid``'s matrix for a map from target points to source points, both maps covering edge to edge.

    Args:
        matrix (np.ndarray): (3, 3), from pixel points of the target picture to pixel points of the source picture.
        target (tuple): (H, W) of the target picture.
        source (tuple): (H, W) of the source picture.

    Returns:
        np.ndarray: float64 (2, 3), between coordinates normalised to -1..1.
    """

    def from_normalised(height: int, width: int) -> np.ndarray:
        return np.array([[width / 2, 0, (width - 1) / 2], [0, height / 2, (height - 1) / 2], [0, 0, 1.0]])

    return (np.linalg.inv(from_normalised(*source)) @ matrix @ from_normalised(*target))[:2]


def grid_theta(matrix: np.ndarray, target: tuple[int, int], source: tuple[int, int]) -> np.ndarray:
    """As :func:`edge_theta`, for maps whose outermost cells lie *on* the outermost pixels (UDP heatmaps).

    Used with ``align_corners=True``. A picture of one pixel has the same point at both ends.
    """

    def from_normalised(height: int, width: int) -> np.ndarray:
        half_w, half_h = max(width - 1, 1e-6) / 2, max(height - 1, 1e-6) / 2
        return np.array([[half_w, 0, (width - 1) / 2], [0, half_h, (height - 1) / 2], [0, 0, 1.0]])

    return (np.linalg.inv(from_normalised(*source)) @ matrix @ from_normalised(*target))[:2]


def resample(field: Tensor, theta: np.ndarray, size: tuple[int, int], align_corners: bool = False) -> Tensor:
    """Bilinear resampling of one prediction by an affine map; outside the source the border's value continues.

    With the identity this is ``interpolate(mode='bilinear')``.

    Args:
        field (Tensor): (C, H, W).
        theta (np.ndarray): (2, 3), of :func:`edge_theta` or :func:`grid_theta`.
        size (tuple): (H', W') of the result.
        align_corners (bool): False with :func:`edge_theta`, True with :func:`grid_theta`.

    Returns:
        Tensor: float32 (C, H', W').
    """
    batch_theta = torch.as_tensor(theta, dtype=torch.float32, device=field.device)[None]
    grid = F.affine_grid(batch_theta, [1, field.shape[0], *size], align_corners=align_corners)
    return F.grid_sample(
        field[None].float(), grid, mode='bilinear', padding_mode='border', align_corners=align_corners
    )[0]
