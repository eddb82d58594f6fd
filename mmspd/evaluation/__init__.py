"""Metrics: parsing in three protocols, joints, surface points, geodesic point similarity."""

from mmspd.evaluation.metrics import GPSMetric, KeypointMetric, ParsingMetric, SurfacePointMetric

__all__ = ['GPSMetric', 'KeypointMetric', 'ParsingMetric', 'SurfacePointMetric']
