"""Metrics: parsing in three protocols, joints, surface points."""

from .metrics import KeypointMetric, ParsingMetric, SurfacePointMetric

__all__ = ['KeypointMetric', 'ParsingMetric', 'SurfacePointMetric']
