"""The body's surface: charts, distances along it, mirroring; pure functions on arrays."""

from mmspd.surface.body_file import body_surface, read_body
from mmspd.surface.charts import Surface
from mmspd.surface.densepose_files import read_densepose_surface
from mmspd.surface.geodesics import GeodesicTable, body_table, load_table
from mmspd.surface.lookup import (
    SurfacePoints,
    charts_to_points,
    charts_to_vertices,
    interpolate,
    vertices_to_charts,
)
from mmspd.surface.mirroring import BODY_SURFACE, mirror_charts, mirror_rule
from mmspd.surface.similarity import FIXED_SCALE, PART_SCALES, person_similarity, point_similarity

__all__ = [
    'BODY_SURFACE',
    'FIXED_SCALE',
    'PART_SCALES',
    'GeodesicTable',
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
    'person_similarity',
    'point_similarity',
    'read_body',
    'read_densepose_surface',
    'vertices_to_charts',
]
