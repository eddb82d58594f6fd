"""Places on the skin that follow the body through all shapes, found by rays through the mean body.

What is worn is built from them: a grid of rays around a foot, a head, a neck gives a grid of places of any person's.
"""

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, Skin

__all__ = ['Probes', 'cast_probes']

# A ray along an edge, such as those in the plane of symmetry, hits one of its faces at least.
SLACK: Final = 1e-7


@dataclass(frozen=True, eq=False)
class Probes:
    """N places on faces of the body.

    Args:
        vertices (np.ndarray): int32 (N, 3), corners of the face.
        weights (np.ndarray): float32 (N, 3), share of each corner, summing to 1.
    """

    vertices: np.ndarray
    weights: np.ndarray

    def at(self, values: np.ndarray) -> np.ndarray:
        """Values float (V,) or (V, A) of the body's vertices, at the places: float (N,) or (N, A)."""
        corners = values[self.vertices]
        return np.einsum('nc,nc...->n...', self.weights, corners)

    def skin(self, model: BodyModel) -> Skin:
        """Bones and weights of the nearest corners."""
        return model.skin.take(self.vertices[np.arange(len(self.vertices)), self.weights.argmax(axis=1)])

    def mirrored(self, model: BodyModel) -> 'Probes':
        """The same places of the body's other side."""
        return Probes(model.mirror[self.vertices].astype(np.int32), self.weights)


def cast_probes(model: BodyModel, faces: np.ndarray, origins: np.ndarray, towards: np.ndarray, last: bool) -> Probes:
    """Places at which rays leave the mean body.

    Args:
        model (BodyModel): The body.
        faces (np.ndarray): int32 (F, 3), those to hit.
        origins (np.ndarray): float (N, 3), inside the body.
        towards (np.ndarray): float (N, 3), directions of any length.
        last (bool): The last of a ray's places rather than the first, such as an ear rather than the skull under it.

    Raises:
        ValueError: If a ray leaves through no face.
    """
    corners = model.template[faces].astype(np.float64)
    hit, weights = _cast(corners, origins.astype(np.float64), towards.astype(np.float64), last)
    if (hit < 0).any():
        ray = int(np.flatnonzero(hit < 0)[0])
        raise ValueError(f'ray {ray} from {origins[ray]} towards {towards[ray]} leaves the body through no given face')
    return Probes(np.ascontiguousarray(faces[hit], np.int32), weights)


@numba.njit(cache=True)
def _cast(corners: np.ndarray, origins: np.ndarray, towards: np.ndarray, last: bool) -> tuple[np.ndarray, np.ndarray]:
    """Face and corner weights where each ray leaves; Moller and Trumbore's test (1997). -1 where it does not."""
    hit = np.full(len(origins), -1, np.int64)
    weights = np.zeros((len(origins), 3), np.float32)
    for ray in range(len(origins)):
        ox, oy, oz = origins[ray]
        dx, dy, dz = towards[ray]
        best = -1.0
        for face in range(len(corners)):
            ax, ay, az = corners[face, 0]
            ux, uy, uz = corners[face, 1, 0] - ax, corners[face, 1, 1] - ay, corners[face, 1, 2] - az
            vx, vy, vz = corners[face, 2, 0] - ax, corners[face, 2, 1] - ay, corners[face, 2, 2] - az
            px, py, pz = dy * vz - dz * vy, dz * vx - dx * vz, dx * vy - dy * vx
            determinant = ux * px + uy * py + uz * pz
            if determinant >= -1e-15:  # the ray enters here, or runs along the face
                continue
            tx, ty, tz = ox - ax, oy - ay, oz - az
            u = (tx * px + ty * py + tz * pz) / determinant
            if u < -SLACK or u > 1 + SLACK:
                continue
            qx, qy, qz = ty * uz - tz * uy, tz * ux - tx * uz, tx * uy - ty * ux
            v = (dx * qx + dy * qy + dz * qz) / determinant
            if v < -SLACK or u + v > 1 + SLACK:
                continue
            distance = (vx * qx + vy * qy + vz * qz) / determinant
            if distance <= 0 or (best >= 0 and (distance > best) != last):
                continue
            best = distance
            hit[ray] = face
            weights[ray] = 1 - u - v, u, v
    return hit, weights
