"""Whether two annotations of a person agree about left and right: joints and surface points against the label map."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, JOINTS

__all__ = ['JOINT_SIDES', 'PART_SIDES', 'class_sides', 'vote_by_joints', 'vote_by_points']

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


def vote_by_joints(limbs: np.ndarray, joints: np.ndarray, visible: np.ndarray, radius: int) -> tuple[int, int]:
    """Ask each visible joint of a limb which side of its limb the label shows around it.

    Args:
        limbs (np.ndarray): uint8 (H, W), limb sides of the label map's pixels.
        joints (np.ndarray): (16, 2), x and y in pixels.
        visible (np.ndarray): bool (16,), joints that are annotated and not occluded.
        radius (int): Half the side of the square that is looked at, pixels.

    Returns:
        tuple[int, int]: Joints around which only their own side is shown, and joints around which only the other is.
    """
    height, width = limbs.shape
    agree = contradict = 0
    for joint in np.flatnonzero(visible & (JOINT_SIDES > 0)):
        x, y = np.floor(joints[joint] + 0.5).astype(int)
        if not (0 <= x < width and 0 <= y < height):
            continue
        window = limbs[max(y - radius, 0) : y + radius + 1, max(x - radius, 0) : x + radius + 1]
        own = bool((window == JOINT_SIDES[joint]).any())
        other = bool((window == _other(JOINT_SIDES[joint])).any())
        agree += own and not other
        contradict += other and not own
    return agree, contradict


def vote_by_points(limbs: np.ndarray, points: np.ndarray, parts: np.ndarray) -> tuple[int, int]:
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
