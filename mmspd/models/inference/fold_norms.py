"""Batch norm as part of the convolution before it."""

from collections import Counter
from itertools import pairwise
from typing import Any

import torch
from mmcv.cnn import Conv2d, ConvModule
from mmcv.cnn.bricks import Conv2dAdaptivePadding
from torch import nn

# Those that apply their weights as they are; others standardise them first, or move their taps.
_PLAIN_CONVS = (nn.Conv2d, Conv2d, Conv2dAdaptivePadding)
_NORMS = (nn.BatchNorm2d, nn.SyncBatchNorm)


def fold_norms(model: nn.Module) -> None:
    """Fold batch norms into their convolutions, in place; an ``nn.Identity`` takes a norm's place.

    Which convolution a norm follows is read from the order in which a module names its children, and believed only
    where nothing stands between the two, the channels agree, both occur once in the model and, in a ``ConvModule``, its
    ``order`` says the same. mmcv's ``fuse_conv_bn`` takes the last convolution before a norm, which is another one in
    the heads and backbones of mmseg that concatenate first (CGNet, ERFNet), normalise first (DDRNet, PIDNet) or have
    kernels that are predicted (DMNet).

    Args:
        model (nn.Module): Any model, in evaluation mode.
    """
    modules = list(model.modules())
    uses = Counter(id(child) for module in modules for child in module._modules.values())
    for module in modules:
        children = [(name, child) for name, child in module._modules.items() if child is not None]
        for (_, conv), (name, norm) in pairwise(children):
            once = uses[id(conv)] == uses[id(norm)] == 1
            if once and _applies_in_order(module) and _fits(conv, norm):
                _fold(conv, norm)
                setattr(module, name, nn.Identity())


def _applies_in_order(module: nn.Module) -> bool:
    """Whether a module's convolution comes right before its norm, as far as the module says."""
    return not isinstance(module, ConvModule) or 'conv,norm' in ','.join(module.order)


def _fits(conv: Any, norm: Any) -> bool:
    """Whether a norm by stored statistics can be folded into a convolution."""
    return (
        type(conv) in _PLAIN_CONVS
        and type(norm) in _NORMS
        and norm.running_mean is not None
        and norm.affine
        and norm.num_features == conv.out_channels
    )


def _fold(conv: Any, norm: Any) -> None:
    """Give a convolution the weights and the bias that make the norm superfluous."""
    with torch.no_grad():
        factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        bias = torch.zeros_like(norm.running_mean) if conv.bias is None else conv.bias
        conv.weight = nn.Parameter(conv.weight * factor[:, None, None, None])
        conv.bias = nn.Parameter((bias - norm.running_mean) * factor + norm.bias)
