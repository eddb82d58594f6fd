"""Readers stop at the first entry that is wrong, or, for a validator, tell of every such entry and go on without it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ['Report', 'tolerating']

# Takes a problem's message, which names file and entry.
Report = Callable[[str], None]


@contextmanager
def tolerating(report: Report | None) -> Iterator[None]:
    """Work on one entry of a file.

    Args:
        report (Callable[[str], None], optional): Takes the message of a ValueError raised within; None raises it.

    Yields:
        None: For the work.
    """
    try:
        yield
    except ValueError as error:
        if report is None:
            raise
        report(str(error))
