"""Evaluating result files in two steps: all is measured first, so that the defects are known before any score."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mmspd.anatomy import NUM_CLASSES
from mmspd.datasets.persons import PersonDataset
from mmspd.evaluation.metrics.gps_metric import GPSMetric
from mmspd.evaluation.metrics.keypoint_metric import KeypointMetric
from mmspd.evaluation.metrics.parsing_metric import ParsingMetric
from mmspd.evaluation.metrics.samples import BranchMetric
from mmspd.evaluation.record import collect_details
from mmspd.results.keypoint_pictures import KeypointPictures
from mmspd.results.parsing_folder import ParsingFolder
from mmspd.results.score_samples import take_keypoints, take_parsing, take_pose, take_surface
from mmspd.results.surface_pictures import SurfacePictures
from mmspd.results.tally import Tally
from mmspd.utils.progress import Report

__all__ = ['Measured', 'Progress', 'ResultFiles', 'Scores', 'Settings', 'measure_pictures', 'measure_samples']

# Gives a reporter for things of a name, as mmspd.utils.progress.report_progress does.
Progress = Callable[[str], AbstractContextManager[Report]]
# The metrics, and what they are made of, as an evaluation record has both.
Scores = tuple[dict[str, float], dict[str, np.ndarray]]

Metric = TypeVar('Metric', bound=BranchMetric)


@dataclass(frozen=True)
class ResultFiles:
    """What a system has written; None for what it has not.

    Attributes:
        parsing: A folder of ``ID.png``.
        pose: LIP's csv, or a folder of ``ID.txt``.
        keypoints: COCO's keypoints results.
        densepose: DensePose-COCO's results.
    """

    parsing: Path | None = None
    pose: Path | None = None
    keypoints: Path | None = None
    densepose: Path | None = None

    def to_json(self) -> dict[str, str]:
        """Absolute paths of those that are there."""
        return {name: str(path.absolute()) for name, path in vars(self).items() if path is not None}


@dataclass(frozen=True)
class Settings:
    """How they are evaluated.

    Attributes:
        resize: Whether maps of another size are stretched to their pictures.
        pose_base: The number of the first pixel in pose files; None for that of the format.
        label_map: The ``label_map`` of ``ParsingMetric``.
        boundary: Its ``boundary``.
        intervals: Its ``intervals``.
        gps_surface: The ``surface`` of ``GPSMetric``.
    """

    resize: bool = False
    pose_base: int | None = None
    label_map: Mapping[str, Any] | None = None
    boundary: float | None = None
    intervals: int | None = None
    gps_surface: str | None = None


@dataclass(frozen=True, eq=False)
class Measured:
    """Result files that were read and measured, item by item; nothing is scored yet.

    Attributes:
        samples: How many persons, or whole pictures, the truth has.
        tallies: The defects, file by file.
        score: Gives the scores; details are empty for whole pictures, whose scores are of pairs of persons.
    """

    samples: int
    tallies: list[Tally]
    score: Callable[[], Scores]


def measure_samples(dataset: PersonDataset, files: ResultFiles, settings: Settings, progress: Progress) -> Measured:
    """Measure result files of a data set's samples.

    Args:
        dataset (PersonDataset): The truth; it may have a pipeline, which is not used.
        files (ResultFiles): What to evaluate, joints from one file only.
        settings (Settings): How.
        progress (Callable): Gives a reporter.

    Returns:
        Measured: With the metrics of a test run.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is not of its format at all, nothing in it is of the data set's pictures, or the truth is
            broken.
    """
    dataset.full_init()
    metrics: list[BranchMetric] = []
    tallies: list[Tally] = []

    def prepare(metric: Metric) -> Metric:
        """The metric, which knows the data set and will be scored."""
        metric.dataset_meta = dataset.metainfo
        metrics.append(metric)
        return metric

    if files.parsing is not None:
        classes = NUM_CLASSES if settings.label_map is not None else len(dataset.metainfo['classes'])
        folder = ParsingFolder(files.parsing, classes, settings.resize)
        metric = ParsingMetric(label_map=settings.label_map, boundary=settings.boundary, intervals=settings.intervals)
        with progress('maps') as report:
            take_parsing(dataset, folder, prepare(metric), report)
        tallies.append(folder.tally)
    if files.pose is not None:
        with progress('poses') as report:
            tallies.append(take_pose(dataset, files.pose, settings.pose_base, prepare(KeypointMetric()), report))
    if files.keypoints is not None:
        with progress('poses') as report:
            tallies.append(take_keypoints(dataset, files.keypoints, prepare(KeypointMetric()), report))
    if files.densepose is not None:
        surfaces = GPSMetric(surface=settings.gps_surface, reading='pixels')
        with progress('surfaces') as report:
            tallies.append(take_surface(dataset, files.densepose, prepare(surfaces), report))

    def score() -> Scores:
        """Of all metrics."""
        values = {key: value for each in metrics for key, value in each.evaluate(len(dataset)).items()}
        return values, collect_details(metrics)

    return Measured(len(dataset), tallies, score)


def measure_pictures(truth: Path, files: ResultFiles, settings: Settings, progress: Progress) -> Measured:
    """Measure result files of whole pictures, with any number of persons each.

    Args:
        truth (Path): An annotation file of COCO's keypoints or of DensePose-COCO.
        files (ResultFiles): What to evaluate: ``keypoints``, ``densepose`` or both.
        settings (Settings): ``gps_surface`` counts alone.
        progress (Callable): Gives a reporter.

    Returns:
        Measured: With the scores of the official evaluators.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: As :func:`measure_samples`.
    """
    parts: list[KeypointPictures | SurfacePictures] = []
    if files.keypoints is not None:
        keypoints = KeypointPictures(truth)
        with progress('pictures') as report:
            keypoints.take(files.keypoints, report)
        parts.append(keypoints)
    if files.densepose is not None:
        surfaces = SurfacePictures(truth, settings.gps_surface)
        with progress('pictures') as report:
            surfaces.take(files.densepose, report)
        parts.append(surfaces)

    def score() -> Scores:
        """Of all files."""
        return {key: value for part in parts for key, value in part.score().items()}, {}

    return Measured(parts[0].pictures if parts else 0, [part.tally for part in parts], score)
