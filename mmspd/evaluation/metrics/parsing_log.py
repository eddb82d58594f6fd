"""What ``ParsingMetric`` tells the log beside its scores: confusions, intervals, and why a value is NaN."""

import math
from collections.abc import Mapping, Sequence
from logging import INFO, WARNING
from typing import Final

import numpy as np
from mmengine.logging import print_log
from prettytable import PrettyTable

from mmspd.evaluation.functional.bootstrap import Interval
from mmspd.evaluation.functional.confusion import largest_confusions
from mmspd.evaluation.functional.parsing import BACKGROUND, ParsingCounts

__all__ = ['log_causes', 'log_confusions', 'log_full_confusion', 'log_intervals']

_MOST_CONFUSIONS: Final = 10


def log_confusions(matrix: np.ndarray, classes: Sequence[str]) -> None:
    """Log the pairs of classes that are most often taken for each other.

    Args:
        matrix (np.ndarray): int64 (C, C), pixels by label and prediction.
        classes (Sequence[str]): Names of the C classes.
    """
    table = PrettyTable(['label -> prediction', 'share of the label', 'pixels'])
    table.align = 'r'
    table.align['label -> prediction'] = 'l'
    for each in largest_confusions(matrix, _MOST_CONFUSIONS):
        table.add_row([f'{classes[each.label]} -> {classes[each.prediction]}', f'{each.share:.4f}', each.pixels])
    print_log(f'parsing, largest confusions\n{table.get_string()}', 'current')


def log_full_confusion(matrix: np.ndarray, classes: Sequence[str]) -> None:
    """Log the whole matrix as percentages of each label's pixels; arguments as of :func:`log_confusions`.

    Columns have numbers, which stand before the rows' names; ``-`` in the row of a class that is nowhere labelled.
    """
    table = PrettyTable(['label', *map(str, range(len(classes)))])
    table.align = 'r'
    table.align['label'] = 'l'
    for number, (name, row) in enumerate(zip(classes, matrix, strict=True)):
        cells = [f'{100 * value / row.sum():.1f}' if row.any() else '-' for value in row]
        table.add_row([f'{number} {name}', *cells])
    print_log(
        f'parsing, confusion in percent of the label (row), by prediction (column)\n{table.get_string()}', 'current'
    )


def log_intervals(intervals: Mapping[str, Interval], resamples: int, images: int) -> None:
    """Log intervals, and why one is NaN or rests on fewer resamples.

    Args:
        intervals (Mapping[str, Interval]): By the scores' names.
        resamples (int): Number of resamples.
        images (int): Number of images.
    """
    if images < 2:
        print_log(
            f'parsing: intervals are NaN, as resampling needs at least two images, got {images}', 'current', WARNING
        )
        return
    table = PrettyTable(['score', 'value', 'low', 'high'])
    table.align = 'r'
    table.align['score'] = 'l'
    for name, interval in intervals.items():
        cells = (interval.value, interval.low, interval.high)
        table.add_row([name, *('-' if math.isnan(cell) else f'{cell:.4f}' for cell in cells)])
    title = f'parsing, 95 % intervals of {resamples} resamples of {images} images, taken as independent'
    print_log(f'{title}\n{table.get_string()}', 'current')
    partly = [f'{name} {interval.missing}' for name, interval in intervals.items() if 0 < interval.missing < resamples]
    if partly:
        print_log(
            f'parsing: in some of the {resamples} resamples no image was drawn that these can be measured on; their '
            f'intervals are over the others: {", ".join(partly)}',
            'current',
            WARNING,
        )


def log_causes(counts: ParsingCounts, boundary: np.ndarray | None, classes: Sequence[str]) -> None:
    """Log which classes have no score although something was measured, and why.

    Args:
        counts (ParsingCounts): Of all images.
        boundary (np.ndarray, optional): int64 (N, 4, C), of
            :func:`~mmspd.evaluation.functional.boundary.count_boundaries`.
        classes (Sequence[str]): Names of the C classes.
    """
    occurs = (counts.labelled + counts.predicted).any(axis=0)
    reasons = []
    if not occurs.all():
        nowhere = _names(classes, ~occurs)
        reasons.append((INFO, f'in no label and no prediction, so without scores and left out of all means: {nowhere}'))
    if not counts.labelled[:, BACKGROUND + 1 :].any():
        reasons.append(
            (WARNING, f'dataset/fgAcc is NaN, as no pixel is labelled as anything but {classes[BACKGROUND]}')
        )
    if boundary is not None:
        outlined = boundary[:, 1::2].any(axis=(0, 1))
        if not outlined.any():
            reasons.append((WARNING, 'boundary scores are NaN, as no label and no prediction has a boundary'))
        elif (occurs & ~outlined).any():
            filling = _names(classes, occurs & ~outlined)
            reasons.append((INFO, f'without a boundary in any image, so without a boundary score: {filling}'))
    for level, reason in reasons:
        print_log(f'parsing: {reason}', 'current', level)


def _names(classes: Sequence[str], chosen: np.ndarray) -> str:
    return ', '.join(name for name, taken in zip(classes, chosen, strict=True) if taken)
