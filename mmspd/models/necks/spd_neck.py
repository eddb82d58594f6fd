"""Hands every branch its feature map, all of them at the same resolution."""

from collections.abc import Sequence
from typing import NamedTuple

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmspd.registry import MODELS


class BranchFeatures(NamedTuple):
    """Feature maps of the branches.

    Attributes:
        shallow (Tensor): res4, for pose and dense pose (paper, sections III.C and III.D).
        deep (Tensor | None): res5, for segmentation (section III.B); None where the backbone stops at res4.
    """

    shallow: Tensor
    deep: Tensor | None


@MODELS.register_module()
class SPDNeck(BaseModule):
    """Selects two levels of a backbone; brings them to stride 8 where the backbone is a pyramid.

    A dilated ResNet's res4 and res5 already share stride 8 and pass unchanged. For Swin or ConvNeXt, whose levels lie
    at strides 4, 8, 16 and 32, ``size_level`` names the level of stride 8: the two selected levels are projected by a
    1x1 convolution and bilinearly resized to that level's size, which is exact for odd sizes too. Where only its size
    is used, the level's output norm gets no gradient: distributed training then needs ``find_unused_parameters=True``.

    Args:
        shallow_level (int): Position of the level for pose and dense pose in the backbone's outputs.
        deep_level (int | None): Position of the level for segmentation; None for models without that branch.
        in_channels (Sequence[int] | None): Channels of the two levels; needed with ``out_channels``.
        out_channels (Sequence[int] | None): Project the levels to these channels; None leaves them as they are.
        size_level (int | None): Position of the output whose size both take; None keeps sizes.
        init_cfg (dict | list | None): As in mmengine.
    """

    def __init__(
        self,
        shallow_level: int = 0,
        deep_level: int | None = 1,
        in_channels: Sequence[int] | None = None,
        out_channels: Sequence[int] | None = None,
        size_level: int | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.levels = (shallow_level,) if deep_level is None else (shallow_level, deep_level)
        self.size_level = size_level
        self.projections = nn.ModuleList()
        if out_channels is None:
            self.projections.extend(nn.Identity() for _ in self.levels)
            return
        if in_channels is None or not len(in_channels) == len(out_channels) == len(self.levels):
            raise ValueError(
                f'SPDNeck needs one entry of in_channels and out_channels for each of {len(self.levels)} levels, '
                f'got in_channels={in_channels}, out_channels={out_channels}'
            )
        self.projections.extend(nn.Conv2d(i, o, 1) for i, o in zip(in_channels, out_channels, strict=True))

    def forward(self, feats: Sequence[Tensor]) -> BranchFeatures:
        """Select, project and resize.

        Args:
            feats (Sequence[Tensor]): The backbone's outputs, each (N, C_i, H_i, W_i).

        Returns:
            BranchFeatures: Two maps of (N, C, H, W); equal H, W if ``size_level`` is given or the strides agree.
        """
        outs = [project(feats[level]) for level, project in zip(self.levels, self.projections, strict=True)]
        if self.size_level is not None:
            size = feats[self.size_level].shape[-2:]
            outs = [F.interpolate(out, size=size, mode='bilinear', align_corners=False) for out in outs]
        return BranchFeatures(outs[0], outs[1] if len(outs) > 1 else None)
