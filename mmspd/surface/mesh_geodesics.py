"""Distances along a triangle mesh.

A shortest path crosses edges anywhere, not only at vertices. So each edge gets further points (Steiner points), evenly
spaced, and within each face every point is joined to every point of the other edges by a straight line. Shortest paths
in this graph lie on the mesh, so they are never too short, and the excess falls about with the square of the number of
points an edge (Lanthier, Maheshwari & Sack 2001 analyse such graphs).

Letters: V mesh vertices, F faces, S sources, k points on each edge.
"""

import zlib
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra

__all__ = ['MeshGeodesics', 'farthest_points', 'mesh_checksum']


@dataclass(frozen=True, eq=False)
class MeshGeodesics:
    """Shortest paths on a mesh, ready to be asked for; made by :meth:`of_mesh`.

    Attributes:
        graph: Symmetric sparse matrix of line lengths; its first V nodes are the mesh vertices.
        num_vertices: V.
        members: int64, rising: the mesh vertices that belong to a face.
        checksum: Of positions and faces, as :func:`mesh_checksum` gives it.
    """

    graph: csr_matrix
    num_vertices: int
    members: np.ndarray
    checksum: int

    @classmethod
    def of_mesh(cls, vertices: np.ndarray, faces: np.ndarray, points_per_edge: int = 3) -> 'MeshGeodesics':
        """Prepare a mesh.

        Args:
            vertices (np.ndarray): (V, 3), positions; distances come in their unit.
            faces (np.ndarray): Whole numbers (F, 3), 0..V-1. Repeated faces count once.
            points_per_edge (int): k, 0 or more; 0 allows paths along edges alone.

        Returns:
            MeshGeodesics: For distances on these faces.

        Raises:
            ValueError: If shapes or numbers are out of range.
        """
        vertices, faces = np.asarray(vertices, dtype=np.float64), np.asarray(faces)
        if vertices.ndim != 2 or vertices.shape[1] != 3 or not np.isfinite(vertices).all():
            raise ValueError(f'expected finite vertices (V, 3), got shape {vertices.shape}')
        if faces.ndim != 2 or faces.shape[1] != 3 or len(faces) == 0 or faces.dtype.kind not in 'iu':
            raise ValueError(f'expected faces (F, 3) of whole numbers, F > 0, got {faces.shape} of {faces.dtype}')
        if not 0 <= faces.min() <= faces.max() < len(vertices):
            raise ValueError(f'expected faces of 0..{len(vertices) - 1}, got {faces.min()}..{faces.max()}')
        if points_per_edge < 0:
            raise ValueError(f'expected 0 or more points on each edge, got {points_per_edge}')
        checksum = mesh_checksum(vertices, faces)
        faces = np.unique(np.sort(faces.astype(np.int64), axis=1), axis=0)
        return cls(_line_graph(vertices, faces, points_per_edge), len(vertices), np.unique(faces), checksum)

    def distances(self, sources: np.ndarray, limit: float = np.inf) -> np.ndarray:
        """Distances from mesh vertices to all mesh vertices.

        Args:
            sources (np.ndarray): Whole numbers (S,), mesh vertices.
            limit (float): Greater distances are not looked for.

        Returns:
            np.ndarray: float64 (S, V); infinite beyond ``limit`` and where no path leads.
        """
        return dijkstra(self.graph, directed=True, indices=np.asarray(sources), limit=limit)[:, : self.num_vertices]


def mesh_checksum(vertices: np.ndarray, faces: np.ndarray) -> int:
    """CRC-32 of a mesh, by which a table knows its body.

    Args:
        vertices (np.ndarray): (V, 3), positions; only those in faces count.
        faces (np.ndarray): Whole numbers (F, 3), mesh vertices.

    Returns:
        int: The checksum, of positions in float32.
    """
    positions = np.ascontiguousarray(vertices[faces], dtype='<f4')
    return zlib.crc32(positions.tobytes(), zlib.crc32(np.ascontiguousarray(faces, dtype='<i4').tobytes()))


def _line_graph(vertices: np.ndarray, faces: np.ndarray, per_edge: int) -> csr_matrix:
    """Graph of straight lines within faces (F, 3), each with rising corners."""
    sides = np.array([[0, 1], [0, 2], [1, 2]])
    edges, edge_of = np.unique(faces[:, sides].reshape(-1, 2), axis=0, return_inverse=True)
    edge_of = edge_of.reshape(-1, 3)  # (F, 3), the edge of each side
    place = (np.arange(per_edge) + 1) / (per_edge + 1)
    inner = vertices[edges[:, :1]] * (1 - place[:, None]) + vertices[edges[:, 1:]] * place[:, None]
    positions = np.concatenate([vertices, inner.reshape(-1, 3)])
    inner_nodes = len(vertices) + np.arange(len(edges) * per_edge).reshape(len(edges), per_edge)

    chain = np.concatenate([edges[:, :1], inner_nodes, edges[:, 1:]], axis=1)
    lines = [np.stack([chain[:, :-1], chain[:, 1:]], axis=-1).reshape(-1, 2)]
    opposite = faces[:, [2, 1, 0]]  # the corner that is not on the side
    groups = [(opposite[:, [side]], inner_nodes[edge_of[:, side]]) for side in range(3)]
    groups += [(inner_nodes[edge_of[:, one]], inner_nodes[edge_of[:, two]]) for one, two in combinations(range(3), 2)]
    for start, end in groups:
        pairs = np.broadcast_arrays(start[:, :, None], end[:, None, :])
        lines.append(np.stack(pairs, axis=-1).reshape(-1, 2))

    ends = np.concatenate(lines)
    lengths = np.linalg.norm(positions[ends[:, 0]] - positions[ends[:, 1]], axis=1)
    both = np.concatenate([ends, ends[:, ::-1]])
    size = (len(positions), len(positions))
    return coo_matrix((np.tile(lengths, 2), (both[:, 0], both[:, 1])), shape=size).tocsr()


def farthest_points(mesh: MeshGeodesics, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spread landmarks evenly: each next one is the vertex farthest from those chosen.

    Args:
        mesh (MeshGeodesics): The mesh; vertices without a face take no part.
        count (int): K, landmarks wanted, 1 or more; fewer come where the mesh has fewer vertices apart from each other.

    Returns:
        tuple: ``landmarks`` int64 (K,), mesh vertices; ``nearest`` int32 (V,), each vertex's landmark as a row of them,
        -1 without a face; ``distance`` float64 (V,), to it, infinite without a face.

    Raises:
        ValueError: If ``count`` is less than 1.
    """
    if count < 1:
        raise ValueError(f'expected at least one landmark, got {count}')
    nearest = np.full(mesh.num_vertices, -1, dtype=np.int32)
    distance = np.full(mesh.num_vertices, np.inf)
    landmarks: list[int] = []
    while len(landmarks) < count:
        # Starts at the first vertex; a piece that no path has reached yet is infinitely far, so its turn comes early.
        chosen = int(mesh.members[np.argmax(distance[mesh.members])])
        if distance[chosen] == 0:
            break
        found = mesh.distances(np.array([chosen]), limit=float(distance[chosen]))[0]
        closer = found < distance
        nearest[closer], distance[closer] = len(landmarks), found[closer]
        landmarks.append(chosen)
    return np.array(landmarks, dtype=np.int64), nearest, distance
