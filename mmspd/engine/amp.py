"""Mixed precision on machines without a GPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmspd.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class CPUAmpOptimWrapper(OptimWrapper):
    """Forward passes in bfloat16 on the CPU; mmengine's ``AmpOptimWrapper`` exists for accelerators only.

    bfloat16 has float32's range, so no loss scaling is needed.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the model's forward pass under autocast."""
        with super().optim_context(model), torch.autocast('cpu', dtype=torch.bfloat16):
            yield


def amp_wrapper() -> dict:
    """Config keys of the optimiser wrapper for mixed precision on this machine: float16 on a GPU, bfloat16 on a CPU."""
    if torch.cuda.is_available():
        return dict(type='AmpOptimWrapper', loss_scale='dynamic')
    return dict(type='CPUAmpOptimWrapper')
