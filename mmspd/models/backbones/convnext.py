"""ConvNeXt, which MMSegmentation does not have without further packages."""

from collections.abc import Sequence

import torch
from mmcv.cnn.bricks import DropPath
from mmengine.model import BaseModule, ModuleList, Sequential
from torch import Tensor, nn

from mmspd.registry import MODELS

ARCHITECTURES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    'tiny': ((3, 3, 9, 3), (96, 192, 384, 768)),
    'small': ((3, 3, 27, 3), (96, 192, 384, 768)),
    'base': ((3, 3, 27, 3), (128, 256, 512, 1024)),
}


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of (N, C, H, W)."""

    def forward(self, feat: Tensor) -> Tensor:
        """Normalise each pixel's channels."""
        return super().forward(feat.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtBlock(BaseModule):
    """Depthwise 7x7 convolution, layer norm, two linear layers with GELU between, layer scale, residual.

    Args:
        channels (int): Channels in and out.
        drop_path (float): Probability of skipping the block in training.
        layer_scale (float): Start of the learned factor on the block's output.
    """

    def __init__(self, channels: int, drop_path: float = 0.0, layer_scale: float = 1e-6) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.pwconv2 = nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.full((channels,), layer_scale))
        self.drop_path = DropPath(drop_path)

    def forward(self, feat: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        out = self.norm(self.dwconv(feat).permute(0, 2, 3, 1))
        out = self.gamma * self.pwconv2(nn.functional.gelu(self.pwconv1(out)))
        return feat + self.drop_path(out.permute(0, 3, 1, 2))


@MODELS.register_module()
class ConvNeXt(BaseModule):
    """ConvNeXt's four stages, at strides 4, 8, 16 and 32 (Liu et al., "A ConvNet for the 2020s", CVPR 2022).

    Parameters have the names of the authors' released weights, which load with ``strict=False`` (they have a classifier
    and no output norms).

    Args:
        arch (str | dict): ``'tiny'``, ``'small'``, ``'base'``, or ``dict(depths=(...), channels=(...))``.
        drop_path_rate (float): Of the last block; it rises linearly from 0.
        out_indices (Sequence[int]): Stages to return, 0 to 3, each through a layer norm of its own.
        init_cfg (dict | list | None): As in mmengine.
    """

    def __init__(
        self,
        arch: str | dict = 'tiny',
        drop_path_rate: float = 0.0,
        out_indices: Sequence[int] = (1, 2, 3),
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg or dict(type='TruncNormal', layer=['Conv2d', 'Linear'], std=0.02))
        if isinstance(arch, str):
            if arch not in ARCHITECTURES:
                raise ValueError(f'arch must be one of {sorted(ARCHITECTURES)} or a dict, got {arch!r}')
            depths, channels = ARCHITECTURES[arch]
        else:
            depths, channels = tuple(arch['depths']), tuple(arch['channels'])
        self.out_indices = tuple(out_indices)
        self.downsample_layers = ModuleList()
        self.stages = ModuleList()
        rates = torch.linspace(0, drop_path_rate, sum(depths)).split(depths)
        for stage, width in enumerate(channels):
            conv = nn.Conv2d(channels[stage - 1] if stage else 3, width, 2 if stage else 4, stride=2 if stage else 4)
            norm = ChannelNorm(channels[stage - 1] if stage else width, eps=1e-6)
            self.downsample_layers.append(Sequential(norm, conv) if stage else Sequential(conv, norm))
            self.stages.append(Sequential(*(ConvNeXtBlock(width, float(rate)) for rate in rates[stage])))
            if stage in self.out_indices:
                self.add_module(f'norm{stage}', ChannelNorm(width, eps=1e-6))

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Feature maps of the chosen stages for (N, 3, H, W)."""
        outs, feat = [], inputs
        for stage, (downsample, blocks) in enumerate(zip(self.downsample_layers, self.stages, strict=True)):
            feat = blocks(downsample(feat))
            if stage in self.out_indices:
                outs.append(self.get_submodule(f'norm{stage}')(feat))
        return tuple(outs)
