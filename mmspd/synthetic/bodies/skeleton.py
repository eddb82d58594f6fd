"""LIP's 16 joints of a posed body, and which of them are hidden in a picture."""

from functools import cache
from typing import Final

import numpy as np

from mmspd.anatomy import COARSE_PARTS, JOINTS, NUM_JOINTS
from mmspd.synthetic.bodies.body import BodyModel, RestBody

__all__ = ['PARTS_AT_JOINT', 'joint_positions', 'occluded_joints']

# The bone of a side at whose beginning a joint lies.
_LIMB_BONES: Final = {
    'ankle': 'foot',
    'knee': 'lowerleg01',
    'hip': 'upperleg01',
    'wrist': 'wrist',
    'elbow': 'lowerarm01',
    'shoulder': 'upperarm01',
}
# The thorax, at the base of the neck, lies halfway between the clavicles.
_BONES_AT: Final[dict[str, tuple[str, ...]]] = {
    'pelvis': ('root',),
    'thorax': ('clavicle.L', 'clavicle.R'),
    'upper_neck': ('head',),
} | {
    f'{side}_{joint}': (f'{bone}.{end}',)
    for joint, bone in _LIMB_BONES.items()
    for side, end in (('left', 'L'), ('right', 'R'))
}

# A side's parts without their side, which stands behind the name of a limb and before that of a hand or foot.
_LIMB_PARTS: Final = {
    'ankle': ('LowerLeg{}', '{}Foot'),
    'knee': ('UpperLeg{}', 'LowerLeg{}'),
    'hip': ('Torso', 'UpperLeg{}'),
    'wrist': ('LowerArm{}', '{}Hand'),
    'elbow': ('UpperArm{}', 'LowerArm{}'),
    'shoulder': ('Torso', 'UpperArm{}'),
}
#: Joint -> the coarse parts that meet at it; any other one seen there hides it.
PARTS_AT_JOINT: Final[dict[str, tuple[str, ...]]] = {
    'pelvis': ('Torso', 'UpperLegLeft', 'UpperLegRight'),
    'thorax': ('Torso', 'Head'),
    'upper_neck': ('Torso', 'Head'),
    'head_top': ('Head',),
} | {
    f'{side.lower()}_{joint}': tuple(part.format(side) for part in parts)
    for joint, parts in _LIMB_PARTS.items()
    for side in ('Left', 'Right')
}


def joint_positions(model: BodyModel, rest: RestBody, transforms: np.ndarray) -> np.ndarray:
    """Where the joints of a posed body are.

    Args:
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        transforms (np.ndarray): float (B, 3, 4), from rest to posed, of each bone.

    Returns:
        np.ndarray: float64 (16, 3), metres, in the order of ``JOINTS``. Limbs' joints, pelvis and upper neck are
        where bones begin; the head's top moves with the head's bone.
    """
    heads = np.einsum('bij,bj->bi', transforms[:, :, :3], rest.bone_heads) + transforms[:, :, 3]
    crown = rest.vertices[_midline(model)]
    crown = crown[crown[:, 2].argmax()].astype(np.float64)
    head = transforms[model.bone('head')]
    positions = {name: heads[[model.bone(bone) for bone in bones]].mean(axis=0) for name, bones in _BONES_AT.items()}
    positions['head_top'] = head[:, :3] @ crown + head[:, 3]
    return np.stack([positions[name] for name in JOINTS])


@cache
def _midline(model: BodyModel) -> np.ndarray:
    """Skin vertices int64 (M,) that are their own mirror image: the crown of a symmetric head is one of them."""
    skin = np.unique(model.faces['skin'])
    return skin[model.mirror[skin] == skin]


def occluded_joints(pixels: np.ndarray, coarse: np.ndarray, radius: float = 1.5) -> np.ndarray:
    """Which joints are hidden: at which no part that meets there is seen.

    Args:
        pixels (np.ndarray): float (16, 2), projected joints in the order of ``JOINTS``; nan where unknown.
        coarse (np.ndarray): int (H, W), position in ``COARSE_PARTS`` of what is seen, -1 where it is not the person.
        radius (float): How far from the joint a pixel's centre may be, pixels; the nearest pixel always counts.
            Defaults to 1.5.

    Returns:
        np.ndarray: bool (16,), True also for a joint outside the picture and for an unknown one.
    """
    height, width = coarse.shape
    # Beyond every picture, so that rounding to whole numbers is safe.
    known = np.where(np.isfinite(pixels), np.clip(pixels, -1e6, 1e6), -1e6)
    nearest = np.floor(known + 0.5).astype(np.int64)
    reach = np.arange(-int(np.ceil(radius)), int(np.ceil(radius)) + 1)
    offsets = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
    cells = nearest[:, None] + offsets
    close = (np.square(cells - known[:, None]).sum(axis=2) <= radius**2) | (offsets == 0).all(axis=1)
    in_picture = np.all((nearest >= 0) & (nearest < [width, height]), axis=1)
    inside = np.all((cells >= 0) & (cells < [width, height]), axis=2) & in_picture[:, None]
    columns, rows = np.where(inside, cells.transpose(2, 0, 1), 0)
    seen = _PARTS[np.arange(NUM_JOINTS)[:, None], coarse[rows, columns]] & close & inside
    return ~seen.any(axis=1)


def _parts_table() -> np.ndarray:
    """bool (16, 15), whether a coarse part meets at a joint; the last column, which -1 selects, is no part."""
    table = np.zeros((NUM_JOINTS, len(COARSE_PARTS) + 1), bool)
    for row, joint in enumerate(JOINTS):
        table[row, [COARSE_PARTS.index(part) for part in PARTS_AT_JOINT[joint]]] = True
    table.setflags(write=False)
    return table


_PARTS: Final = _parts_table()
