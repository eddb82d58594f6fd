"""Evaluating result files: everything is measured first, so that their defects are known before any score."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from mmspd.results.pose_files import read_pose
from mmspd.results.score_samples import take_keypoints, take_parsing, take_pose, take_surface
from mmspd.results.surface_pictures import SurfacePictures
from mmspd.results.tally import Tally
from mmspd.utils.progress import Report

__all__ = ['PictureEvaluation', 'Progress', 'ResultFiles', 'SampleEvaluation', 'Settings']

# Gives a reporter for things of a name, as mmspd.utils.progress.report_progress does.
Progress = Callable[[str], AbstractContextManager[Report]]


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


class SampleEvaluation:
    """Result files of a data set's samples.

    Args:
        dataset (PersonDataset): The truth; it may have a pipeline, which is not used.
        files (ResultFiles): What to evaluate, joints from one file only.
        settings (Settings): How.

    Attributes:
        tallies (list[Tally]): After :meth:`measure`: the defects, file by file.
    """

    def __init__(self, dataset: PersonDataset, files: ResultFiles, settings: Settings) -> None:
        self.dataset = dataset
        self.files = files
        self.settings = settings
        self.tallies: list[Tally] = []
        self._metrics: list[BranchMetric] = []

    @property
    def samples(self) -> int:
        """How many the truth has."""
        return len(self.dataset)

    def measure(self, progress: Progress) -> None:
        """Read everything and measure each sample.

        Args:
            progress (Callable): Gives a reporter.

        Raises:
            FileNotFoundError: If a file is missing.
            ValueError: If a file is not of its format at all, or the truth is broken.
        """
        self.dataset.full_init()
        if self.files.parsing is not None:
            self._measure_parsing(self.files.parsing, progress)
        if self.files.pose is not None:
            poses, tally = read_pose(self.files.pose, self.settings.pose_base)
            with progress('poses') as report:
                take_pose(self.dataset, poses, tally, self._metric(KeypointMetric()), report)
            self.tallies.append(tally)
        if self.files.keypoints is not None:
            with progress('poses') as report:
                tally = take_keypoints(self.dataset, self.files.keypoints, self._metric(KeypointMetric()), report)
            self.tallies.append(tally)
        if self.files.densepose is not None:
            metric = GPSMetric(surface=self.settings.gps_surface, reading='pixels')
            with progress('surfaces') as report:
                self.tallies.append(take_surface(self.dataset, self.files.densepose, self._metric(metric), report))

    def _measure_parsing(self, path: Path, progress: Progress) -> None:
        settings = self.settings
        metric = ParsingMetric(label_map=settings.label_map, boundary=settings.boundary, intervals=settings.intervals)
        classes = len(self.dataset.metainfo['classes']) if settings.label_map is None else NUM_CLASSES
        folder = ParsingFolder(path, classes, settings.resize)
        self.tallies.append(folder.tally)
        with progress('maps') as report:
            take_parsing(self.dataset, folder, self._metric(metric), report)

    def _metric(self, metric: Any) -> Any:
        """A metric that knows the data set and takes part in scoring."""
        metric.dataset_meta = self.dataset.metainfo
        self._metrics.append(metric)
        return metric

    def score(self) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """The metrics, and what they are made of, as an evaluation record has it; after :meth:`measure`."""
        values: dict[str, float] = {}
        for metric in self._metrics:
            values |= metric.evaluate(len(self.dataset))
        return values, collect_details(self._metrics)


class PictureEvaluation:
    """Result files of whole pictures, with any number of persons each.

    Args:
        truth (Path): An annotation file of COCO's keypoints or of DensePose-COCO.
        files (ResultFiles): What to evaluate: ``keypoints``, ``densepose`` or both.
        settings (Settings): ``gps_surface`` counts alone.

    Attributes:
        tallies (list[Tally]): After :meth:`measure`: the defects, file by file.
    """

    def __init__(self, truth: Path, files: ResultFiles, settings: Settings) -> None:
        self.truth = truth
        self.files = files
        self.settings = settings
        self.samples = 0
        self.tallies: list[Tally] = []
        self._parts: list[KeypointPictures | SurfacePictures] = []

    def measure(self, progress: Progress) -> None:
        """Read everything; arguments and errors as in :meth:`SampleEvaluation.measure`."""
        if self.files.keypoints is not None:
            self._take(KeypointPictures(self.truth), self.files.keypoints, progress)
        if self.files.densepose is not None:
            self._take(SurfacePictures(self.truth, self.settings.gps_surface), self.files.densepose, progress)

    def _take(self, part: KeypointPictures | SurfacePictures, path: Path, progress: Progress) -> None:
        with progress('pictures') as report:
            part.take(path, report)
        self.samples = part.pictures
        self.tallies.append(part.tally)
        self._parts.append(part)

    def score(self) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """The metrics, and no details, as these are of pairs of persons; after :meth:`measure`."""
        return {key: value for part in self._parts for key, value in part.score().items()}, {}
