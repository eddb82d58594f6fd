"""Times several runs in turn, so that what else the machine does meets all of them, and sums the times up."""

import sys
import time
from collections.abc import Callable, Sequence

import numpy as np


def time_rounds(
    runs: Sequence[Callable[[], None]], rounds: int, warmup: int, synchronize: Callable[[], None] = lambda: None
) -> np.ndarray:
    """Time each run once a round; every round begins with another.

    An interrupt (Ctrl-C) after the first whole round ends the measurement, and the whole rounds count.

    Args:
        runs (Sequence[Callable]): What to time.
        rounds (int): Number of rounds.
        warmup (int): Rounds before, which do not count.
        synchronize (Callable): Waits for the device.

    Returns:
        np.ndarray: float64 (rounds, runs), seconds.

    Raises:
        KeyboardInterrupt: Interrupted before the end of the first round that counts.
    """
    seconds: list[list[float]] = []
    try:
        for number in range(warmup + rounds):
            times = [0.0] * len(runs)
            for place in range(len(runs)):
                index = (number + place) % len(runs)
                synchronize()
                start = time.perf_counter()
                runs[index]()
                synchronize()
                times[index] = time.perf_counter() - start
            seconds.append(times)
    except KeyboardInterrupt:
        if len(seconds) <= warmup:
            raise
        print(f'interrupted: {len(seconds) - warmup} of {rounds} rounds count', file=sys.stderr)
    return np.array(seconds[warmup:]).reshape(-1, len(runs))


def summarise(seconds: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """Median and spread of one run's times.

    Args:
        seconds (np.ndarray): (rounds,), at least one.
        reference (np.ndarray): (rounds,), times of another run in the same rounds.

    Returns:
        dict[str, float]: ``median_s``, ``p10_s`` and ``p90_s``, seconds, between measured times linearly; ``ratio``,
        the median of the rounds' ratios to the reference.
    """
    low, median, high = np.percentile(seconds, (10, 50, 90))
    return dict(
        median_s=float(median),
        p10_s=float(low),
        p90_s=float(high),
        ratio=float(np.median(seconds / reference)),
    )
