"""How often each class, joint and surface part occurs in a data set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmspd.anatomy import JOINTS, NUM_JOINTS, NUM_PARTS, SURFACE_PARTS
from mmspd.checking.parallel import processes_may_die, read_in_processes
from mmspd.datasets.transforms.loading import LoadParsingLabel, LoadPersonImage

__all__ = ['Statistics', 'count_dataset']


@dataclass
class Statistics:
    """Counts over samples; sums of two are those of both.

    Attributes:
        classes: Names of the C classes.
        samples: Number of samples.
        labelled: Those with a label map.
        shown: int (C,), samples that show each class.
        shares: float64 (C,), sum over samples of the class's share of pixels; divided by ``labelled`` it is the mean.
        posed: Samples with a joint.
        annotated: int (16,), samples in which each joint is annotated.
        occluded: int (16,), those in which it is occluded.
        surfaced: Samples with a surface annotation.
        points: int (25,), surface points of each part; background has none in files.
    """

    classes: tuple[str, ...]
    samples: int
    labelled: int
    shown: np.ndarray
    shares: np.ndarray
    posed: int
    annotated: np.ndarray
    occluded: np.ndarray
    surfaced: int
    points: np.ndarray

    def __add__(self, other: 'Statistics') -> 'Statistics':
        return Statistics(
            self.classes,
            self.samples + other.samples,
            self.labelled + other.labelled,
            self.shown + other.shown,
            self.shares + other.shares,
            self.posed + other.posed,
            self.annotated + other.annotated,
            self.occluded + other.occluded,
            self.surfaced + other.surfaced,
            self.points + other.points,
        )

    @staticmethod
    def none(classes: Sequence[str]) -> 'Statistics':
        """Those of no samples."""
        nothing = np.zeros(len(classes), dtype=np.int64)
        joints = np.zeros(NUM_JOINTS, dtype=np.int64)
        parts = np.zeros(NUM_PARTS + 1, dtype=np.int64)
        return Statistics(
            tuple(classes), 0, 0, nothing, nothing.astype(np.float64), 0, joints, joints.copy(), 0, parts
        )  # fmt: skip

    def tables(self) -> str:
        """All counts as Markdown: classes and joints in percent of the samples that are annotated with them."""
        lines = [f'{self.samples} samples: {self.labelled} with labels, {self.posed} with joints, '
                 f'{self.surfaced} with surface points']  # fmt: skip
        if self.labelled:
            lines += ['', '| class | samples (%) | pixels (%) |', '| --- | --- | --- |']
            for name, count, share in zip(self.classes, self.shown, self.shares, strict=True):
                lines.append(f'| {name} | {100 * count / self.labelled:.1f} | {100 * share / self.labelled:.2f} |')
        if self.posed:
            lines += ['', '| joint | annotated (%) | of these occluded (%) |', '| --- | --- | --- |']
            for name, present, hidden in zip(JOINTS, self.annotated, self.occluded, strict=True):
                lines.append(f'| {name} | {100 * present / self.posed:.1f} | {100 * hidden / max(present, 1):.1f} |')
        if self.points.any():
            lines += ['', '| surface part | points (%) |', '| --- | --- |']
            for name, count in zip(SURFACE_PARTS[1:], self.points[1:], strict=True):
                lines.append(f'| {name} | {100 * count / self.points.sum():.1f} |')
        return '\n'.join(lines)

    def to_json(self) -> dict[str, Any]:
        """The counts as JSON's types."""
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else list(value) if name == 'classes' else value
            for name, value in vars(self).items()
        }


class _Counter:
    """Counts of single samples, for processes to read."""

    def __init__(self, entries: Sequence[dict[str, Any]], classes: Sequence[str]) -> None:
        self.entries = entries
        self.classes = classes

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Statistics:
        """Statistics of one sample."""
        results = dict(self.entries[index])
        counted = Statistics.none(self.classes)
        counted.samples = 1
        if results['seg_map_path'] is not None:
            LoadPersonImage().transform(results)  # which knows the size and the crop
            label = LoadParsingLabel().transform(results)['gt_seg_map']
            pixels = np.bincount(label[label < len(self.classes)], minlength=len(self.classes))
            counted.labelled = 1
            counted.shown, counted.shares = (pixels > 0).astype(np.int64), pixels / label.size
        present = results['keypoints_visible'][0] > 0
        counted.posed = int(present.any())
        counted.annotated = present.astype(np.int64)
        counted.occluded = (present & results['keypoints_occluded'][0]).astype(np.int64)
        if results['surface'] is not None:
            counted.surfaced = 1
            counted.points = np.bincount(results['surface']['dp_I'], minlength=NUM_PARTS + 1)
        return counted


def count_dataset(
    entries: Sequence[dict[str, Any]],
    classes: Sequence[str],
    workers: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Statistics:
    """Count a data set's classes, joints and surface points.

    Args:
        entries (Sequence[dict]): Samples, as the data set lists them.
        classes (Sequence[str]): Names of its classes.
        workers (int): Processes that read; 0 reads in this one. Defaults to 0.
        progress (Callable[[int, int], None]): Called with the samples that are done and that of all.

    Returns:
        Statistics: Of all samples.

    Raises:
        OSError: If a file is missing or cannot be read.
        ValueError: If a file is malformed; the message names it.
        RuntimeError: If a process dies.
    """
    total = Statistics.none(classes)
    progress(0, len(entries))
    with processes_may_die():
        for batch in read_in_processes(_Counter(entries, classes), workers):
            for counted in batch:
                total = total + counted
            progress(total.samples, len(entries))
    return total
