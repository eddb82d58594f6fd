"""Hair: a cap on the scalp, hair that hangs behind or before the shoulders, ponytails and buns."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody, Skin
from mmspd.synthetic.bodies.meshes import Paint, Piece
from mmspd.synthetic.bodies.probes import Probes, cast_probes
from mmspd.synthetic.clothing.heads import AROUND, Head, measure_head, phis
from mmspd.synthetic.clothing.lofts import join_pieces, ring_piece, smooth_step

__all__ = ['make_long_hair', 'make_short_hair', 'make_tied_hair']

_SCALP_LIFT: Final = 0.002
_FLAT: Final = 0.004  # what fits under a hat, metres
_WIDEST: Final = 1.685  # height of the widest place of the mean head
_SHOULDER: Final = 1.44  # height on the mean body from which hair lies on back or chest
_ENDS: Final = 1.1  # the lowest that hair reaches
# Angles from the crown, degrees, at which what hangs leaves the cap, and how far above it, metres.
_START: Final = (58.0, 70.0, 82.0, 93.0)
_ABOVE_CAP: Final = (-0.003, 0.001, 0.003, 0.003)
_HANGING: Final = 10  # rings between head and shoulders
_LYING: Final = 12  # rings on back or chest


def make_short_hair(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    paint: Paint,
    volume: float = 0.012,
    curls: float = 0.0,
    fringe: float = 0.0,
    flat_under_hat: bool = False,
) -> Piece:
    """Hair that stands off the scalp.

    Args:
        rng (np.random.Generator): Of hairline, parting and curls.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        paint (Paint): Colour.
        volume (float): Metres above the scalp on top. Defaults to 12 mm.
        curls (float): Depth of the bumps as a share of ``volume``. Defaults to 0.
        fringe (float): Metres by which hair covers the forehead; negative if it recedes. Defaults to 0.
        flat_under_hat (bool): Whether it is pressed flat where a hat sits. Defaults to False.
    """
    return _cap(rng, measure_head(model, rest), paint, volume, curls, fringe, flat_under_hat)


def _cap(
    rng: np.random.Generator,
    head: Head,
    paint: Paint,
    volume: float,
    curls: float,
    fringe: float,
    flat: bool,
    sides: float = 0.45,
) -> Piece:
    """Hair on the scalp, from the crown to the hairline; at sides and nape it has a share ``sides`` of its volume."""
    theta, phi = head.thetas[:, None], phis()
    front = np.clip(np.cos(phi), 0, 1)
    # The hairline: random, lower or higher over the forehead, with bays over the temples where it recedes.
    shift = rng.normal(0, 0.0015, AROUND) + 0.003 * _waves(rng, 3) + fringe * front**1.5
    shift += min(fringe, 0.0) * 1.2 * np.exp(-(((np.abs(np.sin(phi)) - 0.55) / 0.2) ** 2)) * front
    border = head.above_hairline + np.clip(shift, -0.09, 0.06)
    # More on one side of the parting, where sides are short.
    parting = rng.uniform(-0.35, 0.35) * (sides < 1)
    top = sides + (1 - sides) * smooth_step(np.pi / 2 + 0.3 - theta, 0.0, 1.1)
    height = volume * head.size * top * (1 + parting * np.sin(phi) * np.sin(theta))
    if curls > 0:
        bumps = rng.random((len(head.thetas) + 1, AROUND))
        height *= 1 + curls * (bumps[1:] + bumps[:-1] - 1)
    height = _FLAT / 2 + height * smooth_step(border, -0.004, 0.03)
    if flat:
        height = np.where(theta < np.pi / 2 + 0.25, np.minimum(height, _FLAT), height)
    away = head.places - head.centre
    rings = head.places + away / np.linalg.norm(away, axis=2, keepdims=True) * height[..., None]
    skin = Skin.rigid(head.bone, rings.shape[0] * AROUND)
    return ring_piece('Hair', rings, skin, paint, kept=border, lift=_SCALP_LIFT)


def _waves(rng: np.random.Generator, most: int) -> np.ndarray:
    """A smooth random function around the head, float64 (AROUND,), about -1..1."""
    orders = np.arange(1, most + 1)[:, None] * 2
    return np.sin(orders * phis() + rng.uniform(0, 2 * np.pi, (most, 1))).mean(axis=0)


@lru_cache(maxsize=4)
def _torso(model: BodyModel) -> tuple[Probes, Probes]:
    """Places on the back, _LYING rings of 17 from the person's right to the left, and on the left chest, of 7."""
    faces = model.faces['skin'][model.face_parts <= 2]
    height = np.linspace(_SHOULDER, _ENDS, _LYING)
    probes = []
    for across, way in ((np.linspace(-0.13, 0.13, 17), 1.0), (np.linspace(0.055, 0.125, 7), -1.0)):
        x, z = np.meshgrid(across, height)
        origins = np.stack([x, np.full_like(x, -0.02), z], axis=2).reshape(-1, 3)
        probes.append(cast_probes(model, faces, origins, np.broadcast_to([0.0, way, 0.0], origins.shape), last=True))
    return probes[0], probes[1]


@dataclass(frozen=True)
class _Lock:
    """Where a sheet of hair hangs.

    Args:
        azimuth (np.ndarray): float (C,), where its columns leave the head.
        probes (Probes): Where they lie on the torso, _LYING rings of C.
        way (int): 1 on the back, -1 on the chest.
    """

    azimuth: np.ndarray
    probes: Probes
    way: int


def make_long_hair(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    paint: Paint,
    length: float = 1.35,
    volume: float = 0.012,
    curls: float = 0.0,
    fringe: float = 0.0,
    before_shoulders: bool = False,
    flat_under_hat: bool = False,
    lift: float = 0.015,
) -> list[Piece]:
    """Hair that hangs down; it leaves the face free.

    Args:
        rng (np.random.Generator): Of hairline, waves and ends.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        paint (Paint): Colour.
        length (float): Height on the mean body at which it ends: 1.6 is at the chin, 1.5 at the shoulders, 1.15 at the
            waist. Defaults to 1.35.
        volume (float): Metres above the scalp. Defaults to 12 mm.
        curls (float): Depth of waves and bumps as a share of ``volume``. Defaults to 0.
        fringe (float): As of :func:`make_short_hair`. Defaults to 0.
        before_shoulders (bool): Whether locks hang over the chest too. Defaults to False.
        flat_under_hat (bool): As of :func:`make_short_hair`. Defaults to False.
        lift (float): See :class:`Piece`, of what hangs. Defaults to 15 mm.

    Returns:
        list[Piece]: The scalp's cap, and what hangs.
    """
    head = measure_head(model, rest)
    cap = _cap(rng, head, paint, volume, 0.5 * curls, fringe, flat_under_hat, sides=1.0)
    room = _FLAT if flat_under_hat else volume * head.size
    back, chest = _torso(model)
    edge = rng.uniform(1.2, 1.75)  # before or behind the ears
    locks = [_Lock(np.linspace(2 * np.pi - edge, edge, 17), back, 1)]
    if before_shoulders:
        azimuth = np.linspace(1.15, 1.6, 7)
        locks += [_Lock(azimuth, chest, -1), _Lock(-azimuth, chest.mirrored(model), -1)]
    sheets = [_hang(rng, head, model, rest, lock, room, curls * volume) for lock in locks]
    return [cap, join_pieces('hanging hair', [_sheet(rng, *sheet, paint, length, lift) for sheet in sheets])]


def _hang(
    rng: np.random.Generator, head: Head, model: BodyModel, rest: RestBody, lock: _Lock, room: float, wave: float
) -> tuple[np.ndarray, Skin]:
    """Rings (R, C, 3) of hair from the head to the ends, and their bones.

    Args:
        rng (np.random.Generator): Of the waves.
        head (Head): The head.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        lock (_Lock): Where it hangs.
        room (float): Metres above scalp and body.
        wave (float): Depth of waves, metres.
    """
    count = len(lock.azimuth)
    lying = lock.probes.at(rest.vertices).reshape(_LYING, count, 3).astype(np.float64)
    lying[..., 1] += lock.way * (0.012 + room)
    start = _over_head(head, lock.azimuth, room)
    widest, below = start[-1], lying[0]
    # It falls straight from the head's widest place, then bends towards the shoulders.
    bend = np.concatenate([widest[:, :2], 0.45 * widest[:, 2:] + 0.55 * below[:, 2:]], axis=1)
    t = np.linspace(0, 1, _HANGING + 1)[1:-1, None, None]
    rings = np.concatenate([start, (1 - t) ** 2 * widest + 2 * t * (1 - t) * bend + t * t * below, lying])
    steps = np.arange(len(rings))[:, None]
    phase = steps * rng.uniform(0.7, 1.3) + np.arange(count) * rng.uniform(0.2, 0.9)
    rings[..., 1] += lock.way * wave * np.sin(phase) * smooth_step(steps, len(start) - 1, len(start) + 3)
    share = 1 - smooth_step(np.r_[np.zeros(len(start)), t.ravel(), np.ones(_LYING)], 0.1, 1.0)
    rows = np.maximum(np.arange(len(rings)) - len(start) - len(t), 0)
    skin = lock.probes.skin(model).take((rows[:, None] * count + np.arange(count)).ravel())
    return rings, _partly(skin, head.bone, np.repeat(share, count))


def _over_head(head: Head, azimuth: np.ndarray, room: float) -> np.ndarray:
    """Rings (len(_START), C, 3) over the scalp from under the cap to the head's widest place."""
    theta = np.deg2rad(_START)[:, None] * np.ones(AROUND)
    radius = head.sample(head.ears, theta) + np.array(_ABOVE_CAP)[:, None] + room
    places = head.points(theta, np.maximum(radius, (np.roll(radius, 1, axis=1) + np.roll(radius, -1, axis=1)) / 2))
    column = np.mod(azimuth, 2 * np.pi) / (2 * np.pi) * AROUND
    low = column.astype(np.int64) % AROUND
    share = (column - np.floor(column))[:, None]
    return places[:, low] * (1 - share) + places[:, (low + 1) % AROUND] * share


def _partly(skin: Skin, bone: int, share: np.ndarray) -> Skin:
    """The rows of a skin, mixed with a bone by ``share`` (N,) of it."""
    bones = np.concatenate([skin.bones, np.full((len(share), 1), bone, np.int32)], axis=1)
    weights = np.concatenate([skin.weights * (1 - share[:, None]), share[:, None]], axis=1)
    return Skin(bones, weights.astype(np.float32))


def _sheet(rng: np.random.Generator, rings: np.ndarray, skin: Skin, paint: Paint, length: float, lift: float) -> Piece:
    """A sheet of hair, cut at a height on the mean body with uneven ends."""
    rows, count = rings.shape[:2]
    first = len(_START) - 1
    top, below = rings[first, :, 2], rings[rows - _LYING, :, 2]
    falling = _SHOULDER + (rings[: rows - _LYING, :, 2] - below) / (top - below) * (_WIDEST - _SHOULDER)
    lying = np.broadcast_to(np.linspace(_SHOULDER, _ENDS, _LYING)[:, None], (_LYING, count))
    kept = np.concatenate([falling, lying]) - length + rng.normal(0, 0.006, count)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(rings[:, count // 2], axis=0), axis=1))])
    coords = np.stack(np.broadcast_arrays(np.arange(count) * 0.017, along[:, None]), axis=2).reshape(-1, 2)
    return ring_piece('Hair', rings, skin, paint, kept=kept, coords=coords, closed=False, lift=lift)


def make_tied_hair(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    paint: Paint,
    style: str = 'ponytail',
    fringe: float = 0.0,
    flat_under_hat: bool = False,
) -> list[Piece]:
    """Hair drawn back tightly into a ponytail or a bun, which moves with the head.

    Args:
        rng (np.random.Generator): Of hairline, place and size.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        paint (Paint): Colour.
        style (str): 'ponytail' or 'bun'. Defaults to 'ponytail'.
        fringe (float): As of :func:`make_short_hair`. Defaults to 0.
        flat_under_hat (bool): Whether it is tied low, below a hat. Defaults to False.

    Returns:
        list[Piece]: The scalp's cap, and the knot.

    Raises:
        ValueError: If the style is unknown.
    """
    if style not in ('ponytail', 'bun'):
        raise ValueError(f"no way to tie hair is called {style!r}; choose 'ponytail' or 'bun'")
    head = measure_head(model, rest)
    cap = _cap(rng, head, paint, 0.006, 0.0, fringe, flat_under_hat)
    theta = np.deg2rad(rng.uniform(112, 122) if flat_under_hat else rng.uniform(50, 112))
    angles = np.full((1, AROUND), theta)
    base = head.points(angles, head.sample(head.skull, angles))[0, AROUND // 2]
    away = (base - head.centre) / np.linalg.norm(base - head.centre)
    if style == 'bun':
        radius = rng.uniform(0.028, 0.045) * head.size
        line = base + np.linspace(-0.25, 1.5, 9)[:, None] * radius * away
        width = radius * np.sqrt(np.clip(1 - np.linspace(-1, 1, 9) ** 2, 0, 1))
    else:
        length = rng.uniform(0.14, 0.34) * head.size
        t = np.linspace(0, 1, 12)[:, None]
        reach = (0.035 + 0.02 * rng.random()) * head.size
        line = base + away * reach * (1 - (1 - t) ** 3) + np.array([0, 0.02, -1.0]) * length * t**1.6
        width = rng.uniform(0.018, 0.032) * head.size * np.sin(np.pi * np.clip(0.14 + 0.86 * t[:, 0], 0, 1)) ** 0.6
    return [cap, _tube(head, line, width, paint)]


def _tube(head: Head, line: np.ndarray, width: np.ndarray, paint: Paint) -> Piece:
    """A round body of radii (R,) along a line (R, 3) in the plane of symmetry."""
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.array([1.0, 0, 0])
    other = np.cross(along, side)
    angle = np.arange(14) * (2 * np.pi / 14)
    circle = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other[:, None]
    rings = line[:, None] + width[:, None, None] * circle
    skin = Skin.rigid(head.bone, rings.shape[0] * rings.shape[1])
    return replace(ring_piece('Hair', rings, skin, paint, lift=0.004), name='tied hair')
