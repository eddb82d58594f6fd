"""Bootstrap over images: how far a score would move with other images of the same kind.

Axis glossary: N images, K columns, B resamples.

A resample draws N images with replacement and scores them as the data set was scored (Efron and Tibshirani, An
Introduction to the Bootstrap, 1993). Every score here is a function of sums over images, so a resample is a row of
weights, how often each image was drawn, and its sums are a product of that row with the images' columns: no image is
looked at twice. A 95 % interval reaches from the 2.5th to the 97.5th percentile of the resamples' scores.

It assumes that images are independent. Several persons of one photograph are not: sum the columns of what belongs
together first (:meth:`SummedScores.grouped`), else intervals come out too narrow. It says nothing about other training
runs.

Two systems that were scored on the same images are compared on the *same* resamples, so that images that are hard for
both do not blur the difference.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

__all__ = [
    'Difference',
    'Interval',
    'SummedScores',
    'bootstrap_intervals',
    'compare_paired',
    'intervals_of_runs',
    'join_scores',
    'percentile_interval',
    'ratio_scores',
    'resample_weights',
]

_PERCENTILES: Final = (2.5, 97.5)
_MOST_WEIGHTS: Final = 1_000_000  # that are in memory at a time


@dataclass(frozen=True, eq=False)
class SummedScores:
    """Scores that are functions of sums over images.

    Attributes:
        columns: float64 (N, K): what is summed.
        evaluate: Scores by name, (...) each, of sums (..., K); NaN where a score does not exist.
    """

    columns: np.ndarray
    evaluate: Callable[[np.ndarray], dict[str, np.ndarray]]

    def values(self) -> dict[str, float]:
        """The scores of all images."""
        return {name: float(value) for name, value in self.evaluate(self.columns.sum(axis=0)).items()}

    def resampled(self, resamples: int, seed: int) -> dict[str, np.ndarray]:
        """The scores of each resample: float64 (B,) by name; the same seed draws the same images of as many."""
        weights = resample_weights(len(self.columns), resamples, seed)
        return self.evaluate(np.concatenate([block @ self.columns for block in weights]))

    def taken(self, rows: np.ndarray) -> 'SummedScores':
        """The scores of some images, in the order of ``rows`` (int, any number)."""
        return SummedScores(self.columns[rows], self.evaluate)

    def grouped(self, groups: np.ndarray) -> 'SummedScores':
        """The same scores with images that belong together as one row.

        Args:
            groups (np.ndarray): int (N,), number of each image's group, 0..G-1.

        Returns:
            SummedScores: Of G rows.
        """
        columns = np.zeros((int(groups.max()) + 1 if len(groups) else 0, self.columns.shape[1]))
        np.add.at(columns, groups, self.columns)
        return SummedScores(columns, self.evaluate)


@dataclass(frozen=True)
class Interval:
    """A score and where 95 % of the resamples lie.

    Attributes:
        value: The score of all images.
        low: 2.5th percentile of the resamples; NaN with fewer than two images, which all resamples would repeat.
        high: 97.5th percentile, likewise.
        missing: Resamples in which the score does not exist, because what it is measured on was not drawn; they are
            left out.
    """

    value: float
    low: float
    high: float
    missing: int


@dataclass(frozen=True)
class Difference:
    """A score of two systems on the same images.

    Attributes:
        first: Score of the first system, the mean over its runs.
        second: Likewise of the second.
        difference: First minus second, with the interval of the resamples' differences.
        share_above: Share of the resamples in which the first is above the second, 0..1; equal ones are not above. NaN
            where there is no interval.
        share_below: Share in which it is below, likewise.
    """

    first: float
    second: float
    difference: Interval
    share_above: float
    share_below: float


def resample_weights(count: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each resample draws each image, some resamples at a time.

    Args:
        count (int): N.
        resamples (int): B, at least 1.
        seed (int): Of the random numbers.

    Yields:
        np.ndarray: float64 (b, N), whole numbers that sum up to N in each row; B rows in all.

    Raises:
        ValueError: If ``resamples`` is less than 1.
    """
    if resamples < 1:
        raise ValueError(f'resamples must be at least 1, got {resamples}')
    rng = np.random.default_rng(seed)
    block = max(1, _MOST_WEIGHTS // max(count, 1))
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = rng.integers(0, max(count, 1), (rows, count)) + np.arange(rows)[:, None] * count
        yield np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)


def ratio_scores(ratios: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> SummedScores:
    """Scores that are a sum over images divided by another.

    A mean over persons is such a ratio, and so is one over joints of which each person has a number of its own.

    Args:
        ratios (Mapping): Sums of values and their numbers, (N,) each, by the score's name.

    Returns:
        SummedScores: Of two columns a score; NaN where the divisor is 0.
    """
    names = list(ratios)
    columns = [np.asarray(column, dtype=np.float64) for pair in ratios.values() for column in pair]

    def evaluate(sums: np.ndarray) -> dict[str, np.ndarray]:
        parts, wholes = sums[..., 0::2], sums[..., 1::2]
        scores = np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes != 0)
        return {name: scores[..., place] for place, name in enumerate(names)}

    return SummedScores(np.stack(columns, axis=1), evaluate)


def join_scores(parts: Sequence[SummedScores]) -> SummedScores:
    """Several scores of the same images as one; at least one, and the names must differ."""
    ends = np.cumsum([part.columns.shape[1] for part in parts])[:-1]

    def evaluate(sums: np.ndarray) -> dict[str, np.ndarray]:
        pieces = zip(parts, np.split(sums, ends, axis=-1), strict=True)
        return {name: score for part, piece in pieces for name, score in part.evaluate(piece).items()}

    return SummedScores(np.concatenate([part.columns for part in parts], axis=1), evaluate)


def percentile_interval(value: float, resampled: np.ndarray, images: int) -> Interval:
    """The interval of one score.

    Args:
        value (float): The score of all images.
        resampled (np.ndarray): float64 (B,), that of each resample; NaN where it does not exist.
        images (int): N.

    Returns:
        Interval: Value and interval.
    """
    known = resampled[~np.isnan(resampled)]
    low, high = np.percentile(known, _PERCENTILES).tolist() if images > 1 and known.size else (float('nan'),) * 2
    return Interval(value, low, high, len(resampled) - known.size)


def bootstrap_intervals(scores: SummedScores, resamples: int = 1000, seed: int = 0) -> dict[str, Interval]:
    """Each score with its 95 % interval.

    Args:
        scores (SummedScores): Of N images.
        resamples (int): B, at least 1. Defaults to 1000.
        seed (int): Of the random numbers. Defaults to 0.

    Returns:
        dict[str, Interval]: By the scores' names.
    """
    return intervals_of_runs([scores], resamples, seed)


def intervals_of_runs(runs: Sequence[SummedScores], resamples: int = 1000, seed: int = 0) -> dict[str, Interval]:
    """The mean over several runs (training seeds) of each score, with its 95 % interval over images.

    Args:
        runs (Sequence[SummedScores]): At least one, all of the same N images in the same order.
        resamples (int): B, at least 1. Defaults to 1000.
        seed (int): Of the random numbers. Defaults to 0.

    Returns:
        dict[str, Interval]: By the names of the scores that all runs have. It speaks of these runs: that seeds differ,
        too, does not widen it.

    Raises:
        ValueError: If there is no run or the numbers of images differ.
    """
    images = _same_images(runs)
    means = _mean_of_runs(runs, resamples, seed)
    return {name: percentile_interval(value, drawn, images) for name, (value, drawn) in means.items()}


def compare_paired(
    first: Sequence[SummedScores], second: Sequence[SummedScores], resamples: int = 1000, seed: int = 0
) -> dict[str, Difference]:
    """Compare two systems image by image.

    Each system may have several runs (training seeds). In every resample, the scores of a system's runs on that
    resample are averaged first; so the interval speaks of these runs, and of other images.

    Args:
        first (Sequence[SummedScores]): One for each run, all of the same N images in the same order.
        second (Sequence[SummedScores]): Likewise.
        resamples (int): B, at least 1. Defaults to 1000.
        seed (int): Of the random numbers. Defaults to 0.

    Returns:
        dict[str, Difference]: By the names of the scores that all runs have.

    Raises:
        ValueError: If a side has no run or the numbers of images differ.
    """
    if not first or not second:
        raise ValueError(f'expected runs on both sides, got {len(first)} and {len(second)}')
    images = _same_images([*first, *second])
    one, other = (_mean_of_runs(runs, resamples, seed) for runs in (first, second))
    differences = {}
    for name in (name for name in one if name in other):
        (value_a, drawn_a), (value_b, drawn_b) = one[name], other[name]
        drawn = drawn_a - drawn_b
        interval = percentile_interval(value_a - value_b, drawn, images)
        known = drawn[~np.isnan(drawn)] if not np.isnan(interval.low) else np.zeros(0)
        above, below = (float(np.mean(sign)) if known.size else float('nan') for sign in (known > 0, known < 0))
        differences[name] = Difference(value_a, value_b, interval, above, below)
    return differences


def _same_images(runs: Sequence[SummedScores]) -> int:
    """The number of images of all runs; ValueError if it is not the same, or there is no run."""
    counts = sorted({len(run.columns) for run in runs})
    if len(counts) != 1:
        raise ValueError(f'expected runs with as many images each, got {len(runs)} runs with {counts} images')
    return counts[0]


def _mean_of_runs(runs: Sequence[SummedScores], resamples: int, seed: int) -> dict[str, tuple[float, np.ndarray]]:
    """The mean over runs of each score that all of them have: of all images, and of each resample (B,)."""
    values = [run.values() for run in runs]
    drawn = [run.resampled(resamples, seed) for run in runs]
    shared = [name for name in values[0] if all(name in each for each in values)]
    return {
        name: (float(np.mean([each[name] for each in values])), np.mean([each[name] for each in drawn], axis=0))
        for name in shared
    }
