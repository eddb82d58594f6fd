"""A body surface laid out in charts: the 24 parts of DensePose, each with coordinates U, V.

A *mesh vertex* lies in space. The mesh is cut into parts, and each part is flattened: a *chart vertex* is a mesh vertex
as one part sees it, with its U, V there. A mesh vertex on a seam has several chart vertices, one inside a part has one,
one in the mouth has none. Faces join chart vertices, so each belongs to one part.

Letters: C chart vertices, F faces, V mesh vertices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
from scipy.spatial import cKDTree

from mmspd.anatomy import NUM_PARTS

__all__ = ['PartChart', 'Surface']


@dataclass(frozen=True, eq=False)
class PartChart:
    """One part of a surface, with what look-ups need.

    Attributes:
        chart_vertices: int64 (C',), chart vertices of the part.
        tree: k-d tree over their U, V, in that order.
        faces: int64 (F',), faces of the part.
        corners: float64 (F', 3, 2), U, V of the faces' corners.
    """

    chart_vertices: np.ndarray
    tree: cKDTree
    faces: np.ndarray
    corners: np.ndarray


@dataclass(frozen=True, eq=False)
class Surface:
    """A charted mesh. Arrays are checked, copied and made read-only.

    Args:
        vertex_of (np.ndarray): Whole numbers (C,), chart vertex -> mesh vertex, 0..V-1; kept as int32.
        part_of (np.ndarray): Whole numbers (C,), chart vertex -> part, 1..24; kept as uint8.
        uv (np.ndarray): (C, 2), U, V of the chart vertices, 0..1; kept as float32.
        faces (np.ndarray): Whole numbers (F, 3), chart vertices of each face, all of one part; kept as int32. May be
            empty: such a surface has vertices to look up, but no points between them.
        num_vertices (int): V, mesh vertices, those without a chart included.
        name (str): Names the surface in messages and in data files.

    Raises:
        ValueError: If an array has another shape or type, or a value out of range; the error names the array.
    """

    vertex_of: np.ndarray
    part_of: np.ndarray
    uv: np.ndarray
    faces: np.ndarray
    num_vertices: int
    name: str = field(default='surface')

    def __post_init__(self) -> None:
        count = np.shape(self.vertex_of)[0] if np.ndim(self.vertex_of) == 1 else 0
        if count == 0:
            raise self._error(f'expected vertex_of (C,) with C > 0, got shape {np.shape(self.vertex_of)}')
        self._keep_integers('vertex_of', (count,), 0, self.num_vertices - 1, np.int32)
        self._keep_integers('part_of', (count,), 1, NUM_PARTS, np.uint8)
        self._keep_integers('faces', (-1, 3), 0, count - 1, np.int32)
        uv = np.array(self.uv)
        if uv.shape != (count, 2) or uv.dtype.kind != 'f':
            raise self._error(f'expected uv ({count}, 2) of floats, got {uv.shape} of {uv.dtype}')
        if not ((uv >= 0) & (uv <= 1)).all():
            raise self._error(f'expected uv of 0..1, got {uv.min():g}..{uv.max():g}')
        self._keep('uv', uv.astype(np.float32))
        parts = self.part_of[self.faces]
        torn = np.flatnonzero((parts != parts[:, :1]).any(axis=1))
        if torn.size:
            raise self._error(
                f'expected faces within one part, but face {torn[0]} has corners in the parts {parts[torn[0]].tolist()}'
            )

    def _error(self, message: str) -> ValueError:
        return ValueError(f'surface {self.name!r}: {message}')

    def _keep(self, name: str, array: np.ndarray) -> None:
        array = np.ascontiguousarray(array)
        array.setflags(write=False)
        object.__setattr__(self, name, array)

    def _keep_integers(self, name: str, shape: tuple[int, ...], low: int, high: int, dtype: type) -> None:
        """Check a field of whole numbers, ``low``..``high``; a length of -1 is free."""
        array = np.array(getattr(self, name))
        fits = array.ndim == len(shape) and all(want in (-1, got) for want, got in zip(shape, array.shape, strict=True))
        if not fits or array.dtype.kind not in 'iu':
            raise self._error(f'expected {name} {shape} of whole numbers, got {array.shape} of {array.dtype}')
        if array.size and not low <= array.min() <= array.max() <= high:
            raise self._error(f'expected {name} of {low}..{high}, got {array.min()}..{array.max()}')
        self._keep(name, array.astype(dtype))

    @cached_property
    def parts(self) -> Mapping[int, PartChart]:
        """Part -> its chart, for the parts that this surface has."""
        part_of_face = self.part_of[self.faces[:, 0]]
        charts = {}
        for part in np.unique(self.part_of).tolist():
            chart_vertices = np.flatnonzero(self.part_of == part)
            faces = np.flatnonzero(part_of_face == part)
            uv = self.uv.astype(np.float64)
            charts[part] = PartChart(chart_vertices, cKDTree(uv[chart_vertices]), faces, uv[self.faces[faces]])
        return MappingProxyType(charts)

    @cached_property
    def charts_of_vertex(self) -> tuple[np.ndarray, np.ndarray]:
        """Every chart vertex of each mesh vertex, packed.

        Returns:
            tuple: ``starts`` int64 (V + 1,) and ``chart_vertices`` int64 (C,): those of mesh vertex ``v`` are
            ``chart_vertices[starts[v] : starts[v + 1]]``, in rising order.
        """
        chart_vertices = np.argsort(self.vertex_of, kind='stable')
        starts = np.searchsorted(self.vertex_of[chart_vertices], np.arange(self.num_vertices + 1))
        for array in (chart_vertices, starts):
            array.setflags(write=False)
        return starts, chart_vertices

    @cached_property
    def mesh_faces(self) -> np.ndarray:
        """Faces as mesh vertices: int32 (F, 3)."""
        faces = self.vertex_of[self.faces]
        faces.setflags(write=False)
        return faces
