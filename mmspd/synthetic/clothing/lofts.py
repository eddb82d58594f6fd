"""Pieces made of rings: rows of as many points each, joined by triangles."""

from functools import lru_cache

import numpy as np

from mmspd.anatomy import PARSING_CLASSES
from mmspd.synthetic.bodies.body import Skin
from mmspd.synthetic.bodies.meshes import Paint, Piece, ring_faces

__all__ = ['gaussian_blur', 'join_pieces', 'ring_coords', 'ring_piece', 'smooth_step']


def ring_coords(rings: np.ndarray, middle: int = 0) -> np.ndarray:
    """Cloth coordinates of closed rings: metres around from a column to either side, and metres along the columns.

    Both sides of a ring have the same coordinates, so that a pattern has no seam.

    Args:
        rings (np.ndarray): float (R, P, 3).
        middle (int): Column where the first coordinate is 0. Defaults to 0.

    Returns:
        np.ndarray: float32 (R * P, 2).
    """
    count = rings.shape[1]
    girth = np.linalg.norm(np.diff(rings, axis=1, append=rings[:, :1]), axis=2).sum(axis=1).max()
    steps = np.abs((np.arange(count) - middle + count // 2) % count - count // 2)
    along = np.zeros(rings.shape[:2])
    along[1:] = np.cumsum(np.linalg.norm(np.diff(rings, axis=0), axis=2), axis=0)
    around = np.broadcast_to(steps * (girth / count), along.shape)
    return np.stack([around, along], axis=2).reshape(-1, 2).astype(np.float32)


@lru_cache(maxsize=64)
def _ring_faces(rings: int, points: int, closed: bool) -> np.ndarray:
    """:func:`ring_faces`, once for each size; not to be written to."""
    faces = ring_faces(rings, points, closed)
    faces.setflags(write=False)
    return faces


def ring_piece(
    label: str,
    rings: np.ndarray,
    skin: Skin,
    paint: Paint,
    *,
    name: str | None = None,
    kept: np.ndarray | None = None,
    coords: np.ndarray | None = None,
    closed: bool = True,
    lift: float = 0.0,
    gloss: float = 0.0,
) -> Piece:
    """A piece of one class.

    Args:
        label (str): Parsing class.
        rings (np.ndarray): float (R, P, 3), metres.
        skin (Skin): Of the R * P points.
        paint (Paint): Its colour.
        name (str, optional): For messages. Defaults to the label.
        kept (np.ndarray, optional): float (R, P). Defaults to None: all.
        coords (np.ndarray, optional): float (R * P, 2). Defaults to None: :func:`ring_coords`.
        closed (bool): Whether a ring's last point joins its first. Defaults to True.
        lift (float): As of :class:`Piece`. Defaults to 0.
        gloss (float): As of :class:`Piece`. Defaults to 0.
    """
    faces = _ring_faces(rings.shape[0], rings.shape[1], closed)
    count = rings.shape[0] * rings.shape[1]
    return Piece(
        name=name or label,
        vertices=rings.reshape(-1, 3).astype(np.float32),
        skin=skin,
        faces=faces,
        labels=np.full(len(faces), PARSING_CLASSES.index(label), np.uint8),
        kept=np.ones(count, np.float32) if kept is None else kept.reshape(-1).astype(np.float32),
        coords=ring_coords(rings) if coords is None else coords.astype(np.float32),
        paint=paint,
        lift=lift,
        gloss=gloss,
    )


def join_pieces(name: str, pieces: list[Piece]) -> Piece:
    """Several pieces of one paint, lift and gloss (the first's) as one."""
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces[:-1])])
    return Piece(
        name=name,
        vertices=np.concatenate([piece.vertices for piece in pieces]),
        skin=Skin.join([piece.skin for piece in pieces]),
        faces=np.concatenate([p.faces + np.int32(start) for p, start in zip(pieces, starts, strict=True)]),
        labels=np.concatenate([piece.labels for piece in pieces]),
        kept=np.concatenate([piece.kept for piece in pieces]),
        coords=np.concatenate([piece.coords for piece in pieces]),
        paint=pieces[0].paint,
        lift=pieces[0].lift,
        gloss=pieces[0].gloss,
    )


def smooth_step(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 up to ``low``, 1 from ``high``, and a smooth rise between."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


@lru_cache(maxsize=16)
def gaussian_blur(count: int, width: float, closed: bool) -> np.ndarray:
    """Matrix float64 (count, count) that blurs a row of values by ``width`` steps; rows sum to 1."""
    distance = np.abs(np.arange(count)[:, None] - np.arange(count))
    if closed:
        distance = np.minimum(distance, count - distance)
    matrix = np.exp(-0.5 * (distance / width) ** 2)
    matrix /= matrix.sum(axis=1, keepdims=True)
    matrix.setflags(write=False)
    return matrix
