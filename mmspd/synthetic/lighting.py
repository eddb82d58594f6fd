"""Light on people and ground: a sun or lamp with shadows, light from all around, reflections.

Colours are linear albedo times light, B, G, R, about 0..1.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numba
import numpy as np

from mmspd.synthetic.camera import Camera
from mmspd.synthetic.rasterizer import rasterize

__all__ = ['Light', 'ShadowMap', 'ground_points', 'sample_light', 'shade']

_SHADOW_CELLS: Final = 224
# Far enough that parallel light is drawn by a camera without visible perspective, metres.
_SUN_DISTANCE: Final = 1000.0
_SHADOW_MARGIN: Final = 0.03  # metres behind what casts a shadow, before it falls
_TAP: Final = 0.9  # between the cells whose mean softens a shadow's edge, cells


@dataclass(frozen=True)
class Light:
    """One distant lamp, and light from all around.

    Args:
        direction (np.ndarray): float (3,), unit vector towards the lamp.
        strength (float): Of the lamp.
        ambient (float): Of the light from all around.
        colour (np.ndarray): float (3,), of the lamp, B, G, R, about 1.
        casts_shadow (bool): Whether things cast shadows.
    """

    direction: np.ndarray
    strength: float
    ambient: float
    colour: np.ndarray
    casts_shadow: bool

    @property
    def on_ground(self) -> float:
        """What the lamp adds to a level ground, which it meets at a slant."""
        return 0.5 * self.strength


def sample_light(rng: np.random.Generator, p_shadow: float) -> Light:
    """Random light from above, more often from the side of the camera (-y) than from behind the person."""
    azimuth = rng.normal(0, 1.1)
    elevation = np.deg2rad(rng.uniform(20, 75))
    direction = np.array([np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])
    strength = rng.uniform(0.25, 0.95)
    return Light(
        direction=direction,
        strength=strength,
        ambient=rng.uniform(0.95, 1.1) - 0.6 * strength,
        colour=1 + rng.uniform(-0.06, 0.06, 3),
        casts_shadow=bool(rng.random() < p_shadow),
    )


class ShadowMap:
    """Which places the lamp does not reach.

    Args:
        light (Light): The lamp.
        vertices (np.ndarray): float (N, 3), of what casts shadows.
        faces (np.ndarray): int (F, 3).
        kept (np.ndarray): float (N,), where it exists.
    """

    def __init__(self, light: Light, vertices: np.ndarray, faces: np.ndarray, kept: np.ndarray) -> None:
        side = np.cross(light.direction, [0.0, 0.0, 1.0])
        side /= np.linalg.norm(side)
        self.axes = np.stack([side, np.cross(light.direction, side), -light.direction])
        placed = vertices @ self.axes.T
        low, high = placed[:, :2].min(axis=0), placed[:, :2].max(axis=0)
        self.low, self.scale = low, (_SHADOW_CELLS - 3) / float((high - low).max())
        cells = (placed[:, :2] - low) * self.scale + 1
        raster = rasterize(cells, placed[:, 2] + _SUN_DISTANCE, faces, (_SHADOW_CELLS, _SHADOW_CELLS), kept)
        self.depth = np.where(np.isfinite(raster.depth), raster.depth - _SUN_DISTANCE, 1e6).astype(np.float32)

    def reaches(self, points: np.ndarray) -> np.ndarray:
        """Share of the lamp's light, 0..1, float32 (P,), that reaches points float (P, 3); edges are a cell wide."""
        points = np.ascontiguousarray(points, np.float64)
        return _reach(points, self.axes, self.low, self.scale, self.depth)


@numba.njit(cache=True)
def _reach(points: np.ndarray, axes: np.ndarray, low: np.ndarray, scale: float, depth: np.ndarray) -> np.ndarray:
    """The loop of :meth:`ShadowMap.reaches`: the mean of four cells around each point."""
    light = np.ones(points.shape[0], np.float32)
    for point in range(points.shape[0]):
        x, y, z = points[point]
        column = (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z - low[0]) * scale + 1
        row = (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z - low[1]) * scale + 1
        distance = axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z - _SHADOW_MARGIN
        for tap in range(4):
            i, j = int(np.floor(row + _TAP * (tap // 2))), int(np.floor(column + _TAP * (tap % 2)))
            if 0 <= i < depth.shape[0] and 0 <= j < depth.shape[1] and distance >= depth[i, j]:
                light[point] -= 0.25
    return light


def ground_points(camera: Camera, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where pixels see the ground, z = 0.

    Args:
        camera (Camera): Which sees it.
        rows (np.ndarray): int (P,).
        columns (np.ndarray): int (P,).

    Returns:
        tuple: float64 (P, 3), places; bool (P,), whether the pixel sees the ground at all.
    """
    rays = np.stack([columns - camera.centre[0], rows - camera.centre[1], np.full(len(rows), camera.focal)], axis=1)
    rays = rays @ camera.rotation
    falls = rays[:, 2] < -1e-6
    reach = -camera.position[2] / np.where(falls, rays[:, 2], -1)
    return camera.position + rays * reach[:, None], falls


def shade(
    albedo: np.ndarray, normals: np.ndarray, points: np.ndarray, gloss: np.ndarray, light: Light, camera: Camera,
    shadows: ShadowMap | None,
) -> np.ndarray:  # fmt: skip
    """Light that reaches the camera from surfaces, seen from either side.

    Lambert's law, hemispherical light from all around, and Blinn's highlights.

    Args:
        albedo (np.ndarray): float32 (P, 3).
        normals (np.ndarray): float32 (P, 3), of any length.
        points (np.ndarray): float32 (P, 3), world.
        gloss (np.ndarray): float32 (P,), 0..1.
        light (Light): The light.
        camera (Camera): Where it is seen from.
        shadows (ShadowMap | None): What the lamp does not reach.

    Returns:
        np.ndarray: float32 (P, 3).
    """
    reached = np.ones(len(points), np.float32) if shadows is None else shadows.reaches(points)
    albedo, normals, points, gloss = (
        np.ascontiguousarray(array, np.float32) for array in (albedo, normals, points, gloss)
    )
    lamp = light.direction, light.strength, light.ambient, light.colour
    return _shade(albedo, normals, points, gloss, reached, *lamp, camera.position)


@numba.njit(cache=True)
def _shade(
    albedo: np.ndarray, normals: np.ndarray, points: np.ndarray, gloss: np.ndarray, reached: np.ndarray,
    lamp: np.ndarray, strength: float, ambient: float, colour: np.ndarray, eye: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The loop of :func:`shade`."""
    shaded = np.empty_like(albedo)
    lx, ly, lz = lamp
    for sample in range(albedo.shape[0]):
        nx, ny, nz = _unit(normals[sample, 0], normals[sample, 1], normals[sample, 2])
        vx, vy, vz = _unit(eye[0] - points[sample, 0], eye[1] - points[sample, 1], eye[2] - points[sample, 2])
        facing = nx * vx + ny * vy + nz * vz
        if facing < 0:
            nx, ny, nz, facing = -nx, -ny, -nz, -facing
        direct = max(nx * lx + ny * ly + nz * lz, 0.0) * strength * reached[sample]
        around = ambient * (0.8 + 0.2 * nz) * (0.72 + 0.28 * facing)
        shine = 0.0
        if direct > 0 and gloss[sample] > 0:
            hx, hy, hz = _unit(vx + lx, vy + ly, vz + lz)
            shine = max(nx * hx + ny * hy + nz * hz, 0.0) ** 24 * gloss[sample] * strength
        for channel in range(3):
            lit = around + direct * colour[channel]
            shaded[sample, channel] = albedo[sample, channel] * lit + shine * colour[channel]
    return shaded


@numba.njit(cache=True)
def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    """A vector of length 1; about 0 for one that is."""
    scale = 1 / max(np.sqrt(x * x + y * y + z * z), 1e-6)
    return x * scale, y * scale, z * scale


def shadow_on_ground(shadows: ShadowMap, camera: Camera, floor: np.ndarray, light: Light) -> np.ndarray:
    """Factor float32 (H, W, 1) by which the ground is darkened where floor, bool (H, W), is seen."""
    factor = np.ones((*floor.shape, 1), np.float32)
    rows, columns = np.nonzero(floor)
    points, falls = ground_points(camera, rows, columns)
    lit = np.where(falls, shadows.reaches(points), 1.0)
    share = light.on_ground / (light.on_ground + light.ambient)
    factor[rows, columns, 0] = 1 - share * (1 - lit)
    return cv2.GaussianBlur(factor, (0, 0), max(floor.shape) / 250)[..., None]
