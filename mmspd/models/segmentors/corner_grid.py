"""Where cells lie without half pixels, as TensorFlow 1 resizes maps and as JPPNet was trained and tested.

There a map is enlarged from h cells to H pixels by reading pixel y at cell ``y * h / H``: cell c lies *on* pixel
``c * H / h``, the first cell on the first pixel. A map that was predicted from a mirrored input and is turned back has
its *last* cell on the last pixel instead. Everywhere else in mmspd, cells cover the picture from edge to edge.

Axis glossary: K joints, h, w cells, H, W original picture.
"""

import numpy as np
import torch
from mmengine.structures import InstanceData
from torch import Tensor

from mmspd.geometry import apply_to_boxes


def cells_to_input(cells: tuple[int, int], input_size: tuple[int, int], mirrored: bool) -> np.ndarray:
    """Matrix from the cells of an un-mirrored map to points of the un-mirrored network input.

    Args:
        cells (tuple): (h, w) of the map.
        input_size (tuple): (H, W) of the network input.
        mirrored (bool): Whether the map was predicted from the mirrored input and turned back.

    Returns:
        np.ndarray: float64 (3, 3).
    """
    step_y, step_x = input_size[0] / cells[0], input_size[1] / cells[1]
    return np.array([[step_x, 0.0, (step_x - 1) * mirrored], [0.0, step_y, 0.0], [0.0, 0.0, 1.0]])


def enlarge_nearest(heatmaps: Tensor, size: tuple[int, int], mirrored: bool) -> Tensor:
    """Heatmaps of a whole picture, enlarged by repeating cells: what TensorFlow 1's nearest neighbour gives.

    Args:
        heatmaps (Tensor): (K, h, w), un-mirrored.
        size (tuple): (H, W) of the picture.
        mirrored (bool): As in :func:`cells_to_input`: then it is the mirrored map that is enlarged, and turned back.

    Returns:
        Tensor: (K, H, W).
    """

    def nearest(cells: int, pixels: int) -> np.ndarray:
        # In float32, as there: where a cell begins on a pixel, rounding decides which cell the pixel takes.
        scale = np.float32(cells) / np.float32(pixels)
        return np.minimum(np.floor(np.arange(pixels, dtype=np.float32) * scale), cells - 1).astype(np.int64)

    rows, columns = nearest(heatmaps.shape[-2], size[0]), nearest(heatmaps.shape[-1], size[1])
    if mirrored:
        columns = heatmaps.shape[-1] - 1 - columns[::-1]
    for axis, index in ((-2, rows), (-1, columns)):
        heatmaps = heatmaps.index_select(axis, torch.as_tensor(index.copy(), device=heatmaps.device))
    return heatmaps


def largest_pixels(heatmaps: Tensor) -> InstanceData:
    """Joints at the first largest pixel of each heatmap (K, H, W) of the original picture.

    Returns:
        InstanceData: ``keypoints`` float32 (1, K, 2), ``keypoint_scores`` float32 (1, K): the maxima.
    """
    maps = heatmaps.detach().float().cpu().flatten(1).numpy()
    pixels = maps.argmax(axis=1)
    rows, columns = np.divmod(pixels, heatmaps.shape[-1])
    keypoints = np.stack([columns, rows], axis=1).astype(np.float32)
    return InstanceData(keypoints=keypoints[None], keypoint_scores=maps[None, np.arange(len(maps)), pixels])


def require_whole_picture(matrix: np.ndarray, original: tuple[int, int], input_size: tuple[int, int]) -> None:
    """Check that an input shows the whole picture and nothing else, to a pixel.

    Args:
        matrix (np.ndarray): (3, 3), from original points to network input points.
        original (tuple): (H, W) of the picture.
        input_size (tuple): (H, W) of the network input.

    Raises:
        ValueError: It shows a part, or has padding.
    """
    shown = apply_to_boxes(matrix, np.array([[0.0, 0.0, original[1], original[0]]]))[0]
    whole = np.array([0.0, 0.0, input_size[1], input_size[0]])
    scale = np.maximum(whole[2:] / np.array(original[::-1]), 1)
    if (np.abs(shown - whole) > np.tile(scale, 2)).any():
        raise ValueError(
            f"decode='argmax' needs inputs that show the whole picture, as PersonAffine makes them in test_mode; a "
            f'picture of {original[1]} x {original[0]} lies at {shown.round(1).tolist()} in an input of '
            f"{input_size[1]} x {input_size[0]}. Use decode='peak'"
        )
