"""Light on people and ground: a sun or lamp with shadows, light from all around, reflections.

Colours are linear albedo times light, B, G, R, about 0..1.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mmspd.synthetic.camera import Camera
from mmspd.synthetic.rasterizer import Raster, rasterize

__all__ = ['Light', 'ShadowMap', 'ground_points', 'sample_light', 'shade']

_SHADOW_CELLS: Final = 224
# Far enough that parallel light is drawn by a camera without visible perspective, metres.
_SUN_DISTANCE: Final = 1000.0
_SHADOW_MARGIN: Final = 0.03  # metres behind what casts a shadow, before it falls


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
        """Share of the lamp's light, 0..1, float32 (P,), that reaches points float (P, 3)."""
        placed = points @ self.axes.T
        cells = (placed[:, :2] - self.low) * self.scale + 1
        depth = (placed[:, 2] - _SHADOW_MARGIN).astype(np.float32)
        light = np.zeros(len(points), np.float32)
        corners = ((0.0, 0.0), (0.9, 0.0), (0.0, 0.9), (0.9, 0.9))  # a soft edge, one cell wide
        for dx, dy in corners:
            place = np.floor(cells + [dx, dy]).astype(np.int64)
            inside = ((place >= 0) & (place < _SHADOW_CELLS)).all(axis=1)
            column, row = np.where(inside[:, None], place, 0).T
            light += np.where(inside, depth < self.depth[row, column], True)
        return light / len(corners)


def ground_points(
    camera: Camera, rows: np.ndarray, columns: np.ndarray, ground: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where pixels see a level ground.

    Args:
        camera (Camera): Which sees it.
        rows (np.ndarray): int (P,).
        columns (np.ndarray): int (P,).
        ground (float): Its height, metres.

    Returns:
        tuple: float64 (P, 3), places; bool (P,), whether the pixel sees the ground at all.
    """
    rays = np.stack([columns - camera.centre[0], rows - camera.centre[1], np.full(len(rows), camera.focal)], axis=1)
    rays = rays @ camera.rotation
    falls = rays[:, 2] < -1e-6
    reach = (ground - camera.position[2]) / np.where(falls, rays[:, 2], -1)
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
    view = camera.position.astype(np.float32) - points
    view /= np.sqrt(np.einsum('ij,ij->i', view, view))[:, None]
    normals = normals / np.maximum(np.sqrt(np.einsum('ij,ij->i', normals, normals)), 1e-6)[:, None]
    facing = np.einsum('ij,ij->i', normals, view)
    normals = normals * np.where(facing < 0, -1, 1)[:, None].astype(np.float32)
    direction = light.direction.astype(np.float32)
    lamp = np.clip(normals @ direction, 0, None) * light.strength
    if shadows is not None:
        lamp *= shadows.reaches(points)
    half = view + direction
    half /= np.maximum(np.sqrt(np.einsum('ij,ij->i', half, half)), 1e-6)[:, None]
    highlight = np.clip(np.einsum('ij,ij->i', normals, half), 0, 1) ** 24 * gloss * (lamp > 0)
    around = light.ambient * (0.8 + 0.2 * normals[:, 2]) * (0.72 + 0.28 * np.abs(facing))
    colour = light.colour.astype(np.float32)
    return albedo * (around[:, None] + lamp[:, None] * colour) + highlight[:, None] * light.strength * colour


def shadow_on_ground(shadows: ShadowMap, camera: Camera, floor: np.ndarray, ground: float, light: Light) -> np.ndarray:
    """Factor float32 (H, W, 1) by which the ground is darkened where floor, bool (H, W), is seen."""
    factor = np.ones((*floor.shape, 1), np.float32)
    rows, columns = np.nonzero(floor)
    points, falls = ground_points(camera, rows, columns, ground)
    lit = np.where(falls, shadows.reaches(points), 1.0)
    share = light.strength / (light.strength + light.ambient)
    factor[rows, columns, 0] = 1 - share * (1 - lit)
    return cv2.GaussianBlur(factor, (0, 0), max(floor.shape) / 250)[..., None]


def visible_samples(raster: Raster) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns, int64 (P,) each, of the samples that show a triangle."""
    return np.nonzero(raster.faces >= 0)  # type: ignore[return-value]
