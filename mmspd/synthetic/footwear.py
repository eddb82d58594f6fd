"""Shoes, boots and sandals: an upper that follows the foot with a closed toe, and a sole of its own outline."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mmspd.synthetic.body import BodyModel, RestBody, Skin
from mmspd.synthetic.foot_grid import COLUMNS, FootGrid, measure_foot
from mmspd.synthetic.lofts import gaussian_blur, join_pieces, ring_piece, smooth_step
from mmspd.synthetic.meshes import Paint, Piece, ring_faces, vertex_normals

__all__ = ['SHOE_STYLES', 'ShoeStyle', 'make_shoes']

_CAP_RINGS: Final = 5
_OUTLINE: Final = 48
_OPEN: Final = 0.3  # metres, above everything that a shoe covers


@dataclass(frozen=True)
class ShoeStyle:
    """Measures of a kind of shoe, in metres for a foot of the mean length.

    Args:
        collar (tuple): Where the upper ends: ``(y, z)`` on the mean body's foot, which reaches from y = -0.22 at the
            toes to 0.06 at the heel; y increases.
        room (float): Between foot and upper.
        toe (tuple): Least and greatest length by which the toe cap reaches beyond the first ring of the foot.
        roundness (float): Of the toe cap: 0.5 is blunt, 1 is pointed.
        sole (tuple): Least and greatest thickness of the sole below the floor at rest.
        welt (float): Height to which the sole's edge covers the upper.
        margin (float): By which the sole stands out.
        arch (float): Share of the sole's thickness that is cut away under the arch, which makes a heel.
        laced (bool): Whether laces cross the instep.
        straps (tuple): Straps instead of a closed upper: first and last y of each on the mean body.
        ankle_strap (bool): Whether a strap goes around behind the ankle, with straps only.
        gloss (float): See :class:`Piece`.
    """

    collar: tuple[tuple[float, float], ...]
    room: float = 0.006
    toe: tuple[float, float] = (0.024, 0.032)
    roundness: float = 0.6
    sole: tuple[float, float] = (0.012, 0.024)
    welt: float = 0.014
    margin: float = 0.003
    arch: float = 0.0
    laced: bool = False
    straps: tuple[tuple[float, float], ...] = ()
    ankle_strap: bool = False
    gloss: float = 0.05


_LOW: Final = ((-0.11, _OPEN), (-0.088, 0.118), (-0.05, 0.102), (-0.01, 0.08), (0.03, 0.084), (0.06, 0.1))

#: Kinds of shoes: name -> measures.
SHOE_STYLES: Final[dict[str, ShoeStyle]] = {
    'sneaker': ShoeStyle(_LOW, room=0.008, roundness=0.5, sole=(0.016, 0.028), welt=0.02, margin=0.004, laced=True),
    'high_sneaker': ShoeStyle(
        ((-0.1, 0.16), (0.06, 0.145)), room=0.008, roundness=0.5, sole=(0.014, 0.022), welt=0.022, laced=True
    ),
    'leather': ShoeStyle(
        _LOW, room=0.004, toe=(0.032, 0.048), roundness=0.8, sole=(0.012, 0.02), welt=0.006, margin=0.002, arch=0.65,
        laced=True, gloss=0.3,
    ),  # fmt: skip
    'flat': ShoeStyle(
        ((-0.168, _OPEN), (-0.152, 0.05), (-0.13, 0.038), (-0.05, 0.04), (0.02, 0.052), (0.06, 0.07)), room=0.003,
        toe=(0.026, 0.036), roundness=0.7, sole=(0.006, 0.014), welt=0.004, margin=0.001, arch=0.4, gloss=0.2,
    ),  # fmt: skip
    'ankle_boot': ShoeStyle(
        ((-0.1, 0.2), (0.06, 0.19)), room=0.007, toe=(0.028, 0.04), roundness=0.65, sole=(0.02, 0.034), welt=0.01,
        arch=0.6, gloss=0.2,
    ),  # fmt: skip
    'boot': ShoeStyle(
        ((-0.1, 0.34), (0.06, 0.33)), room=0.011, toe=(0.026, 0.034), roundness=0.55, sole=(0.02, 0.036), welt=0.014,
        arch=0.5, gloss=0.12,
    ),  # fmt: skip
    'high_boot': ShoeStyle(
        ((-0.1, 0.46), (0.06, 0.44)), room=0.01, toe=(0.028, 0.042), roundness=0.7, sole=(0.016, 0.036), welt=0.008,
        arch=0.65, gloss=0.25,
    ),  # fmt: skip
    'sandal': ShoeStyle(
        (), room=0.003, toe=(0.022, 0.026), sole=(0.012, 0.03), welt=0.003, margin=0.002,
        straps=((-0.165, -0.14), (-0.105, -0.08)), ankle_strap=True,
    ),  # fmt: skip
    'slide': ShoeStyle(
        (), room=0.004, toe=(0.022, 0.026), sole=(0.014, 0.03), welt=0.003, margin=0.003, straps=((-0.165, -0.1),)
    ),
}


def make_shoes(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    normals: np.ndarray,  # noqa: ARG001  # every maker of a piece takes it
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
        normals (np.ndarray): float32 (V, 3), of that shape; not used.
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
    uppers, soles = [], []
    for side, label in ((1, 'LeftShoe'), (-1, 'RightShoe')):
        foot = measure_foot(model, rest, side)
        rings, mean, skin = _upper(foot, kind, toe * foot.size)
        outline = _outline(rings, foot.forward, kind.margin * foot.size)
        slab = _sole(outline, foot, kind, thickness * foot.size, spring)
        kept = _kept(kind, mean)
        uppers.append(_piece(label, rings, foot, skin, paint, lift, kind.gloss, kept))
        under = sole or paint
        soles.append(_piece(label, slab, foot, Skin.rigid(foot.bone, slab.shape[0] * slab.shape[1]), under, lift, 0.05))
        if kind.laced:
            soles.append(_laces(label, rings, mean, foot, under, lift))
    return [join_pieces(f'{style} uppers', uppers), join_pieces(f'{style} soles', soles)]


def _piece(
    label: str, rings: np.ndarray, foot: FootGrid, skin: Skin, paint: Paint, lift: float, gloss: float, kept: np.ndarray | None = None
) -> Piece:
    """A loft of a left shoe's rings, turned into a right one where the foot is."""
    return ring_piece(
        label, rings * np.array([foot.side, 1, 1]), skin, paint, kept=kept, lift=lift, gloss=gloss
    )


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
    mean_cap = foot.mean[0] + [0, -1, 0] * np.sin(angle) * toe / foot.size
    rows = np.r_[np.zeros(_CAP_RINGS * COLUMNS, np.int64), 0:len(flat)]
    tip = np.full(_CAP_RINGS * COLUMNS, foot.bone, np.int32)
    skin = foot.skin.take(rows)
    skin.bones[: len(tip)], skin.weights[: len(tip)] = 0, 0
    skin.bones[: len(tip), 0], skin.weights[: len(tip), 0] = tip, 1
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
    """The sole's outline, float64 (_OUTLINE, 2): metres forwards and to the left of the origin, from the toe leftwards."""
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
    for scale, height in ((0.02, bottom), (0.5, bottom), (0.985, bottom), (1.0, bottom + 0.12 * thickness), (1.0, top), (0.9, top)):
        place = middle + (outline - middle) * scale
        rings.append(place[:, :1] * forward + place[:, 1:] * left + height[:, None] * [0, 0, 1])
    return np.stack(rings)


def _laces(label: str, rings: np.ndarray, mean: np.ndarray, foot: FootGrid, paint: Paint, lift: float) -> Piece:
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
    skin = Skin.rigid(foot.bone, strip.shape[0] * strip.shape[1])
    coords = np.zeros((strip.shape[0] * strip.shape[1], 2))
    return ring_piece(
        label, strip * np.array([foot.side, 1, 1]), skin, paint, kept=kept, coords=coords, closed=False, lift=lift
    )
