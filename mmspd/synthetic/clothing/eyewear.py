"""Sunglasses: two lenses before the eyes, a bridge, and temples that reach the ears; rigid on the head."""

from functools import lru_cache
from typing import Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody, Skin
from mmspd.synthetic.bodies.meshes import Paint, Piece
from mmspd.synthetic.clothing.lofts import join_pieces, ring_piece

__all__ = ['EYEWEAR_STYLES', 'make_eyewear']

_LIFT: Final = 0.003
_EYE_SPAN: Final = 0.0618  # between the middles of the mean body's eyes, metres
_POINTS: Final = 20

#: Shape of the lenses: name -> half width and half height in metres on the mean head, power of the superellipse.
EYEWEAR_STYLES: Final = {
    'wayfarer': (0.029, 0.021, 3.5),
    'round': (0.025, 0.024, 2.0),
    'aviator': (0.031, 0.026, 2.5),
    'large': (0.034, 0.031, 2.8),
    'sport': (0.033, 0.018, 3.0),
}


def make_eyewear(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    paint: Paint,
    style: str = 'wayfarer',
    frame: Paint | None = None,
) -> list[Piece]:
    """Sunglasses.

    Args:
        rng (np.random.Generator): Of size and curve.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        paint (Paint): Colour of the lenses.
        style (str): One of ``EYEWEAR_STYLES``. Defaults to 'wayfarer'.
        frame (Paint, optional): Colour of rims, bridge and temples. Defaults to ``paint``.

    Returns:
        list[Piece]: Lenses, then the frame.

    Raises:
        ValueError: If the style is unknown.
    """
    if style not in EYEWEAR_STYLES:
        raise ValueError(f'no eyewear is called {style!r}; choose one of {", ".join(EYEWEAR_STYLES)}')
    eyes, around_eye, temple, ear = _places(model)
    middle = rest.vertices[eyes].mean(axis=0).astype(np.float64)
    scale = 2 * middle[0] / _EYE_SPAN * rng.uniform(0.96, 1.08)
    half = np.array(EYEWEAR_STYLES[style][:2]) * scale
    # The lens bends back to the outside, and stands before brow and cheek.
    bend = rng.uniform(1.2, 3.0) / scale
    skin_behind = rest.vertices[around_eye].astype(np.float64)
    front = (skin_behind[:, 1] - bend * skin_behind[:, 0] ** 2).min() - 0.004
    centre = middle + scale * np.array([0.002, 0, -0.003])
    outline = _outline(half, EYEWEAR_STYLES[style][2], style == 'aviator')
    rim = rng.uniform(0.0015, 0.0045) * scale
    lens = _rings(centre, outline, (0.0, 0.5, 1.0), front, bend)
    frame_rings = _rings(centre, outline, (1.0, 1.0, 1 + 2 * rim / half.sum(), 1 + 2 * rim / half.sum()), front, bend)
    frame_rings[[0, 3], :, 1] += 0.003
    frame_rings[[1, 2], :, 1] -= 0.001
    bone, under = model.bone('head'), frame or paint
    lenses = [_piece(bone, rings, paint, gloss=0.6) for rings in (lens, lens * [-1, 1, 1])]
    parts = [_piece(bone, rings, under) for rings in (frame_rings, frame_rings * [-1, 1, 1])]
    parts.append(_piece(bone, _bridge(centre, half, front, bend, rim), under))
    start = centre + half[0] * np.array([1, 0, 0]) + half[1] * np.array([0, 0, 0.35])
    start[1] = front + bend * start[0] ** 2
    side = _temple(start, rest.vertices[temple], rest.vertices[ear], 0.003 * scale)
    parts += [_piece(bone, rings, under) for rings in (side, side * [-1, 1, 1])]
    return [join_pieces('lenses', lenses), join_pieces('frame', parts)]


@lru_cache(maxsize=4)
def _places(model: BodyModel) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices on the left: of the eye, around the eye, on the temple before the ear, and of the ear's upper root."""
    skin = np.unique(model.faces['skin'])
    x, y, z = model.template[skin].T
    eye = np.unique(model.faces['eyes'])
    eye = eye[model.template[eye, 0] > 0]
    eyes = model.template[eye, 2].mean()
    around = (x > 0.014) & (x < 0.062) & (y < -0.06) & (np.abs(z - eyes) < 0.03)
    temple = (x > 0.055) & (y < -0.06) & (y > -0.12) & (np.abs(z - eyes - 0.006) < 0.012)
    ear = (x > 0.06) & (y > -0.065) & (y < -0.02) & (np.abs(z - eyes) < 0.012)
    return eye, skin[around], skin[temple], skin[ear]


def _piece(bone: int, rings: np.ndarray, paint: Paint, gloss: float = 0.15) -> Piece:
    skin = Skin.rigid(bone, rings.shape[0] * rings.shape[1])
    return ring_piece('Sunglasses', rings, skin, paint, lift=_LIFT, gloss=gloss)


def _outline(half: np.ndarray, power: float, drop: bool) -> np.ndarray:
    """A superellipse (_POINTS, 2); ``drop`` narrows it at the upper inner and lower outer corners."""
    angle = np.arange(_POINTS) * (2 * np.pi / _POINTS)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    outline = np.sign(circle) * np.abs(circle) ** (2 / power) * half
    if drop:
        outline[:, 0] *= 1 + 0.18 * circle[:, 1] * np.sign(circle[:, 0])
    return outline


def _rings(centre: np.ndarray, outline: np.ndarray, scales: tuple[float, ...], front: float, bend: float) -> np.ndarray:
    """Rings (len(scales), _POINTS, 3) of a left lens, on the curve on which all of the front lies."""
    flat = np.array(scales)[:, None, None] * outline
    x = np.maximum(centre[0] + flat[..., 0], 0.002)
    return np.stack([x, front + bend * x * x, centre[2] + flat[..., 1]], axis=2)


def _bridge(centre: np.ndarray, half: np.ndarray, front: float, bend: float, rim: float) -> np.ndarray:
    """Rings (5, 4, 3) of a bar between the lenses, a little arched."""
    inner = max(centre[0] - 0.95 * half[0], 0.004)
    x = np.linspace(-inner, inner, 5)
    height = centre[2] + 0.3 * half[1] + 0.003 * (1 - (x / inner) ** 2)
    line = np.stack([x, front + bend * x * x, height], axis=1)
    thick = 0.8 * rim + 0.001
    return line[:, None] + np.array([[0, -0.001, thick], [0, 0.002, thick], [0, 0.002, -thick], [0, -0.001, -thick]])


def _temple(start: np.ndarray, temple: np.ndarray, ear: np.ndarray, half: float) -> np.ndarray:
    """Rings (4, 4, 3) of a left temple from the lens past the skin of the temple to the ear's root."""
    aside = max(start[0] + 0.001, temple[:, 0].max() + 0.003)
    end = ear.mean(axis=0)
    line = np.array([start, [aside, start[1] + 0.012, start[2]], [aside, temple[:, 1].max(), end[2]], end])
    line[3, 0] = min(aside, end[0] + 0.002)
    square = np.array([[0.001, 0, half], [-0.001, 0, half], [-0.001, 0, -half], [0.001, 0, -half]])
    return line[:, None] + square
