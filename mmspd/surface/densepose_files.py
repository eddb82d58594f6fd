"""Reader of DensePose's own chart table, ``UV_Processed.mat``.

Its fields: ``All_Faces`` (F, 3), chart vertices counted from 1; ``All_FaceIndices`` (F, 1), the part of each face;
``All_U_norm`` and ``All_V_norm`` (C, 1), U and V of the chart vertices; ``All_vertices`` (1, C), their mesh vertices
counted from 1. The part of a chart vertex is that of its faces.
"""

from pathlib import Path
from typing import Final

import numpy as np
from scipy.io import loadmat, whosmat

from mmspd.anatomy import NUM_PARTS
from mmspd.surface.charts import Surface

__all__ = ['DENSEPOSE_SURFACE', 'DENSEPOSE_VERTICES', 'read_densepose_surface']

DENSEPOSE_SURFACE: Final = 'densepose'
DENSEPOSE_VERTICES: Final = 6890  # of the mesh that the charts belong to

_FIELDS: Final = ('All_Faces', 'All_FaceIndices', 'All_U_norm', 'All_V_norm', 'All_vertices')
_LARGEST_FILE: Final = 16 * 2**20  # bytes; the real one has 0.6 million
_LARGEST_FIELD: Final = 10**6  # numbers; the real ones have up to 41,322


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
    fields = _read_fields(path)
    faces = _whole_numbers(fields, 'All_Faces', path)
    uv = np.stack([_column(fields, name, path) for name in ('All_U_norm', 'All_V_norm')], axis=1)
    vertex_of = _whole_numbers(fields, 'All_vertices', path).reshape(-1)
    part_of_face = _whole_numbers(fields, 'All_FaceIndices', path).reshape(-1)
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


def _read_fields(path: Path) -> dict[str, np.ndarray]:
    """The fields as numpy arrays, of whatever type and shape."""
    if path.stat().st_size > _LARGEST_FILE:
        raise ValueError(f'{path}: expected a file of at most {_LARGEST_FILE} bytes, got {path.stat().st_size}')
    try:
        with path.open('rb') as stream:
            shapes = {name: shape for name, shape, _ in whosmat(stream)}
            for name in _FIELDS:
                if name not in shapes:
                    raise ValueError(f'the field {name} is missing; there are {sorted(shapes)[:20]}')
                if np.prod(shapes[name], dtype=float) > _LARGEST_FIELD:
                    raise ValueError(f'the field {name} claims the shape {shapes[name]}')
            stream.seek(0)
            content = loadmat(stream, variable_names=_FIELDS, mat_dtype=False)
    except Exception as error:  # the parser raises whatever it stumbles over: TypeError, zlib.error, KeyError, ...
        raise ValueError(f'{path}: not a chart table of DensePose, or damaged: {error}') from error
    return {name: np.asarray(content[name]) for name in _FIELDS}


def _numbers(fields: dict[str, np.ndarray], name: str, path: Path) -> np.ndarray:
    """A field of finite numbers, as float64."""
    array = fields[name]
    if array.dtype.kind not in 'iuf' or not np.isfinite(array).all():
        raise ValueError(f'{path}: expected finite numbers in {name}, got {array.dtype}, or infinite ones among them')
    return array.astype(np.float64)


def _whole_numbers(fields: dict[str, np.ndarray], name: str, path: Path) -> np.ndarray:
    """A field of whole numbers, whatever MATLAB stored them as: int64."""
    array = _numbers(fields, name, path)
    if (array % 1 != 0).any() or (np.abs(array) > 2**31).any():
        raise ValueError(f'{path}: expected whole numbers in {name}')
    return array.astype(np.int64)


def _column(fields: dict[str, np.ndarray], name: str, path: Path) -> np.ndarray:
    """One number for each chart vertex: float64 (C,)."""
    column = _numbers(fields, name, path).reshape(-1)
    count = fields['All_vertices'].size
    if len(column) != count:
        raise ValueError(f'{path}: expected {count} numbers in {name}, one for each of All_vertices, got {len(column)}')
    return column
