"""The surface on which DensePose-COCO's evaluation measures, from the files that belong to it.

Three files, which users get from DensePose's authors and which are not shipped:

* ``SMPL_subdiv.mat``: ``U_subdiv``, ``V_subdiv``, ``Part_ID_subdiv``, one number each for C chart vertices.
* ``SMPL_SUBDIV_TRANSFORM.mat``: ``index``, the mesh vertex of each chart vertex, counted from 1.
* ``Pdist_matrix.pkl``: ``Pdist_matrix``, distances in metres of all pairs of V = 27,554 mesh vertices. Their order is
  1-0, 2-0, 2-1, 3-0, ...: read from the end, it is that of :class:`~mmspd.surface.geodesics.GeodesicTable` with the
  vertices counted from the end, so the table needs no other copy.
"""

import math
from pathlib import Path
from typing import Final

import numpy as np

from mmspd.anatomy import NUM_PARTS
from mmspd.surface.charts import Surface
from mmspd.surface.densepose_files import DENSEPOSE_SURFACE
from mmspd.surface.distance_file import map_distances
from mmspd.surface.geodesics import GeodesicTable
from mmspd.surface.matlab_files import numbers_of, read_fields, whole_numbers_of

__all__ = ['DISTANCES_FILE', 'SUBDIVISION_FILE', 'TRANSFORM_FILE', 'read_densepose_assets']

SUBDIVISION_FILE: Final = 'SMPL_subdiv.mat'
TRANSFORM_FILE: Final = 'SMPL_SUBDIV_TRANSFORM.mat'
DISTANCES_FILE: Final = 'Pdist_matrix.pkl'
_COPY: Final = 'Pdist_matrix.mapped'
_KEY: Final = 'Pdist_matrix'
_FIELDS: Final = ('U_subdiv', 'V_subdiv', 'Part_ID_subdiv')
_WHAT: Final = "a file of DensePose's evaluation"


def read_densepose_assets(folder: str | Path, copies: str | Path | None = None) -> tuple[Surface, GeodesicTable]:
    """Read the three files; on first use the distances are copied (1.5 GB of disk, some seconds).

    Args:
        folder (str | Path): Folder that holds them.
        copies (str | Path, optional): Folder in which ``Pdist_matrix.mapped``, a folder with the copy of the
            distances, is made. Defaults to None: ``folder`` itself.

    Returns:
        tuple: The surface, named 'densepose', without faces: only its vertices can be looked up. And the distances
        between its mesh vertices, mapped from the disk.

    Raises:
        FileNotFoundError: If a file is missing; the pickle only until it was copied.
        OSError: If the distances cannot be copied.
        ValueError: If a file is damaged, or the three do not fit together; the error names the file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f'{folder}: no such folder; expected one with {SUBDIVISION_FILE}, {TRANSFORM_FILE} and {DISTANCES_FILE}, '
            "which DensePose's authors give out"
        )
    for name in (SUBDIVISION_FILE, TRANSFORM_FILE):
        if not (folder / name).is_file():
            raise FileNotFoundError(f'{folder / name}: no such file; it belongs to the files of DensePose evaluation')
    vertex_of, part_of, uv = _read_chart_vertices(folder)
    distances = map_distances(folder / DISTANCES_FILE, _KEY, Path(copies or folder) / _COPY)
    count = _vertices_of_pairs(len(distances), folder / DISTANCES_FILE)
    if not 1 <= vertex_of.min() <= vertex_of.max() <= count:
        raise ValueError(
            f'{folder / TRANSFORM_FILE}: expected mesh vertices of 1..{count}, as many as {DISTANCES_FILE} has '
            f'distances of, got {vertex_of.min()}..{vertex_of.max()}'
        )
    no_faces = np.zeros((0, 3), dtype=np.int64)
    try:
        surface = Surface(vertex_of - 1, part_of, uv, no_faces, count, DENSEPOSE_SURFACE)
    except ValueError as error:
        raise ValueError(f'{folder / SUBDIVISION_FILE}: {error}') from error
    return surface, GeodesicTable(np.arange(count)[::-1], distances[::-1])


def _read_chart_vertices(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mesh vertices from 1 and parts, int64 (C,), and U, V, float64 (C, 2), of the chart vertices that have a part."""
    path, transform = folder / SUBDIVISION_FILE, folder / TRANSFORM_FILE
    fields = read_fields(path, _FIELDS, _WHAT)
    index = read_fields(transform, ('index',), _WHAT)
    parts = whole_numbers_of(fields, 'Part_ID_subdiv', path, fields['Part_ID_subdiv'].size)
    uv = np.stack([numbers_of(fields, name, path, len(parts)) for name in ('U_subdiv', 'V_subdiv')], axis=1)
    vertex_of = whole_numbers_of(index, 'index', transform, len(parts))
    # The official rules look for each of the 24 parts in turn, so a chart vertex of none is never found.
    charted = (parts >= 1) & (parts <= NUM_PARTS)
    if not charted.any():
        raise ValueError(f'{path}: expected parts of 1..{NUM_PARTS} in Part_ID_subdiv, got none')
    return vertex_of[charted], parts[charted], uv[charted]


def _vertices_of_pairs(pairs: int, path: Path) -> int:
    """V, of which there are V (V - 1) / 2 pairs."""
    count = (1 + math.isqrt(1 + 8 * pairs)) // 2
    if count * (count - 1) // 2 != pairs:
        raise ValueError(f'{path}: expected a distance for each pair of vertices, but {pairs} are no number of pairs')
    return count
