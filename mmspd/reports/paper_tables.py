"""The paper's tables, rebuilt from evaluated runs beside its printed numbers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from mmspd.evaluation.functional.bootstrap import Interval
from mmspd.evaluation.functional.parsing import PROTOCOLS
from mmspd.reports.paper import PAPER_AUXILIARY, PAPER_MODELS, PAPER_PARSING, PAPER_SCORES
from mmspd.reports.runs import RunGroup
from mmspd.reports.tables import Table

__all__ = ['auxiliary_table', 'ordered_groups', 'paper_table', 'per_class_table', 'protocol_table', 'spread']

_NAMES: Final = {'LIP': 'Table I: parsing on LIP', 'ATR': 'Table II: parsing on ATR'}
_PAPER_PROTOCOL: Final = 'image_both'
_ORDER: Final = tuple(model for model, _ in PAPER_MODELS)


def ordered_groups(groups: Iterable[RunGroup], dataset: str) -> list[RunGroup]:
    """A data set's groups: the paper's models in its order, then others."""
    mine = [group for group in groups if group.dataset == dataset]
    return sorted(mine, key=lambda group: _ORDER.index(group.model) if group.model in _ORDER else len(_ORDER))


def paper_table(groups: Sequence[RunGroup], dataset: str) -> Table:
    """Table I or II: IoU, precision, recall, F1 of each model, the paper's and ours.

    Args:
        groups (Sequence[RunGroup]): Of one data set, ordered.
        dataset (str): Its name. Of one that the paper does not have, its numbers on LIP are shown, and named so.

    Returns:
        Table: One row a group; a model of the paper's that was not run has a row with the paper's numbers alone.
    """
    printed = PAPER_PARSING.get(dataset, PAPER_PARSING['LIP'])
    whose = 'paper' if dataset in PAPER_PARSING else 'paper, on LIP:'
    columns = (
        'experiment',
        'model',
        *(f'{whose} {score}' for score in PAPER_SCORES),
        *(f'{_PAPER_PROTOCOL}/m{score}' for score in PAPER_SCORES),
        'runs',
        'settings',
    )
    rows = []
    for model, group in _paper_rows(groups):
        paper = _as_printed(printed[model]) if model in printed else [''] * len(PAPER_SCORES)
        ours = [spread(group, f'{_PAPER_PROTOCOL}/m{score}') for score in PAPER_SCORES]
        rows.append((dict(PAPER_MODELS).get(model, ''), model, *paper, *ours, *_runs(group)))
    notes = [
        f'Ours are of the protocol `{_PAPER_PROTOCOL}`, under which the paper appears to have been evaluated; '
        'fractions of 1. With several runs (seeds): mean ± standard deviation over runs.',
    ]
    if dataset not in PAPER_PARSING:
        notes.append(f"The paper's numbers are of LIP, a ResNet-101 and 400,000 iterations; those on {dataset} do not "
                     'compare with them. Only the order of the models may.')  # fmt: skip
    return Table(_NAMES.get(dataset, f'As Table I: parsing on {dataset}'), columns, tuple(rows), tuple(notes))


def auxiliary_table(groups: Sequence[RunGroup], dataset: str) -> Table:
    """Section IV.D: joints and surface, the paper's numbers on LIP and ours."""
    measured = ('pose/mED', 'pose/PCKh@0.5', 'gps/GPS', 'gps/AP', 'surface/I_accuracy')
    printed = {key: PAPER_AUXILIARY[key] for key in ('pose/mED_spd_code', 'gps/GPS')}
    where = '' if dataset == 'LIP' else ', on LIP'
    columns = ('model', f'paper mED{where}', 'pose/mED_spd_code', f'paper GPS{where}', *measured, 'runs', 'settings')
    rows = []
    for model, group in _paper_rows(groups):
        paper_med, paper_gps = (f'{values[model]:g}' if model in values else '' for values in printed.values())
        ours = [spread(group, key, _digits(key)) for key in measured]
        rows.append((model, paper_med, spread(group, 'pose/mED_spd_code', 1), paper_gps, *ours, *_runs(group)))
    notes = (
        'mED in pixels of the original picture, the others fractions of 1. The mED that the paper prints is probably '
        'an artefact of its evaluation: only `mED_spd_code`, a reading of it, may stand beside that, and `mED` is the '
        'true distance. A cell is empty where a model has no such branch, or nothing was measured.',
    )
    return Table(f'As Section IV.D: joints and surface on {dataset}', columns, tuple(rows), notes)


def protocol_table(groups: Sequence[RunGroup], dataset: str, intervals: Sequence[Mapping[str, Interval]]) -> Table:
    """The mean IoU under each protocol, so that no number hides its protocol.

    Args:
        groups (Sequence[RunGroup]): Of one data set, ordered.
        dataset (str): Its name.
        intervals (Sequence[Mapping]): Of each group, the intervals over images by key, as far as there are any.

    Returns:
        Table: One row a group.
    """
    rows = []
    for group, known in zip(groups, intervals, strict=True):
        cells = []
        for protocol in PROTOCOLS:
            key = f'{protocol}/mIoU'
            cells += [spread(group, key), _as_text(known.get(key))]
        accuracies = [spread(group, key) for key in ('dataset/aAcc', 'dataset/fgAcc')]
        rows.append((group.model, *cells, *accuracies, *_runs(group)))
    columns = [cell for protocol in PROTOCOLS for cell in (f'{protocol}/mIoU', '95 % over images')]
    notes = ('The interval is a bootstrap over test images, for these runs: it does not say how other seeds would do.',)
    heading = ('model', *columns, 'dataset/aAcc', 'dataset/fgAcc', 'runs', 'settings')
    return Table(f'Protocols: parsing on {dataset}', heading, tuple(rows), notes)


def per_class_table(models: Sequence[str], dataset: str, scores: Sequence[np.ndarray], classes: Sequence[str]) -> Table:
    """IoU of each class, protocol ``dataset``: mean over runs.

    Args:
        models (Sequence[str]): The groups' names.
        dataset (str): The data set's name.
        scores (Sequence[np.ndarray]): float64 (R, C) of each group; NaN where a class does not occur.
        classes (Sequence[str]): Their names.

    Returns:
        Table: One row a class.
    """
    means = [np.asarray(values).mean(axis=0) for values in scores]
    rows = tuple(
        (name, *('' if np.isnan(mean[place]) else f'{mean[place]:.3f}' for mean in means))
        for place, name in enumerate(classes)
    )
    heading = ('class', *models)
    return Table(f'IoU of each class on {dataset}, protocol `dataset`', heading, rows)


def spread(group: RunGroup | None, key: str, digits: int = 3) -> str:
    """A metric of a group as text: mean ± standard deviation over runs; empty where it was not measured.

    Where some of the runs did not measure it, the text says how many did.
    """
    values = np.zeros(0) if group is None else group.values(key)
    if group is None or not values.size:
        return ''
    mean = f'{values.mean():.{digits}f}'
    text = mean if values.size == 1 else f'{mean} ± {values.std(ddof=1):.{digits}f}'
    return text if values.size == len(group.runs) else f'{text} ({values.size} of {len(group.runs)} runs)'


def _runs(group: RunGroup | None) -> tuple[str, str]:
    """The cells that say how many runs there are, and of what settings."""
    return ('', '') if group is None else (str(len(group.runs)), group.about)


def _paper_rows(groups: Sequence[RunGroup]) -> list[tuple[str, RunGroup | None]]:
    """Each model of the paper with its groups, or with None; then the other groups."""
    rows: list[tuple[str, RunGroup | None]] = []
    for model in _ORDER:
        mine = [group for group in groups if group.model == model]
        rows += [(model, group) for group in mine] or [(model, None)]
    return rows + [(group.model, group) for group in groups if group.model not in _ORDER]


def _as_printed(scores: Sequence[float]) -> list[str]:
    """IoU with three decimals, the others with two."""
    return [f'{scores[0]:.3f}', *(f'{score:.2f}' for score in scores[1:])]


def _digits(key: str) -> int:
    return 1 if key.startswith('pose/mED') else 3


def _as_text(interval: Interval | None) -> str:
    """``[0.201, 0.233]``; empty where there is none."""
    if interval is None or np.isnan(interval.low):
        return ''
    return f'[{interval.low:.3f}, {interval.high:.3f}]'
