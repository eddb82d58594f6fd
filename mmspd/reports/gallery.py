"""Samples with what several evaluated models predicted for them, ready to be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from mmspd.anatomy import LABEL_SETS, LabelSet
from mmspd.reports.comparisons import reference_group
from mmspd.reports.extremes import EXTREMES, choose_extremes, image_scores
from mmspd.reports.runs import RunGroup, group_names
from mmspd.reports.samples import PredictedSamples, TruthSamples
from mmspd.visualization.annotated import Annotated

__all__ = ['Gallery', 'extreme_samples', 'open_gallery']


@dataclass(frozen=True, eq=False)
class Gallery:
    """Samples of one data set and the predictions of some models.

    Attributes:
        samples: Picture and annotation by id.
        titles: What to write above each picture, by id.
        predictions: One for each model that has result files.
        labels: Label set of the annotation.
        predicted_labels: Of the predictions.
    """

    samples: dict[str, Annotated]
    titles: dict[str, str]
    predictions: list[PredictedSamples]
    labels: LabelSet
    predicted_labels: LabelSet


def extreme_samples(groups: Sequence[RunGroup]) -> dict[str, str]:
    """The best, the median and the worst sample of the reference model's first run, with titles, by id.

    Raises:
        ValueError: If its parsing was not evaluated.
    """
    reference = reference_group(groups)
    arrays = reference.details('parsing') if reference is not None else []
    if not arrays:
        raise ValueError('the parsing of the first model was not evaluated, so no sample is its best: name samples')
    chosen = choose_extremes(arrays[0]['ids'], image_scores(arrays[0]['counts']))
    return {img_id: f'{kind}: {score:.2f}, {img_id}' for kind in EXTREMES for img_id, score in chosen[kind]}


def open_gallery(groups: Sequence[RunGroup], titles: dict[str, str]) -> Gallery:
    """Read samples, and what the first run of each group has predicted for them.

    Args:
        groups (Sequence[RunGroup]): Of one data set, at least one.
        titles (dict[str, str]): The samples' ids, each with its title.

    Returns:
        Gallery: The samples in that order.

    Raises:
        FileNotFoundError: If the data set is not where the record says, or no group has result files.
        KeyError: If there is no such sample.
        ValueError: If a record does not say what data set it is of, or a file is malformed.
    """
    abouts = [group.runs[0].record.about for group in groups]
    configs = [about['data'] for about in abouts if isinstance(about.get('data'), dict)]
    if not configs:
        raise ValueError('the records do not say where their data set is; `tools/test.py --record` writes that')
    truth = TruthSamples.of_config(configs[0])
    samples = {img_id: truth.read(img_id) for img_id in titles}
    sizes = [sample.image.shape[:2] for sample in samples.values()]
    # A model of LIP's classes that was tested on ATR writes its own.
    labels = LABEL_SETS['lip'] if any(about.get('label_maps') for about in abouts) else truth.labels
    predictions = [
        PredictedSamples.of_folder(name, folder, [*samples], sizes, len(labels.classes))
        for name, group in zip(group_names(groups), groups, strict=True)
        if (folder := group.runs[0].results) is not None
    ]
    if not predictions:
        raise FileNotFoundError('no run has result files; `tools/test.py --results` writes them')
    return Gallery(samples, titles, predictions, truth.labels, labels)
