"""Metrics: parsing in three protocols, joints, surface points."""

from mmspd.evaluation.metrics import KeypointMetric, ParsingMetric, SurfacePointMetric

__all__ = ['KeypointMetric', 'ParsingMetric', 'SurfacePointMetric']
