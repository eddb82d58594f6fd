"""Atrous spatial pyramid pooling that predicts directly, as DeepLab v2's."""

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn


class ASPPClassifier(BaseModule):
    """Sum of atrous 3x3 convolutions of several rates, each straight to the classes.

    Unlike mmseg's ``ASPPHead`` (DeepLab v3) it has no hidden width, no 1x1 and no image-level branch (Chen et al.,
    TPAMI 2018; so in JPPNet's public code).

    Args:
        in_channels (int): Channels of the input.
        num_classes (int): Channels of the output.
        rates (Sequence[int]): Dilation of each convolution.
    """

    def __init__(self, in_channels: int, num_classes: int, rates: Sequence[int] = (6, 12, 18, 24)) -> None:
        super().__init__(init_cfg=dict(type='Normal', layer='Conv2d', std=0.01))
        self.branches = ModuleList(
            nn.Conv2d(in_channels, num_classes, 3, padding=rate, dilation=rate) for rate in rates
        )

    def forward(self, feat: Tensor) -> Tensor:
        """Logits (N, num_classes, h, w) of features (N, in_channels, h, w)."""
        return torch.stack([branch(feat) for branch in self.branches]).sum(dim=0)
