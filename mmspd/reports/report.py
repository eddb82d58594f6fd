"""What a report says of one data set: tables beside the paper's, comparisons, charts, the best and the worst sample."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mmspd.evaluation.functional.bootstrap import Interval, intervals_of_runs
from mmspd.evaluation.functional.parsing import ParsingCounts, score_parsing
from mmspd.evaluation.record_scores import section_scores
from mmspd.reports.charts import class_bars, confusion_chart, learning_curves
from mmspd.reports.comparisons import comparison_table, reference_group
from mmspd.reports.curves import read_curve
from mmspd.reports.figures import TASKS, draw_figure, models_of
from mmspd.reports.gallery import extreme_samples, open_gallery
from mmspd.reports.page import Figure, Section
from mmspd.reports.paper_tables import auxiliary_table, ordered_groups, paper_table, per_class_table, protocol_table
from mmspd.reports.runs import RunGroup, group_names

__all__ = ['report_on']

_LOSS: Final = 'loss_seg'
# By the key in logs: the axis's label, and the caption.
_CURVES: Final = {
    _LOSS: (
        'loss of segmentation (log)',
        "Learning curves: loss of segmentation in training, one line for each run. It is summed over a model's own "
        'stages and scales, of which JPPNet has the most, so that losses of different models do not compare',
    ),
    'dataset/mIoU': (
        'dataset/mIoU',
        'Learning curves: `dataset/mIoU` on the validation set while training, one line for each run',
    ),
}


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
    parsed = {name: group for name, group in zip(group_names(groups), groups, strict=True) if group.classes}
    tables = [
        paper_table(groups, dataset),
        auxiliary_table(groups, dataset),
        protocol_table(groups, dataset, [_intervals(group, resamples) for group in groups]),
    ]
    compared = comparison_table(groups, dataset, resamples)
    tables += [compared] if compared is not None else []
    figures: list[Figure] = []
    # Models of one data set may have been scored on other classes.
    for classes in dict.fromkeys(group.classes for group in parsed.values()):
        alike = {name: group for name, group in parsed.items() if group.classes == classes}
        scores = {name: _class_scores(group) for name, group in alike.items()}
        tables.append(per_class_table([*scores], dataset, [*scores.values()], classes))
        bars = class_bars(f'IoU of each class on {dataset}', classes, scores)
        caption = 'IoU of each class, protocol `dataset`; whiskers reach from the lowest to the highest run'
        figures.append(Figure(caption, bars, f'Bars: IoU of {len(classes)} classes, {", ".join(scores)}'))
    figures += [*_curves(groups), *_confusions(parsed, dataset)]
    texts = []
    if pictures and parsed:
        try:
            figures += _pictures([*parsed.values()])
        except (OSError, KeyError, ValueError) as error:
            texts.append(f'No pictures of samples: {error.args[0] if isinstance(error, KeyError) else error}')
    return Section(dataset or 'unnamed data', tables, figures, texts)


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
    for key, (label, caption) in _CURVES.items():
        curves = {
            name: [curve for run in group.runs if len((curve := read_curve(run.work_dir, key))[0])]
            for name, group in zip(group_names(groups), groups, strict=True)
        }
        curves = {name: runs for name, runs in curves.items() if runs}
        if curves:
            chart = learning_curves(key, label, curves, log=key == _LOSS)
            figures.append(Figure(caption, chart, f'Curves of {key} over iterations: {", ".join(curves)}'))
    return figures


def _confusions(groups: dict[str, RunGroup], dataset: str) -> list[Figure]:
    """The confusion matrix of each group, by its name."""
    figures = []
    for name, group in groups.items():
        matrix = group.confusion()
        if matrix is not None:
            chart = confusion_chart(f'{name} on {dataset}', group.classes, matrix)
            caption = f'Confusion matrix of {name}, all runs together'
            figures.append(Figure(caption, chart, f'Confusion matrix of {name}', folded=True))
    return figures


def _pictures(groups: Sequence[RunGroup]) -> list[Figure]:
    """The samples that the reference model parses best, middling and worst, as every model sees them."""
    titles = extreme_samples(groups)
    gallery = open_gallery(groups, titles)
    reference = reference_group(groups)
    whose = group_names(groups)[groups.index(reference)] if reference is not None else ''
    caption = (
        f'Best, median and worst sample of {whose} (its first run), by the mean IoU over the classes in label or '
        'prediction'
    )
    figures = []
    for task in TASKS:
        models = models_of(task, gallery)
        if models:
            alt = f'{len(titles)} samples, {task}: picture, annotation, {", ".join(models)}'
            figures.append(Figure(f'{caption}: {task}', draw_figure(task, gallery), alt, folded=task != 'parsing'))
    return figures
