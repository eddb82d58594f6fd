"""Pieces of a dressed person: meshes at rest that move with the bones and carry a label and a colour."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numba
import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody, Skin

__all__ = ['Paint', 'Piece', 'part_of_mesh', 'rest_normals', 'ring_faces', 'vertex_normals']

# Cloth coordinates float32 (P, 2), metres -> albedo float32 (P, 3), B, G, R in 0..1.
Paint = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Piece:
    """A garment, hair, a shoe, or the skin itself.

    Args:
        name (str): For messages.
        vertices (np.ndarray): float32 (N, 3), metres, on the body at rest.
        skin (Skin): Of the N vertices.
        faces (np.ndarray): int32 (F, 3).
        labels (np.ndarray): uint8 (F,), parsing class of each face.
        kept (np.ndarray): float32 (N,); the piece exists where this, interpolated, is not negative.
        coords (np.ndarray): float32 (N, 2), metres, where on the cloth a vertex lies.
        paint (Paint): Colour at such a place.
        lift (float): Metres by which the piece is nearer in comparisons of depth, so that it hides what it covers.
            Defaults to 0.
        gloss (float): Share of specular reflection, 0..1. Defaults to 0.
    """

    name: str
    vertices: np.ndarray
    skin: Skin
    faces: np.ndarray
    labels: np.ndarray
    kept: np.ndarray
    coords: np.ndarray
    paint: Paint = field(repr=False)
    lift: float = 0.0
    gloss: float = 0.0

    def __post_init__(self) -> None:
        lengths = {len(self.vertices), len(self.kept), len(self.coords), len(self.skin.bones)}
        if len(lengths) != 1 or len(self.labels) != len(self.faces):
            raise ValueError(
                f'{self.name}: vertices, kept, coords and skin of {sorted(lengths)} rows, {len(self.faces)} faces with '
                f'{len(self.labels)} labels; expected one length for each'
            )


def part_of_mesh(faces: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The faces of which some corner is wanted, as a mesh of its own.

    Args:
        faces (np.ndarray): int (F, 3) into V vertices.
        wanted (np.ndarray): bool (V,).

    Returns:
        tuple: ``vertices`` int64 (N,), those that remain; ``faces`` int32 (G, 3) into them.
    """
    remaining = faces[wanted[faces].any(axis=1)]
    vertices, index = np.unique(remaining, return_inverse=True)
    return vertices, index.reshape(-1, 3).astype(np.int32)


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals of vertices: the mean of their faces', weighted by area.

    Args:
        vertices (np.ndarray): float (N, 3).
        faces (np.ndarray): int (F, 3), counter-clockwise as seen from outside.

    Returns:
        np.ndarray: float32 (N, 3), outwards; 0 for a vertex without faces.
    """
    return _normals(np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int32))


@numba.njit(cache=True)
def _normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """The loops of :func:`vertex_normals`."""
    normals = np.zeros_like(vertices)
    for face in range(faces.shape[0]):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        ux, uy, uz = (
            vertices[b, 0] - vertices[a, 0],
            vertices[b, 1] - vertices[a, 1],
            vertices[b, 2] - vertices[a, 2],
        )
        vx, vy, vz = (
            vertices[c, 0] - vertices[a, 0],
            vertices[c, 1] - vertices[a, 1],
            vertices[c, 2] - vertices[a, 2],
        )
        for corner in range(3):
            vertex = faces[face, corner]
            normals[vertex, 0] += uy * vz - uz * vy
            normals[vertex, 1] += uz * vx - ux * vz
            normals[vertex, 2] += ux * vy - uy * vx
    for vertex in range(normals.shape[0]):
        x, y, z = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        length = np.sqrt(x * x + y * y + z * z)
        if length > 0:
            for axis in range(3):
                normals[vertex, axis] /= length
    return normals


def ring_faces(rings: int, points: int, closed: bool = True) -> np.ndarray:
    """Triangles between consecutive rings of as many points each, int32 (F, 3); point p of ring r is r * points + p."""
    steps = np.arange(points if closed else points - 1)
    ring, point = (grid.ravel() for grid in np.meshgrid(np.arange(rings - 1), steps, indexing='ij'))
    following = (point + 1) % points
    a, b = ring * points + point, ring * points + following
    c, d = a + points, b + points
    return np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)]).astype(np.int32)


def rest_normals(model: BodyModel, rest: RestBody) -> np.ndarray:
    """Unit normals float32 (V, 3) of all vertices of a body at rest, helper meshes included."""
    # The meshes share no vertices, so that one pass serves all.
    return vertex_normals(rest.vertices, np.concatenate(list(model.faces.values())))
