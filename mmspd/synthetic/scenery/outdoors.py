"""Outdoor scenes: streets, facades, parks and beaches under a sky."""

from itertools import pairwise

import numpy as np

from mmspd.synthetic.paint.cloth import sample_pattern
from mmspd.synthetic.paint.colours import from_hsv, from_srgb, sample_cloth_colour
from mmspd.synthetic.paint.noise import noise_field
from mmspd.synthetic.scenery.canvas import plane
from mmspd.synthetic.scenery.floors import brick_wall, sample_outdoor_ground
from mmspd.synthetic.scenery.views import View, draw_foliage, draw_passer_by, draw_post, on_plane, sample_leaf_colour


def draw_sky(rng: np.random.Generator, view: View) -> None:
    """Paint the whole picture as sky: blue or overcast, paler towards the horizon, with clouds."""
    canvas = view.canvas
    high = from_hsv(rng.uniform(205, 225), rng.uniform(0.0, 0.6), rng.uniform(0.7, 0.95))
    low = from_hsv(rng.choice((35.0, 210.0)), rng.uniform(0.0, 0.12), rng.uniform(0.88, 1.0))
    rows = np.arange(canvas.height, dtype=np.float32)[:, None]
    share = np.clip((np.float32(view.horizon) - rows) / (0.8 * view.focal), 0, 1)
    size = canvas.height, canvas.width
    clouds = noise_field(rng, *size, 0.35 * view.focal) + 0.5 * noise_field(rng, *size, 0.12 * view.focal)
    clouds = np.clip(clouds * rng.uniform(0.4, 1.2), 0, 0.8)
    sky = plane(low) + share * (plane(high) - plane(low))
    sky = sky + clouds * (np.float32(0.85) - sky)
    canvas.blend((slice(0, canvas.height), slice(0, canvas.width)), np.ones(size, np.float32), sky)


def _windows(
    view: View, corner: np.ndarray, along: np.ndarray, height: float, grid: tuple[float, float], lowest: float
) -> list[np.ndarray]:
    """Pixels (N, 4, 2) of a grid of windows on an upright wall.

    Args:
        view (View): The camera.
        corner (np.ndarray): (3,), the wall's first lower corner.
        along (np.ndarray): (3,), from there to its other lower corner.
        height (float): Of the wall, metres.
        grid (tuple[float, float]): Distance of windows along and up, metres.
        lowest (float): Height of the lowest row, metres.
    """
    length = float(np.linalg.norm(along))
    columns, rows = max(int(length / grid[0]), 1), max(int((height - lowest) / grid[1]), 1)
    i, j = np.meshgrid(np.arange(min(columns, 14)), np.arange(min(rows, 10)))
    share = (i.ravel()[:, None] + np.array([0.22, 0.78, 0.78, 0.22])) / columns
    up = lowest + grid[1] * (j.ravel()[:, None] + np.array([0.2, 0.2, 0.78, 0.78]))
    points = corner + share[..., None] * along + up[..., None] * np.array([0.0, 1.0, 0.0])
    return list(view.project(points.reshape(-1, 3)).reshape(-1, 4, 2))


def _draw_building(
    rng: np.random.Generator, view: View, low: tuple[float, float], high: tuple[float, float], height: float
) -> None:
    """Paint a building between the corners (X, Z), with windows on the faces that are seen."""
    (x1, z1), (x2, z2) = low, high
    wall = from_hsv(rng.uniform(10, 50), rng.uniform(0.02, 0.4), rng.uniform(0.4, 0.9))
    glass = from_hsv(rng.uniform(200, 230), rng.uniform(0.0, 0.3), rng.uniform(0.12, 0.6))
    view.box(np.array([x1, 0, z1]), np.array([x2, height, z2]), wall, texture=0.08)
    grid, lowest = (float(rng.uniform(1.6, 3.5)), float(rng.uniform(2.8, 3.6))), float(rng.uniform(0.3, 3.5))
    front = _windows(view, np.array([x1, 0, z1]), np.array([x2 - x1, 0, 0]), height, grid, lowest)
    view.canvas.fill(front, glass, texture=0.2)
    if x1 > 0 or x2 < 0:
        x = x1 if x1 > 0 else x2
        side = _windows(view, np.array([x, 0, z1]), np.array([0, 0, z2 - z1]), height, grid, lowest)
        view.canvas.fill(side, glass * np.float32(0.8), texture=0.2)


def _draw_tree(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    height, colour, scale = rng.uniform(3.5, 9), sample_leaf_colour(rng), view.scale(z)
    bark = from_hsv(rng.uniform(18, 40), rng.uniform(0.15, 0.45), rng.uniform(0.2, 0.4))
    ends = np.array(view.pixel(x, 0, z)), np.array(view.pixel(x + rng.normal(0, 0.2), 0.65 * height, z))
    view.canvas.limb(ends, (0.03 * height * scale, 0.015 * height * scale), bark)
    for _ in range(2):
        centre = view.pixel(x + rng.normal(0, 0.09 * height), height * rng.uniform(0.58, 0.8), z)
        radii = rng.uniform(0.2, 0.32) * height * scale, rng.uniform(0.18, 0.28) * height * scale
        draw_foliage(view.canvas, centre, radii, colour, max(0.07 * scale, 1.5))


def _draw_hedge(rng: np.random.Generator, view: View, z: float, height: float) -> None:
    """A row of bushes, or a far edge of a wood, at depth ``z``."""
    colour, (left, right), scale = sample_leaf_colour(rng), view.visible_x(z), view.scale(z)
    count = int(rng.integers(3, 6))
    for x in np.linspace(left, right, count):
        tall = height * rng.uniform(0.7, 1.2)
        radii = 0.75 * (right - left) / count * scale, 0.62 * tall * scale
        draw_foliage(view.canvas, view.pixel(x, 0.42 * tall, z), radii, colour, max(0.07 * scale, 1.5))


def _draw_car(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    """A parked car, seen from its side."""
    canvas, scale = view.canvas, view.scale(z)
    paint = from_hsv(rng.uniform(0, 360), rng.choice((0.04, 0.6), p=(0.7, 0.3)), rng.uniform(0.15, 0.95))
    length, way = rng.uniform(3.6, 4.6), rng.choice((-1, 1))

    def outline(*corners: tuple[float, float]) -> np.ndarray:
        points = [(x + (way * (along - 0.5) + 0.5) * length, up, z) for along, up in corners]
        return view.project(np.array(points))

    view.shadow(x, x + length, z, 0.9)
    cabin = outline((0.17, 0.85), (0.3, 1.4), (0.36, 1.46), (0.68, 1.46), (0.74, 1.4), (0.95, 0.85))
    canvas.fill([cabin], paint, texture=0.12)
    glass = (
        outline((0.23, 0.9), (0.33, 1.36), (0.52, 1.38), (0.52, 0.9)),
        outline((0.55, 0.9), (0.55, 1.38), (0.7, 1.34), (0.86, 0.9)),
    )
    canvas.fill(glass, from_srgb(45, 55, 62), texture=0.25)
    body = [(0, 0.3), (0.01, 0.7), (0.05, 0.8), (0.2, 0.9), (0.95, 0.92), (0.99, 0.8), (1, 0.32)]
    canvas.fill([outline(*body)], paint, texture=0.12)
    canvas.fill([outline((0, 0.25), (0, 0.38), (1, 0.38), (1, 0.25))], paint * np.float32(0.35))
    for along in (0.19, 0.8):
        wheel = tuple(outline((along, 0.31))[0])
        canvas.ellipse(wheel, (0.32 * scale, 0.32 * scale), np.full(3, 0.01))
        canvas.ellipse(wheel, (0.19 * scale, 0.19 * scale), np.full(3, 0.3), ball=0.5)


def _draw_fence(rng: np.random.Generator, view: View, z: float) -> None:
    """Upright bars or boards across the picture at depth ``z``."""
    colour = from_hsv(rng.uniform(15, 40), rng.uniform(0, 0.5), rng.uniform(0.15, 0.9))
    left, right = view.visible_x(z)
    height, gap = rng.uniform(0.9, 1.6), max(rng.uniform(0.12, 0.3), (right - left) / 60)
    wide = gap * rng.choice((0.15, 0.85))
    for x in np.arange(left - gap, right, gap):
        corners = [(x, 0.03), (x + wide, 0.03), (x + wide, height), (x, height)]
        view.canvas.fill([view.project(np.array([(*corner, z) for corner in corners]))], colour, texture=0.12)
    for up in (0.2, 0.85):
        view.panel((left, up * height), (right, up * height + 0.05), z, colour * np.float32(0.85))


def _draw_sign(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    """A post with a sign on it."""
    height, half = rng.uniform(1.8, 3.0), rng.uniform(0.18, 0.35)
    draw_post(view, x, z, height, 0.035, from_srgb(140, 142, 145))
    colour = from_hsv(rng.choice((0.0, 215.0, 50.0, 130.0)), rng.uniform(0.0, 0.85), rng.uniform(0.6, 0.9))
    if rng.random() < 0.5:
        radius = half * view.scale(z)
        view.canvas.ellipse(view.pixel(x, height, z), (radius, radius), colour)
        view.canvas.ellipse(view.pixel(x, height, z), (0.72 * radius, 0.72 * radius), from_srgb(235, 235, 232))
    else:
        view.panel((x - half, height - half), (x + half, height + half), z, colour)
        view.panel((x - 0.7 * half, height - 0.2 * half), (x + 0.7 * half, height + 0.2 * half), z, colour * 0.3)


def _draw_shop(rng: np.random.Generator, view: View, x: float, z: float) -> None:
    """A shop window with an awning and goods in it."""
    width = rng.uniform(1.5, 3.5)
    view.panel((x - 0.1, 0), (x + width + 0.1, 2.6), z, from_hsv(rng.uniform(0, 360), 0.4, rng.uniform(0.15, 0.5)))
    view.panel((x, 0.45), (x + width, 2.3), z, from_srgb(62, 66, 72), texture=0.3)
    for at in np.arange(x + 0.1, x + width - 0.3, 0.4):
        if rng.random() < 0.6:
            tall = rng.uniform(0.2, 1.2)
            view.panel((at, 0.5), (at + rng.uniform(0.1, 0.35), 0.5 + tall), z, sample_cloth_colour(rng), texture=0.2)
    awning = [view.pixel(x + dx, y, z - back) for dx, y, back in ((-0.1, 2.7, 0), (width + 0.1, 2.7, 0))]
    awning += [view.pixel(x + dx, 2.25, z - 0.7) for dx in (width + 0.1, -0.1)]
    view.canvas.fill([np.array(awning)], on_plane(sample_pattern(rng), view.scale(z) / 3), texture=0.1)


def _along(rng: np.random.Generator, view: View, z: float, span: float) -> float:
    """A random X at which something ``span`` metres wide is at least partly in the picture."""
    left, right = view.visible_x(z)
    return float(rng.uniform(left - 0.6 * span, right - 0.4 * span))


def _scatter(rng: np.random.Generator, view: View, count: int, reach: float, shares: tuple[float, ...]) -> None:
    """Paint cars, trees, signs and people up to ``reach`` metres behind the person, the far ones first.

    ``shares`` are the probabilities of these four; people keep 2 m away, so that nobody takes one for the other.
    """
    kinds = rng.choice(4, size=count, p=shares)
    depths = view.distance + rng.uniform(np.where(kinds == 3, 2.0, 0.5), reach)
    for i in np.argsort(-depths):
        draw = (_draw_car, _draw_tree, _draw_sign, draw_passer_by)[kinds[i]]
        z = float(depths[i])
        draw(rng, view, _along(rng, view, z, 3.0 if draw is _draw_car else 1.0), z)


def draw_street(rng: np.random.Generator, view: View) -> None:
    """Paint a street that leads away, between buildings, with cars, trees, signs and people."""
    draw_sky(rng, view)
    view.floor(sample_outdoor_ground(rng, 'asphalt'))
    half = float(rng.uniform(2.5, 7))
    kerb, line = sample_outdoor_ground(rng, 'paving'), from_srgb(210, 210, 205)
    shift = float(rng.uniform(-2, 2))
    far, near = 70.0, 0.5
    for sign in (-1, 1):
        inner, outer = shift + sign * 0.55 * half, shift + sign * 30
        strip = view.project(np.array([(inner, 0.1, near), (inner, 0.1, far), (outer, 0.1, far), (outer, 0.1, near)]))
        stone = kerb(np.zeros((1, 2), np.float32), np.full(1, 9, np.float32))[0]
        floor = view.canvas.floor.copy()
        view.canvas.fill([strip], stone, texture=0.1)
        view.canvas.floor |= floor  # the pavement is floor, too
    for z in np.arange(4, 40, 4):
        dash = [(shift - 0.06, 0, z), (shift + 0.06, 0, z), (shift + 0.06, 0, z + 2), (shift - 0.06, 0, z + 2)]
        view.canvas.fill([view.project(np.array(dash))], line, opacity=0.7)
    edges = np.cumsum([float(rng.uniform(5, 10)), *rng.uniform(7, 18, size=4)])
    for z1, z2 in reversed(list(pairwise(edges))):
        for sign in (-1, 1):
            if rng.random() < 0.85:
                wall = shift + sign * half * rng.uniform(0.95, 1.1)
                x1, x2 = (wall, wall + 12) if sign > 0 else (wall - 12, wall)
                _draw_building(rng, view, (x1, z1), (x2, z2 - 0.3), rng.uniform(5, 22))
    _scatter(rng, view, int(rng.integers(3, 11)), 14.0, (0.25, 0.18, 0.12, 0.45))


def draw_facade(rng: np.random.Generator, view: View) -> None:
    """Paint the front of a house a few metres away, with shops, windows and what stands before it."""
    draw_sky(rng, view)
    z = view.distance + float(rng.uniform(0.5, 5))
    view.floor(sample_outdoor_ground(rng, 'paving' if rng.random() < 0.7 else 'asphalt'), z)
    left, right = view.visible_x(z)
    left, right = left - 0.5, right + 0.5
    height = float(rng.uniform(3.2, 9))
    view.panel((left, 0), (right, height), z, brick_wall(rng, view, z))
    glass = from_hsv(215, rng.uniform(0, 0.3), rng.uniform(0.12, 0.6))
    grid = float(rng.uniform(1.4, 2.6)), float(rng.uniform(2.6, 3.2))
    shops = rng.random() < 0.45
    panes = _windows(view, np.array([left, 0, z]), np.array([right - left, 0, 0]), height, grid, 3.0 if shops else 0.5)
    view.canvas.fill(panes, glass, texture=0.25)
    if shops:
        at = left + rng.uniform(-1, 1)
        while at < right:
            _draw_shop(rng, view, at, z)
            at += rng.uniform(2.5, 5)
    elif rng.random() < 0.5:
        at = _along(rng, view, z, 1.0)
        view.panel((at, 0), (at + 1.0, 2.1), z, sample_cloth_colour(rng), texture=0.1)
    for at in sorted(rng.uniform(view.distance, z - 0.1, size=int(rng.integers(1, 6))), reverse=True):
        # People stay well behind the person, so that nobody takes one for the other.
        walks = at > view.distance + 1.5 and rng.random() < 0.4
        draw = draw_passer_by if walks else (_draw_sign, _draw_car)[int(rng.random() < 0.35)]
        draw(rng, view, _along(rng, view, float(at), 1.0), float(at))


def draw_park(rng: np.random.Generator, view: View) -> None:
    """Paint grass or sand before trees, hedges, a fence or the sea."""
    draw_sky(rng, view)
    ground = str(rng.choice(('grass', 'sand', 'paving', 'asphalt'), p=(0.6, 0.15, 0.15, 0.1)))
    if ground == 'sand' and rng.random() < 0.6:
        water = [(-400, 0, 300), (400, 0, 300), (400, 0, 14), (-400, 0, 14)]
        view.floor(sample_outdoor_ground(rng, ground))
        view.canvas.fill([view.project(np.array(water))], from_hsv(205, rng.uniform(0.3, 0.6), 0.6), texture=0.12)
    else:
        view.floor(sample_outdoor_ground(rng, ground))
        _draw_hedge(rng, view, view.distance + 32.0, rng.uniform(4, 12))
        if rng.random() < 0.3:  # a path
            x = float(rng.uniform(-4, 4))
            path = [(x - 0.8, 0, 0.5), (x + 0.8, 0, 0.5), (x + 1.5, 0, 30), (x + 0.5, 0, 30)]
            view.canvas.fill([view.project(np.array(path))], from_srgb(170, 160, 145), texture=0.15)
    if rng.random() < 0.35:
        _draw_hedge(rng, view, view.distance + float(rng.uniform(2, 8)), rng.uniform(0.8, 2.2))
    _scatter(rng, view, int(rng.integers(1, 7)), 16.0, (0.0, 0.65, 0.1, 0.25))
    if rng.random() < 0.3:
        _draw_fence(rng, view, view.distance + float(rng.uniform(0.5, 5)))
