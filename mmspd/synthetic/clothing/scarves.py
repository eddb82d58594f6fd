"""Scarves: loops around the neck, with ends that hang on the chest, and shawls over the shoulders."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody
from mmspd.synthetic.bodies.meshes import Paint, Piece
from mmspd.synthetic.bodies.probes import Probes, cast_probes
from mmspd.synthetic.clothing.lofts import gaussian_blur, join_pieces, ring_coords, ring_piece

__all__ = ['SCARF_STYLES', 'make_scarf']

_AROUND: Final = 40  # columns around the neck; 0 is in front, then towards the person's left
_SECTION: Final = 12  # points around a loop's own section
_ROWS: Final = 22  # of an end that hangs
_CHEST: Final = np.linspace(-0.13, 0.13, 15)  # x of the places on the chest
_KNOT_ROWS: Final = 4  # between the loop and the chest
_TOP: Final = 1.47  # height at which ends begin, on the mean body
_SHAWL_ROWS: Final = 10


@dataclass(frozen=True)
class _Loops:
    """Half thickness and half height of loops, metres, the least and greatest; and how many there are."""

    thickness: tuple[float, float]
    height: tuple[float, float]
    count: int


#: How a scarf is worn; a shawl has no loops.
SCARF_STYLES: Final[dict[str, _Loops | None]] = {
    'wound': _Loops((0.014, 0.02), (0.024, 0.034), 2),
    'winter': _Loops((0.024, 0.032), (0.032, 0.042), 2),
    'single': _Loops((0.012, 0.018), (0.024, 0.036), 1),
    'shawl': None,
}


def make_scarf(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    paint: Paint,
    style: str = 'wound',
    ends: int = 1,
    lift: float = 0.02,
) -> Piece:
    """A scarf that follows neck, shoulders and chest.

    Args:
        rng (np.random.Generator): Of thickness, folds and ends.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        paint (Paint): Colour.
        style (str): One of ``SCARF_STYLES``. Defaults to 'wound'.
        ends (int): How many ends hang on the chest, 0..2; a shawl has none. Defaults to 1.
        lift (float): See :class:`Piece`. Defaults to 2 cm, for a scarf over a shirt.

    Returns:
        Piece: Labelled Scarf.

    Raises:
        ValueError: If the style is unknown or there are fewer than 0 or more than 2 ends.
    """
    if style not in SCARF_STYLES or not 0 <= ends <= 2:
        known = ', '.join(SCARF_STYLES)
        raise ValueError(f'a scarf in style {style!r} with {ends} ends; expected one of {known}, and 0 to 2 ends')
    loops = SCARF_STYLES[style]
    if loops is None:
        return _shawl(rng, model, rest, paint, lift)
    size = _size(model, rest)
    thickness, height = rng.uniform(*loops.thickness) * size, rng.uniform(*loops.height) * size
    pieces = [_loop(rng, model, rest, level, thickness, height, paint, lift) for level in range(2 - loops.count, 2)]
    sides = rng.permutation([-1, 1])[:ends]
    pieces += [_end(rng, model, rest, int(side), thickness, paint, lift) for side in sides]
    return join_pieces(f'{style} scarf', pieces)


def _size(model: BodyModel, rest: RestBody) -> float:
    """Girth of the neck in units of the mean body's."""
    probes = _neck(model)[0]
    girths = [
        np.linalg.norm(np.diff(probes.at(vertices), axis=0), axis=1).sum()
        for vertices in (rest.vertices, model.template)
    ]
    return float(girths[0] / girths[1])


def _angles() -> np.ndarray:
    return np.arange(_AROUND) * (2 * np.pi / _AROUND)


@lru_cache(maxsize=4)
def _neck(model: BodyModel) -> tuple[Probes, Probes]:
    """Places around the neck, _AROUND each: the upper loop's and the lower loop's, lower in front than behind."""
    faces = model.faces['skin'][np.isin(model.face_parts, (1, 2, 23, 24))]
    ahead, left = np.cos(_angles()), np.sin(_angles())
    rings = []
    for middle, slope in ((1.55, (-0.3, 0.2, 0.25)), (1.52, (-0.5, 0.32, 0.35))):
        front, side, back = slope
        rise = side + np.where(ahead > 0, front - side, back - side) * ahead**2
        towards = np.stack([left, -ahead, rise], axis=1)
        origins = np.broadcast_to([0.0, -0.025, middle], towards.shape)
        rings.append(cast_probes(model, faces, origins, towards, last=False))
    return rings[0], rings[1]


def _loop(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    level: int,
    thickness: float,
    height: float,
    paint: Paint,
    lift: float,
) -> Piece:
    """One loop, the upper (0) or the lower (1), of an uneven elliptic section that leans on the neck."""
    probes = _neck(model)[level]
    path = gaussian_blur(_AROUND, 1.0, closed=True) @ probes.at(rest.vertices).astype(np.float64)
    outward = (path - path.mean(axis=0)) * [1, 1, 0]
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    phase = rng.uniform(0, 2 * np.pi, 4)
    swell = 1 + 0.13 * np.sin(2 * _angles() + phase[0]) + 0.1 * np.sin(5 * _angles() + phase[1])
    shift = 0.15 * height * np.sin(_angles() + phase[2]) + 0.1 * height * np.sin(3 * _angles() + phase[3])
    centre = path + outward * (0.75 * thickness * swell)[:, None] + shift[:, None] * [0, 0, 1]
    turn = np.arange(_SECTION) * (2 * np.pi / _SECTION)
    # Folds run along the loop.
    folds = 1 + 0.1 * np.cos(4 * turn + rng.uniform(0, 2 * np.pi)) + 0.05 * rng.normal(size=(_AROUND, _SECTION))
    out = (thickness * swell)[:, None] * np.cos(turn) * folds
    up = (height * swell)[:, None] * np.sin(turn) * folds
    rings = centre[:, None] + outward[:, None] * out[..., None] + up[..., None] * np.array([0, 0, 1.0])
    order = (np.arange(_AROUND + 1) + _AROUND // 2) % _AROUND  # begins and ends behind
    skin = probes.skin(model).take(np.repeat(order, _SECTION))
    return ring_piece('Scarf', rings[order], skin, paint, coords=ring_coords(rings[order])[:, ::-1], lift=lift)


@lru_cache(maxsize=4)
def _chest(model: BodyModel) -> Probes:
    """Places on chest and belly, _ROWS by len(_CHEST)."""
    faces = model.faces['skin'][model.face_parts <= 2]
    x, z = np.meshgrid(_CHEST, np.linspace(_TOP, 0.98, _ROWS))
    origins = np.stack([0.85 * x, np.full_like(x, -0.02), z], axis=2).reshape(-1, 3)
    return cast_probes(model, faces, origins, np.broadcast_to([0.0, -1.0, 0.0], origins.shape), last=True)


def _end(
    rng: np.random.Generator, model: BodyModel, rest: RestBody, side: int, thickness: float, paint: Paint, lift: float
) -> Piece:
    """An end that hangs from the loop in front, on the person's left (1) or right (-1)."""
    probes = _chest(model)
    places = probes.at(rest.vertices).reshape(_ROWS, len(_CHEST), 3).astype(np.float64)
    rows = int(rng.integers(9, _ROWS + 1))
    middle = len(_CHEST) // 2 + side * rng.uniform(1.6, 3.0) + side * rng.uniform(-0.4, 0.8) * np.linspace(0, 1, rows)
    width = rng.uniform(1.7, 3.2) * np.linspace(rng.uniform(0.6, 0.9), 1.0, rows)
    columns = np.clip(middle[:, None] + width[:, None] * np.linspace(-1, 1, 6), 0, len(_CHEST) - 1.001)
    low, row = columns.astype(np.int64), np.arange(rows)[:, None]
    share = (columns - low)[..., None]
    rings = places[row, low] * (1 - share) + places[row, low + 1] * share
    # Cloth hangs from the chest rather than following it inwards, and comes out from under the loop.
    fall = -np.diff(rings[..., 2].mean(axis=1), prepend=rings[0, :, 2].mean())
    allowed = 0.12 * np.cumsum(fall)[:, None]
    rings[..., 1] = np.minimum.accumulate(rings[..., 1] - allowed, axis=0) + allowed
    crease = 0.004 * np.cos(np.linspace(0, 3 * np.pi, 6) + rng.uniform(0, 6))
    rings[..., 1] -= 0.016 + 0.4 * thickness * np.exp(-row / 3.0) + crease
    # The end comes out from under the lower loop.
    knot = _neck(model)[1].at(rest.vertices)[0] - [0, 0.6 * thickness, 0]
    begin = knot + (rings[0] - rings[0].mean(axis=0)) * [0.8, 0.3, 0] + [0.5 * rings[0, :, 0].mean(), 0, 0]
    share = np.linspace(0, 1, _KNOT_ROWS, endpoint=False)[:, None, None]
    rings = np.concatenate([begin + (rings[0] - begin) * share, rings])
    rows_of_skin = np.maximum(np.arange(len(rings)) - _KNOT_ROWS, 0)
    nearest = row * len(_CHEST) + np.rint(columns).astype(np.int64)
    skin = probes.skin(model).take(nearest[rows_of_skin].ravel())
    along = np.cumsum(np.linalg.norm(np.diff(rings.mean(axis=1), axis=0, prepend=rings[:1].mean(axis=1)), axis=1))
    coords = np.stack(np.broadcast_arrays(np.linspace(0, 0.1, 6), along[:, None]), axis=2).reshape(-1, 2)
    return ring_piece('Scarf', rings, skin, paint, coords=coords, closed=False, lift=lift)


@lru_cache(maxsize=4)
def _shoulders(model: BodyModel) -> Probes:
    """Places from the neck over shoulders, chest and back, _SHAWL_ROWS by _AROUND."""
    ahead, left = np.cos(_angles()), np.sin(_angles())
    first = np.deg2rad(np.where(ahead > 0, 58 + 12 * left**2, 62 + 8 * left**2))
    last = np.deg2rad(np.where(ahead > 0, -38, -50) * ahead**2 + 16 * left**2)
    share = np.linspace(0, 1, _SHAWL_ROWS)[:, None]
    angle = first * (1 - share) + last * share
    towards = np.stack([np.cos(angle) * left, -np.cos(angle) * ahead, np.sin(angle)], axis=2).reshape(-1, 3)
    origins = np.broadcast_to([0.0, -0.02, 1.4], towards.shape)
    faces = model.faces['skin'][model.template[model.faces['skin'], 2].max(axis=1) < 1.62]
    return cast_probes(model, faces, origins, towards, last=False)


def _shawl(rng: np.random.Generator, model: BodyModel, rest: RestBody, paint: Paint, lift: float) -> Piece:
    """A cloth around the shoulders, in folds."""
    probes = _shoulders(model)
    places = probes.at(rest.vertices).reshape(_SHAWL_ROWS, _AROUND, 3).astype(np.float64)
    places = np.einsum('ab,rbx->rax', gaussian_blur(_AROUND, 1.0, closed=True), places)
    heart = places.mean(axis=(0, 1)) - [0, 0, 0.05]
    away = (places - heart) / np.linalg.norm(places - heart, axis=2, keepdims=True)
    share = np.linspace(0, 1, _SHAWL_ROWS)[:, None]
    folds = 0.006 * np.sin(9 * _angles() + 4 * share + rng.uniform(0, 6)) + 0.004 * np.sin(
        5 * _angles() + rng.uniform(0, 6)
    )
    collar = 0.014 * np.exp(-((share / 0.15) ** 2))
    rings = places + away * (0.02 + folds + collar)[..., None]
    length = rng.uniform(0.65, 1.0)
    kept = (length - share + 0.06 * np.sin(2 * _angles() + rng.uniform(0, 6))) * 0.3
    return ring_piece('Scarf', rings, probes.skin(model), paint, name='shawl', kept=kept, lift=lift)
