"""The pipeline's last step: from the results dict to what a model takes."""

from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.structures import InstanceData, PixelData

from mmspd.anatomy import IGNORE_LABEL, NUM_JOINTS
from mmspd.codecs import heatmap_size_of
from mmspd.registry import TRANSFORMS
from mmspd.structures import SPDDataSample

__all__ = ['PackSPDInputs']

META_KEYS = (
    'img_path',
    'img_id',
    'ori_shape',
    'img_shape',
    'warp_matrix',
    'flip',
    'dp_surface',
    'dp_predicted',
    'dp_body',
    'dp_box',
    'dp_area',
    'label_set',
    'crop',
)


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


@TRANSFORMS.register_module()
class PackSPDInputs(BaseTransform):
    """Pack image and annotation into ``inputs`` uint8 (3, H, W) BGR and ``data_samples``, an ``SPDDataSample``.

    ``mmspd.structures`` lists the fields. What the results lack is left out, or, with ``fill_missing``, is there
    without content: a label of 255, joints of weight 0, empty heatmaps, no surface points. Without
    :class:`PoseTargets` that makes every joint's weight 0, for an empty heatmap is no target. Training needs
    ``fill_missing``, for a batch mixes samples with and without each annotation.

    Args:
        fill_missing (bool): Whether every field is always present. Defaults to False.
        stride (int): Input pixels a cell of a filled-in heatmap. Defaults to 8.
    """

    def __init__(self, fill_missing: bool = False, stride: int = 8) -> None:
        self.fill_missing = fill_missing
        self.stride = stride

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Pack ``results``."""
        sample = SPDDataSample(metainfo={key: results[key] for key in META_KEYS if key in results})
        contents = {**_nothing(results, self.stride), **results} if self.fill_missing else results
        if 'gt_seg_map' in contents:
            sample.gt_sem_seg = PixelData(data=_tensor(contents['gt_seg_map'])[None].long())
        if 'keypoints' in contents:
            sample.gt_instances = InstanceData(
                keypoints=contents['keypoints'],
                keypoints_visible=contents['keypoints_visible'],
                keypoints_occluded=contents['keypoints_occluded'],
                bboxes=contents['bbox'],
            )
        if 'transformed_keypoints' in contents:
            # Without targets in the pipeline the joints inside the input count.
            weights = contents.get('keypoint_weights', contents['transformed_keypoints_visible'])
            sample.gt_instance_labels = InstanceData(
                keypoints=_tensor(contents['transformed_keypoints']),
                keypoint_weights=_tensor(weights),
                bboxes=_tensor(contents['transformed_bbox']),
            )
        if 'heatmaps' in contents:
            sample.gt_fields = PixelData(heatmaps=_tensor(contents['heatmaps']))
        if 'transformed_dp_points' in contents:
            sample.gt_surface_points = _surface_points(contents)
        return {'inputs': _tensor(results['img'].transpose(2, 0, 1)), 'data_samples': sample}


def _surface_points(contents: dict[str, Any]) -> InstanceData:
    kept = contents['transformed_dp_kept']
    return InstanceData(
        points=_tensor(contents['transformed_dp_points'][kept]),
        ori_points=_tensor(contents['dp_points'][kept]),
        labels=_tensor(contents['transformed_dp_labels'][kept]),
        uv=_tensor(contents['transformed_dp_uv'][kept]),
        uv_valid=_tensor(contents['transformed_dp_uv_valid'][kept]),
    )


def _nothing(results: dict[str, Any], stride: int) -> dict[str, Any]:
    """Annotation without content, for a sample that lacks some."""
    height, width = results['img_shape']
    cells = heatmap_size_of((width, height), stride)
    joints = np.zeros((1, NUM_JOINTS, 2), dtype=np.float32)
    missing = np.zeros((1, NUM_JOINTS), dtype=np.float32)
    nowhere = np.zeros((0, 2), dtype=np.float32)
    return {
        'gt_seg_map': np.full((height, width), IGNORE_LABEL, dtype=np.uint8),
        'keypoints': joints,
        'keypoints_visible': missing,
        'keypoints_occluded': missing.astype(bool),
        'transformed_keypoints': joints,
        'transformed_keypoints_visible': missing,
        'keypoint_weights': missing,
        'heatmaps': np.zeros((NUM_JOINTS, cells[1], cells[0]), dtype=np.float32),
        'dp_points': nowhere,
        'transformed_dp_points': nowhere,
        'transformed_dp_labels': np.zeros(0, dtype=np.int64),
        'transformed_dp_uv': nowhere,
        'transformed_dp_uv_valid': np.zeros(0, dtype=bool),
        'transformed_dp_kept': np.zeros(0, dtype=bool),
    }
