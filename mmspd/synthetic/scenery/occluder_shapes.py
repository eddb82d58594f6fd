"""The shapes that occluders take, each drawn at random about a person's box."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from mmspd.synthetic.paint.cloth import sample_pattern
from mmspd.synthetic.paint.colours import from_hsv, from_srgb, sample_cloth_colour, sample_leather_colour
from mmspd.synthetic.scenery.canvas import Canvas
from mmspd.synthetic.scenery.views import on_plane, sample_leaf_colour


class Frame(NamedTuple):
    """The person's box inside the picture, on pixel edges."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top

    def at(self, across: float, down: float) -> np.ndarray:
        """The point (x, y) at shares of the box's width and height."""
        return np.array([self.left + across * self.width - 0.5, self.top + down * self.height - 0.5])


def _material(rng: np.random.Generator) -> np.ndarray:
    """Wood, paint, plastic or metal."""
    choice = rng.random()
    if choice < 0.4:
        return from_hsv(rng.uniform(15, 36), rng.uniform(0.3, 0.65), rng.uniform(0.2, 0.75))
    if choice < 0.8:
        return from_hsv(rng.uniform(0, 360), rng.uniform(0, 0.1), rng.uniform(0.1, 0.95))
    return from_hsv(rng.uniform(0, 360), rng.uniform(0.3, 0.8), rng.uniform(0.25, 0.8))


def _metal(rng: np.random.Generator) -> np.ndarray:
    return from_hsv(rng.uniform(190, 240), rng.uniform(0, 0.12), rng.uniform(0.12, 0.8))


def _counter(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """A counter or wall across the picture: its top, an edge in shade and a front with panels or boards."""
    colour, front = _material(rng), _material(rng)
    top = frame.at(0, rng.uniform(0.66, 0.9))[1]
    tilt = rng.uniform(-0.04, 0.04) * canvas.width
    slab, depth = rng.uniform(0.01, 0.03) * frame.height, rng.uniform(0.0, 0.07) * frame.height

    def band(first: float, second: float, paint: np.ndarray, texture: float) -> None:
        corners = [(-1, first - tilt), (canvas.width, first + tilt), (canvas.width, second + tilt), (-1, second - tilt)]
        canvas.fill([np.array(corners)], paint, texture=texture)

    below = canvas.height + abs(tilt) + 1
    band(top, below, colour * np.float32(1.1), 0.12)
    band(top + depth, below, colour * np.float32(0.8), 0.08)
    band(top + depth + slab, below, front * np.float32(0.85), 0.12)
    for x in np.arange(rng.uniform(0, 20) * canvas.unit, canvas.width, rng.uniform(10, 50) * canvas.unit):
        ends = [(x, top + depth + slab + 2 + tilt * (2 * x / canvas.width - 1)), (x, below)]
        canvas.stroke(np.array(ends), max(0.6 * canvas.unit, 0.5), front * np.float32(0.45))


def _table(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """A table's end before the person, seen from above, with things on it."""
    colour = _material(rng)
    left, right = rng.uniform(-0.5, 0.2), rng.uniform(0.8, 1.5)
    down, depth = rng.uniform(0.62, 0.85), rng.uniform(0.05, 0.16)
    corners = [(left + 0.12, down), (right - 0.12, down), (right, down + depth), (left, down + depth)]
    for across in (left + 0.08, right - 0.08):
        foot = frame.at(across, down + 0.9)
        canvas.limb((frame.at(across, down + depth), foot), (0.03 * frame.width, 0.025 * frame.width), colour * 0.6)
    canvas.fill([np.stack([frame.at(*corner) for corner in corners])], colour, texture=0.15)
    edge = [(left, down + depth), (right, down + depth), (right, down + depth + 0.025), (left, down + depth + 0.025)]
    canvas.fill([np.stack([frame.at(*corner) for corner in edge])], colour * np.float32(0.6))
    for _ in range(int(rng.integers(0, 4))):
        across, stand = rng.uniform(left + 0.15, right - 0.15), down + rng.uniform(0.3, 0.8) * depth
        radius = rng.uniform(0.03, 0.07) * frame.height
        top, bottom = frame.at(across, stand) - (0, rng.uniform(1, 3) * radius), frame.at(across, stand)
        canvas.limb((top, bottom), (0.5 * radius, 0.5 * radius), _material(rng))


def _chair(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """The back of a chair: a frame with slats, or upholstered."""
    colour, unit = _material(rng), 0.5 * (frame.width + frame.height)
    left = rng.uniform(-0.2, 0.4)
    right, top = left + rng.uniform(0.45, 0.85), rng.uniform(0.5, 0.72)
    thick = rng.uniform(0.015, 0.035) * unit
    low = min(top + rng.uniform(0.25, 0.4), 0.99)
    if rng.random() < 0.45:
        corners = [(left, low), (left + 0.02, top + 0.03), (left + 0.08, top), (right - 0.08, top)]
        corners += [(right - 0.02, top + 0.03), (right, low)]
        paint = on_plane(sample_pattern(rng), 0.6 * unit)
        canvas.fill([np.stack([frame.at(*corner) for corner in corners])], paint, texture=0.15)
    else:
        for down in np.linspace(top, low, int(rng.integers(3, 6))):
            canvas.limb((frame.at(left, down), frame.at(right, down)), (0.8 * thick, 0.8 * thick), colour)
    for across in (left, right):
        canvas.limb((frame.at(across, top), frame.at(across, 1.6)), (thick, thick), colour)


def _leaves(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """Leaves that reach into the picture from below or from a side, on bent stems."""
    colour = sample_leaf_colour(rng)
    side = rng.choice((-1.0, 1.0))
    root = frame.at(0.5 + side * rng.uniform(0.2, 0.7), rng.uniform(0.9, 1.3))
    size = frame.height * rng.uniform(0.07, 0.16)
    for _ in range(int(rng.integers(5, 12))):
        turn = np.arctan2(-1.0, -side * rng.uniform(-0.5, 1.1))
        reach = frame.height * rng.uniform(0.15, 0.6)
        steps = np.linspace(0, 1, 7)[:, None]
        bend = rng.uniform(-0.25, 0.25) * reach
        direction = np.array([np.cos(turn), np.sin(turn)])
        across = np.array([-direction[1], direction[0]])
        stem = root + steps * reach * direction + steps**2 * bend * across
        canvas.stroke(stem, 0.9 * canvas.unit, colour * np.float32(0.5))
        for point, flip in zip(stem[2:], (1, -1, 1, -1, 1), strict=True):
            _leaf(rng, canvas, point, turn + flip * rng.uniform(0.4, 1.2), size * rng.uniform(0.6, 1.2), colour)


def _leaf(
    rng: np.random.Generator, canvas: Canvas, base: np.ndarray, turn: float, length: float, colour: np.ndarray
) -> None:
    """One leaf with a rib, its two halves lit differently."""
    direction = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-direction[1], direction[0]])
    steps = np.linspace(0, 1, 8)[:, None]
    rib = base + steps * length * direction + 0.15 * length * steps**2 * np.array([0.0, 1.0])
    half = length * rng.uniform(0.16, 0.3) * np.sin(np.pi * steps**0.8)
    light = np.float32(rng.uniform(0.5, 1.4))
    for sign, shade in ((1, 1.0), (-1, 0.72)):
        canvas.fill([np.concatenate([rib, (rib + sign * half * across)[::-1]])], colour * light * np.float32(shade))


def _pole(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """A post or trunk from the picture's top to its bottom."""
    radius = rng.uniform(0.03, 0.13) * frame.width
    top, bottom = frame.at(rng.uniform(0.05, 0.95), 0)[0], rng.normal(0, 0.03) * canvas.width
    ends = np.array([top, -radius - 2]), np.array([top + bottom, canvas.height + radius + 2])
    canvas.limb(ends, (radius, radius * rng.uniform(0.9, 1.25)), _metal(rng) if rng.random() < 0.6 else _material(rng))


def _sign(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """A board with a border and lines as of writing, a little askew."""
    half = np.array([rng.uniform(0.25, 0.6) * frame.width, rng.uniform(0.06, 0.2) * frame.height])
    centre, turn = frame.at(rng.uniform(0.1, 0.9), rng.uniform(0.35, 0.9)), rng.normal(0, 0.08)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])

    def panel(low: tuple[float, float], high: tuple[float, float], colour: np.ndarray, texture: float) -> None:
        corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
        canvas.fill([centre + (corners * half) @ axes], colour, texture=texture)

    ground = _material(rng)
    ink = from_srgb(25, 25, 28) if ground.mean() > 0.25 else from_srgb(235, 232, 225)
    if rng.random() < 0.5:
        post = centre + np.array([0.0, canvas.height])
        canvas.limb((centre, post), (0.03 * frame.width, 0.03 * frame.width), _metal(rng))
    panel((-1, -1), (1, 1), ink * np.float32(0.8), 0.08)
    panel((-0.96, -0.92), (0.96, 0.92), ground, 0.12)
    for down in np.arange(-0.65, 0.6, rng.uniform(0.3, 0.5)):
        at = -0.8
        while at < 0.7:
            end = min(at + rng.uniform(0.08, 0.4), 0.85)
            panel((at, down), (end, down + 0.16), ink, 0.05)
            at = end + 0.07


def _bag(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """A bag with handles or a cardboard box, held or standing before the person."""
    half = np.array([rng.uniform(0.18, 0.4) * frame.width, rng.uniform(0.07, 0.17) * frame.height])
    centre = frame.at(rng.uniform(0.1, 0.9), rng.uniform(0.45, 0.88))
    corners = np.array([(-0.9, -1), (0.9, -1), (1, 0.85), (0.9, 1), (-0.9, 1), (-1, 0.85)]) * half + centre
    if rng.random() < 0.4:
        colour = from_hsv(rng.uniform(24, 34), rng.uniform(0.35, 0.55), rng.uniform(0.45, 0.75))
        canvas.fill([corners], colour, texture=0.1)
        lid = np.array([(-0.9, -1), (-0.65, -1.3), (0.75, -1.3), (0.9, -1)]) * half + centre
        canvas.fill([lid], colour * np.float32(1.25))
        tape = np.array([(-0.1, -1), (0.1, -1), (0.1, 1), (-0.1, 1)]) * half + centre
        canvas.fill([tape], from_srgb(200, 180, 140), opacity=0.6)
        return
    colour = sample_leather_colour(rng)
    angle = np.linspace(np.pi, 2 * np.pi, 15)
    handle = np.stack([0.45 * np.cos(angle), 1.1 * np.sin(angle) - 0.95], axis=1) * half + centre
    canvas.stroke(handle, max(0.1 * half[0], 1), colour * np.float32(0.6))
    canvas.fill([corners], colour if rng.random() < 0.6 else on_plane(sample_pattern(rng), frame.height), texture=0.2)
    flap = np.array([(-0.9, -1), (0.9, -1), (0.95, -0.3), (0, -0.05), (-0.95, -0.3)]) * half + centre
    canvas.fill([flap], colour * np.float32(0.75), texture=0.2)
    canvas.ellipse((float(centre[0]), float(centre[1] - 0.1 * half[1])), (0.08 * half[0],) * 2, _metal(rng), ball=0.5)


def _railing(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """A handrail with upright bars across the picture."""
    colour, thick = _metal(rng), rng.uniform(0.008, 0.02) * frame.height
    top, tilt = frame.at(0, rng.uniform(0.5, 0.75))[1], rng.uniform(-0.08, 0.08) * canvas.width
    gap = rng.uniform(0.1, 0.25) * frame.height
    for x in np.arange(rng.uniform(-gap, 0), canvas.width + gap, gap):
        start = np.array([x, top + tilt * (2 * x / canvas.width - 1)])
        canvas.limb((start, np.array([x, canvas.height + 5.0])), (0.7 * thick, 0.7 * thick), colour)
    for down in (0.0, rng.uniform(0.1, 0.3) * frame.height):
        ends = np.array([-5.0, top + down - tilt]), np.array([canvas.width + 5.0, top + down + tilt])
        canvas.limb(ends, (1.3 * thick, 1.3 * thick), colour)


def _bicycle(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """A bicycle from its side: two wheels, a frame of tubes, handlebar and saddle."""
    size = rng.uniform(0.17, 0.26) * frame.height
    way = rng.choice((-1.0, 1.0))
    middle = frame.at(rng.uniform(0.2, 0.8), 1.0) - (0, size)
    colour, black, thick = _material(rng), from_srgb(28, 28, 30), 0.07 * size

    def point(along: float, up: float) -> np.ndarray:
        return middle + size * np.array([way * along, -up])

    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    for along in (-1.6, 1.6):
        circle = point(along, 0) + size * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        canvas.stroke(circle, max(1.3 * thick, 1), black, closed=True)
        for spoke in turn[::4]:
            ends = [point(along, 0), point(along, 0) + size * np.array([np.cos(spoke), np.sin(spoke)])]
            canvas.stroke(np.array(ends), 0.25 * thick, _metal(rng))
    rear, pedal, seat, head, front = (-1.6, 0.0), (-0.2, -0.1), (-0.6, 1.25), (1.1, 1.3), (1.6, 0.0)
    for first, second in ((rear, pedal), (rear, seat), (pedal, seat), (pedal, head), (seat, head), (head, front)):
        canvas.limb((point(*first), point(*second)), (thick, thick), colour)
    canvas.limb((point(-0.95, 1.5), point(-0.35, 1.48)), (1.9 * thick, 1.2 * thick), black)
    canvas.stroke(np.array([point(*head), point(1.0, 1.65), point(1.35, 1.75), point(1.5, 1.55)]), thick, black)


def _ball(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """A ball, or a telephone held up."""
    centre = frame.at(rng.uniform(0.15, 0.85), rng.uniform(0.3, 0.9))
    if rng.random() < 0.6:
        radius = rng.uniform(0.09, 0.17) * frame.height
        canvas.ellipse((float(centre[0]), float(centre[1])), (radius, radius), _material(rng), ball=0.75)
        return
    half, turn = frame.height * rng.uniform(0.12, 0.2), rng.normal(0, 0.3)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    shape = np.array([(-0.48, -1), (0.48, -1), (0.52, -0.95), (0.52, 0.95), (0.48, 1), (-0.48, 1), (-0.52, 0.95)])
    canvas.fill([centre + half * (np.concatenate([shape, [(-0.52, -0.95)]]) @ axes)], _metal(rng) * np.float32(0.5))
    screen = np.array([(-0.44, -0.86), (0.44, -0.86), (0.44, 0.86), (-0.44, 0.86)])
    canvas.fill([centre + half * (screen @ axes)], sample_cloth_colour(rng), texture=0.3)


def _umbrella(rng: np.random.Generator, canvas: Canvas, frame: Frame) -> None:
    """An open umbrella or parasol, seen from its side: ribs, scalloped rim and shaft."""
    radius = rng.uniform(0.35, 0.75) * frame.width
    centre = frame.at(rng.uniform(0.0, 1.0), rng.uniform(0.25, 0.7))
    rise, cloth, second = rng.uniform(0.35, 0.7), sample_cloth_colour(rng), sample_cloth_colour(rng)
    canvas.limb((centre, centre + np.array([0.0, 2.2 * radius])), (0.025 * radius, 0.025 * radius), _metal(rng))
    ribs = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 7))
    two = rng.random() < 0.4
    for i, (left, right) in enumerate(pairwise(ribs)):
        angle = np.linspace(0, np.pi / 2, 9)
        edges = [np.stack([across * np.sin(angle), -rise * np.cos(angle)], axis=1) for across in (left, right)]
        rim = np.array([((left + right) / 2, -0.1 * rise)])
        segment = np.concatenate([edges[0], rim, edges[1][::-1]])
        light = np.float32(1.15 - 0.12 * i)
        canvas.fill([centre + radius * segment], (second if two and i % 2 else cloth) * light, texture=0.12)


#: Every kind of occluder by its name.
OCCLUDERS: Final[dict[str, Callable[[np.random.Generator, Canvas, Frame], None]]] = {
    'counter': _counter,
    'table': _table,
    'chair': _chair,
    'leaves': _leaves,
    'pole': _pole,
    'sign': _sign,
    'bag': _bag,
    'railing': _railing,
    'bicycle': _bicycle,
    'ball': _ball,
    'umbrella': _umbrella,
}
