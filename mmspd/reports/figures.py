"""Qualitative figures, as the paper's 7 to 11: a row for each sample, with its picture, annotation and predictions."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

import numpy as np

from mmspd.anatomy import LabelSet
from mmspd.geometry import apply_to_points, scaling
from mmspd.reports.gallery import Gallery
from mmspd.reports.samples import PredictedSamples, paste_result
from mmspd.visualization.annotated import Annotated
from mmspd.visualization.drawing import (
    SIDE_COLOURS,
    draw_skeleton,
    draw_surface,
    draw_surface_points,
    overlay_parsing,
)
from mmspd.visualization.sheets import display_scale, legend, panel_sheet, resize, stack_columns, stack_rows

__all__ = ['TASKS', 'Task', 'draw_figure', 'models_of']

Task = Literal['parsing', 'pose', 'surface']
TASKS: Final[tuple[Task, ...]] = get_args(Task)
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
        scale = display_scale(*sample.image.shape[:2])
        image = resize(sample.image, scale)
        panels = [image, _draw_truth(task, image, sample, scale, gallery.labels)]
        headings = [gallery.titles[img_id], 'annotation']
        for model in gallery.predictions:
            drawn = _draw_prediction(task, image, sample, scale, model, img_id, gallery.predicted_labels)
            if drawn is not None:
                panels.append(drawn)
                headings.append(model.name)
        rows.append(panel_sheet(panels, headings))
    return stack_columns([stack_rows(rows), _legend(task, gallery)])


def models_of(task: Task, gallery: Gallery) -> list[str]:
    """The names of the models that have predictions of a task."""
    return [model.name for model in gallery.predictions if getattr(model, _FIELDS[task]) is not None]


def _draw_truth(task: Task, image: np.ndarray, sample: Annotated, scale: float, labels: LabelSet) -> np.ndarray:
    """The annotation on a magnified picture; the picture alone where there is none."""
    if task == 'parsing' and sample.label is not None:
        return overlay_parsing(image, resize(sample.label.astype(np.uint8), scale, nearest=True), labels.palette)
    if task == 'pose' and sample.joints is not None:
        return draw_skeleton(image, _to_panel(sample.joints, sample.image, image), sample.shown, 0.0, sample.occluded)
    if task == 'surface' and sample.points is not None and sample.parts is not None and sample.uv is not None:
        return draw_surface_points(image, _to_panel(sample.points, sample.image, image), sample.parts, sample.uv)
    return image


def _draw_prediction(
    task: Task,
    image: np.ndarray,
    sample: Annotated,
    scale: float,
    model: PredictedSamples,
    img_id: str,
    labels: LabelSet,
) -> np.ndarray | None:
    """A model's prediction on a magnified picture; None where the model has none of this task."""
    if task == 'parsing' and model.labels is not None:
        return overlay_parsing(image, resize(model.labels[img_id], scale, nearest=True), labels.palette)
    if task == 'pose' and model.joints is not None:
        return draw_skeleton(image, _to_panel(model.joints[img_id], sample.image, image))
    if task == 'surface' and model.surfaces is not None:
        iuv = paste_result(model.surfaces[img_id], *sample.image.shape[:2])
        return draw_surface(image, np.stack([resize(channel, scale, nearest=True) for channel in iuv]))
    return None


def _to_panel(points: np.ndarray, image: np.ndarray, panel: np.ndarray) -> np.ndarray:
    """Points of a picture in its magnified copy."""
    return apply_to_points(scaling(*(np.array(panel.shape[1::-1]) / image.shape[1::-1])), points.astype(np.float64))


def _legend(task: Task, gallery: Gallery) -> np.ndarray:
    """Names and colours of what is drawn."""
    if task == 'pose':
        sides = [f'{side} side' if side != 'centre' else 'middle' for side in SIDE_COLOURS]
        return legend(sides, [*SIDE_COLOURS.values()])
    if task == 'surface':
        return legend([], [])
    annotated = [sample.label for sample in gallery.samples.values() if sample.label is not None]
    predicted = [label for model in gallery.predictions if model.labels is not None for label in model.labels.values()]
    entries = {**_shown(annotated, gallery.labels), **_shown(predicted, gallery.predicted_labels)}
    return legend([*entries], [*entries.values()])


def _shown(maps: Sequence[np.ndarray], labels: LabelSet) -> dict[str, tuple[int, int, int]]:
    """Colours by name of the classes that occur in some maps, without the background."""
    present = sorted({int(value) for each in maps for value in np.unique(each)})
    return {labels.classes[value]: labels.palette[value] for value in present if 0 < value < len(labels.classes)}
