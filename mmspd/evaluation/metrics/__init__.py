"""Metrics for mmengine's evaluator."""

from .keypoint_metric import KeypointMetric
from .parsing_metric import ParsingMetric
from .surface_metric import SurfacePointMetric

__all__ = ['KeypointMetric', 'ParsingMetric', 'SurfacePointMetric']
