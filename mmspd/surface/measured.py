"""A surface together with the distances on it: what geodesic point similarity is measured on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmspd.surface.body_file import body_surface
from mmspd.surface.charts import Surface
from mmspd.surface.densepose_assets import read_densepose_assets
from mmspd.surface.geodesics import GeodesicTable, body_table
from mmspd.surface.lookup import charts_to_vertices
from mmspd.surface.mirroring import BODY_SURFACE

__all__ = ['MeasuredSurface', 'open_surface']


@dataclass(frozen=True, eq=False)
class MeasuredSurface:
    """A charted mesh and a table of distances between its vertices.

    Args:
        surface (Surface): The mesh.
        table (GeodesicTable): Distances in metres.

    Raises:
        ValueError: If the table is of another number of vertices.
    """

    surface: Surface
    table: GeodesicTable

    def __post_init__(self) -> None:
        if len(self.table.landmark_of) != self.surface.num_vertices:
            raise ValueError(
                f'surface {self.surface.name!r} has {self.surface.num_vertices} vertices, but the table of distances '
                f'is of {len(self.table.landmark_of)}'
            )

    def distances(self, parts: np.ndarray, uv: np.ndarray, other_parts: np.ndarray, other_uv: np.ndarray) -> np.ndarray:
        """Distances between points, each taken for the mesh vertex nearest in U, V within its part.

        Args:
            parts (np.ndarray): Whole numbers (P,), 0..24.
            uv (np.ndarray): (P, 2).
            other_parts (np.ndarray): Whole numbers (P,), 0..24.
            other_uv (np.ndarray): (P, 2).

        Returns:
            np.ndarray: float32 (P,), metres; infinite where either part is 0, the background.

        Raises:
            ValueError: If shapes do not fit, a part is out of range or absent from the surface, or U, V are not finite.
        """
        if np.shape(parts) != np.shape(other_parts) or np.shape(uv) != np.shape(other_uv):
            raise ValueError(
                f'expected as many points as others, got parts {np.shape(parts)} and {np.shape(other_parts)}, '
                f'uv {np.shape(uv)} and {np.shape(other_uv)}'
            )
        # Both at once: each part is searched once.
        vertices = charts_to_vertices(self.surface, np.stack([parts, other_parts]), np.stack([uv, other_uv]))
        return self.table.between(*vertices)


def open_surface(source: str | Path, copies: str | Path | None = None) -> MeasuredSurface:
    """A surface by its name, or from a folder.

    Args:
        source (str | Path): ``'mmspd_body'``, the embedded body; or a folder with the files of DensePose's evaluation
            (:mod:`mmspd.surface.densepose_assets`).
        copies (str | Path, optional): For such a folder, where the copy of its distances lies.

    Returns:
        MeasuredSurface: Of the embedded body 1,500 landmarks stand for 13,000 vertices (12 mm in the mean).

    Raises:
        FileNotFoundError: If there is neither such a name nor such a folder, or a file is missing in it.
        OSError: If the distances cannot be copied.
        ValueError: If a file is damaged.
    """
    if str(source) == BODY_SURFACE:
        return MeasuredSurface(body_surface(), body_table())
    return MeasuredSurface(*read_densepose_assets(source, copies))
