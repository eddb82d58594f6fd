"""Random angles of arms by what they do. All numbers are degrees."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from mmspd.synthetic.poses.joint_angles import ArmAngles

__all__ = ['ARM_POSES', 'sample_arm', 'sample_arms']

# Ranges of raised, plane, twist, elbow, pronation, wrist and curl.
_RANGES: Final = {
    'hang': ((2, 13), (-20, 35), (-8, 20), (4, 32), (5, 40), (-5, 15), (15, 45)),
    'pocket': ((14, 28), (-50, -10), (10, 35), (35, 60), (0, 30), (0, 20), (10, 60)),
    'hip': ((36, 54), (-28, 5), (42, 64), (80, 108), (20, 65), (-35, 0), (20, 50)),
    'across': ((14, 30), (45, 80), (45, 72), (82, 112), (0, 45), (0, 25), (20, 50)),
    'front': ((10, 28), (35, 80), (22, 48), (30, 70), (10, 50), (-5, 20), (20, 50)),
    'hold': ((12, 42), (35, 85), (-5, 35), (85, 130), (-40, 30), (-10, 30), (35, 70)),
    'face': ((35, 85), (25, 75), (5, 45), (122, 142), (-20, 50), (-10, 35), (25, 65)),
    'up': ((130, 174), (0, 70), (-30, 30), (0, 55), (-30, 40), (-15, 15), (5, 50)),
    'out': ((55, 112), (-12, 35), (-60, 30), (0, 50), (-30, 50), (-20, 20), (5, 45)),
    'forward': ((50, 112), (60, 98), (-20, 30), (0, 60), (-20, 70), (-20, 20), (5, 60)),
    'wave': ((45, 105), (0, 40), (-95, -60), (60, 125), (-20, 60), (-20, 15), (5, 35)),
    'throw': ((85, 130), (-22, 25), (-108, -60), (60, 118), (-20, 50), (-30, 10), (20, 70)),
    'lap': ((12, 34), (50, 90), (2, 34), (45, 85), (35, 75), (-10, 15), (10, 45)),
}
# The same of arms that are raised forward by a given angle instead, and how far out they are: first range.
_SWUNG: Final = {
    'swing': ((3, 10), (-5, 15), (8, 34), (10, 40), (-5, 15), (20, 50)),
    'run': ((8, 20), (-12, 22), (72, 112), (-10, 30), (-5, 20), (45, 75)),
    'down': ((3, 14), (-10, 25), (4, 45), (0, 50), (-10, 20), (15, 50)),
}
#: What arms can do.
ARM_POSES: Final = (*_RANGES, *_SWUNG)
_BOTH_ALIKE: Final = 0.65  # probability


def sample_arm(rng: np.random.Generator, kind: str, forward: float = 0.0) -> ArmAngles:
    """Random angles of an arm.

    Args:
        rng (np.random.Generator): Source of the angles.
        kind (str): Of ``ARM_POSES``.
        forward (float): By how much the upper arm of 'swing', 'run' and 'down' is in front of hanging; an arm behind
            the body bends less.

    Returns:
        ArmAngles: The angles.
    """
    if kind in _RANGES:
        drawn = rng.uniform(*np.transpose(_RANGES[kind]))
    else:
        outward, *others = rng.uniform(*np.transpose(_SWUNG[kind]))
        drawn = np.array([np.hypot(forward, outward), np.rad2deg(np.arctan2(forward, outward)), *others])
        if kind == 'swing':
            drawn[3] += max(0.6 * forward, 0.0)
    raised, plane, twist, elbow, pronation, wrist, curl = drawn.tolist()
    return ArmAngles(raised, plane, twist, elbow, pronation, wrist, curl, shrug=float(rng.normal(0, 2)))


def sample_arms(rng: np.random.Generator, weights: Mapping[str, float]) -> tuple[ArmAngles, ArmAngles]:
    """Two arms, which often do the same.

    Args:
        rng (np.random.Generator): Source of kinds and angles.
        weights (Mapping): What an arm does -> probability; they sum to 1.

    Returns:
        tuple: Left and right arm.
    """
    left, right = rng.choice(list(weights), size=2, p=list(weights.values()))
    if rng.random() < _BOTH_ALIKE:
        right = left
    return sample_arm(rng, str(left)), sample_arm(rng, str(right))
