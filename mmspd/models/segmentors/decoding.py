"""From network outputs to predictions in the original picture, un-mirrored.

Axis glossary: C classes, K joints, R regions, S chart cells, H, W original picture, h, w network input.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData, PixelData
from torch import Tensor

from mmspd.anatomy import JOINT_MIRROR, LABEL_SETS, SURFACE_MIRROR, label_set
from mmspd.codecs.heatmap import decode_heatmaps, locate_peaks
from mmspd.geometry import apply_to_boxes, apply_to_points, mirroring, scaling
from mmspd.models.sampling import edge_theta, resample
from mmspd.models.segmentors.corner_grid import (
    cells_to_input,
    enlarge_nearest,
    largest_pixels,
    require_whole_picture,
)
from mmspd.structures import SPDDataSample


def input_matrix(meta: dict[str, Any], input_size: tuple[int, int]) -> np.ndarray:
    """Matrix from original points to network input points.

    Taken from ``warp_matrix`` where the pipeline left one; otherwise, as for mmseg's own pipelines, that of a resize
    from ``ori_shape`` to ``img_shape`` (any padding is at the right and bottom), mirrored where ``flip`` is set.

    Args:
        meta (dict): A sample's meta information.
        input_size (tuple): (h, w) of the network input.

    Returns:
        np.ndarray: float64 (3, 3).
    """
    if 'warp_matrix' in meta:
        return np.asarray(meta['warp_matrix'], dtype=np.float64)
    height, width = meta.get('img_shape', input_size)[:2]
    original = meta.get('ori_shape', (height, width))
    matrix = scaling(width / original[1], height / original[0])
    if meta.get('flip'):
        if meta.get('flip_direction', 'horizontal') != 'horizontal':
            raise ValueError(f'only horizontal flips can be undone, got flip_direction={meta["flip_direction"]!r}')
        matrix = mirroring(width) @ matrix
    return matrix


def upright_matrix(meta: dict[str, Any], input_size: tuple[int, int]) -> np.ndarray:
    """Matrix from original points to those of the *un-mirrored* network input: float64 (3, 3)."""
    matrix = input_matrix(meta, input_size)
    return mirroring(input_size[1]) @ matrix if meta.get('flip') else matrix


def unmirror(maps: Tensor, table: np.ndarray) -> Tensor:
    """Mirror maps (..., C, h, w) back: columns reversed and the channels of left and right swapped by ``table``."""
    return maps.flip(-1).index_select(-3, torch.as_tensor(table.copy(), device=maps.device))


def joints_in_picture(
    heatmaps: Tensor,
    matrix: np.ndarray,
    input_size: tuple[int, int],
    sigma: int = 2,
    grid: str = 'edge',
    mirrored: bool = False,
) -> InstanceData:
    """Joints of one picture.

    Args:
        heatmaps (Tensor): (K, h/8, w/8), un-mirrored.
        matrix (np.ndarray): (3, 3) from original to network input points.
        input_size (tuple): (h, w) of the network input.
        sigma (int): Cells of the heatmaps' standard deviation.
        grid (str): As in :func:`set_parsing`; on ``'edge'`` the outermost cells lie on the outermost pixels (UDP).
        mirrored (bool): Whether the heatmaps were predicted from the mirrored input; only ``'corner'`` asks.

    Returns:
        InstanceData: ``keypoints`` float32 (1, K, 2) in original pixels, ``keypoint_scores`` float32 (1, K).
    """
    height, width = input_size
    maps = heatmaps.detach().float().cpu().numpy()
    if grid == 'edge':
        joints, scores = decode_heatmaps(maps, (width, height), sigma)
    else:
        places, scores = locate_peaks(maps, sigma)
        joints = apply_to_points(cells_to_input(maps.shape[-2:], input_size, mirrored), places)
        joints, scores = np.clip(joints, -0.5, np.array([width, height]) - 0.5), scores.astype(np.float32)
    original = apply_to_points(np.linalg.inv(matrix), joints.astype(np.float64))
    return InstanceData(keypoints=original[None].astype(np.float32), keypoint_scores=scores[None])


def logits_theta(
    matrix: np.ndarray, target: tuple[int, int], cells: tuple[int, int], input_size: tuple[int, int], mirrored: bool
) -> np.ndarray:
    """``affine_grid``'s matrix (2, 3) from a picture to logits whose cells lie on the corner grid.

    Args:
        matrix (np.ndarray): (3, 3), from the picture's points to points of the un-mirrored network input.
        target (tuple): (H, W) of the picture.
        cells (tuple): (., .) of the logits.
        input_size (tuple): (h, w) of the network input.
        mirrored (bool): Whether the logits were predicted from the mirrored input.
    """
    to_cells = np.linalg.inv(cells_to_input(cells, input_size, mirrored)) @ matrix
    return edge_theta(to_cells, target, cells)


def enlarge_logits(logits: Tensor, size: tuple[int, int], grid: str) -> Tensor:
    """Logits (N, C, ., .) at the network input's ``size`` (h, w), bilinear; ``grid`` as in :func:`set_parsing`."""
    if grid == 'edge':
        return F.interpolate(logits, size=size, mode='bilinear', align_corners=False)
    theta = logits_theta(np.eye(3), size, (logits.shape[-2], logits.shape[-1]), size, mirrored=False)
    return torch.stack([resample(each, theta, size) for each in logits])


def class_mirror(num_classes: int, labels: str | None = None) -> np.ndarray:
    """The mirror table of a model's classes.

    They are the sample's where there are as many; a model trained on another data set than it is tested on (LIP's 20
    classes, ATR's 18) is known by their number.

    Args:
        num_classes (int): C, of the model.
        labels (str, optional): Name of the sample's label set. Defaults to None: a data set that is not of mmspd, of
            which nothing is known but that 20 classes are LIP's.

    Returns:
        np.ndarray: int64 (C,); of classes of which nothing is known, the identity.
    """
    candidates = [label_set(labels), *(LABEL_SETS.values() if labels is not None else ())]
    known = (each.mirror for each in candidates if len(each.classes) == num_classes)
    return next(known, np.arange(num_classes))


def set_parsing(sample: SPDDataSample, logits: Tensor, input_size: tuple[int, int], grid: str = 'edge') -> None:
    """Write ``seg_logits`` and ``pred_sem_seg`` from logits (C, ., .) of the network input.

    Args:
        sample (SPDDataSample): Written to.
        logits (Tensor): (C, ., .).
        input_size (tuple): (h, w) of the network input.
        grid (str): Where cells lie: ``'edge'``, they cover the input from edge to edge, or ``'corner'``, see
            :mod:`mmspd.models.segmentors.corner_grid`.
    """
    meta = sample.metainfo
    if meta.get('flip'):
        logits = unmirror(logits, class_mirror(len(logits), meta.get('label_set')))
    original = tuple(meta.get('ori_shape', input_size)[:2])
    matrix = upright_matrix(meta, input_size)
    if grid == 'edge':
        theta = edge_theta(matrix, original, input_size)
    else:
        cells = (logits.shape[-2], logits.shape[-1])
        theta = logits_theta(matrix, original, cells, input_size, bool(meta.get('flip')))
    set_parsing_logits(sample, resample(logits, theta, original))


def set_parsing_logits(sample: SPDDataSample, logits: Tensor) -> None:
    """Write ``seg_logits`` and ``pred_sem_seg`` from logits (C, H, W) of the original picture."""
    sample.seg_logits = PixelData(data=logits)
    sample.pred_sem_seg = PixelData(data=logits.argmax(dim=0, keepdim=True))


def set_joints(
    sample: SPDDataSample,
    heatmaps: Tensor,
    input_size: tuple[int, int],
    sigma: int = 2,
    grid: str = 'edge',
    decode: str = 'peak',
) -> None:
    """Write ``pred_instances`` and ``pred_fields`` from heatmaps (K, ., .) of the network input.

    Args:
        sample (SPDDataSample): Written to.
        heatmaps (Tensor): (K, ., .).
        input_size (tuple): (h, w) of the network input.
        sigma (int): Cells of the heatmaps' standard deviation.
        grid (str): As in :func:`set_parsing`.
        decode (str): As in :class:`~mmspd.models.heads.SPDPoseHead`.
    """
    meta = sample.metainfo
    mirrored = bool(meta.get('flip'))
    if mirrored:
        heatmaps = unmirror(heatmaps, JOINT_MIRROR)
    sample.pred_fields = PixelData(heatmaps=heatmaps.float())
    if decode == 'argmax':
        sample.pred_instances = largest_pixels(enlarged_heatmaps(sample, input_size))
        return
    matrix = upright_matrix(meta, input_size)
    sample.pred_instances = joints_in_picture(heatmaps, matrix, input_size, sigma, grid, mirrored)


def enlarged_heatmaps(sample: SPDDataSample, input_size: tuple[int, int]) -> Tensor:
    """A sample's ``pred_fields`` at the original picture's size, by :func:`enlarge_nearest`: (K, H, W).

    Raises:
        ValueError: The network input does not show the whole picture.
    """
    meta = sample.metainfo
    original = tuple(meta.get('ori_shape', input_size)[:2])
    require_whole_picture(input_matrix(meta, input_size), original, input_size)
    return enlarge_nearest(sample.pred_fields.heatmaps, original, bool(meta.get('flip')))


def set_surface(
    sample: SPDDataSample, part_logits: Tensor, uv: Tensor, boxes: Tensor, input_size: tuple[int, int]
) -> None:
    """Write ``pred_surface``.

    Args:
        sample (SPDDataSample): Written to.
        part_logits (Tensor): (R, 25, S, S).
        uv (Tensor): (R, 2, 24, S, S).
        boxes (Tensor): (R, 4) on pixel edges of the network input.
        input_size (tuple): (h, w) of the network input.
    """
    mirrored = bool(sample.metainfo.get('flip'))
    if mirrored:
        part_logits = unmirror(part_logits, SURFACE_MIRROR)
        uv = unmirror(uv, SURFACE_MIRROR[1:] - 1)
    inverse = np.linalg.inv(input_matrix(sample.metainfo, input_size))
    original = apply_to_boxes(inverse, boxes.detach().cpu().numpy().astype(np.float64))
    sample.pred_surface = InstanceData(
        bboxes=torch.as_tensor(original, dtype=torch.float32, device=boxes.device),
        part_logits=part_logits.float(),
        uv=uv.float().clamp(0, 1),
        mirrored=torch.full((len(boxes),), mirrored, device=boxes.device),
    )


def foreground_box(logits: Tensor, input_size: tuple[int, int]) -> Tensor | None:
    """Box around the cells that are not background.

    Args:
        logits (Tensor): (C, ., .), channel 0 the background.
        input_size (tuple): (h, w) of the network input.

    Returns:
        Tensor | None: float32 (1, 4) on pixel edges of the network input; None where all is background.
    """
    foreground = logits[1:].amax(dim=0) > logits[0]  # argmax takes a third of a small network's time on CPUs
    rows, columns = foreground.any(dim=1).nonzero()[:, 0], foreground.any(dim=0).nonzero()[:, 0]
    if len(rows) == 0:
        return None
    cell_h, cell_w = input_size[0] / len(foreground), input_size[1] / foreground.shape[1]
    edges = [columns[0] * cell_w, rows[0] * cell_h, (columns[-1] + 1) * cell_w, (rows[-1] + 1) * cell_h]
    return torch.stack(edges)[None].float()
