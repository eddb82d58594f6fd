"""One task at a time, each with a limit of time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from mmspd.web.limits import InputError

__all__ = ['Worker']

Result = TypeVar('Result')


class Worker:
    """A thread that does one task after the other.

    A task cannot be stopped. One that takes too long goes on after its caller was told so, and the next waits for it
    within a limit of its own, so that there is never more than one at work.

    Args:
        seconds (float): That a caller waits for a task.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix='mmspd-web')

    def __call__(self, task: Callable[[], Result]) -> Result:
        """Do a task.

        Args:
            task (Callable): Without arguments.

        Returns:
            What the task returns.

        Raises:
            InputError: If it takes too long.
            Exception: What the task raises.
        """
        future = self._thread.submit(task)
        try:
            return future.result(self._seconds)
        except FutureTimeoutError as error:
            if future.done() and future.exception() is error:  # the task's own
                raise
            future.cancel()
            raise InputError(
                f'This takes longer than the {self._seconds:g} s that are allowed. Choose a smaller picture, fewer '
                'people, or no averaging; or try again when fewer people are here.'
            ) from error

    def close(self) -> None:
        """Begin no other task."""
        self._thread.shutdown(wait=False, cancel_futures=True)
