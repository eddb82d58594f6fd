"""Qualitative figures, as the paper's 7 to 11: a row for each sample, with its picture, annotation and predictions."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

import numpy as np

from mmspd.anatomy import SIDE_COLOURS, LabelSet
from mmspd.reports.gallery import Gallery
from mmspd.reports.samples import PredictedSamples, paste_result
from mmspd.visualization.annotated import Annotated
from mmspd.visualization.display import Display
from mmspd.visualization.drawing import Colour, draw_surface_points
from mmspd.visualization.legends import present_classes, side_entries
from mmspd.visualization.painting import paint_parsing, paint_pose, paint_surface
from mmspd.visualization.sheets import legend, panel_sheet, stack_columns, stack_rows

__all__ = ['TASKS', 'Task', 'draw_figure', 'models_of']

Task = Literal['parsing', 'pose', 'surface']
TASKS: Final[tuple[Task, ...]] = get_args(Task)
_PARSING_ALPHA, _SURFACE_ALPHA = 0.6, 0.8
_FIELDS: Final[dict[Task, str]] = {'parsing': 'labels', 'pose': 'joints', 'surface': 'surfaces'}


def draw_figure(task: Task, gallery: Gallery) -> np.ndarray:
    """Draw one task of some samples.

    Args:
        task (str): ``'parsing'``, ``'pose'`` or ``'surface'``.
        gallery (Gallery): At least one sample. A model without this task has no column.

    Returns:
        np.ndarray: uint8 (H, W, 3), RGB, with a legend at the right.
    """
    rows = []
    for img_id, sample in gallery.samples.items():
        display = Display.of(sample.image)
        panels = [display.image, _draw_truth(task, display, sample, gallery.labels)]
        headings = [gallery.titles[img_id], 'annotation']
        for model in gallery.predictions:
            drawn = _draw_prediction(task, display, model, img_id, gallery.predicted_labels)
            if drawn is not None:
                panels.append(drawn)
                headings.append(model.name)
        rows.append(panel_sheet(panels, headings))
    return stack_columns([stack_rows(rows), _legend(task, gallery)])


def models_of(task: Task, gallery: Gallery) -> list[str]:
    """The names of the models that have predictions of a task."""
    return [model.name for model in gallery.predictions if getattr(model, _FIELDS[task]) is not None]


def _draw_truth(task: Task, display: Display, sample: Annotated, labels: LabelSet) -> np.ndarray:
    """The annotation on a picture; the picture alone where there is none."""
    if task == 'parsing' and sample.label is not None:
        return paint_parsing(display, sample.label, labels.palette, _PARSING_ALPHA)
    if task == 'pose' and sample.joints is not None and sample.shown is not None:
        hidden = None if sample.occluded is None else sample.occluded[None]
        return paint_pose(display, sample.joints[None], sample.shown[None], 0.0, hidden)
    if task == 'surface' and sample.points is not None and sample.parts is not None and sample.uv is not None:
        return draw_surface_points(display.image, display.place(sample.points), sample.parts, sample.uv)
    return display.image


def _draw_prediction(
    task: Task, display: Display, model: PredictedSamples, img_id: str, labels: LabelSet
) -> np.ndarray | None:
    """A model's prediction on a picture; None where the model has none of this task."""
    if task == 'parsing' and model.labels is not None:
        return paint_parsing(display, model.labels[img_id], labels.palette, _PARSING_ALPHA)
    if task == 'pose' and model.joints is not None:
        return paint_pose(display, model.joints[img_id][None], None, 0.0)
    if task == 'surface' and model.surfaces is not None:
        return paint_surface(display, paste_result(model.surfaces[img_id], *display.size), _SURFACE_ALPHA)
    return None


def _legend(task: Task, gallery: Gallery) -> np.ndarray:
    """Names and colours of what is drawn."""
    if task == 'pose':
        names = dict(side_entries(SIDE_COLOURS))
    elif task == 'parsing':
        annotated = [sample.label for sample in gallery.samples.values() if sample.label is not None]
        predicted = [
            each for model in gallery.predictions if model.labels is not None for each in model.labels.values()
        ]
        names = _shown(annotated, gallery.labels) | _shown(predicted, gallery.predicted_labels)
    else:
        names = {}
    return legend([*names], [*names.values()])


def _shown(maps: Sequence[np.ndarray], labels: LabelSet) -> dict[str, Colour]:
    """Colours by name of the classes that occur in some maps, without the background."""
    present = set().union(*(present_classes(each, labels.classes, labels.palette) for each in maps))
    return {name: colour for _, name, colour in sorted(present)}
