"""Training targets of the pose branch."""

from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from mmspd.codecs import SPDHeatmap, heatmap_size_of
from mmspd.registry import TRANSFORMS

__all__ = ['PoseTargets']


@TRANSFORMS.register_module()
class PoseTargets(BaseTransform):
    """Draw the transformed joints as heatmaps.

    Adds ``heatmaps`` float32 (16, h, w) and ``keypoint_weights`` float32 (1, 16): 1 for a joint to learn from, 0 for
    one that is missing or outside, whose heatmap is empty.

    Args:
        stride (int): Input pixels a heatmap cell. Defaults to 8.
        sigma (int): Standard deviation of the Gaussians in cells, whole. Defaults to 2.
    """

    def __init__(self, stride: int = 8, sigma: int = 2) -> None:
        self.stride = stride
        self.sigma = sigma

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add heatmaps and weights to ``results``."""
        height, width = results['img_shape']
        codec = SPDHeatmap((width, height), heatmap_size_of((width, height), self.stride), self.sigma)
        encoded = codec.encode(results['transformed_keypoints'], results['transformed_keypoints_visible'])
        results['heatmaps'] = encoded['heatmaps']
        results['keypoint_weights'] = encoded['keypoint_weights'].astype(np.float32)
        return results
