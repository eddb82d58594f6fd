"""Whether two annotations of a person agree about left and right: joints and surface points against the label map.

And whether left and right are where a person who looks into the camera has them, for what is swapped everywhere.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, JOINTS
from mmspd.checking.facts import Votes

__all__ = ['JOINT_SIDES', 'PART_SIDES', 'class_sides', 'joint_votes', 'vote_by_face', 'vote_by_points']

# Of a person's pixels, those of the face where it looks into the camera. Of 200 rendered people who show as much, 124
# have the left shoulder clearly on the image's right, and 3 on its left.
_LEAST_FACE: Final = 0.02
_LEAST_DISTANCE: Final = 0.1  # between left and right, of the image's width

# A side of a limb: 0 none, else 1 + 2 * limb + side; limb 0 is an arm with its hand, 1 a leg with its foot; side 0 is
# the person's left. The other side's number is its number with the last bit of (number - 1) turned.
_LIMBS: Final = (('arm', 'wrist', 'elbow', 'hand', 'glove'), ('leg', 'ankle', 'knee', 'foot', 'shoe'))
_SIDES: Final = ('left', 'right')


def _limb_side(name: str) -> int:
    """Number of the limb's side that a class, joint or part is named after; 0 if it is of none."""
    plain = name.lower()
    for limb, words in enumerate(_LIMBS):
        for side, word in enumerate(_SIDES):
            if word in plain and any(part in plain for part in words):
                return 1 + 2 * limb + side
    return 0


def _other(sides: np.ndarray) -> np.ndarray:
    """The same limbs' other sides; 0 stays 0."""
    return np.where(sides > 0, ((sides - 1) ^ 1) + 1, 0)


def class_sides(classes: Sequence[str]) -> np.ndarray:
    """Limb side of each class as a table for labels.

    Args:
        classes (Sequence[str]): Names of the classes, at most 255.

    Returns:
        np.ndarray: uint8 (256,): 1, 2 left and right arm, 3, 4 left and right leg, 0 everything else.
    """
    table = np.zeros(256, dtype=np.uint8)
    table[: len(classes)] = [_limb_side(name) for name in classes]
    return table


# Of each joint (16,) and surface part (25,), as numbers of :func:`class_sides`. Shoulders and hips lie on clothes.
JOINT_SIDES: Final = np.array([_limb_side(name) for name in JOINTS], dtype=np.uint8)
PART_SIDES: Final = np.array(
    [0 if coarse < 0 else _limb_side(COARSE_PARTS[coarse]) for coarse in FINE_TO_COARSE], dtype=np.uint8
)


def joint_votes(limbs: np.ndarray, joints: np.ndarray, visible: np.ndarray, radius: int) -> np.ndarray:
    """Ask each visible joint of a limb which side of its limb the label shows around it.

    Args:
        limbs (np.ndarray): uint8 (H, W), limb sides of the label map's pixels.
        joints (np.ndarray): (16, 2), x and y in pixels.
        visible (np.ndarray): bool (16,), joints that are annotated and not occluded.
        radius (int): Half the side of the square that is looked at, pixels.

    Returns:
        np.ndarray: int64 (16,): 1 where only the joint's own side is shown, -1 where only the other is, else 0.
    """
    height, width = limbs.shape
    votes = np.zeros(len(joints), dtype=np.int64)
    for joint in np.flatnonzero(visible & (JOINT_SIDES > 0)):
        x, y = np.floor(joints[joint] + 0.5).astype(int)
        if not (0 <= x < width and 0 <= y < height):
            continue
        window = limbs[max(y - radius, 0) : y + radius + 1, max(x - radius, 0) : x + radius + 1]
        own = bool((window == JOINT_SIDES[joint]).any())
        other = bool((window == _other(JOINT_SIDES[joint])).any())
        votes[joint] = int(own) - int(other)
    return votes


def vote_by_points(limbs: np.ndarray, points: np.ndarray, parts: np.ndarray) -> Votes:
    """Ask each surface point on a limb which side of its limb the label shows there.

    Args:
        limbs (np.ndarray): uint8 (H, W), limb sides of the label map's pixels.
        points (np.ndarray): (P, 2), x and y in pixels.
        parts (np.ndarray): int (P,), surface parts 0..24.

    Returns:
        tuple[int, int]: Points on their own side, and points on the other.
    """
    height, width = limbs.shape
    cells = np.floor(points + 0.5).astype(np.int64)
    inside = ((cells >= 0) & (cells < [width, height])).all(axis=1)
    shown = limbs[cells[inside, 1], cells[inside, 0]]
    sides = PART_SIDES[parts[inside]]
    of_limb = sides > 0
    return int((of_limb & (shown == sides)).sum()), int((of_limb & (shown == _other(sides))).sum())


def vote_by_face(face_share: float, left: np.ndarray, right: np.ndarray, width: int) -> Votes:
    """Ask a person who shows the face whether its left is on the image's right.

    Args:
        face_share (float): The face's share of the person's pixels, 0..1.
        left (np.ndarray): (M,), x of what is on the person's left, pixels.
        right (np.ndarray): (N,), x of what is on its right.
        width (int): Of the image, pixels.

    Returns:
        tuple[int, int]: (1, 0) yes, (0, 1) no, (0, 0) where it does not show the face or stands sideways.
    """
    if face_share < _LEAST_FACE or not len(left) or not len(right):
        return 0, 0
    distance = float(left.mean() - right.mean()) / width
    return int(distance > _LEAST_DISTANCE), int(distance < -_LEAST_DISTANCE)
