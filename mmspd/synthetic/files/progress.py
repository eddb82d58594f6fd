"""How far the making of people has come: a bar on a terminal, now and then a line elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ['estimated_seconds', 'format_duration', 'report_progress']

Report = Callable[[int, int], None]

_SECONDS_BETWEEN_LINES: Final = 30.0
# Of one process: 8 pictures a second of 256x192 pixels, 5 of 384x384, between them in proportion to the pixels.
_SECONDS_A_PICTURE: Final = 0.0875
_SECONDS_A_MEGAPIXEL: Final = 0.763
_SECONDS_TO_START: Final = 10.0


def estimated_seconds(people: int, size: tuple[int, int], workers: int) -> float:
    """About how long people take to render on an ordinary machine, before it is known how fast this one is.

    Args:
        people (int): How many.
        size (tuple[int, int]): (height, width) of a picture.
        workers (int): Number of processes; 0 counts as one.

    Returns:
        float: Seconds.
    """
    megapixels = size[0] * size[1] / 1e6
    each = _SECONDS_A_PICTURE + _SECONDS_A_MEGAPIXEL * megapixels
    return _SECONDS_TO_START + people * each / max(workers, 1)


def format_duration(seconds: float) -> str:
    """A duration as people say it: '40 s', '3 min', '2 h 5 min'."""
    if round(seconds) < 90:
        return f'{seconds:.0f} s'
    minutes = round(seconds / 60)
    return f'{minutes} min' if minutes <= 90 else f'{minutes // 60} h {minutes % 60} min'


@contextmanager
def report_progress(stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> Iterator[Report]:
    """A function to call with the number of people that are there, and that of all.

    Args:
        stream (TextIO, optional): Where to report. Defaults to None: the standard error stream.
        clock (Callable): Gives the time in seconds.

    Yields:
        Callable[[int, int], None]: The function. Its first call says what there is before anything is made: rate and
        time left count from there.
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        yield _Lines(stream, clock)
        return
    rate = TextColumn('{task.fields[rate]}')
    columns = (TextColumn('people'), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream)) as bar:
        yield _Bar(bar, clock)


class _Rate:
    """People a second since the first call."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: tuple[int, float] | None = None

    def update(self, done: int) -> float | None:
        """The rate, None while it is unknown."""
        now = self._clock()
        if self._first is None:
            self._first = done, now
        people, seconds = done - self._first[0], now - self._first[1]
        return people / seconds if people and seconds > 0 else None


class _Bar:
    """A bar on a terminal."""

    def __init__(self, bar: Progress, clock: Callable[[], float]) -> None:
        self._bar = bar
        self._rate = _Rate(clock)
        self._task = bar.add_task('people', total=None, rate='')

    def __call__(self, done: int, total: int) -> None:
        rate = self._rate.update(done)
        text = '' if rate is None else f'{rate:.1f}/s'
        self._bar.update(self._task, completed=done, total=total, rate=text)


class _Lines:
    """A line at the start, at the end, and every half a minute between them."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._rate = _Rate(clock)
        self._last: float | None = None

    def __call__(self, done: int, total: int) -> None:
        rate, now = self._rate.update(done), self._clock()
        if self._last is not None and done < total and now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        line = f'{done} of {total} people'
        if rate is not None:
            line += f', {rate:.1f} a second'
            line += f', {format_duration((total - done) / rate)} left' if done < total else ''
        print(line, file=self._stream, flush=True)
