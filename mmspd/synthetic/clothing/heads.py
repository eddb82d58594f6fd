"""The skull of a person in polar coordinates, on which hats and hair sit.

Angles are radians: ``theta`` from the crown, ``phi`` around it from the forehead towards the person's left ear. The
axis leans back, so that ``theta`` of a quarter turn runs from the middle of the forehead over the ears to the nape, as
the rim of a hat does.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody
from mmspd.synthetic.bodies.landmarks import landmarks
from mmspd.synthetic.bodies.probes import Probes, cast_probes
from mmspd.synthetic.clothing.lofts import gaussian_blur

__all__ = ['AROUND', 'Head', 'measure_head', 'phis']

AROUND: Final = 48
_RINGS: Final = 22
_LOWEST: Final = np.deg2rad(138)
_FIRST: Final = 0.02  # angle of the first row
_EQUATOR: Final = round((np.pi / 2 - _FIRST) / (_LOWEST - _FIRST) * (_RINGS - 1))
_CENTRE: Final = (0.0, -0.055, 1.70)  # on the mean body
_LEAN: Final = np.deg2rad(15)
_UP: Final = np.array([0.0, np.sin(_LEAN), np.cos(_LEAN)])
_AHEAD: Final = np.array([0.0, -np.cos(_LEAN), np.sin(_LEAN)])
_LEFT: Final = np.array([1.0, 0.0, 0.0])


def phis() -> np.ndarray:
    """Angles float64 (AROUND,) of the columns, from 0 (front) over the left; a column is its mirror's opposite."""
    return np.arange(AROUND) * (2 * np.pi / AROUND)


def _directions(theta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Unit vectors float64 (..., 3)."""
    outward = np.cos(phi)[..., None] * _AHEAD + np.sin(phi)[..., None] * _LEFT
    return np.sin(theta)[..., None] * outward + np.cos(theta)[..., None] * _UP


@lru_cache(maxsize=4)
def _probes(model: BodyModel) -> tuple[Probes, Probes, np.ndarray]:
    """Probes of skull and ears, (rings, AROUND) each, and metres above the hairline there, float32."""
    grid = np.meshgrid(np.linspace(_FIRST, _LOWEST, _RINGS), phis(), indexing='ij')
    towards = _directions(*grid).reshape(-1, 3)
    origins = np.broadcast_to(_CENTRE, towards.shape)
    faces = np.concatenate([model.faces['skin'], model.faces['cavities']])
    faces = faces[model.template[faces, 2].min(axis=1) > 1.4]
    skull, outer = (cast_probes(model, faces, origins, towards, last) for last in (False, True))
    return skull, outer, skull.at(landmarks(model).above_hairline).reshape(_RINGS, AROUND)


@dataclass(frozen=True)
class Head:
    """Polar radii of a person's head.

    Args:
        centre (np.ndarray): float64 (3,).
        places (np.ndarray): float64 (rings, AROUND, 3), on the skull, near the nominal angles.
        skull (np.ndarray): float64 (rings, AROUND), metres from the centre to them.
        ears (np.ndarray): float64 (rings, AROUND), to the outermost skin: the same but at the ears.
        above_hairline (np.ndarray): float32 (rings, AROUND), metres on the mean body.
        size (float): Of this head in units of the mean one's.
        bone (int): The head bone.
    """

    centre: np.ndarray
    places: np.ndarray
    skull: np.ndarray
    ears: np.ndarray
    above_hairline: np.ndarray
    size: float
    bone: int

    @property
    def thetas(self) -> np.ndarray:
        """Angles float64 (rings,) of the rows of ``skull``."""
        return np.linspace(_FIRST, _LOWEST, _RINGS)

    def sample(self, values: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Values (rings, AROUND) at angles (R, AROUND) of each column, linear in between: float64 (R, AROUND)."""
        row = np.clip((theta - _FIRST) / (_LOWEST - _FIRST) * (_RINGS - 1), 0, _RINGS - 1.001)
        low = row.astype(np.int64)
        share = row - low
        columns = np.arange(AROUND)
        return values[low, columns] * (1 - share) + values[low + 1, columns] * share

    def points(self, theta: np.ndarray, radius: np.ndarray) -> np.ndarray:
        """Places float64 (R, AROUND, 3) at angles and radii, each (R, AROUND)."""
        return self.centre + radius[..., None] * _directions(theta, np.broadcast_to(phis(), theta.shape))

    def cylinder(self, radius: np.ndarray, height: np.ndarray) -> np.ndarray:
        """Places float64 (R, AROUND, 3) at distances from the head's axis and heights along it, each (R, AROUND)."""
        outward = np.cos(phis())[:, None] * _AHEAD + np.sin(phis())[:, None] * _LEFT
        return self.centre + radius[..., None] * outward + height[..., None] * _UP


def measure_head(model: BodyModel, rest: RestBody) -> Head:
    """The head of a body at rest."""
    skull, outer, above = _probes(model)
    points = skull.at(rest.vertices).reshape(_RINGS, AROUND, 3).astype(np.float64)
    centre = points[_EQUATOR].mean(axis=0)
    radius = np.linalg.norm(points - centre, axis=2)
    # Bumps of single faces of the mesh are none of a hat or of hair.
    blur = gaussian_blur(AROUND, 0.7, closed=True)
    ears = np.linalg.norm(outer.at(rest.vertices).reshape(_RINGS, AROUND, 3) - centre, axis=2)
    size = radius[: _EQUATOR + 1].mean() / _mean_radius(model)
    return Head(centre, points, radius @ blur.T, ears, above, float(size), model.bone('head'))


@lru_cache(maxsize=4)
def _mean_radius(model: BodyModel) -> float:
    """Mean radius of the mean body's skull above the equator, metres."""
    points = _probes(model)[0].at(model.template).reshape(_RINGS, AROUND, 3)
    return float(np.linalg.norm(points[: _EQUATOR + 1] - points[_EQUATOR].mean(axis=0), axis=2).mean())
