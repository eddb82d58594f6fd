"""The shared encoder: a dilated ResNet whose last two stages stay at stride 8."""

from collections.abc import Sequence
from typing import Any

from mmcv.cnn.bricks import Conv2dAdaptivePadding
from mmseg.models.backbones import ResNet
from torch import nn

from mmspd.models.backbones.same_pad_pool import SamePadMaxPool2d
from mmspd.registry import MODELS


@MODELS.register_module()
class SPDBackbone(ResNet):
    """ResNet with res4 at dilation 2 and res5 at dilation 4, both at stride 8 (as JPPNet's; paper, section III.A).

    It is mmseg's ``ResNet`` with other defaults: the parameter names are those of mmseg and of torchvision, so weights
    of both load into it. ``num_stages=3`` stops at res4, for models without a segmentation branch.

    Args:
        depth (int): 18, 34, 50, 101 or 152.
        base_channels (int): Channels of the stem and of the first stage's bottleneck; 64 is ResNet's. Outputs have
            ``base_channels * (4, 8)`` channels at depths 18 and 34 and ``base_channels * (16, 32)`` from 50 on.
        num_stages (int): 4, or 3 to stop at res4.
        frozen_bn (bool): Batch norm keeps its statistics *and* its affine parameters, as JPPNet trains. Turn it off to
            train from random weights.
        norm_cfg (dict | None): Another norm layer; None is batch norm, frozen or not.
        out_indices (Sequence[int] | None): Stages to return, 0 to 3; None: res4 and, where built, res5.
        strides (Sequence[int]): Stride of each stage.
        dilations (Sequence[int]): Dilation of each stage.
        same_padding (bool): Whether the stem's convolution and max pool are padded as TensorFlow's ``SAME`` pads, for
            weights that were trained so. At even sizes that is one pixel less before and one more after. All other
            convolutions are padded alike in both.
        **kwargs: Further arguments of mmseg's ``ResNet`` (``style``, ``with_cp``, ``init_cfg`` ...).

    Raises:
        ValueError: Another number of stages, or ``same_padding`` with a stem of several convolutions.

    Example:
        >>> feats = SPDBackbone(depth=18, base_channels=16)(torch.zeros(1, 3, 64, 64))
        >>> [tuple(feat.shape) for feat in feats]
        [(1, 64, 8, 8), (1, 128, 8, 8)]
    """

    conv1: Any

    def __init__(
        self,
        depth: int = 101,
        base_channels: int = 64,
        num_stages: int = 4,
        frozen_bn: bool = True,
        norm_cfg: dict | None = None,
        out_indices: Sequence[int] | None = None,
        strides: Sequence[int] = (1, 2, 1, 1),
        dilations: Sequence[int] = (1, 1, 2, 4),
        same_padding: bool = False,
        **kwargs: Any,
    ) -> None:
        if num_stages not in (3, 4):
            raise ValueError(f'SPDBackbone needs num_stages 4 (to res5) or 3 (to res4), got {num_stages}')
        super().__init__(
            depth=depth,
            stem_channels=base_channels,
            base_channels=base_channels,
            num_stages=num_stages,
            strides=tuple(strides[:num_stages]),
            dilations=tuple(dilations[:num_stages]),
            out_indices=tuple(range(2, num_stages)) if out_indices is None else tuple(out_indices),
            norm_cfg=norm_cfg or dict(type='BN', requires_grad=not frozen_bn),
            norm_eval=frozen_bn,
            **kwargs,
        )
        if same_padding:
            self._pad_stem_same()

    def _pad_stem_same(self) -> None:
        """Replace the stem's convolution and max pool; the names of the parameters stay."""
        if self.deep_stem:
            raise ValueError('same_padding is for the 7x7 stem, got deep_stem=True')
        stem = self.conv1
        self.conv1 = Conv2dAdaptivePadding(
            stem.in_channels, stem.out_channels, stem.kernel_size, stem.stride, bias=False
        )
        self.maxpool = SamePadMaxPool2d(3, 2)
        self._freeze_stages()  # the old convolution was frozen, not this one

    def train(self, mode: bool = True) -> nn.Module:
        """Set the mode; returns the module (mmseg's ``ResNet.train`` returns None)."""
        super().train(mode)
        return self
