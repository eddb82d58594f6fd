"""Shoes, boots and sandals: an upper that follows the foot with a closed toe, and a sole of its own outline."""

from dataclasses import replace
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from mmspd.anatomy import PARSING_MIRROR
from mmspd.synthetic.bodies.body import BodyModel, RestBody, Skin
from mmspd.synthetic.bodies.meshes import Paint, Piece, ring_faces, vertex_normals
from mmspd.synthetic.clothing.foot_grid import COLUMNS, FootGrid, measure_foot
from mmspd.synthetic.clothing.lofts import gaussian_blur, join_pieces, ring_piece, smooth_step
from mmspd.synthetic.clothing.shoe_styles import SHOE_STYLES, ShoeStyle

__all__ = ['SHOE_STYLES', 'make_shoes']

_CAP_RINGS: Final = 5
_OUTLINE: Final = 48


def make_shoes(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    paint: Paint,
    style: str = 'sneaker',
    sole: Paint | None = None,
    lift: float = 0.003,
) -> list[Piece]:
    """A pair of shoes for the flat feet of a body at rest; the soles reach below them, where z is negative.

    Args:
        rng (np.random.Generator): Of the proportions, which both shoes share.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        paint (Paint): Colour of the uppers.
        style (str): One of ``SHOE_STYLES``. Defaults to 'sneaker'.
        sole (Paint, optional): Colour of soles and laces. Defaults to ``paint``.
        lift (float): See :class:`Piece`. Defaults to 3 mm.

    Returns:
        list[Piece]: Uppers, then soles with laces; each piece has both sides.

    Raises:
        ValueError: If the style is unknown.
    """
    if style not in SHOE_STYLES:
        raise ValueError(f'no shoe is called {style!r}; choose one of {", ".join(SHOE_STYLES)}')
    kind = SHOE_STYLES[style]
    toe, thickness, spring = rng.uniform(*kind.toe), rng.uniform(*kind.sole), rng.uniform(0.0, 0.6)
    foot = measure_foot(model, rest, kind.top)
    rings, mean, skin = _upper(foot, kind, toe * foot.size)
    kept = _kept(kind, mean)
    upper = ring_piece('LeftShoe', rings, skin, paint, kept=kept, lift=lift, gloss=kind.gloss)
    outline = _outline(rings, foot.forward, kind.margin * foot.size)
    slab = _sole(outline, foot, kind, thickness * foot.size, spring)
    below = [ring_piece('LeftShoe', slab, _rigid(foot, slab), sole or paint, lift=lift, gloss=0.05)]
    if kind.laced:
        below.append(_laces(rings, mean, foot, sole or paint, lift))
    return [
        join_pieces(f'{style} {name}', parts + [_mirrored(part, model) for part in parts])
        for name, parts in (('uppers', [upper]), ('soles', below))
    ]


def _rigid(foot: FootGrid, rings: np.ndarray) -> Skin:
    """Bones of rings (R, P, 3) that move with the foot."""
    return Skin.rigid(foot.bone, rings.shape[0] * rings.shape[1])


def _mirrored(piece: Piece, model: BodyModel) -> Piece:
    """The right foot's counterpart of a left foot's piece."""
    return replace(
        piece,
        vertices=piece.vertices * np.array([-1, 1, 1], np.float32),
        skin=Skin(_mirror_bones(model)[piece.skin.bones], piece.skin.weights),
        labels=PARSING_MIRROR[piece.labels].astype(np.uint8),
    )


@lru_cache(maxsize=4)
def _mirror_bones(model: BodyModel) -> np.ndarray:
    """Position of each bone's counterpart of the other side, int32 (B,)."""
    swap = {'.L': '.R', '.R': '.L'}
    return np.array([model.bone(name[:-2] + swap.get(name[-2:], name[-2:])) for name in model.bone_names], np.int32)


def _upper(foot: FootGrid, kind: ShoeStyle, toe: float) -> tuple[np.ndarray, np.ndarray, Skin]:
    """Rings (R, COLUMNS, 3) of a closed upper, where they would be on the mean body, and their bones."""
    faces = ring_faces(len(foot.points), COLUMNS)
    flat = foot.points.reshape(-1, 3)
    normals = vertex_normals(flat.astype(np.float32), faces).reshape(foot.points.shape)
    centres = foot.points.mean(axis=1, keepdims=True)
    outward = normals * np.sign(np.einsum('rcx,rcx->rc', normals, foot.points - centres).mean())
    rings = foot.points + outward * kind.room * foot.size
    # The walls go down steeply to the sole, rather than under the foot.
    rings[..., 2] *= smooth_step(rings[..., 2], 0.0, 0.03 * foot.size)
    first, heart = rings[0], rings[0].mean(axis=0)
    # A quarter of a superellipse from the first ring to a tip low before it.
    angle = np.linspace(np.pi / 2, 0, _CAP_RINGS, endpoint=False)[:, None, None]
    heart = heart * [1, 1, 0] + [0, 0, 0.8 * heart[2]]
    cap = heart + (first - heart) * np.cos(angle) ** kind.roundness + foot.forward * toe * np.sin(angle)
    mean_cap = foot.mean[0] + np.array([0, -1, 0]) * np.sin(angle) * toe / foot.size
    skin = Skin.join([Skin.rigid(foot.bone, _CAP_RINGS * COLUMNS), foot.skin])
    return np.concatenate([cap, rings]), np.concatenate([mean_cap, foot.mean]), skin


def _kept(kind: ShoeStyle, mean: np.ndarray) -> np.ndarray:
    """Metres inside the collar or the straps on the mean body, float64 (R, COLUMNS)."""
    depth, height = mean[..., 1], mean[..., 2]
    if not kind.straps:
        y, z = np.array(kind.collar).T
        return np.interp(depth, y, z) - height
    inside = [np.minimum(depth - first, last - depth) for first, last in kind.straps]
    if kind.ankle_strap:
        behind = 0.012 - np.abs(height - 0.095 - 0.25 * np.clip(-depth, -0.02, 0.05))
        inside.append(behind)
    return np.minimum(np.max(inside, axis=0), 0.135 - height)


def _outline(rings: np.ndarray, forward: np.ndarray, margin: float) -> np.ndarray:
    """The sole's outline, float64 (_OUTLINE, 2): metres forwards and to the left, from the toe leftwards."""
    left = np.array([-forward[1], forward[0], 0.0])
    low = rings[rings[..., 2] < 0.4 * rings[:_CAP_RINGS, :, 2].max() + 0.02]
    plan = np.stack([low @ forward, low @ left], axis=1).astype(np.float32)
    hull = cv2.convexHull(plan)[:, 0].astype(np.float64)
    centre = (hull.max(axis=0) + hull.min(axis=0)) / 2
    stretch = np.ptp(hull, axis=0) / 2
    # Where rays from the centre leave the convex hull, in coordinates in which it is about a circle.
    corner = (hull - centre) / stretch
    side = np.roll(corner, -1, axis=0) - corner
    angle = np.arange(_OUTLINE) * (2 * np.pi / _OUTLINE)
    ray = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    area = corner[:, 0] * side[:, 1] - corner[:, 1] * side[:, 0]
    speed = ray[:, :1] * side[:, 1] - ray[:, 1:] * side[:, 0]
    outwards = speed * np.sign(area.sum()) > 1e-9
    reach = np.where(outwards, area / np.where(outwards, speed, 1), np.inf).min(axis=1)
    reach = gaussian_blur(_OUTLINE, 1.3, closed=True) @ reach
    return centre + ray * reach[:, None] * stretch * (1 + margin / stretch)


def _sole(outline: np.ndarray, foot: FootGrid, kind: ShoeStyle, thickness: float, spring: float) -> np.ndarray:
    """Rings (6, _OUTLINE, 3) of a sole, from the middle of its underside to where it meets the upper."""
    forward = foot.forward
    left = np.array([-forward[1], forward[0], 0.0])
    middle = (outline.max(axis=0) + outline.min(axis=0)) / 2
    share = (outline[:, 0] - outline[:, 0].min()) / np.ptp(outline[:, 0])
    # The waist: the outline is narrower before the heel, on the inner side most of all.
    waist = np.exp(-(((share - 0.4) / 0.14) ** 2))
    narrow = 1 - waist * np.where(outline[:, 1] < middle[1], 0.14, 0.05)
    outline = middle + (outline - middle) * np.stack([np.ones(_OUTLINE), narrow], axis=1)
    rise = spring * thickness * smooth_step(share, 0.72, 1.0)
    cut = kind.arch * thickness * smooth_step(share, 0.27, 0.29) * (1 - smooth_step(share, 0.42, 0.58))
    bottom, top = -thickness + rise + cut, np.full(_OUTLINE, kind.welt * foot.size)
    rings = []
    for scale, height in (
        (0.02, bottom),
        (0.5, bottom),
        (0.985, bottom),
        (1.0, bottom + 0.12 * thickness),
        (1.0, top),
        (0.9, top),
    ):
        place = middle + (outline - middle) * scale
        rings.append(place[:, :1] * forward + place[:, 1:] * left + height[:, None] * [0, 0, 1])
    return np.stack(rings)


def _laces(rings: np.ndarray, mean: np.ndarray, foot: FootGrid, paint: Paint, lift: float) -> Piece:
    """Laces across the instep, a little above the upper."""
    rows = np.flatnonzero((mean[:, 0, 1] > -0.155) & (mean[:, 0, 2] < 0.105))
    steps = np.linspace(rows[0], rows[-1], 25)
    low = np.minimum(steps.astype(np.int64), rows[-1] - 1)
    share = (steps - low)[:, None, None]
    columns = np.arange(-3, 4)
    strip = rings[low][:, columns] * (1 - share) + rings[low + 1][:, columns] * share
    strip = strip + (strip - rings[low].mean(axis=1, keepdims=True)) * [0.02, 0.02, 0.05]
    stripes = np.cos(np.arange(25) * (2 * np.pi / 4))[:, None] * 0.004 + 0.001
    kept = np.minimum(stripes, (2.6 - np.abs(columns)) * 0.005)
    coords = np.zeros((strip.shape[0] * strip.shape[1], 2))
    return ring_piece('LeftShoe', strip, _rigid(foot, strip), paint, kept=kept, coords=coords, closed=False, lift=lift)
