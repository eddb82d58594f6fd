"""How far long work has come: a bar on a terminal, now and then a line elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ['Report', 'format_duration', 'report_progress']

Report = Callable[[int, int], None]

_SECONDS_BETWEEN_LINES: Final = 30.0


def format_duration(seconds: float) -> str:
    """A duration as people say it: '40 s', '3 min', '2 h 5 min'."""
    if round(seconds) < 90:
        return f'{seconds:.0f} s'
    minutes = round(seconds / 60)
    return f'{minutes} min' if minutes <= 90 else f'{minutes // 60} h {minutes % 60} min'


@contextmanager
def report_progress(
    things: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Report]:
    """A function to call with the number of things that are done, and that of all.

    Args:
        things (str): What is counted, in the plural: 'people'.
        stream (TextIO, optional): Where to report. Defaults to None: the standard error stream.
        clock (Callable): Gives the time in seconds.

    Yields:
        Callable[[int, int], None]: The function. Its first call says what was done before: rate and
        time left count from there.
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        yield _Lines(things, stream, clock)
        return
    rate = TextColumn('{task.fields[rate]}')
    columns = (TextColumn(things), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream)) as bar:
        yield _Bar(things, bar, clock)


class _Rate:
    """Things a second since the first call."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: tuple[int, float] | None = None

    def update(self, done: int) -> float | None:
        """The rate, None while it is unknown."""
        now = self._clock()
        if self._first is None:
            self._first = done, now
        things, seconds = done - self._first[0], now - self._first[1]
        return things / seconds if things and seconds > 0 else None


class _Bar:
    """A bar on a terminal."""

    def __init__(self, things: str, bar: Progress, clock: Callable[[], float]) -> None:
        self._bar = bar
        self._rate = _Rate(clock)
        self._task = bar.add_task(things, total=None, rate='')

    def __call__(self, done: int, total: int) -> None:
        rate = self._rate.update(done)
        text = '' if rate is None else f'{rate:.1f}/s'
        self._bar.update(self._task, completed=done, total=total, rate=text)


class _Lines:
    """A line at the start, at the end, and every half a minute between them."""

    def __init__(self, things: str, stream: TextIO, clock: Callable[[], float]) -> None:
        self._things = things
        self._stream = stream
        self._clock = clock
        self._rate = _Rate(clock)
        self._last: float | None = None

    def __call__(self, done: int, total: int) -> None:
        rate, now = self._rate.update(done), self._clock()
        if self._last is not None and done < total and now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        line = f'{done} of {total} {self._things}'
        if rate is not None:
            line += f', {rate:.1f} a second'
            line += f', {format_duration((total - done) / rate)} left' if done < total else ''
        print(line, file=self._stream, flush=True)
