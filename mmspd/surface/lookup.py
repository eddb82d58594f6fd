"""From chart coordinates (part, U, V) to the surface, and back.

Letters: N points, any shape; V mesh vertices. Part 0 is the background: it has no vertex, and its U, V are not read.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from mmspd.anatomy import NUM_PARTS
from mmspd.surface.charts import PartChart, Surface

__all__ = ['SurfacePoints', 'charts_to_points', 'charts_to_vertices', 'interpolate', 'vertices_to_charts']


_FARTHEST_UV = 1e6  # beyond, products of coordinates lose their meaning
_TIES_AT_ONCE = 1000


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Points on the faces of a surface.

    Attributes:
        faces: int64 (N,), face; -1 on background.
        weights: float64 (N, 3), barycentric coordinates of its corners, 0..1, sum 1; 0 on background.
        distance: float64 (N,), from the wanted U, V to the point's, in U, V; 0 inside the part and on background.
    """

    faces: np.ndarray
    weights: np.ndarray
    distance: np.ndarray


def _check_charts(surface: Surface, parts: np.ndarray, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``parts`` (N,) and ``uv`` float64 (N, 2), checked."""
    parts, uv = np.asarray(parts), np.asarray(uv, dtype=np.float64)
    if parts.dtype.kind not in 'iu' or uv.shape != (*parts.shape, 2):
        raise ValueError(
            f'expected parts (N,) of whole numbers and uv (N, 2), got {parts.shape} of {parts.dtype} and {uv.shape}'
        )
    if parts.size and not 0 <= parts.min() <= parts.max() <= NUM_PARTS:
        raise ValueError(f'expected parts of 0..{NUM_PARTS}, got {parts.min()}..{parts.max()}')
    bad = (parts > 0) & ~(np.abs(uv) <= _FARTHEST_UV).all(axis=-1)  # nan, too
    if bad.any():
        where = tuple(np.argwhere(bad)[0].tolist())
        raise ValueError(f'expected finite U, V of about 0..1 on the body, got {uv[where].tolist()} at point {where}')
    missing = sorted(set(np.unique(parts).tolist()) - {0} - set(surface.parts))
    if missing:
        raise ValueError(f'surface {surface.name!r} has no part {missing[0]}; it has {sorted(surface.parts)}')
    return parts, uv


def charts_to_vertices(surface: Surface, parts: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """The mesh vertex nearest in U, V among those of the part; of several equally near, the first chart vertex's.

    Args:
        surface (Surface): Charted mesh.
        parts (np.ndarray): Whole numbers, any shape (N...,), 0..24.
        uv (np.ndarray): (N..., 2); coordinates a little outside 0..1 are fine.

    Returns:
        np.ndarray: int64 (N...,), mesh vertices; -1 where the part is 0.

    Raises:
        ValueError: If shapes differ, a part is out of range or absent from the surface, or U, V are not finite.
    """
    parts, uv = _check_charts(surface, parts, uv)
    vertices = np.full(parts.shape, -1, dtype=np.int64)
    for part in np.unique(parts[parts > 0]).tolist():
        chart, chosen = surface.parts[part], parts == part
        vertices[chosen] = surface.vertex_of[chart.chart_vertices[_first_nearest(chart.tree, uv[chosen])]]
    return vertices


def _first_nearest(tree: cKDTree, points: np.ndarray) -> np.ndarray:
    """The point of the tree nearest to each of (P, 2): int64 (P,). Of equally near ones the tree gives any."""
    if tree.n == 1:
        return np.zeros(len(points), dtype=np.int64)
    distance, nearest = tree.query(points, k=2)
    found = nearest[:, 0]
    tied = np.flatnonzero(distance[:, 0] == distance[:, 1])
    for start in range(0, len(tied), _TIES_AT_ONCE):
        some = tied[start : start + _TIES_AT_ONCE]
        found[some] = cdist(points[some], tree.data).argmin(axis=1)
    return found


def charts_to_points(surface: Surface, parts: np.ndarray, uv: np.ndarray) -> SurfacePoints:
    """The point of the surface that has these coordinates.

    It lies in the part's triangle that contains U, V (the first of the faces where charts overlap or share an edge);
    beside all of them, it is the nearest point of the nearest triangle.

    Args:
        surface (Surface): Charted mesh.
        parts (np.ndarray): Whole numbers, any shape (N...,), 0..24.
        uv (np.ndarray): (N..., 2).

    Returns:
        SurfacePoints: Of shape (N...,).

    Raises:
        ValueError: As :func:`charts_to_vertices`, and if a part has no faces.
    """
    # It needs numba, which takes longer to import than the rest of the package, and which few need.
    from mmspd.surface.triangles import nearest_triangles

    parts, uv = _check_charts(surface, parts, uv)
    faces = np.full(parts.shape, -1, dtype=np.int64)
    weights = np.zeros((*parts.shape, 3))
    distance = np.zeros(parts.shape)
    for part in np.unique(parts[parts > 0]).tolist():
        chart, chosen = _chart_with_faces(surface, part), parts == part
        nearest, weights[chosen], distance[chosen] = nearest_triangles(uv[chosen], chart.corners)
        faces[chosen] = chart.faces[nearest]
    return SurfacePoints(faces, weights, distance)


def _chart_with_faces(surface: Surface, part: int) -> PartChart:
    chart = surface.parts[part]
    if chart.faces.size == 0:
        raise ValueError(f'surface {surface.name!r}: part {part} has no faces, so no points between its vertices')
    return chart


def interpolate(surface: Surface, points: SurfacePoints, values: np.ndarray) -> np.ndarray:
    """Values at points on the surface, from values at the mesh vertices.

    Args:
        surface (Surface): Charted mesh.
        points (SurfacePoints): Of shape (N...,).
        values (np.ndarray): (V, K), for instance positions in metres (V, 3).

    Returns:
        np.ndarray: float64 (N..., K); NaN on background.

    Raises:
        ValueError: If there is not one row of values to each mesh vertex.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or len(values) != surface.num_vertices:
        raise ValueError(f'expected values ({surface.num_vertices}, K), got shape {values.shape}')
    result = np.full((*points.faces.shape, values.shape[1]), np.nan)
    on_body = points.faces >= 0
    corners = values[surface.mesh_faces[points.faces[on_body]]]
    result[on_body] = np.einsum('nc,nck->nk', points.weights[on_body], corners)
    return result


def vertices_to_charts(surface: Surface, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chart coordinates of mesh vertices.

    A vertex on a seam has several; this gives those of its first chart vertex (``Surface.charts_of_vertex`` has all).

    Args:
        surface (Surface): Charted mesh.
        vertices (np.ndarray): Whole numbers, any shape (N...,), -1..V-1; -1 is background.

    Returns:
        tuple: ``parts`` uint8 (N...,), 0..24, and ``uv`` float32 (N..., 2), 0..1. Part 0 and U = V = 0 on background
        and for a vertex that belongs to no chart.

    Raises:
        ValueError: If a vertex is out of range.
    """
    vertices = np.asarray(vertices)
    if vertices.dtype.kind not in 'iu':
        raise ValueError(f'expected vertices of whole numbers, got {vertices.dtype}')
    if vertices.size and not -1 <= vertices.min() <= vertices.max() < surface.num_vertices:
        raise ValueError(f'expected vertices of -1..{surface.num_vertices - 1}, got {vertices.min()}..{vertices.max()}')
    starts, chart_vertices = surface.charts_of_vertex
    first = np.full(surface.num_vertices + 1, -1, dtype=np.int64)  # the last row is background's
    charted = np.flatnonzero(np.diff(starts))
    first[charted] = chart_vertices[starts[charted]]
    chosen = first[vertices.astype(np.int64)]
    on_body = chosen >= 0
    parts = np.where(on_body, surface.part_of[chosen], 0).astype(np.uint8)
    uv = np.where(on_body[..., None], surface.uv[chosen], 0).astype(np.float32)
    return parts, uv
