"""Drawn people with exact annotation of all three tasks, from a seed: data for the demo and for tests.

:func:`draw_person` draws one figure. Left and right are the person's; see :mod:`mmspd.testing.body`. Surface parts: a
person who faces the viewer shows the front chart of each part, one seen from the back the other. As on annotated
photographs, 2 is the torso's front and 1 its back, 9, 10, 13, 14, 15, 16, 19, 20 are fronts of legs and arms, and 23
is the head's right half, 24 its left.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, JOINTS, NUM_JOINTS
from mmspd.testing.body import SIDES, Body, place_body, sample_body
from mmspd.testing.canvas import Canvas, draw_background
from mmspd.testing.dressing import Dresser
from mmspd.testing.outfit import sample_outfit

__all__ = ['DrawnPerson', 'draw_person']

MIN_SIZE: Final = 16
_LEGS = ('UpperLegRight', 'UpperLegLeft')
# The body parts (coarse) that are at a joint; any other one there hides it.
_PARTS_AT: Final[dict[str, tuple[str, ...]]] = (
    {
        'pelvis': ('Torso', *_LEGS),
        'thorax': ('Torso', 'Head'),
        'upper_neck': ('Torso', 'Head'),
        'head_top': ('Head',),
    }
    | {
        f'{side.lower()}_{joint}': tuple(part if part == 'Torso' else part + side for part in parts)
        for side in ('Left', 'Right')
        for joint, parts in {
            'hip': ('Torso', 'UpperLeg'),
            'knee': ('UpperLeg', 'LowerLeg'),
            'shoulder': ('Torso', 'UpperArm'),
            'elbow': ('UpperArm', 'LowerArm'),
        }.items()
    }
    | {
        f'{side.lower()}_{joint}': (limb + side, side + end)
        for side in ('Left', 'Right')
        for joint, limb, end in (('ankle', 'LowerLeg', 'Foot'), ('wrist', 'LowerArm', 'Hand'))
    }
)


@dataclass
class DrawnPerson:
    """A drawn figure and its annotation.

    Args:
        image (np.ndarray): uint8 (H, W, 3), B, G, R.
        label (np.ndarray): uint8 (H, W), parsing classes 0..19. Skin of the neck is 0, as LIP labels torso skin.
        joints (np.ndarray): float32 (16, 2), pixel-centre coordinates; nan where outside the image.
        occluded (np.ndarray): bool (16,), whether another part of the body hides the joint; False where missing.
        parts (np.ndarray): uint8 (H, W), surface part 0..24 of the body below the clothes; 0 outside of it.
        uv (np.ndarray): float32 (H, W, 2), U and V in 0..1, 0 outside the body; see :mod:`mmspd.testing.canvas`.
        box (np.ndarray): float32 (4,), ``x1, y1, x2, y2`` on pixel edges, around all labelled pixels.
        frontal (bool): Whether the person faces the viewer.
    """

    image: np.ndarray
    label: np.ndarray
    joints: np.ndarray
    occluded: np.ndarray
    parts: np.ndarray
    uv: np.ndarray
    box: np.ndarray
    frontal: bool


def draw_person(rng: np.random.Generator, width: int, height: int) -> DrawnPerson:
    """Draw a random figure.

    Args:
        rng (np.random.Generator): The only source of randomness: the same state gives the same bytes.
        width (int): Of the picture, pixels, at least 16.
        height (int): Of the picture, pixels, at least 16.

    Returns:
        DrawnPerson: The picture and its annotation.

    Raises:
        ValueError: If the picture is smaller than 16x16.
    """
    if min(width, height) < MIN_SIZE:
        raise ValueError(f'a figure needs a picture of at least {MIN_SIZE}x{MIN_SIZE} pixels, got {width}x{height}')
    body = place_body(rng, sample_body(rng), width, height)
    canvas = Canvas(draw_background(rng, width, height))
    dresser = Dresser(canvas, body, sample_outfit(rng))
    for side in SIDES:
        if body.arms_behind[side]:
            dresser.draw_arm(side)
    dresser.draw_back_hair()
    for side in sorted(SIDES, key=lambda name: name == body.front_leg):
        dresser.draw_leg(side)
    dresser.draw_torso()
    dresser.draw_head()
    for side in SIDES:
        if not body.arms_behind[side]:
            dresser.draw_arm(side)
    noise = rng.normal(0, 4, size=canvas.image.shape)
    joints, occluded = _visible_joints(body, canvas.parts)
    return DrawnPerson(
        image=np.clip(np.rint(canvas.image + noise), 0, 255).astype(np.uint8),
        label=canvas.label,
        joints=joints,
        occluded=occluded,
        parts=canvas.parts,
        uv=canvas.uv,
        box=_box_around((canvas.label > 0) | (canvas.parts > 0)),
        frontal=body.frontal,
    )


def _visible_joints(body: Body, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints inside the picture, float32 (16, 2) with nan outside, and which of them are hidden, bool (16,)."""
    height, width = parts.shape
    cells = np.rint(body.joints).astype(int)
    inside = np.all((cells >= 0) & (cells < [width, height]), axis=1)
    joints = np.where(inside[:, None], body.joints, np.nan).astype(np.float32)
    occluded = np.zeros(NUM_JOINTS, dtype=bool)
    for index in np.flatnonzero(inside):
        coarse = FINE_TO_COARSE[parts[cells[index, 1], cells[index, 0]]]
        occluded[index] = coarse >= 0 and COARSE_PARTS[coarse] not in _PARTS_AT[JOINTS[index]]
    return joints, occluded


def _box_around(mask: np.ndarray) -> np.ndarray:
    """Box on pixel edges around a mask, float32 (4,); the whole picture where the mask is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return np.array([0, 0, mask.shape[1], mask.shape[0]], dtype=np.float32)
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], dtype=np.float32)
