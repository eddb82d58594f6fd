"""Random angles of pelvis and legs. All numbers are degrees; of a pair, the left leg leads."""

import numpy as np

from mmspd.synthetic.poses.joint_angles import LegAngles, TrunkTurn

__all__ = [
    'Stance', 'crouch', 'jump', 'lunge', 'running_step', 'seat', 'stance', 'stoop', 'walking_step', 'wide_stance',
]  # fmt: skip

#: Pelvis, left and right leg.
Stance = tuple[TrunkTurn, tuple[LegAngles, LegAngles]]


def stance(rng: np.random.Generator) -> Stance:
    """Upright on both legs, or on the right one with the left knee relaxed and that hip lower."""
    u = rng.uniform
    if rng.random() < 0.5:
        pelvis = TrunkTurn(u(-3, 4), rng.normal(0, 0.8), rng.normal(0, 3))
        spread = u(1, 8)
        left, right = (_planted(rng, pelvis, sign, u(-2, 3), u(0, 5), spread) for sign in (1, -1))
        return pelvis, (left, right)
    pelvis = TrunkTurn(u(-3, 4), u(2, 7), rng.normal(0, 5))
    bent = u(6, 22)
    left = _planted(rng, pelvis, 1, bent, bent * u(1.4, 2.0), u(2, 10), outward=12.0)
    return pelvis, (left, _planted(rng, pelvis, -1, u(-2, 2), u(0, 3), u(0, 4)))


def wide_stance(rng: np.random.Generator) -> Stance:
    """Feet far apart, knees straight or bent, as in sports."""
    u = rng.uniform
    pelvis = TrunkTurn(u(-2, 18), rng.normal(0, 2), rng.normal(0, 6))
    spread, bent = u(10, 28), max(u(-15, 28), 0.0)
    left, right = (
        _planted(rng, pelvis, sign, bent + u(0, 6), bent * u(1.6, 2.0) + u(2, 8), spread + u(-4, 4), outward=10.0)
        for sign in (1, -1)
    )
    return pelvis, (left, right)


def lunge(rng: np.random.Generator) -> Stance:
    """The left foot far in front, that knee bent; the right heel lifted."""
    u = rng.uniform
    pelvis = TrunkTurn(u(-2, 16), rng.normal(0, 2), -u(0, 12))
    front, back, knee = u(22, 65), -u(8, 26), u(2, 35)
    left = _planted(rng, pelvis, 1, front, front * u(0.9, 1.3), u(0, 10))
    return pelvis, (left, _planted(rng, pelvis, -1, back, knee, u(0, 10), heel=u(10, 30)))


def walking_step(rng: np.random.Generator) -> Stance:
    """The left foot in front: on the ground, or as it passes the right one."""
    u = rng.uniform
    pelvis = TrunkTurn(u(-1, 5), rng.normal(0, 2), -u(0, 9))
    if rng.random() < 0.35:
        front, knee, back, back_knee = u(12, 35), u(35, 65), -u(2, 12), u(0, 8)
    else:
        front, knee, back, back_knee = u(12, 30), u(2, 14), -u(8, 22), u(6, 38)
    heel = u(5, 28) if back_knee > 12 else 0.0
    left = _planted(rng, pelvis, 1, front, knee, u(0, 4))
    return pelvis, (left, _planted(rng, pelvis, -1, back, back_knee, u(0, 4), heel=heel))


def running_step(rng: np.random.Generator) -> Stance:
    """The left knee high in front."""
    u = rng.uniform
    pelvis = TrunkTurn(u(4, 14), rng.normal(0, 2), -u(0, 9))
    left = _planted(rng, pelvis, 1, u(35, 75), u(60, 105), u(0, 4))
    return pelvis, (left, _planted(rng, pelvis, -1, -u(0, 22), u(15, 60), u(0, 4), heel=u(5, 28)))


def seat(rng: np.random.Generator) -> Stance:
    """On something about as high as the knees."""
    u = rng.uniform
    pelvis = TrunkTurn(u(-14, 12), 0.0, rng.normal(0, 3))
    thigh, knee, spread = u(76, 96), u(68, 105), u(3, 20)
    left, right = (
        _planted(rng, pelvis, sign, thigh + rng.normal(0, 3), knee + rng.normal(0, 8), spread + u(-3, 3), outward=-10.0)
        for sign in (1, -1)
    )
    return pelvis, (left, right)


def stoop(rng: np.random.Generator) -> Stance:
    """Bent forward on legs that are almost straight."""
    u = rng.uniform
    pelvis, thigh = TrunkTurn(u(15, 50), 0.0, rng.normal(0, 4)), u(-12, 14)
    knee, spread = max(thigh, 0.0) + u(2, 22), u(1, 9)
    left, right = (_planted(rng, pelvis, sign, thigh, knee, spread) for sign in (1, -1))
    return pelvis, (left, right)


def crouch(rng: np.random.Generator) -> Stance:
    """Knees and hips bent."""
    u = rng.uniform
    pelvis, thigh, knee = TrunkTurn(u(8, 34), rng.normal(0, 3), rng.normal(0, 4)), u(55, 88), u(75, 118)
    left, right = (_planted(rng, pelvis, sign, thigh, knee, u(6, 24), outward=-4.0) for sign in (1, -1))
    return pelvis, (left, right)


def jump(rng: np.random.Generator) -> Stance:
    """A leap, still on the toes."""
    u = rng.uniform
    pelvis = TrunkTurn(u(-6, 12), rng.normal(0, 4), rng.normal(0, 5))
    left, right = (LegAngles(u(0, 45) + pelvis.bend, u(2, 22), u(5, 20), u(20, 90), -u(10, 40)) for _ in range(2))
    return pelvis, (left, right)


def _planted(
    rng: np.random.Generator,
    pelvis: TrunkTurn,
    sign: int,
    thigh: float,
    knee: float,
    spread: float,
    outward: float = 0.0,
    heel: float = 0.0,
) -> LegAngles:
    """A leg with a level sole, whatever the pelvis does.

    Args:
        rng (np.random.Generator): Source of the toes' direction.
        pelvis (TrunkTurn): Of the body.
        sign (int): 1 for the left leg, -1 for the right one.
        thigh (float): In front of upright.
        knee (float): Flexion.
        spread (float): Of the thigh from upright, outward.
        outward (float): Of the toes, beyond what is usual.
        heel (float): How far the heel is lifted.
    """
    return LegAngles(
        flexion=thigh + pelvis.bend,
        abduction=spread + sign * pelvis.side,
        rotation=outward + rng.uniform(2, 18),
        knee=knee,
        ankle=knee - thigh - heel,
    )
