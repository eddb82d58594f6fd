"""Comparisons of models on the same samples, as a table."""

from collections.abc import Sequence
from typing import Final

from mmspd.evaluation.comparison import HEADLINES, compare_records, sentence
from mmspd.reports.runs import RunGroup
from mmspd.reports.tables import Table

__all__ = ['comparison_table', 'reference_group']

_REFERENCE: Final = 'SPD'


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
    rows: list[tuple[str, ...]] = []
    for other in groups:
        if reference is None or other is reference:
            continue
        mine, theirs = ([run.record for run in group.runs] for group in (reference, other))
        try:
            found = compare_records(mine, theirs, resamples)
        except ValueError as error:
            rows.append((f'{reference.model} and {other.model}', '', '', '', '', f'not compared: {error}'))
            continue
        for key in HEADLINES:
            if key in found.differences:
                difference = found.differences[key]
                values = (difference.first, difference.second, difference.difference.value)
                words = sentence(key, difference, reference.model, other.model)
                cells = (f'{reference.model} - {other.model}', key, *(f'{value:.4f}' for value in values), words)
                rows.append(cells)
    if reference is None or not rows:
        return None
    columns = ('compared', 'score', reference.model, 'the other', 'difference', 'in words')
    notes = (
        'Paired bootstrap over test images, 95 % intervals; scores of several runs are averaged in each resample. It '
        'says how sure the difference is for these trained networks on other images, not for other seeds.',
    )
    return Table(f'Is it better? Comparisons on {dataset}', columns, tuple(rows), notes)


def reference_group(groups: Sequence[RunGroup]) -> RunGroup | None:
    """The group that others are compared with: SPD, else the first; None where there is none."""
    return next((group for group in groups if group.model == _REFERENCE), groups[0] if groups else None)
