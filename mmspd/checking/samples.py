"""What is wrong with one sample, and what it tells about its data set."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from mmspd.anatomy import IGNORE_LABEL, label_set
from mmspd.checking.annotations import LabelTables, is_body, joint_problems, label_votes, point_problems
from mmspd.checking.facts import SampleFacts
from mmspd.checking.findings import Finding
from mmspd.checking.likeness import fingerprint
from mmspd.datasets.files.image_files import ImageFileError, read_header, read_parsing_label
from mmspd.datasets.files.run_length import union_of_masks
from mmspd.datasets.transforms.loading import LoadParsingLabel, LoadPersonImage, LoadSurfacePoints

__all__ = ['SampleChecker']

_UPRIGHT: Final = 1


class SampleChecker:
    """Checks samples by the very steps that load them for training.

    Args:
        entries (list[dict]): Samples as the data set lists them.
        dataset (str): The data set's name in findings.
        classes (tuple[str, ...]): Names of its classes.
    """

    def __init__(self, entries: list[dict[str, Any]], dataset: str, classes: tuple[str, ...]) -> None:
        self.entries = entries
        self.dataset = dataset
        self.tables = LabelTables.of(classes)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> SampleFacts:
        """Check sample ``index``: read its files once and look at all that it has."""
        results = dict(self.entries[index])
        facts = SampleFacts(str(results['img_id']), str(results['img_path']))
        for rule, message in self._problems(results, facts):
            facts.findings.append(Finding(rule, message, self.dataset, facts.name, facts.image))
        return facts

    def _problems(self, results: dict[str, Any], facts: SampleFacts) -> Iterator[tuple[str, str]]:
        """Rule and message of each problem; fills in what the sample tells about its data set."""
        label = None
        try:
            yield from _header_problems(facts.image)
            LoadPersonImage().transform(results)
        except (ValueError, OSError) as error:
            yield _rule_of('image', error), str(error)
            yield from _label_alone(results)
            return
        facts.mark = fingerprint(results['img'])
        try:
            LoadParsingLabel().transform(results)
            label = results.get('gt_seg_map')
        except (ValueError, OSError) as error:
            yield _rule_of('label', error), str(error)
        if label is not None:
            yield from _label_problems(label, results['seg_map_path'])
            # A label that shows nobody says nothing about joints and points.
            label = label if is_body(label).any() else None
        if label is not None:
            label_votes(label, self.tables, facts)
        yield from joint_problems(results, label, self.tables, facts)
        yield from self._surface_problems(results, label, facts)

    def _surface_problems(
        self, results: dict[str, Any], label: np.ndarray | None, facts: SampleFacts
    ) -> Iterator[tuple[str, str]]:
        surface = results['surface']
        if surface is None:
            return
        try:
            union_of_masks(surface['dp_masks'])
        except ValueError as error:
            yield 'surface-mask', f'{facts.image}, surface annotation {surface["id"]}: {error}'
        try:
            LoadSurfacePoints().transform(results)
        except ValueError as error:
            yield 'surface-size', f'{facts.image}: {error}'
            return
        yield from point_problems(results, label, self.tables, facts)


def _label_alone(results: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Problems of a label whose image cannot be read, and with which it cannot be compared."""
    if results.get('seg_map_path') is None:
        return
    try:
        classes = label_set(results.get('label_set')).classes
        label = read_parsing_label(results['seg_map_path'], num_classes=len(classes))
    except (ValueError, OSError) as error:
        yield _rule_of('label', error), str(error)
        return
    yield from _label_problems(label, results['seg_map_path'])


def _rule_of(what: str, error: Exception) -> str:
    """The rule that a file's error falls under."""
    if isinstance(error, FileNotFoundError):
        return 'file-missing'
    if isinstance(error, OSError):
        return f'{what}-unreadable'
    if not isinstance(error, ImageFileError):  # the file is whole, but not what the annotation says
        return 'annotation'
    unreadable = error.kind == 'not-png' or (what, error.kind) == ('label', 'too-large')
    return f'{what}-{"unreadable" if unreadable else error.kind}'


def _header_problems(path: str | Path) -> Iterator[tuple[str, str]]:
    header = read_header(path)
    if header.orientation != _UPRIGHT:
        yield (
            'image-rotated',
            f'{path}: EXIF orientation {header.orientation}; stored are {header.size[1]} x {header.size[0]} pixels',
        )
    if header.mode == 'L':
        yield 'image-grey', f'{path}: one channel'
    elif header.mode != 'RGB':
        yield 'image-mode', f'{path}: mode {header.mode}'


def _label_problems(label: np.ndarray, path: str) -> Iterator[tuple[str, str]]:
    if read_header(path).mode == 'P':
        yield 'label-palette', f'{path}: has a palette'
    if (label == IGNORE_LABEL).all():
        yield 'label-ignored', f'{path}: all {label.size} pixels are ignored'
    elif not is_body(label).any():
        yield 'label-empty', f'{path}: no pixel of a person'
