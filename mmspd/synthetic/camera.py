"""A pinhole camera that looks at a standing person's surroundings. World: metres, z up; camera: x right, y down."""

from dataclasses import dataclass

import numpy as np

__all__ = ['Camera']


@dataclass(frozen=True)
class Camera:
    """Position, direction and lens.

    Args:
        position (np.ndarray): float64 (3,), metres.
        rotation (np.ndarray): float64 (3, 3), rows are the camera's right, down and forward directions in the world.
        focal (float): Focal length in pixels.
        centre (tuple): x, y of the optical axis in the picture, pixels (pixel centres at integers).
    """

    position: np.ndarray
    rotation: np.ndarray
    focal: float
    centre: tuple[float, float]

    @classmethod
    def look(
        cls, position: np.ndarray, target: np.ndarray, roll: float, focal: float, centre: tuple[float, float]
    ) -> 'Camera':
        """A camera that sees ``target`` at ``centre``; ``roll`` turns it about its axis, radians."""
        forward = (target - position) / np.linalg.norm(target - position)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        turned_right = np.cos(roll) * right + np.sin(roll) * down
        turned_down = np.cos(roll) * down - np.sin(roll) * right
        return cls(position, np.stack([turned_right, turned_down, forward]), focal, centre)

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where points of the world appear.

        Args:
            points (np.ndarray): float (N, 3), metres.

        Returns:
            tuple: pixels float64 (N, 2), and depths float64 (N,) along the optical axis, metres. Points at or behind
            the camera have depths of at most 0 and meaningless pixels.
        """
        seen = (points - self.position) @ self.rotation.T
        depth = seen[:, 2]
        safe = np.where(depth > 1e-6, depth, 1e-6)
        return seen[:, :2] / safe[:, None] * self.focal + np.asarray(self.centre), depth

    @property
    def horizon(self) -> float:
        """Row of the horizon at the picture's centre column; beyond the picture for a camera that looks up or down."""
        forward = self.rotation[2]
        ahead = forward * [1.0, 1.0, 0.0]
        ahead = ahead / np.linalg.norm(ahead)
        pixels, _ = self.project(self.position[None] + ahead[None] * 1e3)
        return float(pixels[0, 1])
