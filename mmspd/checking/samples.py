"""What is wrong with one sample, and what it tells about its data set."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from mmspd.anatomy import IGNORE_LABEL, label_set
from mmspd.checking.findings import Finding
from mmspd.checking.likeness import Fingerprint, fingerprint
from mmspd.checking.sides import class_sides, vote_by_joints, vote_by_points
from mmspd.datasets.image_files import ImageFileError, read_header, read_parsing_label
from mmspd.datasets.run_length import union_of_masks
from mmspd.datasets.transforms.geometry import points_inside
from mmspd.datasets.transforms.loading import LoadParsingLabel, LoadPersonImage, LoadSurfacePoints

__all__ = ['SampleChecker', 'SampleFacts']

_UPRIGHT: Final = 1
_LEAST_JOINTS: Final = 4  # fewer say nothing about where a person is
_LEAST_POINTS: Final = 20
_LEAST_VOTES: Final = 3
_SMALLEST_SHARE: Final = 0.2  # of surface points on the labelled person; bare torsos are background in LIP


@dataclass
class SampleFacts:
    """The outcome of one sample.

    Attributes:
        name: The sample's id.
        image: Path of its image.
        findings: What is wrong with it.
        joint_votes: Joints that agree, and that disagree, with the label about left and right.
        point_votes: Surface points likewise.
        joints: Annotated joints.
        occluded: Those of them that are occluded.
        lowest: Whole-numbered coordinates at -1 and at 0, pixels counted from 0.
        highest: Coordinates at the image's last pixel and one beyond it.
        mark: The picture's fingerprint, None if it cannot be read.
    """

    name: str
    image: str
    findings: list[Finding] = field(default_factory=list)
    joint_votes: tuple[int, int] = (0, 0)
    point_votes: tuple[int, int] = (0, 0)
    joints: int = 0
    occluded: int = 0
    lowest: tuple[int, int] = (0, 0)
    highest: tuple[int, int] = (0, 0)
    mark: Fingerprint | None = None


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
        self.limb_table = class_sides(classes)

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
        label, points = None, np.zeros((0, 2))
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
        surface = results.get('surface')
        if surface is not None:
            try:
                union_of_masks(surface['dp_masks'])
            except ValueError as error:
                yield 'surface-mask', f'surface annotation {surface["id"]}: {error}'
            try:
                LoadSurfacePoints().transform(results)
                points = results['dp_points']
            except ValueError as error:
                yield 'surface-size', str(error)
        yield from self._joint_problems(results, label, facts)
        yield from self._point_problems(results, points, label, facts)

    def _joint_problems(
        self, results: dict[str, Any], label: np.ndarray | None, facts: SampleFacts
    ) -> Iterator[tuple[str, str]]:
        joints, occluded = results['keypoints'][0], results['keypoints_occluded'][0]
        annotated = results['keypoints_visible'][0] > 0
        facts.joints, facts.occluded = int(annotated.sum()), int((annotated & occluded).sum())
        if not facts.joints:
            return
        # Where a person is cut from a picture, a joint beyond the cut is none beyond the picture.
        in_picture = joints + (results.get('crop') or (0, 0))[:2]
        height, width = results['picture_shape']
        facts.lowest, facts.highest = _extreme_coordinates(in_picture[annotated], height, width)
        outside = annotated & ~points_inside(in_picture, width, height, margin=1.0)
        if outside.any():
            worst = in_picture[outside][0]
            yield (
                'joint-outside',
                f'{facts.image}: {int(outside.sum())} joints outside the image of {width} x {height} pixels, '
                f'the first at ({worst[0]:g}, {worst[1]:g})',
            )
        if label is None:
            return
        radius = max(3, round(0.05 * float(np.hypot(*label.shape))))
        body = _is_body(label)
        cells = np.floor(joints[annotated & ~outside] + 0.5).astype(int)
        near = [body[max(y - radius, 0) : y + radius + 1, max(x - radius, 0) : x + radius + 1].any() for x, y in cells]
        if len(near) >= _LEAST_JOINTS and not any(near) and body.any():
            yield 'joints-off-body', f'{facts.image}: none of {len(near)} joints lies near what the label shows'
        limbs = cv2.LUT(label, self.limb_table)
        facts.joint_votes = vote_by_joints(limbs, joints, annotated & ~occluded, max(2, radius // 3))
        agree, contradict = facts.joint_votes
        if contradict >= _LEAST_VOTES and contradict > 2 * agree:
            yield (
                'sides-contradict',
                f'{facts.image}: of {agree + contradict} joints, {contradict} lie on the label of the other side',
            )

    def _point_problems(
        self, results: dict[str, Any], points: np.ndarray, label: np.ndarray | None, facts: SampleFacts
    ) -> Iterator[tuple[str, str]]:
        if not len(points):
            return
        height, width = results['ori_shape'][:2]
        inside = points_inside(points, width, height, margin=1.0)
        number = results['surface']['id']
        if not inside.all():
            worst = points[~inside][0]
            yield (
                'surface-outside',
                f'{facts.image}, surface annotation {number}: {int((~inside).sum())} of {len(points)} points outside '
                f'the image of {width} x {height} pixels, the first at ({worst[0]:.1f}, {worst[1]:.1f})',
            )
        if label is None:
            return
        cells = np.clip(np.floor(points + 0.5).astype(int), 0, [width - 1, height - 1])
        share = float(_is_body(label)[cells[:, 1], cells[:, 0]].mean())
        if len(points) >= _LEAST_POINTS and share < _SMALLEST_SHARE:
            yield (
                'surface-off-body',
                f'{facts.image}, surface annotation {number}: {share:.0%} of {len(points)} points lie on what the '
                'label shows',
            )
        facts.point_votes = vote_by_points(cv2.LUT(label, self.limb_table), points, results['dp_labels'])
        agree, contradict = facts.point_votes
        if contradict >= _LEAST_POINTS // 2 and contradict > 2 * agree:
            yield (
                'sides-contradict',
                f'{facts.image}, surface annotation {number}: of {agree + contradict} points on limbs, {contradict} '
                'lie on the label of the other side',
            )


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
    elif not _is_body(label).any():
        yield 'label-empty', f'{path}: no pixel of a person'


def _is_body(label: np.ndarray) -> np.ndarray:
    return (label > 0) & (label != IGNORE_LABEL)


def _extreme_coordinates(joints: np.ndarray, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Coordinates (J, 2) at -1 and 0, and at the last pixel and one beyond; none where they are not whole numbers."""
    if (joints % 1 != 0).any():
        return (0, 0), (0, 0)
    size = np.array([width, height])
    lowest = int((joints == -1).sum()), int((joints == 0).sum())
    return lowest, (int((joints == size - 1).sum()), int((joints == size).sum()))
