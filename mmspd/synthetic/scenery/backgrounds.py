"""Drawn backgrounds: rooms, streets, facades, parks and studios, with clutter in the colours of clothes and skin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mmspd.synthetic.chance import choose
from mmspd.synthetic.paint.cloth import sample_pattern
from mmspd.synthetic.paint.colours import from_hsv, sample_cloth_colour, sample_skin_colour
from mmspd.synthetic.paint.noise import noise_field
from mmspd.synthetic.scenery.canvas import Canvas, plane
from mmspd.synthetic.scenery.floors import soft_floor
from mmspd.synthetic.scenery.outdoors import draw_facade, draw_park, draw_street
from mmspd.synthetic.scenery.rooms import draw_room
from mmspd.synthetic.scenery.views import View, on_plane

#: How often each kind of scene is drawn.
SCENE_SHARES: Final = {'room': 0.42, 'street': 0.16, 'facade': 0.16, 'park': 0.16, 'studio': 0.04, 'clutter': 0.06}
#: How often a scene is out of focus, and the largest blur's deviation as a share of the picture's smaller side.
# Of the camera that a scene can be drawn for: focal length as a share of the larger side, person's distance in metres.
LEAST_FOCAL: Final = 0.1
FARTHEST: Final = 50.0
DEFOCUS_SHARE: Final = 0.5
DEFOCUS_LARGEST: Final = 0.012
_ALBEDO_RANGE: Final = (0.004, 0.97)  # nothing is as black or as white as 0 and 1


@dataclass(frozen=True)
class Background:
    """What is behind a person.

    Args:
        image (np.ndarray): float32 (H, W, 3), linear light, B, G, R, in 0..1.
        floor (np.ndarray): bool (H, W), where the floor is seen: a person's shadow falls there.
    """

    image: np.ndarray
    floor: np.ndarray


def _draw_studio(rng: np.random.Generator, view: View) -> None:
    """Paint a paper backdrop, which runs smoothly into the floor, lit in the middle."""
    canvas = view.canvas
    paper = from_hsv(rng.uniform(0, 360), rng.choice((0.03, 0.35)), rng.uniform(0.25, 0.95))
    canvas.rectangle((-1, -1), (canvas.width + 1.0, canvas.height + 1.0), paper, texture=0.03)
    view.floor(soft_floor(paper, 0.3, 0.03), farthest=float(rng.uniform(3, 5)))
    x = np.linspace(-1, 1, canvas.width, dtype=np.float32) - np.float32(rng.uniform(-0.4, 0.4))
    y = np.linspace(-1, 1, canvas.height, dtype=np.float32)[:, None]
    canvas.planes *= 1.05 - np.float32(rng.uniform(0.1, 0.5)) * np.minimum(x * x + 0.7 * y * y, 1.2)


def _draw_clutter(rng: np.random.Generator, view: View) -> None:
    """Paint noise, patterned patches and limb-like shapes with no sense to them: the hardest distractors."""
    canvas = view.canvas
    size = canvas.height, canvas.width
    first, second = (plane(sample_cloth_colour(rng)) for _ in range(2))
    share = 0.5 + 0.5 * noise_field(rng, *size, max(20 * canvas.unit, 1))
    canvas.blend((slice(0, size[0]), slice(0, size[1])), np.ones(size, np.float32), first + share * (second - first))
    room = np.array([canvas.width, canvas.height])
    for _ in range(int(rng.integers(4, 10))):
        centre = rng.uniform(-0.1, 1.1, size=2) * room
        paint = on_plane(sample_pattern(rng), 100 * canvas.unit * rng.uniform(0.5, 1.5))
        corners = centre + rng.uniform(-0.28, 0.28, size=(int(rng.integers(3, 6)), 2)) * room
        canvas.fill([cv2.convexHull(corners.astype(np.float32))[:, 0]], paint, texture=0.15)
    for _ in range(int(rng.integers(3, 9))):
        start, turn = rng.uniform(0, 1, size=2) * room, rng.uniform(0, 2 * np.pi)
        end = start + rng.uniform(10, 40) * canvas.unit * np.array([np.cos(turn), np.sin(turn)])
        radius = rng.uniform(1.5, 5) * canvas.unit
        colour = sample_skin_colour(rng) if rng.random() < 0.5 else sample_cloth_colour(rng)
        canvas.limb((start, end), (radius, radius * rng.uniform(0.5, 1)), colour)


_DRAW: Final[dict[str, Callable[[np.random.Generator, View], None]]] = {
    'room': draw_room,
    'street': draw_street,
    'facade': draw_facade,
    'park': draw_park,
    'studio': _draw_studio,
    'clutter': _draw_clutter,
}


def _finish(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Light that is not the same everywhere, and defocus: float32 (H, W, 3)."""
    height, width = image.shape[:2]
    lights = np.exp(rng.normal(0, 0.16, size=(3, 3))).astype(np.float32)
    image *= cv2.resize(lights, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    if rng.random() < DEFOCUS_SHARE:
        sigma = float(rng.uniform(0.1, 1)) ** 2 * DEFOCUS_LARGEST * min(height, width)
        if sigma > 0.25:
            image = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    return np.clip(image, *_ALBEDO_RANGE)


def draw_background(
    rng: np.random.Generator,
    height: int,
    width: int,
    horizon: float,
    focal: float | None = None,
    eye_height: float = 1.5,
    distance: float = 3.0,
) -> Background:
    """Draw a random scene.

    Args:
        rng (np.random.Generator): The only source of randomness: the same state gives the same bytes.
        height (int): Of the picture, pixels, at least 1.
        width (int): Of the picture, pixels, at least 1.
        horizon (float): Row of the eye level; the floor is below it. May be outside the picture.
        focal (float | None): Focal length in pixels, at least a tenth of the larger side. None: 1.3 times that side.
        eye_height (float): Of the camera above the floor, metres, positive.
        distance (float): Depth of the person, metres, 0 to 50; walls and furniture stand behind it.

    Returns:
        Background: The picture, and where the floor is seen.

    Raises:
        ValueError: If a size, length or distance is out of its range, or a number is not finite.
    """
    if height < 1 or width < 1:
        raise ValueError(f'a background needs at least 1x1 pixels, got {width}x{height} (width x height)')
    focal = 1.3 * max(height, width) if focal is None else float(focal)
    least = LEAST_FOCAL * max(height, width)
    if not (
        np.isfinite([horizon, focal, eye_height]).all() and focal >= least and eye_height > 0 <= distance <= FARTHEST
    ):
        raise ValueError(
            f'a background needs a finite horizon, a focal length of at least {least} pixels, an eye height above 0 '
            f'and a distance of 0 to {FARTHEST} m, got horizon {horizon}, focal {focal}, eye_height {eye_height}, '
            f'distance {distance}'
        )
    scene = choose(rng, SCENE_SHARES)
    canvas = Canvas(rng, height, width)
    centre = float(rng.uniform(0.35, 0.65)) * width
    _DRAW[scene](rng, View(canvas, float(horizon), focal, float(eye_height), centre, float(distance)))
    image = np.ascontiguousarray(canvas.planes.transpose(1, 2, 0))
    return Background(_finish(rng, image), canvas.floor)
