"""What a report says of one data set: tables beside the paper's, comparisons, charts, the best and the worst sample."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mmspd.evaluation.functional.bootstrap import Interval, intervals_of_runs
from mmspd.evaluation.functional.parsing import ParsingCounts, score_parsing
from mmspd.evaluation.record_scores import section_scores
from mmspd.reports.charts import class_bars, confusion_chart, learning_curves
from mmspd.reports.comparisons import comparison_table
from mmspd.reports.curves import read_curve
from mmspd.reports.figures import TASKS, draw_figure
from mmspd.reports.gallery import extreme_samples, open_gallery
from mmspd.reports.page import Figure, Section
from mmspd.reports.paper_tables import auxiliary_table, ordered_groups, paper_table, per_class_table, protocol_table
from mmspd.reports.runs import RunGroup, group_names

__all__ = ['report_on']

_CURVES: Final = (('loss_seg', 'loss of segmentation'), ('dataset/mIoU', 'dataset/mIoU on the validation set'))


def report_on(dataset: str, groups: Sequence[RunGroup], resamples: int, pictures: bool) -> Section:
    """Everything that a report says of one data set.

    Args:
        dataset (str): Its name.
        groups (Sequence[RunGroup]): In any order; those of other data sets are left out.
        resamples (int): Of each bootstrap.
        pictures (bool): Whether to draw samples, for which the data set and the models' result files must be there.

    Returns:
        Section: Tables first.
    """
    groups = ordered_groups(groups, dataset)
    measured = [group for group in groups if group.details('parsing')]
    tables = [paper_table(groups, dataset), auxiliary_table(groups, dataset)]
    tables.append(protocol_table(groups, dataset, [_intervals(group, resamples) for group in groups]))
    figures: list[Figure] = []
    if measured:
        classes = [str(name) for name in measured[0].details('parsing')[0]['classes']]
        alike = [group for group in measured if [*group.details('parsing')[0]['classes']] == classes]
        scores = [_class_scores(group) for group in alike]
        names = group_names(alike)
        bars = class_bars(f'IoU of each class on {dataset}', classes, dict(zip(names, scores, strict=True)))
        figures.append(
            Figure('IoU of each class, protocol dataset; whiskers reach from the lowest to the highest run', bars)
        )
        tables.append(per_class_table(names, dataset, scores, classes))
    figures += _curves(groups)
    for group in measured:
        matrix = group.confusion()
        if matrix is not None:
            chart = confusion_chart(f'{group.model} on {dataset}', _classes_of(group), matrix)
            figures.append(Figure(f'Confusion matrix of {group.model}, all runs together', chart, folded=True))
    compared = comparison_table(groups, dataset, resamples)
    tables += [compared] if compared is not None else []
    texts = []
    if pictures and measured:
        try:
            figures += _pictures(measured)
        except (FileNotFoundError, KeyError, ValueError) as error:
            texts.append(f'No pictures of samples: {error}')
    return Section(dataset or 'unnamed data', tables, figures, texts)


def _classes_of(group: RunGroup) -> list[str]:
    """The class names of a group with parsing."""
    return [str(name) for name in group.details('parsing')[0]['classes']]


def _intervals(group: RunGroup, resamples: int) -> dict[str, Interval]:
    """Intervals of a group's parsing scores; none where its runs are not of the same images."""
    parts = [section_scores(run.record).get('parsing') for run in group.runs]
    known = [part for part in parts if part is not None]
    if not known or any(not np.array_equal(part.ids, known[0].ids) for part in known):
        return {}
    return intervals_of_runs([part.scores for part in known], resamples)


def _class_scores(group: RunGroup) -> np.ndarray:
    """IoU of each class, protocol ``dataset``: float64 (R, C)."""
    counts = [arrays['counts'] for arrays in group.details('parsing')]
    return np.stack([score_parsing(ParsingCounts(*np.moveaxis(each, 1, 0)), 'dataset').iou for each in counts])


def _curves(groups: Sequence[RunGroup]) -> list[Figure]:
    """Learning curves, as far as the runs' logs are there."""
    figures = []
    for key, label in _CURVES:
        curves = {
            name: [curve for run in group.runs if len((curve := read_curve(run.work_dir, key))[0])]
            for name, group in zip(group_names(groups), groups, strict=True)
        }
        curves = {name: runs for name, runs in curves.items() if runs}
        if curves:
            figures.append(
                Figure(f'Learning curves: {label}, one line for each run', learning_curves(label, label, curves))
            )
    return figures


def _pictures(groups: Sequence[RunGroup]) -> list[Figure]:
    """The samples that the reference model parses best, middling and worst, as every model sees them."""
    gallery = open_gallery(groups, extreme_samples(groups))
    caption = (
        'Best, median and worst sample of the first run of SPD, else of the first model, by mean IoU over the classes '
        'in label or prediction'
    )
    return [Figure(f'{caption}: {task}', draw_figure(task, gallery), folded=task != 'parsing') for task in TASKS]
