"""Counts the bytes of live tensors, where the process's resident set says little about what a step needs."""

import weakref
from collections.abc import Iterable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ['LiveMemory', 'tensor_bytes']


class LiveMemory(TorchDispatchMode):
    """A context that follows the storage of every tensor that an operator returns, forward and backward.

    A storage counts once however many views share it, from the operator that made it until nothing refers to it any
    more, as what autograd saves for the backward pass does. So the count is that of an ideal allocator, on any device:
    exact and repeatable, without rounding, cache and fragmentation. Not in it is what a kernel allocates and frees
    inside (workspaces of convolutions), nor a device's context. Needs PyTorch 2.1 or later and strided tensors.

    Args:
        tensors (Iterable[Tensor]): What is there before, such as a model's weights. A tensor that is not named here
            counts only from the first operator that returns it or a view of it.

    Attributes:
        current (int): Bytes that are live now. After the context has ended no new tensors are added.
        peak (int): The most so far.

    Example:
        >>> import torch
        >>> with LiveMemory() as memory:
        ...     total = torch.zeros(1000).exp().sum()
        >>> memory.peak, memory.current  # two tensors of 4,000 bytes at once; a sum of 4
        (8000, 4)
    """

    def __init__(self, tensors: Iterable[Tensor] = ()) -> None:
        super().__init__()
        self.current = self.peak = 0
        self._sizes: dict[int, int] = {}
        self._add(list(tensors))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        outputs = func(*args, **(kwargs or {}))
        self._add(outputs)
        return outputs

    def _add(self, outputs: Any) -> None:
        """Count the new storages among an operator's outputs, and what known ones grew by."""
        if isinstance(outputs, list | tuple):
            for output in outputs:
                self._add(output)
        elif isinstance(outputs, Tensor):
            storage = outputs.untyped_storage()
            key, size = id(storage), storage.nbytes()
            if key not in self._sizes:
                # PyTorch keeps a storage's Python object as long as the storage, so its id is the storage's.
                weakref.finalize(storage, self._remove, key).atexit = False
            self.current += size - self._sizes.get(key, 0)
            self._sizes[key] = size
            self.peak = max(self.peak, self.current)

    def _remove(self, key: int) -> None:
        """Take off a storage that is gone."""
        self.current -= self._sizes.pop(key)


def tensor_bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes of the tensors' storages, each counted once."""
    return LiveMemory(tensors).current
