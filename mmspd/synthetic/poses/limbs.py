"""From anatomical angles to the bones' rotations.

A limb is posed by frames: where a segment points and the axis of its hinge, at rest and posed. So the rest pose's own
angles do not matter. World axes as at rest: the body faces -y, its left is +x, z is up. The right side is computed as
the mirror image of the left one, so that mirrored angles give exactly mirrored poses.
"""

from functools import cache
from typing import Final

import numba
import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody
from mmspd.synthetic.poses.joint_angles import ArmAngles, JointAngles, LegAngles, TrunkTurn
from mmspd.synthetic.poses.turning import cross, rotation, rotations, turn_frame

__all__ = ['ARM_BONES', 'ARM_HEADS', 'arm_turns', 'joint_rotations', 'limb_heads']

#: What an arm's turns are given for.
ARM_BONES: Final = ('clavicle', 'shoulder01', 'upperarm01', 'upperarm02', 'lowerarm01', 'lowerarm02', 'wrist')
_FINGER_BONES: Final = tuple(f'finger{finger}-{joint}' for finger in range(1, 6) for joint in range(1, 4))
#: Its bones, the index finger's and the little finger's: two knuckles show how the hand lies.
ARM_HEADS: Final = (*ARM_BONES, 'finger2-1', 'finger5-1')
_LIMB_BONES: Final = (*ARM_BONES, *_FINGER_BONES, 'upperleg01', 'lowerleg01', 'foot')
# How much of a turn each bone takes, from the lowest bone up.
_SPINE: Final = {'spine05': 0.2, 'spine04': 0.25, 'spine03': 0.2, 'spine02': 0.2, 'spine01': 0.15}
_NECK: Final = {'neck01': 0.2, 'neck02': 0.2, 'neck03': 0.2, 'head': 0.4}
# How much of the fingers' curl each of their joints takes; the thumb, the first finger, bends less.
_CURL: Final = np.array([0.1, 0.25, 0.45, *(0.9, 1.1, 0.7) * 4])

_DOWN: Final = np.array([0.0, 0.0, -1.0])
_LEFT: Final = np.array([1.0, 0.0, 0.0])
_BACK: Final = np.array([0.0, 1.0, 0.0])
_MIRRORED: Final = np.array([[1.0, -1.0, -1.0], [-1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])


def joint_rotations(angles: JointAngles, model: BodyModel, rest: RestBody) -> np.ndarray:
    """Rotations of the bones, for :func:`~mmspd.synthetic.bodies.body.pose_bones`.

    Args:
        angles (JointAngles): The pose.
        model (BodyModel): Names and order of the bones.
        rest (RestBody): The body's shape: where its limbs point at rest.

    Returns:
        np.ndarray: float64 (B, 3, 3), about world axes as at rest, relative to each bone's parent.
    """
    vectors = [
        _trunk_vector(angles.pelvis)[None],
        np.outer(list(_SPINE.values()), _trunk_vector(angles.spine)),
        np.outer(list(_NECK.values()), _trunk_vector(angles.neck)),
    ]
    turns = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
    turns[_bones(model, ('root', *_SPINE, *_NECK))] = rotations(np.concatenate(vectors))
    for side, arm, leg in (('L', angles.left_arm, angles.left_leg), ('R', angles.right_arm, angles.right_leg)):
        arm_at_rest = limb_heads(model, rest, side, ARM_HEADS)
        limbs = [
            _relative(arm_turns(arm, arm_at_rest)),
            _finger_turns(arm, arm_at_rest),
            _relative(_leg_turns(leg, limb_heads(model, rest, side, ('upperleg01', 'lowerleg01', 'foot')))),
        ]
        turns[_bones(model, tuple(f'{bone}.{side}' for bone in _LIMB_BONES))] = (
            np.concatenate(limbs) if side == 'L' else np.concatenate(limbs) * _MIRRORED
        )
    return turns


@cache
def _bones(model: BodyModel, names: tuple[str, ...]) -> np.ndarray:
    """Positions of some bones, int64."""
    return np.array([model.bone(name) for name in names])


def limb_heads(model: BodyModel, rest: RestBody, side: str, bones: tuple[str, ...]) -> np.ndarray:
    """Where some bones of a side begin at rest; those of the right side are mirrored, as if they were the left's.

    Args:
        model (BodyModel): Names of the bones.
        rest (RestBody): Heads of the bones.
        side (str): 'L' or 'R'.
        bones (tuple): N names without their side.

    Returns:
        np.ndarray: float64 (N, 3).
    """
    heads = rest.bone_heads[_bones(model, tuple(f'{bone}.{side}' for bone in bones))]
    return heads * np.array([1.0 if side == 'L' else -1.0, 1.0, 1.0])


def arm_turns(arm: ArmAngles, heads: np.ndarray) -> np.ndarray:
    """Rotations of a left arm's bones, relative to the chest.

    Args:
        arm (ArmAngles): Its angles.
        heads (np.ndarray): float64 (9, 3), of ``ARM_HEADS``, as :func:`limb_heads` gives them.

    Returns:
        np.ndarray: float64 (7, 3, 3), of ``ARM_BONES``.
    """
    return _arm_turns(heads, arm.raised, arm.plane, arm.twist, arm.elbow, arm.pronation, arm.wrist, arm.shrug)


@numba.njit(cache=True)
def _arm_turns(
    heads: np.ndarray,
    raised: float,
    plane: float,
    twist: float,
    elbow: float,
    pronation: float,
    wrist: float,
    shrug: float,
) -> np.ndarray:
    """The arithmetic of :func:`arm_turns`."""
    outward = np.array([np.cos(np.deg2rad(plane)), -np.sin(np.deg2rad(plane)), 0.0])
    # The shoulder blade follows an arm that is raised high, and one that reaches forward.
    lift = shrug + 0.28 * max(raised - 40.0, 0.0)
    forward = 0.14 * raised * max(-outward[1], 0.0) * np.sin(np.deg2rad(raised))
    clavicle = rotation(-_BACK, 0.6 * lift) @ rotation(_DOWN, forward)

    swing = rotation(cross(_DOWN, outward), raised)
    upper, hinge = swing @ _DOWN, swing @ -_LEFT
    # Skin twists less at the shoulder if the upper arm's second half takes its share; the same for the forearm.
    half_turned, hinge = rotation(upper, 0.5 * twist) @ hinge, rotation(upper, twist) @ hinge
    lower = rotation(hinge, elbow) @ upper
    knuckles = rotation(lower, pronation) @ cross(lower, hinge)
    hand = rotation(knuckles, wrist) @ lower

    upper_at_rest, lower_at_rest = heads[4] - heads[2], heads[6] - heads[4]
    hinge_at_rest = cross(upper_at_rest, lower_at_rest)
    turns = np.empty((7, 3, 3))
    turns[0] = clavicle
    turns[1] = clavicle @ rotation(-_BACK, 0.4 * lift)
    turns[2] = turn_frame(upper_at_rest, hinge_at_rest, upper, half_turned)
    turns[3] = turn_frame(upper_at_rest, hinge_at_rest, upper, hinge)
    turns[4] = turn_frame(lower_at_rest, hinge_at_rest, lower, hinge)
    turns[5] = rotation(lower, 0.5 * pronation) @ turns[4]
    turns[6] = turn_frame((heads[7] + heads[8]) / 2 - heads[6], heads[8] - heads[7], hand, knuckles)
    return turns


def _finger_turns(arm: ArmAngles, heads: np.ndarray) -> np.ndarray:
    """Rotations float64 (15, 3, 3) of the fingers' bones, each relative to the one before, about an axis across the
    palm; ``heads`` as for :func:`arm_turns`.
    """
    across = heads[8] - heads[7]
    return rotations(arm.curl * _CURL[:, None] * across / np.linalg.norm(across))


def _leg_turns(leg: LegAngles, heads: np.ndarray) -> np.ndarray:
    """Rotations float64 (3, 3, 3) of a left thigh, shin and foot, relative to the pelvis; ``heads`` (3, 3) at rest."""
    swing = rotation(-_LEFT, leg.flexion) @ rotation(-_BACK, leg.abduction)
    upper = swing @ _DOWN
    hinge = rotation(-upper, leg.rotation) @ swing @ _LEFT
    lower = rotation(hinge, leg.knee) @ upper
    return np.stack(
        [
            turn_frame(heads[1] - heads[0], _LEFT, upper, hinge),
            turn_frame(heads[2] - heads[1], _LEFT, lower, hinge),
            turn_frame(_DOWN, _LEFT, lower, hinge) @ rotation(-_LEFT, leg.ankle),
        ]
    )


def _relative(turns: np.ndarray) -> np.ndarray:
    """Rotations (N, 3, 3) of bones relative to the one before, from those relative to what carries the first."""
    return np.concatenate([turns[:1], turns[:-1].transpose(0, 2, 1) @ turns[1:]])


def _trunk_vector(turn: TrunkTurn) -> np.ndarray:
    """A turn's axis times its angle in degrees, float64 (3,)."""
    return np.array([turn.bend, turn.side, turn.twist])
