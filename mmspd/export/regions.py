"""The regions of dense pose as plain tensor operations that every exporter knows: which box, and ROI align on it.

Axis glossary: N pictures, one region each, C channels or classes, h, w cells, H, W network input.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ['chosen_boxes', 'foreground_boxes', 'grid_roi_align']


def chosen_boxes(boxes: Tensor, found: Tensor) -> Tensor:
    """The given boxes, and the found ones where a given one is empty.

    Args:
        boxes (Tensor): float32 (N, 4), ``x1, y1, x2, y2``; empty where ``x2 <= x1`` or ``y2 <= y1``.
        found (Tensor): float32 (N, 4).

    Returns:
        Tensor: float32 (N, 4).
    """
    return torch.where((boxes[:, 2:] > boxes[:, :2]).all(dim=1, keepdim=True), boxes, found)


def foreground_boxes(logits: Tensor, input_size: tuple[int, int]) -> Tensor:
    """The box around the cells that are not background, the whole input where there are none.

    :func:`mmspd.models.segmentors.decoding.foreground_box` for a batch, and without a branch.

    Args:
        logits (Tensor): (N, C, h, w), channel 0 the background.
        input_size (tuple): (H, W) of the network input.

    Returns:
        Tensor: float32 (N, 4), ``x1, y1, x2, y2`` on pixel edges of the network input.
    """
    foreground = (logits.argmax(dim=1) > 0).float()
    x1, x2 = _extent(foreground.amax(dim=1), input_size[1])
    y1, y2 = _extent(foreground.amax(dim=2), input_size[0])
    return torch.stack([x1, y1, x2, y2], dim=1)


def _extent(occupied: Tensor, pixels: int) -> tuple[Tensor, Tensor]:
    """Where the occupied cells of a line begin and end.

    Args:
        occupied (Tensor): float32 (N, n), 1 or 0.
        pixels (int): Length of the line in pixels.

    Returns:
        tuple[Tensor, Tensor]: float32 (N,) each, in pixels; the whole line where no cell is occupied.
    """
    cells = int(occupied.shape[1])
    index = torch.arange(cells, dtype=occupied.dtype, device=occupied.device)
    first = (index * occupied + cells * (1 - occupied)).amin(dim=1)
    last = ((index + 1) * occupied).amax(dim=1)
    none = (last == 0).to(occupied.dtype)
    size = pixels / cells
    return first * (1 - none) * size, (last + none * cells) * size


def grid_roi_align(
    features: Tensor, rois: Tensor, output_size: int, spatial_scale: float, sampling_ratio: int = 2
) -> Tensor:
    """:func:`mmspd.models.sampling.roi_align` by ``grid_sample``, for one region a picture.

    Args:
        features (Tensor): float32 (N, C, h, w).
        rois (Tensor): float32 (N, 5), of which the first column is not read: row i is of picture i.
        output_size (int): Bins along each side.
        spatial_scale (float): Cells per pixel, 1 / stride.
        sampling_ratio (int): Samples along each side of a bin.

    Returns:
        Tensor: float32 (N, C, output_size, output_size).
    """
    height, width = int(features.shape[-2]), int(features.shape[-1])  # tracers follow sizes that are no plain numbers
    x1, y1, x2, y2 = (rois[:, 1:] * spatial_scale - 0.5).unbind(1)
    columns, in_columns = _places(x1, x2, width, output_size * sampling_ratio)
    rows, in_rows = _places(y1, y2, height, output_size * sampling_ratio)
    # Products with unit vectors, as expanding to a batch size that is not known takes more operators.
    x_axis, y_axis = torch.eye(2, dtype=columns.dtype, device=columns.device)
    grid = columns[:, None, :, None] * x_axis + rows[:, :, None, None] * y_axis
    samples = F.grid_sample(features, grid, mode='bilinear', padding_mode='border', align_corners=False)
    return F.avg_pool2d(samples * in_rows[:, None, :, None] * in_columns[:, None, None, :], sampling_ratio)


def _places(low: Tensor, high: Tensor, cells: int, count: int) -> tuple[Tensor, Tensor]:
    """Evenly spread places on a line of cells.

    Args:
        low (Tensor): float32 (N,), where the region begins, in cells, whose centres are whole numbers.
        high (Tensor): float32 (N,), where it ends.
        cells (int): Length of the line.
        count (int): Number of places.

    Returns:
        tuple[Tensor, Tensor]: float32 (N, count): places in -1..1 from edge to edge of the line, moved onto the
        outermost cells' centres where they are outside; and 0 for those more than a cell outside, 1 for others.
    """
    steps = (torch.arange(count, dtype=low.dtype, device=low.device) + 0.5) / count
    places = low[:, None] + (high - low)[:, None] * steps
    near = ((places >= -1) & (places <= cells)).to(low.dtype)
    return (places.clamp(0, cells - 1) * 2 + 1) / cells - 1, near
