"""The body's surface: charts, distances along it, mirroring; pure functions on arrays."""

from mmspd.surface.body_file import body_surface, read_body
from mmspd.surface.charts import Surface
from mmspd.surface.densepose_assets import read_densepose_assets
from mmspd.surface.densepose_files import DENSEPOSE_SURFACE, read_densepose_surface
from mmspd.surface.geodesics import GeodesicTable, body_table, load_table
from mmspd.surface.lookup import (
    SurfacePoints,
    charts_to_points,
    charts_to_vertices,
    interpolate,
    vertices_to_charts,
)
from mmspd.surface.measured import MeasuredSurface, open_surface
from mmspd.surface.mirroring import BODY_SURFACE, mirror_charts, mirror_rule
from mmspd.surface.similarity import FIXED_SCALE, PART_SCALES, person_similarity, point_similarity

__all__ = [
    'BODY_SURFACE',
    'DENSEPOSE_SURFACE',
    'FIXED_SCALE',
    'PART_SCALES',
    'GeodesicTable',
    'MeasuredSurface',
    'Surface',
    'SurfacePoints',
    'body_surface',
    'body_table',
    'charts_to_points',
    'charts_to_vertices',
    'interpolate',
    'load_table',
    'mirror_charts',
    'mirror_rule',
    'open_surface',
    'person_similarity',
    'point_similarity',
    'read_body',
    'read_densepose_assets',
    'read_densepose_surface',
    'vertices_to_charts',
]
