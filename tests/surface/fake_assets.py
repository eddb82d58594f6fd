"""The three files of DensePose's evaluation, made of a sphere: same fields, types and order of distances."""

import pickle

import numpy as np
from scipy.io import savemat
from scipy.spatial.distance import squareform

from tests.surface.spheres import chart_sphere


def arcs(positions):
    """Distances along a sphere between all its vertices, float32 (V, V)."""
    radius = np.linalg.norm(positions[0])
    cosines = np.clip(positions @ positions.T / radius**2, -1, 1)
    distances = (radius * np.arccos(cosines)).astype(np.float32)
    np.fill_diagonal(distances, 0)
    return np.maximum(distances, distances.T)


def in_official_order(square):
    """Distances as the file has them, (D, 1): scipy's packing of the vertices from the last on, read backwards."""
    return squareform(square[::-1, ::-1], checks=False)[::-1, None].copy()


def write_assets(folder, cells=2, radius=0.3, protocol=4, **fields):
    """Write the files of a sphere; ``fields`` replace some.

    Returns:
        tuple: Surface, and distances (V, V).
    """
    surface, positions = chart_sphere(cells, radius)
    square = arcs(positions)
    content = {
        'U_subdiv': surface.uv[:, :1].astype(np.float64),
        'V_subdiv': surface.uv[:, 1:].astype(np.float64),
        'Part_ID_subdiv': surface.part_of[:, None],
        'index': 1 + surface.vertex_of[:, None],
        'Pdist_matrix': in_official_order(square),
    } | fields
    folder.mkdir(exist_ok=True)
    with (folder / 'Pdist_matrix.pkl').open('wb') as file:
        pickle.dump({'Pdist_matrix': content.pop('Pdist_matrix')}, file, protocol=protocol)
    savemat(folder / 'SMPL_SUBDIV_TRANSFORM.mat', {'index': content.pop('index')})
    savemat(folder / 'SMPL_subdiv.mat', content)
    return surface, square
