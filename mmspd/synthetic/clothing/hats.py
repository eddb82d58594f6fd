"""Hats: domes and brims around the skull of a person, above the ears, rigid on the head."""

from collections.abc import Callable
from typing import Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody, Skin
from mmspd.synthetic.bodies.meshes import Paint, Piece
from mmspd.synthetic.clothing.heads import AROUND, Head, measure_head, phis
from mmspd.synthetic.clothing.lofts import gaussian_blur, ring_piece, smooth_step

__all__ = ['HAT_STYLES', 'make_hat']

_LIFT: Final = 0.004
_RINGS: Final = 14

# What a style's function gets: randomness, the head, paints of the hat and of its trim.
_Style = Callable[[np.random.Generator, Head, Paint, Paint], list[Piece]]


def make_hat(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    paint: Paint,
    style: str = 'cap',
    trim: Paint | None = None,
) -> list[Piece]:
    """A hat that encloses the skull with room for flat hair.

    Args:
        rng (np.random.Generator): Of its proportions.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        paint (Paint): Colour.
        style (str): One of ``HAT_STYLES``. Defaults to 'cap'.
        trim (Paint, optional): Colour of brim, cuff, band or lining. Defaults to ``paint``.

    Returns:
        list[Piece]: Labelled Hat.

    Raises:
        ValueError: If the style is unknown.
    """
    if style not in HAT_STYLES:
        raise ValueError(f'no hat is called {style!r}; choose one of {", ".join(HAT_STYLES)}')
    return HAT_STYLES[style](rng, measure_head(model, rest), paint, trim or paint)


def _piece(head: Head, rings: np.ndarray, paint: Paint, closed: bool = True, **rest: np.ndarray | float) -> Piece:
    skin = Skin.rigid(head.bone, rings.shape[0] * rings.shape[1])
    return ring_piece('Hat', rings, skin, paint, closed=closed, **{'lift': _LIFT, **rest})  # type: ignore[arg-type]


def _rim(front: float, side: float, back: float) -> np.ndarray:
    """Angle from the crown at which a hat ends, float64 (AROUND,) radians; arguments in degrees."""
    ahead = np.cos(phis())
    return np.deg2rad(side + np.where(ahead > 0, front - side, back - side) * ahead**2)


def _dome(head: Head, rim: np.ndarray, offset: np.ndarray | float, ears: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Angles and radii, each (_RINGS, AROUND), of a dome from the crown to its rim; ``offset`` metres off the skin.

    Args:
        head (Head): The head.
        rim (np.ndarray): float (AROUND,), radians.
        offset (np.ndarray or float): float (_RINGS, AROUND) or one for all.
        ears (bool): Whether the dome covers the ears too. Defaults to False.
    """
    theta = np.linspace(0.0, 1.0, _RINGS)[:, None] * rim
    radius = head.sample(head.skull, theta)
    if ears:
        # Cloth spans the hollows around an ear.
        wide = head.sample(head.ears, theta)
        around = np.max([np.roll(wide, step, axis=1) for step in (-1, 0, 1)], axis=0)
        radius = np.maximum(around @ gaussian_blur(AROUND, 1.0, closed=True).T, radius)
    return theta, radius + offset


def _lined(head: Head, rings: np.ndarray, rim: np.ndarray, depth: float = 0.02) -> np.ndarray:
    """Rings with one more that folds the rim inwards to the skin, so that no gap shows from below."""
    inside = rim[None] - depth / head.skull.mean()
    return np.concatenate([rings, head.points(inside, head.sample(head.skull, inside) + 0.002)])


def _turned(values: np.ndarray, steps: int) -> np.ndarray:
    """Values (..., AROUND) of a hat that is turned to the person's left by some columns."""
    return np.roll(values, steps, axis=-1)


def _cap(rng: np.random.Generator, head: Head, paint: Paint, trim: Paint) -> list[Piece]:
    """A baseball cap; one in five is worn back to front."""
    size = head.size
    steps = int(rng.choice((0, AROUND // 2), p=(0.78, 0.22))) + int(rng.integers(-2, 3))
    rim = _rim(85.0, 87.0, 93.0) + np.deg2rad(rng.uniform(-3, 3))
    # The front panels stand up.
    front = np.exp(-(((phis() + np.pi) % (2 * np.pi) - np.pi) ** 2) / 0.9)
    share = np.linspace(0, 1, _RINGS)[:, None]
    panel = rng.uniform(0.006, 0.022) * size * _turned(front, steps) * np.exp(-(((share - 0.55) / 0.28) ** 2))
    theta, radius = _dome(head, rim, 0.009 * size + panel)
    rings = head.points(theta, radius)
    return [_piece(head, _lined(head, rings, rim), paint), _visor(rng, head, rings[-1], steps, trim)]


def _visor(rng: np.random.Generator, head: Head, rim: np.ndarray, steps: int, paint: Paint) -> Piece:
    """The brim of a cap, from the rim (AROUND, 3) around column ``steps``: a tongue that bends down at its sides."""
    half = AROUND // 6
    columns = np.arange(-half, half + 1)
    edge = rim[(columns + steps) % AROUND]
    away = edge[half] - head.centre
    ahead = away * [1, 1, 0] / np.linalg.norm(away[:2])
    tilt = np.deg2rad(rng.uniform(6, 22))
    forward = np.cos(tilt) * ahead - np.sin(tilt) * np.array([0, 0, 1.0])
    length = rng.uniform(0.062, 0.08) * head.size * np.cos(columns / half * np.pi / 2) ** 0.55
    across = np.linalg.norm((edge - edge[half]) @ (np.eye(3) - np.outer(ahead, ahead)) * [1, 1, 0], axis=1)
    bend = rng.uniform(1.5, 5.0) / head.size
    share = np.array([-0.08, 0.0, 0.3, 0.6, 0.85, 1.0, 1.0, 0.6, 0.0])[:, None]
    rings = edge + (share * length)[..., None] * forward
    rings[..., 2] -= bend * across**2 * np.clip(share, 0, 1)
    rings[6:, :, 2] -= 0.003  # the underside
    coords = np.stack([np.broadcast_to(columns * 0.012, rings.shape[:2]), share * length], axis=2).reshape(-1, 2)
    return _piece(head, rings, paint, closed=False, coords=coords)


def _beanie(rng: np.random.Generator, head: Head, paint: Paint, trim: Paint) -> list[Piece]:
    """A knitted cap, with a turned-up cuff more often than not, sometimes with a bobble."""
    size = head.size
    low = rng.uniform(0, 9)
    rim = _rim(80.0 + 0.6 * low, 97.0 + low, 104.0 + low)
    share = np.linspace(0, 1, _RINGS)[:, None]
    backwards = 0.6 - 0.4 * np.cos(phis()) * np.sin(np.pi * np.clip(share, 0, 0.5))
    slouch = rng.uniform(0.0, 0.05) * size * smooth_step(1 - share, 0.2, 0.9) * backwards
    theta, radius = _dome(head, rim, 0.01 * size + slouch, ears=True)
    pieces = [_piece(head, _lined(head, head.points(theta, radius), rim), paint)]
    if rng.random() < 0.65:
        rows = np.linspace(1 - rng.uniform(0.22, 0.34), 1.0, 5)
        above = np.minimum((rows * (_RINGS - 1)).astype(np.int64), _RINGS - 2)
        part = (rows * (_RINGS - 1) - above)[:, None]
        base = radius[above] * (1 - part) + radius[above + 1] * part
        swell = np.array([0.001, 0.007, 0.008, 0.008, 0.001])[:, None] * size
        pieces.append(_piece(head, head.points(rows[:, None] * rim, base + swell), trim))
    if rng.random() < 0.25:
        top = head.points(theta, radius)[0].mean(axis=0)
        pieces.append(_ball(head, top + 0.02 * size * np.array([0, 0, 1]), rng.uniform(0.025, 0.042) * size, trim))
    return pieces


def _ball(head: Head, centre: np.ndarray, radius: float, paint: Paint) -> Piece:
    """A bobble."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, 9), np.arange(16) * (np.pi / 8), indexing='ij')
    ball = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=2)
    return _piece(head, centre + radius * ball, paint)


def _crown(head: Head, room: float, above: float, power: float, dent: float) -> tuple[np.ndarray, np.ndarray]:
    """Radii and heights, each (_RINGS, AROUND), about the head's axis: a crown that encloses the skull.

    Args:
        head (Head): The head.
        room (float): Metres around it.
        above (float): Metres over its top.
        power (float): 2 for a round crown; the greater, the more like a cylinder.
        dent (float): Depth of a crease from front to back, metres; comes on top of ``above``.
    """
    upper = head.thetas < np.pi / 2 + 0.1
    theta = head.thetas[upper, None]
    out, height = head.skull[upper] * np.sin(theta), head.skull[upper] * np.cos(theta)
    top = height.max() + above + dent
    # The smallest superellipse of this height around each column's points.
    needed = (out + room) / np.maximum(1 - (np.clip(height + room / 2, 0, None) / top) ** power, 0.02) ** (1 / power)
    girth = needed.max(axis=0) @ gaussian_blur(AROUND, 1.5, closed=True).T
    angle = np.linspace(0, np.pi / 2, _RINGS)[:, None]
    radius = girth * np.sin(angle) ** (2 / power)
    level = np.broadcast_to(top * np.cos(angle) ** (2 / power), radius.shape).copy()
    across = radius * np.sin(phis())
    level -= dent * np.exp(-((across / 0.03) ** 2)) * smooth_step(level, 0.5 * top, 0.9 * top)
    return radius, level


def _brim(head: Head, radius: np.ndarray, width: np.ndarray, slope: np.ndarray, curl: np.ndarray) -> np.ndarray:
    """Rings of a brim that goes out from radii (AROUND,) at height 0.

    Args:
        head (Head): The head.
        radius (np.ndarray): float (AROUND,), where it begins.
        width (np.ndarray): float (AROUND,), metres.
        slope (np.ndarray): float (AROUND,), angle below the horizontal, radians.
        curl (np.ndarray): float (AROUND,), metres by which the outer edge is raised.
    """
    share = np.array([-0.06, 0.0, 0.2, 0.45, 0.7, 0.9, 1.0, 1.0, 0.5, 0.0])[:, None]
    out = radius + share * width * np.cos(slope)
    height = -share * width * np.sin(slope) + curl * np.clip(share, 0, 1) ** 2.5
    height[7:] -= 0.003  # the underside
    return head.cylinder(out, height)


def _brimmed(
    rng: np.random.Generator,
    head: Head,
    paint: Paint,
    trim: Paint,
    width: float,
    slope: float,
    curl: float,
    **crown: float,
) -> list[Piece]:
    """A crown with a band and a full brim."""
    radius, level = _crown(head, 0.009 * head.size, **crown)
    wave = 0.05 * np.sin(2 * phis() + rng.uniform(0, 2 * np.pi)) + 0.03 * np.sin(3 * phis() + rng.uniform(0, 2 * np.pi))
    level_out = np.deg2rad(8) * np.cos(phis())  # the head's axis leans back more than a brim does
    brim = _brim(head, radius[-1], np.full(AROUND, width), slope + wave + level_out, curl * np.sin(phis()) ** 2)
    rings = np.concatenate([head.cylinder(radius, level), brim])
    share = np.array([0.0, 0.1, 0.9, 1.0])[:, None]
    tall = rng.uniform(0.02, 0.035) * head.size
    height = np.repeat(share * tall, AROUND, axis=1)
    band = np.array([np.interp(share[:, 0] * tall, level[::-1, c], radius[::-1, c]) for c in range(AROUND)]).T
    band += np.array([-0.001, 0.003, 0.003, -0.001])[:, None]
    return [_piece(head, rings, paint), _piece(head, head.cylinder(band, height), trim)]


def _sun_hat(rng: np.random.Generator, head: Head, paint: Paint, trim: Paint) -> list[Piece]:
    """A round crown and a wide brim that hangs a little."""
    size, width, slope = head.size, rng.uniform(0.07, 0.13), np.deg2rad(rng.uniform(-2, 18))
    return _brimmed(rng, head, paint, trim, width * size, slope, 0.0, above=0.012 * size, power=2.6, dent=0.0)


def _fedora(rng: np.random.Generator, head: Head, paint: Paint, trim: Paint) -> list[Piece]:
    """A high creased crown and a brim that is turned up at the sides."""
    size, width, curl = head.size, rng.uniform(0.05, 0.085), rng.uniform(0.01, 0.045)
    slope = np.deg2rad(rng.uniform(0, 12))
    crown = {'above': 0.015 * size, 'power': rng.uniform(3.2, 4.5), 'dent': rng.uniform(0.015, 0.03) * size}
    return _brimmed(rng, head, paint, trim, width * size, slope, curl * size, **crown)


def _bucket_hat(rng: np.random.Generator, head: Head, paint: Paint, trim: Paint) -> list[Piece]:
    """A flat-topped crown and a short steep brim."""
    size, width, slope = head.size, rng.uniform(0.04, 0.058), np.deg2rad(rng.uniform(22, 45))
    crown = {'above': 0.008 * size, 'power': rng.uniform(3.5, 5.0), 'dent': 0.0}
    return _brimmed(rng, head, paint, trim, width * size, slope, 0.0, **crown)


def _helmet(rng: np.random.Generator, head: Head, paint: Paint, trim: Paint) -> list[Piece]:
    """A cyclist's helmet: a thick shell with long vents over a lining."""
    rim = _rim(74.0, 84.0, 92.0)
    share = np.linspace(0, 1, _RINGS)[:, None]
    thick = (0.03 - 0.008 * share**4 + 0.012 * np.maximum(-np.cos(phis()), 0) * share) * head.size
    theta, radius = _dome(head, rim, thick)
    shell = _lined(head, head.points(theta, radius), rim)
    across = (shell[:_RINGS] - head.centre)[..., 0] / head.size
    period = rng.uniform(0.034, 0.046)
    slots = 0.25 - np.cos(2 * np.pi * across / period + np.pi)  # a rib runs along the middle
    ends = np.abs(share - 0.5) - rng.uniform(0.22, 0.34)
    # Open where both are negative; the fold of the rim stays.
    kept = np.concatenate([np.maximum(slots * 0.02, ends * 0.2), np.ones((1, AROUND))])
    _, inner = _dome(head, rim, 0.01 * head.size)
    return [
        _piece(head, shell, paint, kept=kept, gloss=0.25),
        _piece(head, head.points(theta, inner), trim),
    ]


#: What is on a head, and how: name -> function.
HAT_STYLES: Final[dict[str, _Style]] = {
    'cap': _cap,
    'beanie': _beanie,
    'sun_hat': _sun_hat,
    'fedora': _fedora,
    'bucket_hat': _bucket_hat,
    'helmet': _helmet,
}
