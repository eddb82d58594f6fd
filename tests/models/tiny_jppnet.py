"""A JPPNet with all of the original's layers and few channels, and variables for it."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmspd.models.jppnet_variables import expected_shape, variable_names
from mmspd.registry import MODELS

_REFINEMENT: dict[str, Any] = dict(
    num_refinements=2, exchange='prediction', remap_channels=3, refine_channels=(4, 5, 6, 7, 8)
)
TINY_JPPNET: dict[str, Any] = dict(
    type='SPD',
    backbone=dict(type='SPDBackbone', depth=101, base_channels=2, style='caffe', same_padding=True),
    seg_head=dict(type='SPDSegHead', in_channels=64, context_channels=(3, 4), **_REFINEMENT),
    pose_head=dict(
        type='SPDPoseHead', in_channels=32, feature_channels=(3, 4, 5, 3, 4, 5), top_channels=6, **_REFINEMENT
    ),
)


def tiny_weights() -> dict[str, Tensor]:
    """The model's state dict."""
    torch.manual_seed(0)
    return MODELS.build(TINY_JPPNET).state_dict()


def tiny_variables(weights: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """Random variables in TensorFlow's layout by TensorFlow's names."""
    draw = np.random.default_rng(0)
    return {
        theirs: draw.standard_normal(expected_shape(weights[ours])).astype(np.float32)
        for ours, theirs in variable_names().items()
    }
