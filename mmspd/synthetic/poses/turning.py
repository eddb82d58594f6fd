"""Rotations in space as matrices that map columns; quick for a few at a time."""

import numba
import numpy as np

__all__ = ['cross', 'rotation', 'rotations', 'turn_frame']


@numba.njit(cache=True)
def cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Vector product of two float64 (3,)."""
    product = np.empty(3)
    product[0] = first[1] * second[2] - first[2] * second[1]
    product[1] = first[2] * second[0] - first[0] * second[2]
    product[2] = first[0] * second[1] - first[1] * second[0]
    return product


@numba.njit(cache=True)
def rotation(axis: np.ndarray, degrees: float) -> np.ndarray:
    """Rotation about a unit axis, counterclockwise as seen against it; Rodrigues' formula.

    Args:
        axis (np.ndarray): float64 (3,).
        degrees (float): Angle.

    Returns:
        np.ndarray: float64 (3, 3).
    """
    angle = np.deg2rad(degrees)
    sine, versine = np.sin(angle), 1 - np.cos(angle)
    x, y, z = axis
    matrix = np.empty((3, 3))
    matrix[0] = 1 - versine * (y * y + z * z), versine * x * y - sine * z, versine * x * z + sine * y
    matrix[1] = versine * x * y + sine * z, 1 - versine * (x * x + z * z), versine * y * z - sine * x
    matrix[2] = versine * x * z - sine * y, versine * y * z + sine * x, 1 - versine * (x * x + y * y)
    return matrix


@numba.njit(cache=True)
def rotations(vectors: np.ndarray) -> np.ndarray:
    """Rotations about the vectors' directions by their lengths in degrees; :func:`rotation` for each.

    Args:
        vectors (np.ndarray): float64 (N, 3); a zero vector is no turn.

    Returns:
        np.ndarray: float64 (N, 3, 3).
    """
    matrices = np.empty((len(vectors), 3, 3))
    for index in range(len(vectors)):
        length = np.sqrt(np.sum(vectors[index] ** 2))
        matrices[index] = rotation(vectors[index] / max(length, 1e-12), length)
    return matrices


@numba.njit(cache=True)
def turn_frame(
    direction: np.ndarray, hinge: np.ndarray, new_direction: np.ndarray, new_hinge: np.ndarray
) -> np.ndarray:
    """Rotation that takes a limb's direction and hinge to new ones.

    A hinge counts by its part normal to its direction. All are float64 (3,), of any length above 0; a hinge is not
    parallel to its direction.

    Args:
        direction (np.ndarray): Where the limb points.
        hinge (np.ndarray): The axis about which it bends.
        new_direction (np.ndarray): Where it is to point.
        new_hinge (np.ndarray): What the hinge is to become.

    Returns:
        np.ndarray: float64 (3, 3).
    """
    return _frame(new_direction, new_hinge).T.copy() @ _frame(direction, hinge)


@numba.njit(cache=True)
def _frame(direction: np.ndarray, hinge: np.ndarray) -> np.ndarray:
    """Rows: the direction, the hinge made normal to it, and their vector product, all of length 1; float64 (3, 3)."""
    rows = np.empty((3, 3))
    rows[0] = direction / np.sqrt(np.sum(direction * direction))
    normal = hinge - np.sum(hinge * rows[0]) * rows[0]
    rows[1] = normal / np.sqrt(np.sum(normal * normal))
    rows[2] = cross(rows[0], rows[1])
    return rows
