"""Families of poses: random angles of people who stand, walk, sit, reach or lean. All numbers are degrees."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody
from mmspd.synthetic.chance import choose
from mmspd.synthetic.poses.arm_poses import sample_arm, sample_arms
from mmspd.synthetic.poses.clearance import clear_arms
from mmspd.synthetic.poses.joint_angles import JointAngles, LegAngles, TrunkTurn
from mmspd.synthetic.poses.leg_poses import (
    crouch,
    jump,
    lunge,
    running_step,
    seat,
    stance,
    stoop,
    walking_step,
    wide_stance,
)
from mmspd.synthetic.poses.limbs import joint_rotations

__all__ = ['Pose', 'sample_angles', 'sample_pose']


@dataclass(frozen=True)
class Pose:
    """A pose, facing -y.

    Args:
        rotations (np.ndarray): float64 (B, 3, 3), for :func:`~mmspd.synthetic.bodies.body.pose_bones`.
        family (str): Of ``POSE_FAMILIES``.
        sits (bool): Whether the person sits, on something that is not drawn.
    """

    rotations: np.ndarray
    family: str
    sits: bool


def sample_pose(rng: np.random.Generator, model: BodyModel, rest: RestBody, family: str) -> Pose:
    """A random pose that suits a body's shape.

    Args:
        rng (np.random.Generator): Source of the angles.
        model (BodyModel): The body.
        rest (RestBody): Its shape: arms stay out of it.
        family (str): Of ``POSE_FAMILIES``.

    Returns:
        Pose: The pose.

    Raises:
        ValueError: If there is no such family.
    """
    angles = clear_arms(sample_angles(rng, family), model, rest)
    return Pose(joint_rotations(angles, model, rest), family, sits=family == 'sit')


def sample_angles(rng: np.random.Generator, family: str) -> JointAngles:
    """Random angles of a family's pose, within the joints' limits; arms may still reach into the body.

    Args:
        rng (np.random.Generator): Source of the angles.
        family (str): Of ``POSE_FAMILIES``.

    Returns:
        JointAngles: The pose; either side is as likely to be the one that leads.

    Raises:
        ValueError: If there is no such family.
    """
    if family not in _FAMILIES:
        raise ValueError(f'expected a family of poses of {", ".join(_FAMILIES)}, got {family!r}')
    angles = _FAMILIES[family](rng).within_limits()
    return angles.mirrored() if rng.random() < 0.5 else angles


def _stand(rng: np.random.Generator) -> JointAngles:
    """Upright, weight on both legs or on the right one."""
    left, right = sample_arms(
        rng, {'hang': 0.46, 'pocket': 0.12, 'hip': 0.12, 'across': 0.08, 'front': 0.1, 'hold': 0.12}
    )
    if rng.random() < 0.15:
        left = sample_arm(rng, 'face')
    pelvis, legs = stance(rng)
    return JointAngles(pelvis, _spine(rng, -pelvis.side), _neck(rng), left, right, *legs)


def _walk(rng: np.random.Generator) -> JointAngles:
    """A step with the left leg in front and the right arm with it; a quarter of them run."""
    runs = rng.random() < 0.25
    pelvis, legs = running_step(rng) if runs else walking_step(rng)
    swing = rng.uniform(0.25, 0.55) * (legs[0].flexion - legs[1].flexion)
    kind = 'run' if runs else 'swing'
    right, left = sample_arm(rng, kind, forward=swing), sample_arm(rng, kind, forward=-0.8 * swing)
    if rng.random() < 0.25:
        left = sample_arm(rng, str(rng.choice(['hold', 'pocket', 'face', 'front'])))
    # The chest turns against the pelvis, the head looks ahead.
    spine = TrunkTurn(rng.uniform(0, 8), rng.normal(0, 2), -1.4 * pelvis.twist)
    neck = replace(_neck(rng), twist=rng.normal(0.4 * pelvis.twist, 16))
    return JointAngles(pelvis, spine, neck, left, right, *legs)


def _sit(rng: np.random.Generator) -> JointAngles:
    """On something as high as the knees, or a little lower or higher."""
    arms = sample_arms(rng, {'lap': 0.5, 'hang': 0.14, 'across': 0.1, 'hold': 0.14, 'forward': 0.05, 'front': 0.07})
    if rng.random() < 0.15:
        arms = sample_arm(rng, str(rng.choice(['face', 'up', 'wave']))), arms[1]
    pelvis, legs = seat(rng)
    spine = TrunkTurn(rng.uniform(0, 24) - 0.4 * pelvis.bend, rng.normal(0, 4), rng.normal(0, 8))
    return JointAngles(pelvis, spine, _neck(rng), *arms, *legs)


def _reach(rng: np.random.Generator) -> JointAngles:
    """One or both arms away from the body: up, out, forward, to throw; on firm legs, in a lunge or a jump."""
    left, right = sample_arms(rng, {'up': 0.28, 'out': 0.24, 'forward': 0.2, 'wave': 0.14, 'throw': 0.14})
    if rng.random() < 0.5:
        right = sample_arm(rng, str(rng.choice(['hang', 'pocket', 'hip', 'front', 'hold'])))
    pelvis, legs = choose(rng, {stance: 0.4, wide_stance: 0.28, lunge: 0.2, jump: 0.12})(rng)
    spine = TrunkTurn(rng.uniform(-10, 14), rng.normal(0, 7), rng.normal(0, 14))
    return JointAngles(pelvis, spine, _neck(rng), left, right, *legs)


def _lean(rng: np.random.Generator) -> JointAngles:
    """Bent forward or sideways, a leg lifted, or crouching."""
    return choose(rng, {_bend_forward: 0.56, _bend_sideways: 0.22, _lift_leg: 0.22})(rng)


def _bend_forward(rng: np.random.Generator) -> JointAngles:
    """Stooping or crouching, arms hanging down or on the knees."""
    pelvis, legs = choose(rng, {stoop: 0.6, crouch: 0.4})(rng)
    spine = TrunkTurn(rng.uniform(8, 36), rng.normal(0, 4), rng.normal(0, 8))
    bend = pelvis.bend + spine.bend
    forward = rng.uniform(0.45, 1.1) * bend
    left, right = (sample_arm(rng, 'down', forward=forward + rng.normal(0, 8)) for _ in range(2))
    if rng.random() < 0.25:
        left = sample_arm(rng, str(rng.choice(['hip', 'forward', 'face', 'out'])))
    neck = TrunkTurn(-0.3 * bend + rng.uniform(-10, 15), rng.normal(0, 5), rng.normal(0, 14))
    return JointAngles(pelvis, spine, neck, left, right, *legs)


def _bend_sideways(rng: np.random.Generator) -> JointAngles:
    """The trunk bent to the left."""
    pelvis, legs = choose(rng, {wide_stance: 0.6, stance: 0.4})(rng)
    spine = TrunkTurn(rng.uniform(-4, 12), rng.uniform(12, 28), rng.normal(0, 8))
    arms = sample_arms(rng, {'hang': 0.4, 'hip': 0.2, 'out': 0.2, 'up': 0.2})
    return JointAngles(pelvis, spine, _neck(rng), *arms, *legs)


def _lift_leg(rng: np.random.Generator) -> JointAngles:
    """On the right leg, the left one lifted forward or backward."""
    u = rng.uniform
    pelvis, (_, right_leg) = stance(rng)
    flexion, knee = (u(35, 100), u(40, 110)) if rng.random() < 0.7 else (-u(5, 25), u(50, 110))
    left_leg = LegAngles(flexion + pelvis.bend, u(0, 18), u(0, 20), knee, -u(0, 30))
    arms = sample_arms(rng, {'hang': 0.4, 'out': 0.3, 'hip': 0.15, 'front': 0.15})
    return JointAngles(pelvis, _spine(rng, -pelvis.side), _neck(rng), *arms, left_leg, right_leg)


_FAMILIES: Final = MappingProxyType({'stand': _stand, 'walk': _walk, 'sit': _sit, 'reach': _reach, 'lean': _lean})


def _spine(rng: np.random.Generator, side: float) -> TrunkTurn:
    """About upright, leaning to the left by about ``side``."""
    return TrunkTurn(rng.normal(3, 5), side + rng.normal(0, 3), rng.normal(0, 6))


def _neck(rng: np.random.Generator) -> TrunkTurn:
    """A head that looks somewhere in front."""
    return TrunkTurn(rng.normal(4, 8), rng.normal(0, 5), rng.normal(0, 20))
