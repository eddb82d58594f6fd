"""Runs a network without computing its convolutions, to count what it would take."""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ['BlankConvolutions']


class BlankConvolutions(TorchDispatchMode):
    """A context in which convolutions, forward and backward, give zeros of the right shape, type and memory format.

    Bytes and FLOPs do not depend on values, and a training step counts in seconds where it computes in minutes.
    Enter it *before* the modes that count (``with BlankConvolutions(), LiveMemory() as memory``), so that they see a
    convolution and its outputs and not what stands in for it. Use ``torch.no_grad``: under ``torch.inference_mode``
    PyTorch hands convolutions on in another form, and they are computed. Needs PyTorch 2.1 or later.

    Example:
        >>> with BlankConvolutions():
        ...     print(torch.nn.Conv2d(3, 8, 3)(torch.ones(1, 3, 5, 5)).shape)
        torch.Size([1, 8, 3, 3])
    """

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func not in (torch.ops.aten.convolution.default, torch.ops.aten.convolution_backward.default):
            return func(*args, **(kwargs or {}))
        tensors = [arg for arg in args if isinstance(arg, Tensor)]
        outputs = func(*(arg.to('meta') if isinstance(arg, Tensor) else arg for arg in args), **(kwargs or {}))
        # Without data an operator does not keep the memory format of what it gets.
        last = torch.channels_last
        is_last = any(each.is_contiguous(memory_format=last) and not each.is_contiguous() for each in tensors)
        memory_format = last if is_last else torch.contiguous_format

        def zeros(like: Tensor | None) -> Tensor | None:
            """In the layout of a tensor without data; a gradient that is not asked for is None."""
            if like is None:
                return None
            own = memory_format if like.dim() == 4 else torch.contiguous_format
            return torch.zeros(like.shape, dtype=like.dtype, device=tensors[0].device).contiguous(memory_format=own)

        return zeros(outputs) if isinstance(outputs, Tensor) else tuple(map(zeros, outputs))
