"""What a run needs apart from time: parameters, FLOPs and memory."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from model_cost import count_parameters
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from mmspd.utils.blank_convolutions import BlankConvolutions
from mmspd.utils.live_memory import LiveMemory, tensor_bytes


def count_costs(
    run: Callable[[], None], models: Sequence[nn.Module], resident: Sequence[Tensor], device: torch.device
) -> dict[str, int]:
    """Count what a run needs.

    Args:
        run (Callable): It. It has run before, so that everything that stays exists.
        models (Sequence[nn.Module]): What it runs, each once.
        resident (Sequence[Tensor]): What stays between two runs.
        device (torch.device): Where it runs.

    Returns:
        dict[str, int]: ``parameters``; ``flops`` of convolutions and matrix products, a multiply-add counted as two;
        ``resident_bytes``; ``peak_bytes``, the most in use at once, ``resident`` included.
    """
    gradients = {torch.ops.aten.convolution_backward: _gradient_flops}
    with uncomputed(), FlopCounterMode(display=False, custom_mapping=gradients) as counter:
        run()
    return dict(
        parameters=sum(count_parameters(model) for model in models),
        flops=counter.get_total_flops(),
        resident_bytes=tensor_bytes(resident),
        peak_bytes=(_allocated_bytes if device.type == 'cuda' else _live_bytes)(run, resident, device),
    )


def _gradient_flops(
    gradient: Sequence[int], inputs: Sequence[int], weight: Sequence[int], *others: Any, **_: Any
) -> int:
    """FLOPs of a convolution's gradients from the shapes: each that is asked for takes as many as the forward pass.

    PyTorch's own count takes grouped convolutions for whole ones in the gradient of the weight.
    """
    _bias, _stride, _padding, _dilation, transposed, _output_padding, _groups, asked_for = others
    places = inputs if transposed else gradient
    return 2 * places[0] * math.prod(places[2:]) * math.prod(weight) * sum(asked_for[:2])


def _live_bytes(run: Callable[[], None], resident: Sequence[Tensor], device: torch.device) -> int:
    """The most bytes of tensors."""
    with uncomputed(), LiveMemory(resident) as memory:
        run()
    return memory.peak


def _allocated_bytes(run: Callable[[], None], resident: Sequence[Tensor], device: torch.device) -> int:
    """The most bytes that a GPU's allocator gave out, without what other runs keep there."""
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    run()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before + tensor_bytes(resident)


@contextmanager
def uncomputed() -> Iterator[None]:
    """Run without convolutions' results, and without compiled code, which hides from what counts operators."""
    # From PyTorch 2.6 on; before, compiled models are beyond counting.
    set_stance = getattr(torch.compiler, 'set_stance', None)
    with set_stance('force_eager') if set_stance else nullcontext(), BlankConvolutions():
        yield
