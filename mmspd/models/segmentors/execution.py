"""How the network is run: memory format, recomputed activations, compiled parts.

None of it changes a weight, a state dict's key or, beyond rounding, a result.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from mmspd.models.heads.densepose_head import SPDDensePoseHead
from mmspd.models.heads.pose_head import SPDPoseHead
from mmspd.models.heads.seg_head import SPDSegHead


class Part(NamedTuple):
    """A module and the name of that method of it which runs a part of the network."""

    module: nn.Module
    method: str


@contextmanager
def kept_statistics(module: nn.Module) -> Iterator[None]:
    """Within it batch norms normalise as before, but their running statistics stay what they are."""
    # With `track_running_stats=False` instead they would save other tensors for the backward pass than the first time.
    norms = [each for each in module.modules() if isinstance(each, _BatchNorm) and each.training]
    momenta = [norm.momentum for norm in norms]
    counters = [norm.num_batches_tracked for norm in norms if norm.num_batches_tracked is not None]
    counts = [counter.clone() for counter in counters]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for counter, count in zip(counters, counts, strict=True):
            counter.copy_(count)


class Recomputed:
    """A method that keeps its inputs alone for the backward pass, where it runs a second time.

    Only in training with gradients; else it is the method. The second run draws the same random numbers, in the same
    precision, and leaves the statistics of batch norms alone. It is an object, not a closure, so that a deep copy of
    the model (as ``EMAHook`` makes) calls the copy's weights.

    Args:
        part (Part): The method to run.

    Raises:
        RuntimeError: A torch before 2.1.
    """

    def __init__(self, part: Part) -> None:
        if 'context_fn' not in inspect.signature(checkpoint).parameters:
            raise RuntimeError(f'checkpoint_activations needs torch 2.1 or later, found {torch.__version__}')
        self.module, self.plain = part.module, getattr(*part)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the method returns."""
        if not (self.module.training and torch.is_grad_enabled()):
            return self.plain(*args, **kwargs)
        return checkpoint(self.plain, *args, use_reentrant=False, context_fn=self._contexts, **kwargs)

    def _contexts(self) -> tuple[AbstractContextManager, AbstractContextManager]:
        """Of the first run and of the second."""
        return nullcontext(), kept_statistics(self.module)


class Compiled:
    """A method compiled by ``torch.compile`` at its first call, by a deep copy of the model anew.

    Args:
        part (Part): The method to compile.
        options (dict): Arguments of ``torch.compile``.
    """

    def __init__(self, part: Part, options: dict[str, Any]) -> None:
        self.plain, self.options = getattr(*part), options
        self.compiled: Callable | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the compiled function, which holds the original's weights."""
        return self.__dict__ | dict(compiled=None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the method returns."""
        if self.compiled is None:
            self.compiled = torch.compile(_with_own_code(self.plain), **self.options)
        return self.compiled(*args, **kwargs)


def _with_own_code(function: Callable) -> Callable:
    """The function in one of a code object of its own.

    ``torch.compile`` counts recompilations (another size, evaluation after training) by code object and gives up after
    eight, which the blocks of a backbone, all of one class, would reach together.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    call.__code__ = call.__code__.replace()
    return call


def residual_blocks(backbone: nn.Module) -> list[nn.Module]:
    """The blocks that a backbone repeats; the backbone itself where it has none.

    They are the items of its lists (``Sequential`` or ``ModuleList``), of the innermost where a stage that is no list
    has a list of blocks, as Swin's. Single layers in a list are no blocks.
    """
    return list(_listed_blocks(backbone, False)) or [backbone]


def _listed_blocks(module: nn.Module, is_list: bool) -> Iterator[nn.Module]:
    """Blocks inside a module that is a list or not."""
    for child in module.children():
        child_is_list = isinstance(child, nn.Sequential | nn.ModuleList)
        is_stage = any(isinstance(each, nn.ModuleList) for each in child.children())
        if child_is_list or is_stage or not is_list:
            yield from _listed_blocks(child, child_is_list)
        elif any(True for _ in child.children()):
            yield child


def recomputable_parts(model: Any) -> list[Part]:
    """Parts of an SPD that recompute their activations: residual blocks and every branch's passes."""
    parts = [Part(block, 'forward') for block in residual_blocks(model.backbone)]
    for head in filter(None, (model.seg_head, model.pose_head, model.densepose_head)):
        passes = ('initial', 'refine') if isinstance(head, SPDSegHead | SPDPoseHead) else ('forward',)
        parts += [Part(head, name) for name in passes]
    return parts


def compilable_parts(model: Any) -> list[Part]:
    """Parts of an SPD that are compiled: the same, but of dense pose what follows ROI align, which reads its boxes."""
    parts = []
    for part in recomputable_parts(model):
        if isinstance(part.module, SPDDensePoseHead):
            head = part.module
            parts += [Part(each, 'forward') for each in (*head.level_convs, head.part_predictor, head.uv_predictor)]
        else:
            parts.append(part)
    return parts


def set_execution(model: Any, checkpoint_activations: bool, compile_modules: bool | dict[str, Any]) -> None:
    """Let the parts of an SPD run as the switches say; see :class:`~mmspd.models.segmentors.SPD`."""
    if compile_modules is not False:
        # Each size is compiled anew: torch 2.13 cannot compile training batch norms for sizes that vary.
        options: dict[str, Any] = dict(dynamic=False)
        if compile_modules is not True:
            options.update(compile_modules)
        for part in compilable_parts(model):
            setattr(*part, Compiled(part, options))
    if checkpoint_activations:  # around what is compiled
        for part in recomputable_parts(model):
            setattr(*part, Recomputed(part))
