"""Reader of DensePose's own chart table, ``UV_Processed.mat``.

Its fields: ``All_Faces`` (F, 3), chart vertices counted from 1; ``All_FaceIndices`` (F, 1), the part of each face;
``All_U_norm`` and ``All_V_norm`` (C, 1), U and V of the chart vertices; ``All_vertices`` (1, C), their mesh vertices
counted from 1. The part of a chart vertex is that of its faces.
"""

from pathlib import Path
from typing import Final

import numpy as np

from mmspd.anatomy import NUM_PARTS
from mmspd.surface.charts import Surface
from mmspd.surface.matlab_files import numbers_of, read_fields, whole_numbers_of

__all__ = ['DENSEPOSE_SURFACE', 'DENSEPOSE_VERTICES', 'read_densepose_surface']

DENSEPOSE_SURFACE: Final = 'densepose'
DENSEPOSE_VERTICES: Final = 6890  # of the mesh that the charts belong to

_FIELDS: Final = ('All_Faces', 'All_FaceIndices', 'All_U_norm', 'All_V_norm', 'All_vertices')


def read_densepose_surface(path: str | Path) -> Surface:
    """Read DensePose's chart table.

    Args:
        path (str | Path): ``UV_Processed.mat``.

    Returns:
        Surface: Named 'densepose', of 6,890 mesh vertices; there are no positions in the file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no MATLAB file of version 4 to 7, is damaged, or a field is missing, of another shape or
            out of range; the error names file and field.
    """
    path = Path(path)
    fields = read_fields(path, _FIELDS, 'a chart table of DensePose')
    faces = whole_numbers_of(fields, 'All_Faces', path)
    count = fields['All_vertices'].size
    uv = np.stack([numbers_of(fields, name, path, count) for name in ('All_U_norm', 'All_V_norm')], axis=1)
    vertex_of = whole_numbers_of(fields, 'All_vertices', path, count)
    part_of_face = whole_numbers_of(fields, 'All_FaceIndices', path).reshape(-1)
    if faces.ndim != 2 or faces.shape[1] != 3 or len(part_of_face) != len(faces) or len(faces) == 0:
        raise ValueError(
            f'{path}: expected All_Faces (F, 3) and F numbers in All_FaceIndices, '
            f'got shape {faces.shape} and {len(part_of_face)} numbers'
        )
    for name, numbers, high in (
        ('All_Faces', faces, len(vertex_of)),
        ('All_FaceIndices', part_of_face, NUM_PARTS),
        ('All_vertices', vertex_of, DENSEPOSE_VERTICES),
    ):
        if numbers.min() < 1 or numbers.max() > high:
            raise ValueError(f'{path}: expected {name} of 1..{high}, got {numbers.min()}..{numbers.max()}')
    part_of = np.zeros(len(vertex_of), dtype=np.int64)
    part_of[faces - 1] = part_of_face[:, None]
    if (part_of == 0).any():
        raise ValueError(f'{path}: chart vertex {np.argmin(part_of) + 1} belongs to no face, so its part is unknown')
    try:
        return Surface(vertex_of - 1, part_of, uv, faces - 1, DENSEPOSE_VERTICES, DENSEPOSE_SURFACE)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
