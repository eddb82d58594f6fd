"""What is wrong with a sample's joints and surface points: where they lie, and whether they fit its label map."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from mmspd.anatomy import IGNORE_LABEL, JOINT_MIRROR, JOINTS
from mmspd.checking.facts import SampleFacts
from mmspd.checking.regions import class_regions, joints_on_region, points_on_region
from mmspd.checking.sides import class_sides, joint_votes, vote_by_face, vote_by_points
from mmspd.datasets.transforms.geometry import points_inside

__all__ = ['LabelTables', 'is_body', 'joint_problems', 'label_votes', 'point_problems']

_LEAST_JOINTS: Final = 4  # fewer say nothing about where a person is
_LEAST_POINTS: Final = 10
_LEAST_VOTES: Final = 3
# Of joints and surface points on limbs and head, those that lie on their region in the label. Of 160 rendered people at
# least 0.9 and 0.84 with their own label; with another person's half of them have less than 0.64 and 0.33.
_SMALLEST_SHARE: Final = 0.6
# How far around a joint the label is looked at, of its diagonal.
_REACH: Final = 0.03
_TOLERANCE: Final = 2.0  # pixels that a box may reach beyond the image: the crop rule rounds
_LEFT_SHOULDER, _RIGHT_SHOULDER = JOINTS.index('left_shoulder'), JOINTS.index('right_shoulder')


@dataclass(frozen=True)
class LabelTables:
    """What the classes of a label map are.

    Attributes:
        sides: uint8 (256,), see :func:`mmspd.checking.sides.class_sides`.
        regions: bool (4, 256), see :func:`mmspd.checking.regions.class_regions`.
        face: The class of the face, None if there is none.
    """

    sides: np.ndarray
    regions: np.ndarray
    face: int | None

    @staticmethod
    def of(classes: Sequence[str]) -> 'LabelTables':
        """Those of a label set, by the names of its classes."""
        names = [name.lower() for name in classes]
        return LabelTables(
            class_sides(classes), class_regions(classes), names.index('face') if 'face' in names else None
        )


def is_body(label: np.ndarray) -> np.ndarray:
    """Which pixels of a label (H, W) show a person: bool (H, W)."""
    return (label > 0) & (label != IGNORE_LABEL)


def _face_share(label: np.ndarray, tables: LabelTables) -> float:
    """The face's share of a person's pixels; 0 without a class for it."""
    return 0.0 if tables.face is None else float((label == tables.face).sum() / max(int(is_body(label).sum()), 1))


def label_votes(label: np.ndarray, tables: LabelTables, facts: SampleFacts) -> None:
    """Enter whether the label's limbs are on the side where a person who shows the face has them.

    Args:
        label (np.ndarray): uint8 (H, W).
        tables (LabelTables): Of its classes.
        facts (SampleFacts): Gets ``label_faces``.
    """
    columns = np.arange(label.shape[1])
    limbs = cv2.LUT(label, tables.sides)
    left, right = (np.repeat(columns, ((limbs > 0) & (limbs % 2 == odd)).sum(axis=0)) for odd in (1, 0))
    facts.label_faces = vote_by_face(_face_share(label, tables), left, right, label.shape[1])


def joint_problems(
    results: dict[str, Any], label: np.ndarray | None, tables: LabelTables, facts: SampleFacts
) -> Iterator[tuple[str, str]]:
    """Rule and message of each problem of a sample's joints.

    Args:
        results (dict): The sample after its image was loaded.
        label (np.ndarray | None): uint8 (H, W), None where there is none that shows a person.
        tables (LabelTables): Of its classes.
        facts (SampleFacts): Gets what the joints tell.

    Yields:
        tuple[str, str]: Rule and message.
    """
    joints, occluded = results['keypoints'][0], results['keypoints_occluded'][0]
    annotated = results['keypoints_visible'][0] > 0
    facts.joints, facts.occluded = int(annotated.sum()), int((annotated & occluded).sum())
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
    on_label = annotated & points_inside(joints, label.shape[1], label.shape[0])
    radius = max(3, round(_REACH * float(np.hypot(*label.shape))))
    fitting, asked = joints_on_region(label, tables.regions, joints, on_label & ~occluded, radius)
    facts.joints_on_body = fitting, asked - fitting
    if asked >= _LEAST_JOINTS and fitting < _SMALLEST_SHARE * asked:
        yield (
            'joints-off-body',
            f'{facts.image}: {fitting} of {asked} joints of head, arms and legs lie near these in the label',
        )
    yield from _joint_sides(results, label, tables, facts, max(2, radius // 2))


def _joint_sides(
    results: dict[str, Any], label: np.ndarray, tables: LabelTables, facts: SampleFacts, radius: int
) -> Iterator[tuple[str, str]]:
    """Compare left and right of joints with the label."""
    joints = results['keypoints'][0]
    annotated = results['keypoints_visible'][0] > 0
    votes = joint_votes(
        cv2.LUT(label, tables.sides), joints, annotated & ~results['keypoints_occluded'][0], radius
    )  # fmt: skip
    agree, contradict = facts.joint_votes = int((votes > 0).sum()), int((votes < 0).sum())
    pairs = [name for name, vote, other in zip(JOINTS, votes, votes[JOINT_MIRROR], strict=True) if vote == other == -1]
    if pairs or (contradict >= _LEAST_VOTES and contradict > 2 * agree):
        named = f': {", ".join(pairs)}' if pairs else ''
        yield (
            'sides-contradict',
            f'{facts.image}: of {agree + contradict} joints, {contradict} lie on the label of the other side{named}',
        )
    if annotated[[_LEFT_SHOULDER, _RIGHT_SHOULDER]].all():
        left, right = joints[[_LEFT_SHOULDER], 0], joints[[_RIGHT_SHOULDER], 0]
        facts.joint_faces = vote_by_face(_face_share(label, tables), left, right, label.shape[1])


def point_problems(
    results: dict[str, Any], label: np.ndarray | None, tables: LabelTables, facts: SampleFacts
) -> Iterator[tuple[str, str]]:
    """Rule and message of each problem of a sample's surface points and their box.

    Args:
        results (dict): The sample after image and surface points were loaded.
        label (np.ndarray | None): uint8 (H, W), None where there is none that shows a person.
        tables (LabelTables): Of its classes.
        facts (SampleFacts): Gets what the points tell.

    Yields:
        tuple[str, str]: Rule and message.
    """
    surface, points, parts = results['surface'], results['dp_points'], results['dp_labels']
    height, width = results['ori_shape'][:2]
    where = f'{facts.image}, surface annotation {surface["id"]}'
    x, y, across, down = (float(value) for value in surface['bbox'])
    if min(x, y) < -_TOLERANCE or x + across > width + _TOLERANCE or y + down > height + _TOLERANCE:
        yield (
            'box-outside',
            f'{where}: the box from ({x:g}, {y:g}) to ({x + across:g}, {y + down:g}) reaches beyond the image of '
            f'{width} x {height} pixels',
        )
    inside = points_inside(points, width, height, margin=1.0)
    if not inside.all():
        worst = points[~inside][0]
        yield (
            'surface-outside',
            f'{where}: {int((~inside).sum())} of {len(points)} points outside the image of {width} x {height} pixels, '
            f'the first at ({worst[0]:.1f}, {worst[1]:.1f})',
        )
    if label is None:
        return
    fitting, asked = points_on_region(label, tables.regions, points, parts)
    facts.points_on_body = fitting, asked - fitting
    if asked >= _LEAST_POINTS and fitting < _SMALLEST_SHARE * asked:
        yield (
            'surface-off-body',
            f'{where}: {fitting} of {asked} points of head, arms and legs lie on these in the label',
        )
    agree, contradict = facts.point_votes = vote_by_points(cv2.LUT(label, tables.sides), points, parts)
    if contradict >= _LEAST_POINTS and contradict > 2 * agree:
        yield (
            'sides-contradict',
            f'{where}: of {agree + contradict} points on limbs, {contradict} lie on the label of the other side',
        )


def _extreme_coordinates(joints: np.ndarray, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Coordinates (J, 2) that round to -1 and 0, and to the last pixel and one beyond it."""
    nearest = np.floor(joints + 0.5)
    last = np.array([width, height]) - 1
    lowest = int((nearest == -1).sum()), int((nearest == 0).sum())
    return lowest, (int((nearest == last).sum()), int((nearest == last + 1).sum()))
