"""A sphere of 24 charts, and other meshes whose distances are known."""

import numpy as np

from mmspd.surface.charts import Surface


def chart_sphere(cells=4, radius=1.0):
    """A cube blown up to a sphere; each side is cut into four square charts of ``cells`` x ``cells`` squares.

    Returns:
        tuple: Surface, and positions (V, 3).
    """
    steps = np.linspace(0, 1, cells + 1)
    v, u = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing='ij'))
    corner = np.arange(cells * (cells + 1)).reshape(cells, cells + 1)[:, :-1].ravel()
    squares = np.stack([corner, corner + 1, corner + cells + 2, corner + cells + 1], axis=1)
    triangles = np.concatenate([squares[:, [0, 1, 2]], squares[:, [0, 2, 3]]])
    points, faces = [], []
    for side in range(6):
        for quarter in range(4):
            # Equal angles, not equal steps on the cube: the squares become of about one size.
            across = np.tan(np.pi / 4 * ((u + quarter % 2) - 1))
            along = np.tan(np.pi / 4 * ((v + quarter // 2) - 1))
            cube = np.stack([across, along, np.ones_like(u) * (-1) ** (side // 3)], axis=1)
            faces.append(triangles + len(points) * len(u))
            points.append(np.roll(cube, side % 3, axis=1))
    stacked = np.concatenate(points)
    stacked *= radius / np.linalg.norm(stacked, axis=1, keepdims=True)
    _, first, vertex_of = np.unique(stacked.round(9) + 0.0, axis=0, return_index=True, return_inverse=True)
    surface = Surface(
        vertex_of=vertex_of.reshape(-1),
        part_of=np.repeat(np.arange(1, 25), len(u)),
        uv=np.tile(np.stack([u, v], axis=1), (24, 1)),
        faces=np.concatenate(faces),
        num_vertices=len(first),
        name='sphere',
    )
    return surface, stacked[first]
