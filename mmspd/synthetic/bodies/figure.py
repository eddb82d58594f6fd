"""A dressed and posed person in the world, as one mesh."""

from dataclasses import dataclass

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody, Skin, skin_vertices
from mmspd.synthetic.bodies.meshes import Piece, vertex_normals

__all__ = ['Figure', 'join_figures', 'make_figure']


@dataclass(frozen=True, eq=False)
class Figure:
    """One or more dressed people. N vertices, F faces, V vertices of each naked body.

    Args:
        vertices (np.ndarray): float32 (N, 3), metres, world.
        normals (np.ndarray): float32 (N, 3), outwards.
        kept (np.ndarray): float32 (N,), see :class:`Piece`.
        coords (np.ndarray): float32 (N, 2), see :class:`Piece`.
        lift (np.ndarray): float32 (N,), see :class:`Piece`.
        faces (np.ndarray): int32 (F, 3).
        labels (np.ndarray): uint8 (F,), parsing classes.
        piece_of (np.ndarray): int16 (F,), position in ``pieces``.
        pieces (list): What it is made of.
    """

    vertices: np.ndarray
    normals: np.ndarray
    kept: np.ndarray
    coords: np.ndarray
    lift: np.ndarray
    faces: np.ndarray
    labels: np.ndarray
    piece_of: np.ndarray
    pieces: list[Piece]


def make_figure(pieces: list[Piece], transforms: np.ndarray) -> Figure:
    """Pose all pieces of a person.

    Args:
        pieces (list[Piece]): Body and clothes, at rest.
        transforms (np.ndarray): float (B, 3, 4), of the bones.

    Returns:
        Figure: The person in the world.
    """
    lengths = np.array([len(piece.vertices) for piece in pieces])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    rest = np.concatenate([piece.vertices for piece in pieces])
    vertices = skin_vertices(rest, Skin.join([piece.skin for piece in pieces]), transforms)
    faces = np.concatenate([piece.faces + start for piece, start in zip(pieces, starts, strict=True)]).astype(np.int32)
    return Figure(
        vertices=vertices,
        normals=vertex_normals(vertices, faces),
        kept=np.concatenate([piece.kept for piece in pieces]),
        coords=np.concatenate([piece.coords for piece in pieces]),
        lift=np.repeat([piece.lift for piece in pieces], lengths).astype(np.float32),
        faces=faces,
        labels=np.concatenate([piece.labels for piece in pieces]),
        piece_of=np.repeat(np.arange(len(pieces)), [len(piece.faces) for piece in pieces]).astype(np.int16),
        pieces=pieces,
    )


def join_figures(first: Figure, second: Figure) -> Figure:
    """Two people in one mesh, the second labelled background."""
    arrays = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])
        for name in ('vertices', 'normals', 'kept', 'coords', 'lift')
    }
    return Figure(
        **arrays,
        faces=np.concatenate([first.faces, second.faces + np.int32(len(first.vertices))]),
        labels=np.concatenate([first.labels, np.zeros_like(second.labels)]),
        piece_of=np.concatenate([first.piece_of, second.piece_of + np.int16(len(first.pieces))]),
        pieces=first.pieces + second.pieces,
    )


def naked(model: BodyModel, rest: RestBody, transforms: np.ndarray) -> np.ndarray:
    """Posed vertices float32 (V, 3) of the body below the clothes, helper meshes included."""
    return skin_vertices(rest.vertices, model.skin, transforms)
