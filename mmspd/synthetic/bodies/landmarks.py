"""Where each vertex lies on a body, for cutting clothes: measured once on the mean shape, good for every shape.

Lengths are metres on the mean body, so that a hem at 0.5 m is at the knee of every person.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel

__all__ = ['Landmarks', 'landmarks']

# Where the face ends: depth y and height z, metres on the mean body, from the chin to behind the ears.
_JAW: Final = ((-0.135, -0.04, 0.03), (1.545, 1.605, 1.63))
# Where the hair begins: from the forehead past the temples and around the ears to the nape.
_HAIRLINE: Final = ((-0.15, -0.125, -0.085, -0.06, -0.015, 0.0, 0.04), (1.765, 1.75, 1.70, 1.675, 1.675, 1.60, 1.585))


@dataclass(frozen=True)
class Landmarks:
    """Positions of all V vertices.

    Args:
        height (np.ndarray): float32 (V,), above the soles, metres.
        depth (np.ndarray): float32 (V,), y: negative in front.
        side (np.ndarray): float32 (V,), x: positive on the person's left.
        on_arm (np.ndarray): float32 (V,), share of the weights of arm and hand bones, 0..1.
        along_arm (np.ndarray): float32 (V,), metres from the shoulder towards the finger tips; negative before it.
        along_leg (np.ndarray): float32 (V,), metres from the hip joint downwards along the leg; negative above it.
        from_neck (np.ndarray): float32 (V,), distance from the neck's axis, which ends at its base, metres.
        above_jaw (np.ndarray): float32 (V,), metres above the line where the face ends; negative on the neck.
        above_hairline (np.ndarray): float32 (V,), metres above the line where hair begins; negative on the face.
        lengths (dict): ``arm`` and ``elbow`` along the arm (shoulder to wrist, to elbow), ``leg`` and ``knee`` along
            the leg (hip to ankle, to knee), and the heights ``crotch``, ``waist``, ``neck``, ``shoulder``; metres.
    """

    height: np.ndarray
    depth: np.ndarray
    side: np.ndarray
    on_arm: np.ndarray
    along_arm: np.ndarray
    along_leg: np.ndarray
    from_neck: np.ndarray
    above_jaw: np.ndarray
    above_hairline: np.ndarray
    lengths: dict[str, float]


@lru_cache(maxsize=4)
def landmarks(model: BodyModel) -> Landmarks:
    """Measure the mean body."""
    points = model.template
    folded = np.where(points[:, :1] < 0, points * np.array([-1, 1, 1], np.float32), points)  # both sides as the left
    bone = {name: model.bone_heads[index] for index, name in enumerate(model.bone_names)}
    arm = np.stack([bone[name] for name in ('upperarm01.L', 'lowerarm01.L', 'wrist.L')])
    leg = np.stack([bone[name] for name in ('upperleg01.L', 'lowerleg01.L', 'foot.L')])
    arm_length, leg_length = (np.linalg.norm(np.diff(line, axis=0), axis=1) for line in (arm, leg))
    neck_low, neck_high = bone['neck01'], bone['head']
    axis = (neck_high - neck_low) / np.linalg.norm(neck_high - neck_low)
    relative = points - neck_low
    # The axis begins at the neck's base: below it, a neckline is round about that point.
    radial = relative - np.clip(relative @ axis, 0, None)[:, None] * axis
    return Landmarks(
        height=points[:, 2],
        depth=points[:, 1],
        side=points[:, 0],
        on_arm=_share(model, ('upperarm', 'lowerarm', 'wrist', 'finger')),
        along_arm=_along(folded, arm),
        along_leg=_along(folded, leg),
        from_neck=np.linalg.norm(radial, axis=1),
        above_jaw=points[:, 2] - np.interp(points[:, 1], *_JAW),
        above_hairline=points[:, 2] - np.interp(points[:, 1], *_HAIRLINE),
        lengths={
            'arm': float(arm_length.sum()),
            'elbow': float(arm_length[0]),
            'leg': float(leg_length.sum()),
            'knee': float(leg_length[0]),
            'crotch': float(_crotch(model)),
            'waist': float(bone['spine04'][2]),
            'neck': float(neck_low[2]),
            'shoulder': float(arm[0, 2]),
        },
    )


def _share(model: BodyModel, prefixes: tuple[str, ...]) -> np.ndarray:
    """Sum of the weights of the bones whose names begin so, float32 (V,)."""
    chosen = np.array([name.startswith(prefixes) for name in model.bone_names])
    return (model.skin.weights * chosen[model.skin.bones]).sum(axis=1)


def _along(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Length along a two-segment line (3, 3) at which each point (N, 3) projects to it, float32 (N,).

    The plane that halves the angle between the segments divides their points, so that a hem there has no step.
    """
    first, second = line[1] - line[0], line[2] - line[1]
    lengths = np.linalg.norm(first), np.linalg.norm(second)
    first, second = first / lengths[0], second / lengths[1]
    beyond = (points - line[1]) @ (first + second) > 0
    near = (points - line[0]) @ first
    far = lengths[0] + (points - line[1]) @ second
    return np.where(beyond, far, near).astype(np.float32)


def _crotch(model: BodyModel) -> float:
    """Height of the lowest skin at the body's middle, metres."""
    skin = np.unique(model.faces['skin'])
    middle = skin[(np.abs(model.template[skin, 0]) < 0.01) & (model.template[skin, 2] > 0.5)]
    return float(model.template[middle, 2].min())
