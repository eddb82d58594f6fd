"""Comparisons of models on the same samples, as a table."""

import math
from collections.abc import Sequence
from typing import Final

from mmspd.evaluation.comparison import HEADLINES, Comparison, compare_records, sentence
from mmspd.reports.runs import RunGroup, group_names
from mmspd.reports.tables import Table

__all__ = ['comparison_table', 'reference_group']

_REFERENCE: Final = 'SPD'
# What two models should have in common, with what is said where they have not.
_EQUAL: Final = {'iterations': 'trained for other numbers of iterations', 'tta': 'one tested with augmentation'}


def comparison_table(groups: Sequence[RunGroup], dataset: str, resamples: int) -> Table | None:
    """SPD against each other model, or the first against the others: is it better, and how sure is that?

    Args:
        groups (Sequence[RunGroup]): Of one data set.
        dataset (str): Its name.
        resamples (int): Of each bootstrap.

    Returns:
        Table | None: None where there is nothing to compare.
    """
    reference = reference_group(groups)
    names = group_names(groups)
    notes = [
        'Paired bootstrap over test images, 95 % intervals; scores of several runs are averaged in each resample. It '
        'says how sure the difference is for these trained networks on other images, not for other seeds.'
    ]
    rows: list[tuple[str, ...]] = []
    for other, name in zip(groups, names, strict=True):
        if reference is None or other is reference:
            continue
        pair = (names[groups.index(reference)], name)
        mine, theirs = ([run.record for run in group.runs] for group in (reference, other))
        try:
            found = compare_records(mine, theirs, resamples)
        except ValueError as error:
            rows.append((' - '.join(pair), '', '', '', '', f'not compared: {error}'))
            continue
        rows += _rows(found, *pair)
        problems = [*_unequal(reference, other), *found.problems]
        notes += [f'{pair[0]} (A) and {pair[1]} (B): {problem}.' for problem in problems]
    if not rows:
        return None
    columns = ('compared', 'score', 'first', 'second', 'difference', 'in words')
    return Table(f'Is it better? Comparisons on {dataset}', columns, tuple(rows), tuple(notes))


def _rows(found: Comparison, first: str, second: str) -> list[tuple[str, ...]]:
    """A row for each of the main scores that both have."""
    rows = []
    for key in HEADLINES:
        if key in found.differences:
            difference = found.differences[key]
            values = (difference.first, difference.second, difference.difference.value)
            cells = ('' if math.isnan(value) else f'{value:.4f}' for value in values)
            rows.append((f'{first} - {second}', key, *cells, sentence(key, difference, first, second)))
    return rows


def _unequal(first: RunGroup, second: RunGroup) -> list[str]:
    """In what the training or test of two models differs, as far as both records say."""
    found = []
    for key, words in _EQUAL.items():
        values = [group.runs[0].record.about.get(key) for group in (first, second)]
        if None not in values and values[0] != values[1]:
            found.append(f'{words} (A {values[0]}, B {values[1]})')
    return found


def reference_group(groups: Sequence[RunGroup]) -> RunGroup | None:
    """The group that others are compared with: SPD, else the first; None where there is none."""
    return next((group for group in groups if group.model == _REFERENCE), groups[0] if groups else None)
