"""Work on many samples, shared by several processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import cv2
from torch.utils.data import DataLoader

__all__ = ['processes_may_die', 'read_in_processes']

# Samples that a process takes at once.
_BATCH = 16


class Items(Protocol):
    """Anything with a length and items."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Any: ...


def read_in_processes(items: Items, workers: int) -> Iterator[list[Any]]:
    """Take all items in their order.

    Args:
        items (Items): Each is computed where it is taken: in a process, which sends it back.
        workers (int): Processes; 0 takes them in this one.

    Yields:
        list: Up to 16 items.

    Raises:
        RuntimeError: If a process dies.
    """
    loader: DataLoader[Any] = DataLoader(
        items,  # type: ignore[arg-type]  # it has a length and items, all that is needed
        batch_size=_BATCH,
        num_workers=min(workers, len(items)),
        collate_fn=list,
    )
    with _one_opencv_thread():
        yield from loader


@contextmanager
def _one_opencv_thread() -> Iterator[None]:
    """Keep OpenCV's threads out of processes: forked ones would wait forever for those of their parent."""
    number = cv2.getNumThreads()
    cv2.setNumThreads(0)
    try:
        yield
    finally:
        cv2.setNumThreads(number)


@contextmanager
def processes_may_die() -> Iterator[None]:
    """Say what to do where one of :func:`read_in_processes`'s processes dies, which interrupts the caller anywhere.

    Raises:
        RuntimeError: With the remedy.
    """
    try:
        yield
    except RuntimeError as error:
        if 'DataLoader worker' not in str(error):
            raise
        message = str(error).splitlines()[0]
        raise RuntimeError(
            f'a process that read samples died ({message}); run the same again, with fewer workers if memory was short'
        ) from error
