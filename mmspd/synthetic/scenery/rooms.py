"""Indoor scenes: a back wall at some metres, side walls where they fit, and furniture along them."""

from typing import Final

import numpy as np

from mmspd.synthetic.paint.cloth import sample_pattern
from mmspd.synthetic.paint.colours import as_tuple, from_hsv, from_srgb, sample_cloth_colour
from mmspd.synthetic.paint.patterns import Blotches
from mmspd.synthetic.scenery.canvas import plane
from mmspd.synthetic.scenery.floors import brick_wall, sample_indoor_floor
from mmspd.synthetic.scenery.furniture import FURNITURE, sample_wood
from mmspd.synthetic.scenery.views import View, draw_passer_by, on_plane, sample_leaf_colour

_FIXTURES: Final = ('window', 'picture', 'picture', 'door', 'shelf', 'coats', 'radiator', 'board')


def _wall_colour(rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.25:
        return from_hsv(rng.uniform(0, 360), rng.uniform(0.1, 0.4), rng.uniform(0.35, 0.85))
    return from_hsv(rng.uniform(20, 60), rng.uniform(0, 0.16), rng.uniform(0.65, 0.95))


def _draw_shell(rng: np.random.Generator, view: View, depth: float) -> None:
    """Paint walls, ceiling and floor; the back wall is at ``depth``."""
    canvas, wall = view.canvas, _wall_colour(rng)
    left, right = view.visible_x(depth)
    # A corner of the room is in the picture where a side wall is nearer than the picture's border.
    left, right = left * rng.uniform(0.55, 1.9), right * rng.uniform(0.55, 1.9)
    height = rng.uniform(2.3, 3.2)
    whole = (-1.0, -1.0), (canvas.width + 1.0, canvas.height + 1.0)
    canvas.rectangle(*whole, np.minimum(wall * np.float32(rng.uniform(0.95, 1.25)), 0.95))
    view.floor(sample_indoor_floor(rng), depth)
    skirting = sample_wood(rng)
    for x in (left, right):
        corners = [(x, 0, depth), (x, height, depth), (x, height, 0.4), (x, 0, 0.4)]
        canvas.fill([view.project(np.array(corners))], wall * np.float32(rng.uniform(0.55, 0.9)), texture=0.05)
        board = [(x, 0, depth), (x, 0.09, depth), (x, 0.09, 0.4), (x, 0, 0.4)]
        canvas.fill([view.project(np.array(board))], skirting * np.float32(0.7))
    choice = rng.random()
    if choice < 0.12:
        view.panel((left, 0), (right, height), depth, brick_wall(rng, view, depth))
    elif choice < 0.24:
        paper = on_plane(sample_pattern(rng), view.scale(depth) / rng.uniform(1.5, 4))
        view.panel((left, 0), (right, height), depth, lambda x, y: 0.35 * paper(x, y) + 0.65 * plane(wall))
    else:
        view.panel((left, 0), (right, height), depth, wall, texture=0.05)
    if rng.random() < 0.8:
        view.panel((left, 0), (right, rng.uniform(0.06, 0.14)), depth, skirting)
    if rng.random() < 0.15:  # panelling
        view.panel((left, 0), (right, rng.uniform(0.8, 1.2)), depth, skirting)


def _draw_window(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    width, low, high = rng.uniform(0.7, 1.8), rng.uniform(0.05, 1.0), rng.uniform(1.9, 2.3)
    frame = sample_wood(rng)
    view.panel((x - 0.06, low - 0.06), (x + width + 0.06, high + 0.06), z, frame)
    sky, green = from_srgb(225, 235, 245), sample_leaf_colour(rng)
    top, bottom = view.pixel(x, high, z)[1], view.pixel(x, low, z)[1]

    def outside(columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
        share = np.clip(2 * (rows - top) / (bottom - top) - 0.8 + 0.1 * np.sin(columns / 3), 0, 1)
        return plane(sky) + share * (plane(green) - plane(sky))

    columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 3))
    panes = []
    for i in range(columns):
        for j in range(rows):
            x1, x2 = x + width * i / columns + 0.02, x + width * (i + 1) / columns - 0.02
            y1, y2 = low + (high - low) * j / rows + 0.02, low + (high - low) * (j + 1) / rows - 0.02
            panes.append(view.project(np.array([(x1, y1, z), (x2, y1, z), (x2, y2, z), (x1, y2, z)])))
    view.canvas.fill(panes, outside, texture=0.1)
    if rng.random() < 0.6:
        cloth = on_plane(sample_pattern(rng), view.scale(z) / 2)
        fold, phase = view.scale(z) * rng.uniform(0.02, 0.04), rng.uniform(0, 6)
        hang = rng.uniform(0.2, 0.5)
        for x1 in (x - 0.25, x + width + 0.25 - hang):

            def curtain(columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
                return cloth(columns, rows) * (0.72 + 0.28 * np.sin(columns / fold + phase))

            view.panel((x1, max(low - 0.2, 0.02)), (x1 + hang, high + 0.12), z, curtain)


def _draw_door(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    wood = sample_wood(rng)
    width = rng.uniform(0.75, 1.1)
    view.panel((x - 0.08, 0), (x + width + 0.08, 2.1), z, wood * np.float32(0.8))
    view.panel((x, 0), (x + width, 2.02), z, wood)
    for low, high in ((0.2, 0.9), (1.1, 1.85)):
        view.panel((x + 0.12, low), (x + width - 0.12, high), z, wood * np.float32(rng.uniform(0.75, 0.95)))
    view.canvas.ellipse(view.pixel(x + 0.06, 1.02, z), (0.03 * view.scale(z),) * 2, from_srgb(190, 185, 170), ball=0.6)


def _draw_picture(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    width, height, middle = rng.uniform(0.25, 1.1), rng.uniform(0.25, 0.9), rng.uniform(1.4, 1.8)
    low, high = middle - height / 2, middle + height / 2
    view.panel((x - 0.03, low - 0.03), (x + width + 0.03, high + 0.03), z, sample_wood(rng))
    view.panel((x, low), (x + width, high), z, from_srgb(235, 232, 225))
    colours = tuple(as_tuple(sample_cloth_colour(rng)) for _ in range(4))
    offset = float(rng.uniform(0, 100)), float(rng.uniform(0, 100))
    motif = Blotches(colours, (0.4 * width, 0.3 * height), 0.5, rng.uniform(0.05, 0.3), offset)
    margin = rng.uniform(0, 0.12) * min(width, height)
    view.panel((x + margin, low + margin), (x + width - margin, high - margin), z, on_plane(motif, view.scale(z)))


def _draw_shelf(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    width, wood = rng.uniform(0.6, 1.6), sample_wood(rng)
    standing = rng.random() < 0.6
    boards = np.arange(0.1 if standing else 1.2, rng.uniform(1.9, 2.3), rng.uniform(0.3, 0.42))
    if standing:
        view.panel((x, 0), (x + width, boards[-1]), z, wood * np.float32(0.45))
    for low in boards[:-1]:
        at = x + 0.03
        while at < x + width - 0.08:
            thick, tall = rng.uniform(0.02, 0.08), rng.uniform(0.14, 0.27)
            if rng.random() < 0.8:
                view.panel((at, low), (at + thick, low + tall), z, sample_cloth_colour(rng), texture=0.15)
            at += thick + 0.003
    for low in boards:
        view.panel((x, low - 0.03), (x + width, low), z, wood)
    if standing:
        for side in (x, x + width):
            view.panel((side - 0.02, 0), (side + 0.02, boards[-1]), z, wood)


def _draw_coats(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    """Clothes on hooks: the colours of a person without one."""
    for i in range(int(rng.integers(1, 4))):
        at, length, half = x + 0.35 * i, rng.uniform(0.6, 1.1), rng.uniform(0.14, 0.22)
        cloth = on_plane(sample_pattern(rng), view.scale(z))
        top = np.array(view.pixel(at, 1.6, z))
        bottom = np.array(view.pixel(at + rng.normal(0, 0.04), 1.65 - length, z))
        view.canvas.limb((top, bottom), (0.7 * half * view.scale(z), half * view.scale(z)), cloth)
        for side in (-1, 1):
            end = np.array(view.pixel(at + side * rng.uniform(0.2, 0.3), 1.6 - 0.75 * length, z))
            start = np.array(view.pixel(at + side * 0.7 * half, 1.58, z))
            view.canvas.limb((start, end), (0.07 * view.scale(z), 0.055 * view.scale(z)), cloth)


def _draw_radiator(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    white, width, high = from_srgb(225, 225, 220), rng.uniform(0.6, 1.4), rng.uniform(0.5, 0.75)
    view.panel((x, 0.12), (x + width, high), z, white * np.float32(0.7))
    for at in np.arange(x, x + width, 0.07):
        view.panel((at, 0.12), (at + 0.045, high), z, white)


def _draw_board(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    """A television, a blackboard or a whiteboard."""
    width, low = rng.uniform(0.8, 1.8), rng.uniform(0.8, 1.2)
    colour = from_srgb(*((18, 18, 22), (40, 62, 52), (235, 238, 240))[int(rng.integers(3))])
    high, frame = low + 0.6 * width, sample_wood(rng) * np.float32(0.6)
    view.panel((x - 0.04, low - 0.04), (x + width + 0.04, high + 0.04), z, frame)
    view.panel((x, low), (x + width, high), z, colour, texture=0.12)


_DRAW_FIXTURE: Final = {
    'window': _draw_window,
    'picture': _draw_picture,
    'door': _draw_door,
    'shelf': _draw_shelf,
    'coats': _draw_coats,
    'radiator': _draw_radiator,
    'board': _draw_board,
}


def draw_room(rng: np.random.Generator, view: View) -> None:
    """Paint a room with what hangs on its back wall and what stands before it."""
    depth = view.distance + float(rng.uniform(0.4, 4.0))
    _draw_shell(rng, view, depth)
    left, right = view.visible_x(depth)
    at = left + rng.uniform(-0.6, 0.6)
    while at < right:
        if rng.random() < 0.85:
            _DRAW_FIXTURE[str(rng.choice(_FIXTURES))](rng, view, at, depth)
        at += rng.uniform(0.7, 1.7)
    pieces = int(rng.integers(2, 8))
    for z in sorted(rng.uniform(view.distance, depth - 0.2, size=pieces), reverse=True):
        left, right = view.visible_x(z)
        x = float(rng.uniform(left - 0.3, right - 0.2))
        draw = draw_passer_by if z > 3.5 and rng.random() < 0.06 else FURNITURE[str(rng.choice(list(FURNITURE)))]
        draw(rng, view, x, float(z))
