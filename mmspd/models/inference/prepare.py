"""Faster inference with the same results."""

from typing import Final, TypeVar

import torch
from torch import nn

from mmspd.models.heads.aspp import ASPPClassifier
from mmspd.models.inference.fast_conv import FastConv2d, gain
from mmspd.models.inference.fold_norms import fold_norms
from mmspd.models.inference.stacked_aspp import StackedASPP

Model = TypeVar('Model', bound=nn.Module)

# Below it, moving the tiles costs what the multiplications save, as for 256 channels to 256 by 3x3 on two CPU cores.
_WORTHWHILE_GAIN: Final = 2.35


def prepare_for_inference(model: Model) -> Model:
    """Rewrite a model in place for inference, with the same results but for rounding.

    Batch norm is folded into the convolution before it (:func:`~mmspd.models.inference.fold_norms.fold_norms`), and an
    ASPP becomes one product (:class:`~mmspd.models.inference.stacked_aspp.StackedASPP`). On a CPU, weights are laid out
    channels last, and convolutions in float32 that gain by it become a
    :class:`~mmspd.models.inference.fast_conv.FastConv2d`, whose kernels take four to six times the memory; GPUs choose
    among such algorithms themselves. The model can then be neither trained nor saved: its parameters have other names
    and shapes.

    Args:
        model (nn.Module): Any model, with its weights loaded.

    Returns:
        nn.Module: The same object, in evaluation mode.
    """
    fold_norms(model.eval())
    model.requires_grad_(False)
    on_cpu = all(parameter.device.type == 'cpu' for parameter in model.parameters())
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, ASPPClassifier):
                setattr(module, name, StackedASPP(child))
            elif on_cpu and isinstance(child, nn.Conv2d) and gain(child) >= _WORTHWHILE_GAIN:
                setattr(module, name, FastConv2d(child))
    if on_cpu:
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # PyTorch's stubs lack it
    return model
