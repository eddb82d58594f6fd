"""Ground truth of a batch, stacked for the losses; what a sample lacks becomes an annotation that weighs nothing."""

from typing import NamedTuple

import torch
from torch import Tensor

from mmspd.anatomy import IGNORE_LABEL
from mmspd.codecs.heatmap import cell_size
from mmspd.structures import SPDDataSample


class JointTargets(NamedTuple):
    """Attributes: heatmaps float32 (N, K, h, w); joints float32 (N, K, 2) in heatmap cells; weights float32 (N, K)."""

    heatmaps: Tensor
    joints: Tensor
    weights: Tensor


class SurfaceTargets(NamedTuple):
    """Surface points of a batch.

    Attributes: points float (P, 2) network pixels; image int64 (P,) their image; labels int64 (P,); uv float (P, 2);
    uv_valid bool (P,).
    """

    points: Tensor
    image: Tensor
    labels: Tensor
    uv: Tensor
    uv_valid: Tensor


def stack_labels(samples: list[SPDDataSample], size: tuple[int, int], device: torch.device) -> Tensor:
    """Parsing labels: int64 (N, H, W); all ignored for a sample without."""
    nothing = torch.full(size, IGNORE_LABEL, dtype=torch.int64, device=device)
    return torch.stack(
        [sample.gt_sem_seg.data[0].to(device).long() if 'gt_sem_seg' in sample else nothing for sample in samples]
    )


def stack_joints(samples: list[SPDDataSample], like: Tensor, input_size: tuple[int, int]) -> JointTargets:
    """Joint targets in the shape of heatmaps ``like`` (N, K, h, w); zero weights for a sample without.

    Args:
        samples (list): N samples.
        like (Tensor): Predicted heatmaps; gives shape and device.
        input_size (tuple): (H, W) of the network input, whose outermost pixels lie on the outermost cells (UDP).
    """
    num_joints, height, width = like.shape[1:]
    cells = like.new_tensor(1 / cell_size((input_size[1], input_size[0]), (width, height)), dtype=torch.float32)
    heatmaps, joints, weights = [], [], []
    for sample in samples:
        if 'gt_fields' not in sample or 'gt_instance_labels' not in sample:
            heatmaps.append(cells.new_zeros((num_joints, height, width)))
            joints.append(cells.new_zeros((num_joints, 2)))
            weights.append(cells.new_zeros(num_joints))
            continue
        heatmaps.append(sample.gt_fields.heatmaps.to(cells))
        joints.append(sample.gt_instance_labels.keypoints[0].to(cells) * cells)
        weights.append(sample.gt_instance_labels.keypoint_weights[0].to(cells))
    return JointTargets(torch.stack(heatmaps), torch.stack(joints), torch.stack(weights))


def gather_points(samples: list[SPDDataSample], device: torch.device) -> SurfaceTargets:
    """Surface points of all samples in one list."""
    fields: dict[str, list[Tensor]] = {'points': [], 'labels': [], 'uv': [], 'uv_valid': []}
    counts = []
    for sample in samples:
        known = sample.gt_surface_points if 'gt_surface_points' in sample else None
        counts.append(0 if known is None else len(known.labels))
        if known is not None:
            for name, values in fields.items():
                values.append(known.get(name).to(device))
    index = torch.repeat_interleave(torch.arange(len(samples), device=device), torch.tensor(counts, device=device))
    if not fields['labels']:
        empty = torch.zeros((0, 2), device=device)
        return SurfaceTargets(empty, index, index.clone(), empty, index.bool())
    joined = {name: torch.cat(values) for name, values in fields.items()}
    return SurfaceTargets(joined['points'], index, joined['labels'], joined['uv'], joined['uv_valid'])


def person_boxes(samples: list[SPDDataSample], size: tuple[int, int], device: torch.device) -> Tensor:
    """One ROI per image for training: the person's box, or the whole input where it is unknown.

    Returns:
        Tensor: float32 (N, 5), image index and box on pixel edges of the network input of (H, W) ``size``.
    """
    whole = torch.tensor([[0, 0, size[1], size[0]]], dtype=torch.float32, device=device)
    boxes = []
    for sample in samples:
        given = sample.gt_instance_labels.bboxes[:1].to(whole) if 'gt_instance_labels' in sample else whole
        boxes.append(given if len(given) else whole)
    numbers = torch.arange(len(samples), device=device, dtype=torch.float32)[:, None]
    return torch.cat([numbers, torch.cat(boxes)], dim=1)
