"""A random pose of a drawn person: where the joints are, which way the person looks, what hides what.

Lengths are fractions of the body's height until :func:`place_body` scales them to pixels. Left and right are the
*person's*: a person who faces the viewer has their left side at the picture's right, one seen from the back at its
left. :meth:`Body.sign` tells the sign, and everything sided is derived from it.
"""

from dataclasses import dataclass

import numpy as np

from mmspd.anatomy import JOINTS, NUM_JOINTS

SIDES = ('left', 'right')
HEAD_LENGTH = 0.15
HEAD_HALF_WIDTH = 0.056
# Half thickness at the near and the far end of each limb.
RADII = {
    'upper_arm': (0.036, 0.030),
    'lower_arm': (0.030, 0.022),
    'hand': (0.022, 0.024),
    'upper_leg': (0.056, 0.042),
    'lower_leg': (0.042, 0.027),
    'foot': (0.028, 0.026),
    'torso': (0.030, 0.030),
    'neck': (0.028, 0.028),
}

_SHOULDER_HALF, _HIP_HALF = 0.098, 0.058
_THORAX_HEIGHT, _NECK_LENGTH = 0.31, 0.045  # above the pelvis; from thorax to upper neck
_UPPER_ARM, _LOWER_ARM, _HAND = 0.165, 0.150, 0.045
_UPPER_LEG, _LOWER_LEG, _FOOT = 0.230, 0.215, 0.042
# Angles in degrees from straight down, positive away from the body: (upper arm, bend of the lower arm).
_ARM_POSES = {
    'relaxed': ((6, 30), (-22, 12)),
    'akimbo': ((38, 55), (-105, -85)),
    'out': ((60, 100), (-35, 35)),
    'raised': ((120, 155), (10, 45)),
    'across': ((8, 24), (-85, -55)),
}
_LEG_POSES = {
    'standing': ((0, 10), (-6, 3)),
    'apart': ((12, 26), (-14, 0)),
    'lifted': ((30, 50), (-75, -45)),
    'crossing': ((-18, -10), (-4, 4)),
}


@dataclass
class Body:
    """A posed body.

    Args:
        frontal (bool): Whether the person faces the viewer.
        joints (np.ndarray): float64 (16, 2), in the order of ``JOINTS``.
        hands (dict): Side -> (2,), tip of the hand.
        feet (dict): Side -> (2,), tip of the foot.
        arms_behind (dict): Side -> whether the torso hides that arm where they overlap.
        front_leg (str): The side whose leg hides the other where they overlap.
        height (float): Length of the upright body, in the joints' unit.
    """

    frontal: bool
    joints: np.ndarray
    hands: dict[str, np.ndarray]
    feet: dict[str, np.ndarray]
    arms_behind: dict[str, bool]
    front_leg: str
    height: float = 1.0

    def joint(self, name: str) -> np.ndarray:
        """Position (2,) of a joint by its name in ``JOINTS``."""
        return self.joints[JOINTS.index(name)]

    def sign(self, side: str) -> int:
        """+1 if that side of the person is on the picture's right, else -1."""
        return 1 if (side == 'left') == self.frontal else -1

    def radii(self, limb: str) -> tuple[float, float]:
        """Half thickness of a limb at its near and its far end, in the joints' unit."""
        near, far = RADII[limb]
        return near * self.height, far * self.height


def _direction(degrees: float, sign: int) -> np.ndarray:
    """Unit vector ``degrees`` from straight down, turned towards ``sign`` (+1: the picture's right)."""
    angle = np.deg2rad(degrees)
    return np.array([sign * np.sin(angle), np.cos(angle)])


def _turn(vector: np.ndarray, degrees: float) -> np.ndarray:
    """Turn a vector (2,) clockwise on screen."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([cos * vector[0] - sin * vector[1], sin * vector[0] + cos * vector[1]])


def _angles(rng: np.random.Generator, poses: dict, name: str) -> tuple[float, float]:
    """Angles of a two-segment limb: of the first, and of the second, both from straight down."""
    first, bend = (float(rng.uniform(*limits)) for limits in poses[name])
    return first, first + bend


def sample_body(rng: np.random.Generator) -> Body:
    """A body of height 1 in a random pose, pelvis at the origin, y down."""
    frontal = bool(rng.random() < 0.65)
    joints = np.zeros((NUM_JOINTS, 2))
    body = Body(frontal, joints, {}, {}, {}, front_leg=str(rng.choice(SIDES)))

    def put(name: str, position: np.ndarray) -> np.ndarray:
        joints[JOINTS.index(name)] = position
        return position

    lean = float(rng.normal(0, 5))
    thorax = put('thorax', _turn(np.array([0.0, -_THORAX_HEIGHT]), lean))
    head_tilt = lean + float(rng.normal(0, 6))
    neck = put('upper_neck', thorax + _turn(np.array([0.0, -_NECK_LENGTH]), head_tilt))
    put('head_top', neck + _turn(np.array([0.0, -HEAD_LENGTH]), head_tilt))

    leg_pose = dict.fromkeys(SIDES, 'standing')
    leg_pose[str(rng.choice(SIDES))] = str(rng.choice(list(_LEG_POSES), p=(0.32, 0.32, 0.16, 0.2)))
    for side in SIDES:
        sign = body.sign(side)
        shoulder = put(f'{side}_shoulder', thorax + _turn(np.array([sign * _SHOULDER_HALF, 0.018]), lean))
        arm_pose = str(rng.choice(list(_ARM_POSES), p=(0.30, 0.12, 0.16, 0.14, 0.28)))
        upper, lower = _angles(rng, _ARM_POSES, arm_pose)
        elbow = put(f'{side}_elbow', shoulder + _UPPER_ARM * _direction(upper, sign))
        wrist = put(f'{side}_wrist', elbow + _LOWER_ARM * _direction(lower, sign))
        body.hands[side] = wrist + _HAND * _direction(lower + float(rng.uniform(-15, 15)), sign)
        body.arms_behind[side] = bool(rng.random() < (0.6 if arm_pose == 'across' else 0.3))

        hip = put(f'{side}_hip', np.array([sign * _HIP_HALF, 0.012]))
        upper, lower = _angles(rng, _LEG_POSES, leg_pose[side])
        knee = put(f'{side}_knee', hip + _UPPER_LEG * _direction(upper, sign))
        ankle = put(f'{side}_ankle', knee + _LOWER_LEG * _direction(lower, sign))
        # A foot seen from the front points outwards and towards the viewer; from the back only its heel shows.
        outward = float(rng.uniform(25, 60)) if frontal else float(rng.uniform(10, 25))
        body.feet[side] = ankle + _FOOT * (1.0 if frontal else 0.6) * _direction(outward, sign)
    return body


def place_body(rng: np.random.Generator, body: Body, width: int, height: int) -> Body:
    """Scale and move a body into a picture; about a quarter of them reach over its border.

    Args:
        rng (np.random.Generator): Source of size and position.
        body (Body): A body of height 1.
        width (int): Of the picture, pixels.
        height (int): Of the picture, pixels.

    Returns:
        Body: The same body in the picture's pixel-centre coordinates.
    """
    points = np.concatenate([body.joints, np.stack([*body.hands.values(), *body.feet.values()])])
    low, high = points.min(axis=0) - 0.045, points.max(axis=0) + 0.045
    scale = float(min(width / (high[0] - low[0]), height / (high[1] - low[1])))
    room = np.array([width, height])
    if rng.random() < 0.25:
        scale *= float(rng.uniform(1.15, 1.6))
        # Keep the head, as most photographs do: what is cut is below, or at one side.
        offset = np.array([rng.uniform(0.35, 0.65), rng.uniform(0.0, 0.15)]) * (room - scale * (high - low))
    else:
        scale *= float(rng.uniform(0.82, 0.97))
        offset = rng.uniform(0.1, 0.9, size=2) * (room - scale * (high - low))
    shift = offset - scale * low - 0.5
    return Body(
        frontal=body.frontal,
        joints=body.joints * scale + shift,
        hands={side: tip * scale + shift for side, tip in body.hands.items()},
        feet={side: tip * scale + shift for side, tip in body.feet.items()},
        arms_behind=body.arms_behind,
        front_leg=body.front_leg,
        height=scale,
    )
