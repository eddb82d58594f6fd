"""The embedded body: its mesh, its charts, and what poses, shapes and dresses it."""

from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from mmspd.surface.archives import ArraySpec, read_arrays
from mmspd.surface.charts import Surface
from mmspd.surface.mirroring import BODY_SURFACE

__all__ = ['BODY_FILE', 'body_surface', 'read_body']

BODY_FILE: Final = Path(__file__).with_name('body.npz')

# Letters: V mesh vertices (body, eyes, garments), C chart vertices, F charted faces, B bones, N components of shape,
# S stored shapes, K bones that move a vertex; E, I, T, G faces.
_SPECS: Final = MappingProxyType(
    {
        'template': ArraySpec('float32', ('V', 3)),
        'mirror_vertex': ArraySpec('uint16', ('V',)),
        'chart_vertex': ArraySpec('uint16', ('C',)),
        'chart_part': ArraySpec('uint8', ('C',)),
        'chart_uv': ArraySpec('uint16', ('C', 2)),
        'chart_faces': ArraySpec('uint16', ('F', 3)),
        'shape_basis': ArraySpec('int16', ('N', 'V', 3)),
        'basis_scale': ArraySpec('float64', ()),
        'shapes': ArraySpec('float16', ('S', 'N')),
        'bone_names': ArraySpec('text', ('B',)),
        'bone_parents': ArraySpec('int16', ('B',)),
        'bone_heads': ArraySpec('float32', ('B', 3)),
        'bone_basis': ArraySpec('int16', ('N', 'B', 3)),
        'weight_bones': ArraySpec('uint8', ('V', 'K')),
        'weights': ArraySpec('uint16', ('V', 'K')),
        'cavities_faces': ArraySpec('uint16', ('I', 3)),
        'eyes_faces': ArraySpec('uint16', ('E', 3)),
        'tights_faces': ArraySpec('uint16', ('T', 3)),
        'skirt_faces': ArraySpec('uint16', ('G', 3)),
    }
)
# Array -> the array whose rows its numbers count.
_POINTS_INTO: Final = MappingProxyType(
    {
        'mirror_vertex': 'template',
        'chart_vertex': 'template',
        'chart_faces': 'chart_vertex',
        'weight_bones': 'bone_heads',
        **{name: 'template' for name in _SPECS if name.endswith('_faces') and name != 'chart_faces'},
    }
)
_UV_UNITS: Final = 65535.0  # chart_uv: U, V of 0..1 as whole numbers
_LARGEST_COEFFICIENT: Final = 20.0  # standard deviations of a component
_LARGEST_COORDINATE: Final = 10.0  # metres: a body, whatever its unit was meant to be


def read_body(path: str | Path | None = None) -> MappingProxyType[str, np.ndarray]:
    """Read the body's file; the embedded one is read once in a process.

    Args:
        path (str | Path | None): The file; None is the one within the package.

    Returns:
        MappingProxyType: Array name -> array, read-only. ``template`` float32 (V, 3), metres, z up, the body faces -y,
        its left is +x; ``mirror_vertex`` uint16 (V,), each vertex's mirror image; ``chart_vertex`` uint16 (C,), mesh
        vertex of each chart vertex; ``chart_part`` uint8 (C,) 1..24; ``chart_uv`` uint16 (C, 2), U, V times 65535;
        ``chart_faces`` uint16 (F, 3) into chart vertices; ``shape_basis`` int16 (N, V, 3) and ``bone_basis`` int16
        (N, B, 3), in units of ``basis_scale`` metres; ``shapes`` float16 (S, N), coefficients of some bodies;
        ``bone_names``, ``bone_parents`` int16 (B,), a parent before its children, -1 for the root; ``bone_heads``
        float32 (B, 3), metres; ``weight_bones`` uint8 and ``weights`` uint16 (V, K), skinning weights times 65535; and
        faces uint16 (*, 3) into mesh vertices: ``cavities_faces``, ``eyes_faces``, ``tights_faces``,
        ``skirt_faces``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or an array is not what it must be; the error names file and array.
    """
    return _embedded_body() if path is None else _read_checked(Path(path))


@lru_cache(maxsize=1)
def _embedded_body() -> MappingProxyType[str, np.ndarray]:
    return _read_checked(BODY_FILE)


def _read_checked(path: Path) -> MappingProxyType[str, np.ndarray]:
    arrays = read_arrays(path, _SPECS)
    _check_ranges(arrays, path)
    return MappingProxyType(arrays)


def _check_ranges(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Refuse arrays whose numbers mean nothing."""

    def expect(good: np.ndarray | bool, name: str, message: str) -> None:
        if not np.all(good):
            raise ValueError(f'{path}, array {name!r}: expected {message}; the file is damaged or was made otherwise')

    for name, target in _POINTS_INTO.items():
        rows = len(arrays[target])
        expect(rows > 0, target, 'at least one row')
        expect(arrays[name] < rows, name, f'numbers of 0..{rows - 1}, rows of {target!r}')
    for name in ('template', 'bone_heads'):
        expect(np.abs(arrays[name]) <= _LARGEST_COORDINATE, name, f'finite metres of at most {_LARGEST_COORDINATE:g}')
    expect(len(arrays['shapes']) > 0, 'shapes', 'at least one row')
    expect(np.abs(arrays['shapes']) <= _LARGEST_COEFFICIENT, 'shapes', f'numbers of at most {_LARGEST_COEFFICIENT:g}')
    scale = arrays['basis_scale']
    expect((scale > 0) & (scale < 1), 'basis_scale', 'a number of metres between 0 and 1')
    mirror, parents = arrays['mirror_vertex'], arrays['bone_parents']
    expect(mirror[mirror] == np.arange(len(mirror)), 'mirror_vertex', 'each vertex to be the mirror image of its own')
    expect((parents >= -1) & (parents < np.arange(len(parents))), 'bone_parents', 'each parent before its children')
    expect((parents < 0).sum() == 1, 'bone_parents', 'one root')
    names = arrays['bone_names'].tolist()
    expect(len(set(names)) == len(names), 'bone_names', 'names that differ')
    # Each weight is rounded on its own, and a few that are near 0 are left out.
    total = arrays['weights'].sum(axis=1, dtype=np.int64) / _UV_UNITS
    expect(np.abs(total - 1) < 0.01, 'weights', 'weights that sum to 65535 for each vertex')
    try:
        _make_surface(arrays)
    except ValueError as error:
        raise ValueError(f'{path}, arrays chart_*: {error}') from error


def _make_surface(arrays: MappingProxyType[str, np.ndarray] | dict[str, np.ndarray]) -> Surface:
    uv = (arrays['chart_uv'] / _UV_UNITS).astype(np.float32)
    return Surface(
        vertex_of=arrays['chart_vertex'],
        part_of=arrays['chart_part'],
        uv=uv,
        faces=arrays['chart_faces'],
        num_vertices=len(arrays['template']),
        name=BODY_SURFACE,
    )


@lru_cache(maxsize=1)
def body_surface() -> Surface:
    """The embedded body's surface; made once in a process.

    Its mesh vertices are the rows of ``read_body()['template']``.
    """
    return _make_surface(read_body())
