"""Flattens a disc-like mesh without folds: the mean-value embedding of Floater (2003). Build time only."""

import numpy as np
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import spsolve


def embed_in_disc(vertices: np.ndarray, triangles: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Mean-value embedding of a symmetric disc-like mesh; (N, 2) in 0..1, right side of the body at small U.

    Args:
        vertices (np.ndarray): (N, 3), metres; the body's left is +x, up is +z.
        triangles (np.ndarray): int (F, 3).
        mirror (np.ndarray): int (N,), mirror image of each vertex.
    """
    weights = mean_value_weights(vertices, triangles)
    loop = boundary_loop(triangles)
    middle = np.flatnonzero(mirror[loop] == loop)
    top = middle[vertices[loop[middle], 2].argmax()]
    loop = np.roll(loop, -top)
    if vertices[loop[1], 0] < 0:  # walk down the left side first
        loop = np.roll(loop[::-1], 1)
    bottom = int(np.flatnonzero(mirror[loop] == loop)[1:][0])
    steps = np.linalg.norm(vertices[loop] - vertices[np.roll(loop, -1)], axis=1)
    walked = np.concatenate([[0], np.cumsum(steps)])
    turn = np.interp(walked[:-1], [0, walked[bottom], walked[-1]], [0, np.pi, 2 * np.pi])
    plane = np.zeros((len(vertices), 2))
    plane[loop] = np.stack([np.sin(turn), np.cos(turn)], axis=1)
    inner = np.setdiff1d(np.arange(len(vertices)), loop)
    system = weights[inner]
    balance = diags(np.asarray(system.sum(axis=1)).ravel()) - system[:, inner]
    plane[inner] = spsolve(balance.tocsc(), system[:, loop] @ plane[loop])
    plane = (plane + plane[mirror] * [-1, 1]) / 2
    return plane / 2 + 0.5


def mean_value_weights(vertices: np.ndarray, triangles: np.ndarray) -> csr_matrix:
    """Floater's weights (N, N): row i holds the weights of vertex i's neighbours."""
    rows, columns, values = [], [], []
    for corner in range(3):
        i, j, k = (triangles[:, (corner + offset) % 3] for offset in range(3))
        to_j, to_k = vertices[j] - vertices[i], vertices[k] - vertices[i]
        lengths = np.linalg.norm(to_j, axis=1), np.linalg.norm(to_k, axis=1)
        cosine = np.sum(to_j * to_k, axis=1) / (lengths[0] * lengths[1])
        half = np.tan(np.arccos(np.clip(cosine, -1, 1)) / 2)
        rows += [i, i]
        columns += [j, k]
        values += [half / lengths[0], half / lengths[1]]
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return csr_matrix(entries, shape=(len(vertices), len(vertices)))


def boundary_loop(triangles: np.ndarray) -> np.ndarray:
    """The vertices of the one boundary of a mesh, in order."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    known = {tuple(edge) for edge in edges.tolist()}
    following = {a: b for a, b in edges.tolist() if (b, a) not in known}
    start = next(iter(following))
    loop = [start]
    while following[loop[-1]] != start:
        loop.append(following[loop[-1]])
    if len(loop) != len(following):
        raise SystemExit(f'a chart has {len(following)} boundary edges, but its first boundary has {len(loop)}')
    return np.array(loop)
