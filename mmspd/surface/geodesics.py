"""A table of distances along a body's surface, between any two of its mesh vertices.

All pairs of 13,000 vertices would be hundreds of megabytes. So some vertices are *landmarks*, spread evenly; the table
holds the distances between landmarks, and every vertex counts as its nearest one. What that costs, the *snap*, is
stored beside it. With each vertex its own landmark the table is exact; such a table may stay on disk, as a memory map.

Letters: V mesh vertices, K landmarks, N pairs.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from mmspd.surface.archives import ArraySpec, read_arrays
from mmspd.surface.body_file import body_surface, read_body
from mmspd.surface.mesh_geodesics import MeshGeodesics, farthest_points, mesh_checksum

__all__ = ['GEODESICS_FILE', 'GeodesicTable', 'body_table', 'build_table', 'load_table', 'save_table']

GEODESICS_FILE: Final = Path(__file__).with_name('body_geodesics.npz')

_UNREACHED: Final = np.iinfo(np.uint16).max  # stands for an infinite distance in a table of uint16
_UNIT: Final = 1e-4  # metres a step of uint16: up to 6.5 m, rounded by 0.05 mm at most
_BATCH: Final = 25
_SPECS: Final = {
    'landmark_of': ArraySpec('int16', ('V',)),
    'distances': ArraySpec('uint16', ('D',)),
    'unit': ArraySpec('float64', ()),
    'snap': ArraySpec('float64', (2,)),
    'mesh': ArraySpec('uint32', ()),
}


@dataclass(frozen=True, eq=False)
class GeodesicTable:
    """Distances between landmarks, and the landmark of each mesh vertex.

    Args:
        landmark_of (np.ndarray): Whole numbers (V,), 0..K-1; -1 for a vertex that the table does not know.
        distances (np.ndarray): uint16 or floats (K (K - 1) / 2,): of the landmarks 0-1, 0-2, ..., 1-2, ..., as
            ``scipy.spatial.distance.squareform`` packs them. Kept as it is, so a memory map stays on disk. In uint16
            65535 stands for infinity.
        unit (float): Metres of a distance of 1.
        snap_mean (float): Distance of a vertex from its landmark, metres, mean over the vertices that the table knows.
        snap_max (float): The same, largest.
        mesh (int): Checksum of the mesh that it was measured on (``MeshGeodesics.checksum``); 0 if unknown.

    Raises:
        ValueError: If shapes, types or values do not fit together.
    """

    landmark_of: np.ndarray
    distances: np.ndarray
    unit: float = 1.0
    snap_mean: float = 0.0
    snap_max: float = 0.0
    mesh: int = 0

    def __post_init__(self) -> None:
        landmark_of = np.array(self.landmark_of)
        if landmark_of.ndim != 1 or landmark_of.dtype.kind not in 'iu':
            raise ValueError(
                f'expected landmark_of (V,) of whole numbers, got {landmark_of.shape} of {landmark_of.dtype}'
            )
        if self.distances.ndim != 1 or not (self.distances.dtype.kind == 'f' or self.distances.dtype == np.uint16):
            raise ValueError(
                f'expected distances (D,) of uint16 or floats, got {self.distances.shape} of {self.distances.dtype}'
            )
        low, high = landmark_of.min(initial=-1), landmark_of.max(initial=-1)
        if low < -1 or high >= self.num_landmarks:
            raise ValueError(f'expected landmarks of -1..{self.num_landmarks - 1}, got {low}..{high}')
        pairs = self.num_landmarks * (self.num_landmarks - 1) // 2
        if len(self.distances) != pairs:
            raise ValueError(
                f'expected a distance for each pair of {self.num_landmarks} landmarks, {pairs}, '
                f'got {len(self.distances)}'
            )
        if not (0 < self.unit < np.inf and 0 <= self.snap_mean <= self.snap_max < np.inf):
            raise ValueError(
                f'expected a unit above 0 and snaps of 0 or more, got unit {self.unit}, '
                f'mean snap {self.snap_mean}, largest {self.snap_max}'
            )
        landmark_of = landmark_of.astype(np.int32)
        landmark_of.setflags(write=False)
        object.__setattr__(self, 'landmark_of', landmark_of)

    @property
    def num_landmarks(self) -> int:
        """K, from the number of pairs; a table without pairs has one landmark."""
        return (1 + round((1 + 8 * len(self.distances)) ** 0.5)) // 2

    def between(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Distances between mesh vertices; only the wanted entries of the table are read.

        Args:
            first (np.ndarray): Whole numbers (N...,), mesh vertices, or -1 for none.
            second (np.ndarray): Likewise; the two shapes broadcast.

        Returns:
            np.ndarray: float32 (N...,), metres: 0 where both have the same landmark, infinite where either is -1, the
            table does not know it, or no path leads from one to the other.

        Raises:
            ValueError: If a vertex is out of range, or the table holds a negative distance or NaN there.
        """
        one, two = np.broadcast_arrays(self._landmarks(first), self._landmarks(second))
        low, high = np.minimum(one, two), np.maximum(one, two)
        result = np.zeros(low.shape, dtype=np.float32)
        result[low < 0] = np.inf
        apart = (low >= 0) & (low < high)
        low, high = low[apart], high[apart]
        # Row `low` of the upper triangle begins after K - 1, K - 2, ... entries of the rows above.
        stored = np.asarray(self.distances[low * (2 * self.num_landmarks - low - 1) // 2 + high - low - 1])
        if not (stored >= 0).all():
            raise ValueError('the table holds a negative distance or NaN: it is damaged')
        metres = (stored * np.float64(self.unit)).astype(np.float32)
        result[apart] = np.where(stored == _UNREACHED, np.inf, metres) if stored.dtype == np.uint16 else metres
        return result

    def _landmarks(self, vertices: np.ndarray) -> np.ndarray:
        """Landmarks of vertices, -1 for none; int64, so that products of two cannot overflow."""
        vertices = np.asarray(vertices)
        if vertices.dtype.kind not in 'iu':
            raise ValueError(f'expected mesh vertices of whole numbers, got {vertices.dtype}')
        count = len(self.landmark_of)
        if vertices.size and not -1 <= vertices.min() <= vertices.max() < count:
            raise ValueError(f'expected mesh vertices of -1..{count - 1}, got {vertices.min()}..{vertices.max()}')
        known = np.append(self.landmark_of, -1).astype(np.int64)  # the last serves -1
        return known[vertices.astype(np.int64)]


def build_table(mesh: MeshGeodesics, num_landmarks: int) -> GeodesicTable:
    """Measure a table on a mesh whose unit is the metre.

    Args:
        mesh (MeshGeodesics): The mesh.
        num_landmarks (int): K, 1..32767.

    Returns:
        GeodesicTable: uint16 in tenths of a millimetre. Vertices without a face are unknown to it.

    Raises:
        ValueError: If ``num_landmarks`` is out of range, or a distance exceeds 6.5 m.
    """
    if not 1 <= num_landmarks <= np.iinfo(np.int16).max:
        raise ValueError(f'expected 1..{np.iinfo(np.int16).max} landmarks, got {num_landmarks}')
    landmarks, landmark_of, snap = farthest_points(mesh, num_landmarks)
    rows = []
    for start in range(0, len(landmarks), _BATCH):
        found = mesh.distances(landmarks[start : start + _BATCH])[:, landmarks]
        rows += [row[start + offset + 1 :] for offset, row in enumerate(found)]
    steps = np.rint(np.concatenate(rows) / _UNIT)
    reached = np.isfinite(steps)
    if steps[reached].max(initial=0) >= _UNREACHED:
        raise ValueError(f'expected distances below {_UNREACHED * _UNIT:.2f} m, got {steps[reached].max() * _UNIT:.2f}')
    stored = np.where(reached, steps, _UNREACHED).astype(np.uint16)
    known = snap[mesh.members]
    return GeodesicTable(landmark_of, stored, _UNIT, float(known.mean()), float(known.max()), mesh.checksum)


def save_table(table: GeodesicTable, path: str | Path) -> None:
    """Write a table of uint16 distances as an ``.npz`` file; it appears whole or not at all.

    Args:
        table (GeodesicTable): As :func:`build_table` makes it.
        path (str | Path): File to write or replace.

    Raises:
        ValueError: If the table's distances are not uint16.
    """
    if table.distances.dtype != np.uint16:
        raise ValueError(f'expected a table of uint16, got {table.distances.dtype}')
    path = Path(path)
    unfinished = path.with_name(f'.{path.name}.unfinished')
    try:
        with unfinished.open('wb') as stream:
            np.savez_compressed(
                stream,
                landmark_of=table.landmark_of.astype(np.int16),
                distances=table.distances,
                unit=np.float64(table.unit),
                snap=np.array([table.snap_mean, table.snap_max]),
                mesh=np.uint32(table.mesh),
            )
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def load_table(path: str | Path | None = None) -> GeodesicTable:
    """Read a table that :func:`save_table` wrote.

    Args:
        path (str | Path | None): The file; None is the embedded body's.

    Returns:
        GeodesicTable: The table.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or its arrays do not fit together; the error names the file.
    """
    path = GEODESICS_FILE if path is None else Path(path)
    arrays = read_arrays(path, _SPECS)
    snap_mean, snap_max = arrays['snap'].tolist()
    unit, mesh = float(arrays['unit']), int(arrays['mesh'])
    try:
        return GeodesicTable(arrays['landmark_of'], arrays['distances'], unit, snap_mean, snap_max, mesh)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


@lru_cache(maxsize=1)
def body_table() -> GeodesicTable:
    """The embedded body's table; read once in a process.

    Raises:
        FileNotFoundError: If the package's file is missing.
        ValueError: If it is damaged, or was made for another body than the package's.
    """
    table = load_table()
    if table.mesh != mesh_checksum(read_body()['template'], body_surface().mesh_faces):
        raise ValueError(
            f'{GEODESICS_FILE}: made for another body than the one in this package; '
            'make it anew: python tools/synthetic/build_geodesics.py'
        )
    return table
