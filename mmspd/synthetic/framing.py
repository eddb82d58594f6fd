"""Where the camera stands, and how it is zoomed so that a person fills the picture as in LIP's crops."""

from typing import Final

import numpy as np

from mmspd.anatomy import JOINTS
from mmspd.synthetic.camera import Camera

__all__ = ['MARGINS', 'NEAREST', 'frame_person']

#: Least and largest margin beside the person, as shares of the picture's side that limits the zoom.
MARGINS: Final = (0.02, 0.12)
#: No point of the person is nearer to the camera, metres: nearer, faces and hands look grotesque.
NEAREST: Final = 1.2
_ROLL: Final = np.deg2rad(2.0)  # standard deviation
_ASIDE: Final = 0.25  # metres, standard deviation of what the camera looks at from the person's middle


def frame_person(
    rng: np.random.Generator,
    points: np.ndarray,
    joints: np.ndarray,
    height: int,
    width: int,
    *,
    camera_height: tuple[float, float] = (0.5, 2.0),
    distance: tuple[float, float] = (2.0, 8.0),
    cut_legs: bool = False,
    cut_head: bool = False,
) -> Camera:
    """A camera at -y of a person that sees them fill the picture.

    Args:
        rng (np.random.Generator): Source of place, roll, margins and cuts.
        points (np.ndarray): float (N, 3), of the posed person, metres, the ground at z = 0.
        joints (np.ndarray): float (16, 3), in the order of ``JOINTS``.
        height (int): Of the picture, pixels.
        width (int): Of the picture, pixels.
        camera_height (tuple): Lowest and highest camera, metres above the ground.
        distance (tuple): Nearest and farthest camera, metres on the ground from the person's middle; farther if a point
            would be nearer than ``NEAREST``.
        cut_legs (bool): End the picture between hips and ankles. Nothing is cut if no ankle is well below the hips in
            the picture, as of a person who lies.
        cut_head (bool): Begin the picture between eyes and thorax. Nothing is cut if the eyes are not well above the
            thorax in the picture, or if the legs are cut and the person is too wide for what is left.

    Returns:
        Camera: All points are in the picture but those beyond a cut. On the side that limits the zoom each margin is
        within ``MARGINS``; on the other it is at least their first.

    Raises:
        ValueError: If there are no points, or one is not finite.
    """
    if points.ndim != 2 or points.shape[1:] != (3,) or len(points) == 0 or not np.isfinite(points).all():
        raise ValueError(f'expected points (N, 3) of a person, finite and at least one, got shape {points.shape}')
    camera, pixels = _stand(rng, points, rng.uniform(*camera_height), rng.uniform(*distance))
    top, bottom = _cuts(rng, camera.project(joints)[0], cut_head, cut_legs)
    margins, leftover = rng.uniform(*MARGINS, size=4), rng.uniform(0.25, 0.75, size=2)
    size = np.array([width, height], np.float64)
    focal, first = _fit(pixels, size, margins, leftover, top, bottom)
    if top is not None and bottom is not None and size[1] / focal > (bottom - top) * (1 + 1e-9):
        focal, first = _fit(pixels, size, margins, leftover, None, bottom)
    # The picture begins at the edge of the first pixel, half a pixel before its centre.
    centre = -focal * first - 0.5
    return Camera(camera.position, camera.rotation, float(focal), (float(centre[0]), float(centre[1])))


def _stand(rng: np.random.Generator, points: np.ndarray, height: float, distance: float) -> tuple[Camera, np.ndarray]:
    """A camera of focal length 1, its axis at (0, 0), that looks at about the middle of the points; their pixels."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    target = middle + rng.normal(0, _ASIDE, size=3) * [1.0, 0.0, 0.5]
    roll = float(rng.normal(0, _ROLL))
    while True:
        position = np.array([middle[0], middle[1] - distance, height])
        camera = Camera.look(position, target, roll, 1.0, (0.0, 0.0))
        pixels, depth = camera.project(points)
        if depth.min() >= NEAREST:
            return camera, pixels
        distance = 1.05 * distance + 0.05


def _cuts(
    rng: np.random.Generator, joints: np.ndarray, cut_head: bool, cut_legs: bool
) -> tuple[float | None, float | None]:
    """First and last row of the picture, in a camera of focal length 1, of projected joints float64 (16, 2); None
    where nothing is cut.
    """
    at = dict(zip(JOINTS, joints, strict=True))
    shares = rng.uniform([0.0, 0.15], [0.9, 0.85])
    eyes = (at['head_top'] + at['upper_neck']) / 2
    below_eyes = at['thorax'] - eyes
    upright = below_eyes[1] > 0.5 * np.linalg.norm(below_eyes)
    top = float(eyes[1] + shares[0] * below_eyes[1]) if cut_head and upright else None
    hips = max(at['left_hip'][1], at['right_hip'][1])
    # Neither a raised leg nor those of who lies are what a picture ends at.
    least = hips + 0.3 * np.linalg.norm(at['thorax'] - at['pelvis'])
    ankles = sorted(row for row in (at['left_ankle'][1], at['right_ankle'][1]) if row > least)
    bottom = float(hips + shares[1] * (ankles[0] - hips)) if cut_legs and ankles else None
    return top, bottom


def _fit(
    pixels: np.ndarray,
    size: np.ndarray,
    margins: np.ndarray,
    leftover: np.ndarray,
    top: float | None,
    bottom: float | None,
) -> tuple[float, np.ndarray]:
    """Focal length, and x, y of the picture's first corner in a camera of focal length 1.

    Args:
        pixels (np.ndarray): float64 (N, 2), the person in a camera of focal length 1.
        size (np.ndarray): float64 (2,), width and height in pixels.
        margins (np.ndarray): float64 (4,), shares of the picture left, above, right, below.
        leftover (np.ndarray): float64 (2,), share of the room that is left over which goes to the first margin.
        top (float | None): Row at which the picture begins.
        bottom (float | None): Row at which the picture ends.
    """
    margins = margins.copy()
    above = -np.inf if top is None else top
    below = np.inf if bottom is None else bottom
    kept = pixels[(pixels[:, 1] >= above) & (pixels[:, 1] <= below)]
    kept = kept if len(kept) else pixels
    low, high = kept.min(axis=0), kept.max(axis=0)
    if top is not None:
        low[1], margins[1], leftover = top, 0.0, np.array([leftover[0], 0.0])
    if bottom is not None:
        high[1], margins[3], leftover = bottom, 0.0, np.array([leftover[0], 1.0])
    extent = np.maximum(high - low, 1e-6)
    focal = float((size * (1 - margins[:2] - margins[2:]) / extent).min())
    room = size / focal - extent - (margins[:2] + margins[2:]) * size / focal
    return focal, low - margins[:2] * size / focal - leftover * room
