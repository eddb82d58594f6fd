"""Test-time augmentation: several scales, mirrored and not, averaged in one frame."""

import numpy as np
import torch
from mmengine.model import BaseTTAModel
from mmengine.structures import InstanceData, PixelData
from torch import Tensor

from mmspd.models.sampling import edge_theta, grid_theta, resample
from mmspd.models.segmentors.corner_grid import cells_to_input, largest_pixels
from mmspd.models.segmentors.decoding import (
    enlarged_heatmaps,
    joints_in_picture,
    set_parsing_logits,
    upright_matrix,
)
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample


@MODELS.register_module()
class SPDTTAModel(BaseTTAModel):
    """Mean of the predictions of all variants of a picture (JPPNet: scales 0.75, 1, 1.25, mirrored and not).

    Every variant's prediction is already in original pixels with left and right in their places. Parsing is the mean of
    the logits, joints are decoded from the mean heatmaps, I from the mean logits. U and V are the mean over the
    variants that were not mirrored, as what mirroring does to U, V is a property of the surface that a model does not
    know; where all were mirrored, over all.

    Heatmaps take the size of the first variant's, charts the mean of the variants' boxes, so that neither a mirrored
    picture nor the order of mirrored variants changes anything.
    """

    def merge_preds(self, data_samples_list: list[list[SPDDataSample]]) -> list[SPDDataSample]:
        """Merge.

        Args:
            data_samples_list (list): For each picture, its variants' predictions.

        Returns:
            list[SPDDataSample]: One sample for each picture, the first variant's with merged predictions.
        """
        return [self._merge(list(variants)) for variants in data_samples_list]

    def _merge(self, variants: list[SPDDataSample]) -> SPDDataSample:
        """Merge the variants of one picture."""
        merged = variants[0].new()
        if 'seg_logits' in merged:
            set_parsing_logits(merged, torch.stack([each.seg_logits.data for each in variants]).mean(dim=0))
        if 'pred_fields' in merged:
            self._merge_joints(merged, variants)
        if 'pred_surface' in merged:
            merged.pred_surface = _merge_surface([each.pred_surface for each in variants])
        return merged

    def _merge_joints(self, merged: SPDDataSample, variants: list[SPDDataSample]) -> None:
        """Decode the joints from the mean heatmaps: in cells of the first variant, or in pixels for ``'argmax'``."""
        grid, head = self.module.grid, self.module.pose_head
        heatmaps = torch.stack([_heatmaps_in_frame(each, merged, grid) for each in variants]).mean(dim=0)
        size = _input_size(merged)
        if head.decode == 'argmax':
            pictures = [enlarged_heatmaps(each, _input_size(each)) for each in variants]
            merged.pred_instances = largest_pixels(torch.stack(pictures).mean(dim=0))
        else:
            matrix, mirrored = upright_matrix(merged.metainfo, size), bool(merged.metainfo.get('flip'))
            merged.pred_instances = joints_in_picture(heatmaps, matrix, size, head.sigma, grid, mirrored)
        merged.pred_fields = PixelData(heatmaps=heatmaps)


def _input_size(sample: SPDDataSample) -> tuple[int, int]:
    """(h, w) of the network input."""
    height, width = sample.metainfo['img_shape'][:2]
    return height, width


def _heatmaps_in_frame(sample: SPDDataSample, frame: SPDDataSample, grid: str) -> Tensor:
    """A variant's heatmaps resampled to the cells of another's: (K, h, w)."""
    sizes = [_input_size(each) for each in (sample, frame)]
    source, target = upright_matrix(sample.metainfo, sizes[0]), upright_matrix(frame.metainfo, sizes[1])
    matrix = source @ np.linalg.inv(target)
    maps, shape = sample.pred_fields.heatmaps, frame.pred_fields.heatmaps.shape[-2:]
    if grid == 'edge':
        return resample(maps, grid_theta(matrix, sizes[1], sizes[0]), shape, align_corners=True)
    of_sample, of_frame = (
        cells_to_input(each.pred_fields.heatmaps.shape[-2:], size, bool(each.metainfo.get('flip')))
        for each, size in zip((sample, frame), sizes, strict=True)
    )
    return resample(maps, edge_theta(np.linalg.inv(of_sample) @ matrix @ of_frame, shape, maps.shape[-2:]), shape)


def _merge_surface(variants: list[InstanceData]) -> InstanceData:
    """Mean charts over the mean boxes."""
    frame = variants[0]
    boxes = torch.stack([each.bboxes for each in variants]).mean(dim=0)
    part_logits, uv, upright = [], [], []
    for each in variants:
        for region in range(len(frame)):
            theta = _box_theta(boxes[region], each.bboxes[region])
            size = frame.part_logits.shape[-2:]
            part_logits.append(resample(each.part_logits[region], theta, size))
            uv.append(resample(each.uv[region].flatten(0, 1), theta, size).view_as(frame.uv[region]))
            upright.append(not each.mirrored[region])
    shape = (len(variants), len(frame))
    weights = torch.tensor(upright, dtype=torch.float32, device=frame.bboxes.device).view(shape)
    weights = torch.where(weights.sum(dim=0) > 0, weights, torch.ones_like(weights))
    weights = (weights / weights.sum(dim=0))[..., None, None, None, None]
    return InstanceData(
        bboxes=boxes,
        part_logits=torch.stack(part_logits).unflatten(0, shape).mean(dim=0),
        uv=(torch.stack(uv).unflatten(0, shape) * weights).sum(dim=0),
        mirrored=torch.stack([each.mirrored for each in variants]).all(dim=0),
    )


def _box_theta(frame: Tensor, box: Tensor) -> np.ndarray:
    """``affine_grid`` matrix (2, 3) from a map over box ``frame`` to a map over ``box``, both (4,)."""
    frame_box, other = frame.double().cpu().numpy(), box.double().cpu().numpy()
    size = np.maximum(other[2:] - other[:2], 1e-6)
    scale = (frame_box[2:] - frame_box[:2]) / size
    shift = (frame_box[:2] + frame_box[2:] - other[:2] - other[2:]) / size
    return np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
