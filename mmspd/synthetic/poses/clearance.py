"""Keeping arms out of the body: angles are nudged until forearms and hands are outside of trunk, thighs and head."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numba
import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody, Skin, pose_bones, skin_vertices
from mmspd.synthetic.poses.joint_angles import ArmAngles, JointAngles, within_limits
from mmspd.synthetic.poses.limbs import ARM_HEADS, arm_turns, joint_rotations, limb_heads

__all__ = ['clear_arms']

_OBSTACLES: Final = ('root', 'pelvis', 'upperleg', 'lowerleg01', 'spine', 'neck', 'head')
_CELL: Final = 0.05  # metres; of the faces within such a cube one stands for the body
_BESIDE: Final = 0.09  # metres along the surface from that face, beyond which it says nothing
# Half thickness of elbow, forearm, wrist, both outer knuckles and their fingers, metres, of an adult whose forearm is
# `_THICKNESS` thick.
_RADII: Final = np.array([0.045, 0.04, 0.03, 0.02, 0.02, 0.016, 0.016])
_THICKNESS: Final = 0.031
_ALLOWED: Final = 0.004  # metres of contact
# What is tried to bring an arm out of the body, degrees, and how often.
_NUDGES: Final = (
    {'raised': 4.0}, {'twist': -6.0}, {'elbow': 6.0}, {'elbow': -6.0}, {'plane': 6.0}, {'plane': -6.0},
    {'raised': 10.0, 'twist': -14.0},
)  # fmt: skip
_MOST_NUDGES: Final = 12


@dataclass(frozen=True)
class _Obstacles:
    """Faces that stand for the body. F faces; N vertices of theirs.

    Args:
        vertices (np.ndarray): int64 (N,), of the body.
        skin (Skin): Of these vertices.
        faces (np.ndarray): int64 (F, 3), into ``vertices``.
        forearm (np.ndarray): int64 (M,), vertices of the left forearm near the elbow, whose thickness counts.
    """

    vertices: np.ndarray
    skin: Skin
    faces: np.ndarray
    forearm: np.ndarray


def clear_arms(angles: JointAngles, model: BodyModel, rest: RestBody) -> JointAngles:
    """The same pose with arms that do not reach into the body, or less so.

    Args:
        angles (JointAngles): The pose.
        model (BodyModel): The body.
        rest (RestBody): Its shape; hands rest outside a stout person's hips.

    Returns:
        JointAngles: The pose with nudged arms.
    """
    obstacles = _obstacles(model)
    transforms = pose_bones(model.bone_parents, rest.bone_heads, joint_rotations(angles, model, rest), np.zeros(3))
    corners = skin_vertices(rest.vertices[obstacles.vertices], obstacles.skin, transforms)[obstacles.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    centres = corners.mean(axis=1)
    chest = transforms[model.bone('spine01')]
    radii = _RADII * (
        _forearm_thickness(rest.vertices[obstacles.forearm], limb_heads(model, rest, 'L', ARM_HEADS)) / _THICKNESS
    )

    def clear(arm: ArmAngles, side: str) -> ArmAngles:
        at_rest = limb_heads(model, rest, side, ARM_HEADS)
        sign = np.array([1.0 if side == 'L' else -1.0, 1.0, 1.0])

        def depth(candidate: ArmAngles) -> float:
            points = _arm_points(arm_turns(candidate, at_rest), at_rest) * sign
            return _depth(points @ chest[:, :3].T + chest[:, 3], radii, centres, normals)

        return _nudge(arm, depth)

    return replace(angles, left_arm=clear(angles.left_arm, 'L'), right_arm=clear(angles.right_arm, 'R'))


def _nudge(arm: ArmAngles, depth: Callable[[ArmAngles], float]) -> ArmAngles:
    """Apply the nudge that helps most, until the arm is clear or none helps."""
    current = depth(arm)
    for _ in range(_MOST_NUDGES):
        if current <= 0:
            break
        tried = [_nudged(arm, nudge) for nudge in _NUDGES]
        depths = [depth(candidate) for candidate in tried]
        best = int(np.argmin(depths))
        if depths[best] >= current:
            break
        arm, current = tried[best], depths[best]
    return arm


def _nudged(arm: ArmAngles, nudge: dict[str, float]) -> ArmAngles:
    """The arm with some angles changed, as far as its joints go."""
    return within_limits(replace(arm, **{name: getattr(arm, name) + change for name, change in nudge.items()}), 'arm')


def _forearm_thickness(vertices: np.ndarray, heads: np.ndarray) -> float:
    """Median distance in metres of a left forearm's vertices (M, 3) from the line between elbow and wrist, at rest."""
    axis = heads[6] - heads[4]
    return float(np.median(np.linalg.norm(np.cross(vertices - heads[4], axis / np.linalg.norm(axis)), axis=1)))


@cache
def _obstacles(model: BodyModel) -> _Obstacles:
    """The body's faces that arms must not reach into, thinned."""
    skin = model.faces['skin'].astype(np.int64)
    strongest = model.skin.bones[np.arange(len(model.template)), model.skin.weights.argmax(axis=1)]
    names = np.array(model.bone_names)[strongest]
    hard = np.array([name.startswith(_OBSTACLES) for name in names])
    solid = skin[hard[skin].all(axis=1)]
    cells = np.floor(model.template[solid].mean(axis=1) / _CELL).astype(np.int64)
    _, chosen = np.unique(cells, axis=0, return_index=True)
    vertices, faces = np.unique(solid[chosen], return_inverse=True)
    charted = np.isin(np.arange(len(names)), skin)
    forearm = np.flatnonzero((names == 'lowerarm01.L') & charted)
    return _Obstacles(vertices, model.skin.take(vertices), faces.reshape(-1, 3), forearm)


@numba.njit(cache=True)
def _arm_points(turns: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """What is looked at of a left arm, relative to the chest at rest: float64 (7, 3), as ``_RADII`` lists it.

    ``turns`` are float64 (7, 3, 3) as :func:`arm_turns` gives them, ``heads`` float64 (9, 3) of ``ARM_HEADS``.
    """
    joints = np.empty((7, 3))
    joints[0] = heads[0]
    for bone in range(6):
        joints[bone + 1] = joints[bone] + turns[bone] @ (heads[bone + 1] - heads[bone])
    points = np.empty((7, 3))
    points[0], points[1], points[2] = joints[4], (joints[4] + joints[6]) / 2, joints[6]
    for knuckle in range(2):
        along = turns[6] @ (heads[7 + knuckle] - heads[6])
        points[3 + knuckle], points[5 + knuckle] = joints[6] + along, joints[6] + 1.5 * along
    return points


@numba.njit(cache=True)
def _depth(points: np.ndarray, radii: np.ndarray, centres: np.ndarray, normals: np.ndarray) -> float:
    """How deep balls around points are in a body, summed over them, metres; 0 if none is by more than a contact.

    The body is given by some of its faces, float32 (F, 3) centres and outward normals: the nearest one decides.
    """
    total = 0.0
    for index in range(len(points)):
        x, y, z = points[index]
        nearest, inside = np.inf, 0.0
        for face in range(len(centres)):
            dx, dy, dz = x - centres[face, 0], y - centres[face, 1], z - centres[face, 2]
            squared = dx * dx + dy * dy + dz * dz
            if squared < nearest:
                nearest = squared
                height = dx * normals[face, 0] + dy * normals[face, 1] + dz * normals[face, 2]
                beside = np.sqrt(max(squared - height * height, 0.0))
                inside = radii[index] - height if beside < _BESIDE else 0.0
        total += max(inside - _ALLOWED, 0.0)
    return total
