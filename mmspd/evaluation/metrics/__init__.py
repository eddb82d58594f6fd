"""Metrics for mmengine's evaluator."""

from mmspd.evaluation.metrics.gps_metric import GPSMetric
from mmspd.evaluation.metrics.keypoint_metric import KeypointMetric
from mmspd.evaluation.metrics.parsing_metric import ParsingMetric
from mmspd.evaluation.metrics.surface_metric import SurfacePointMetric

__all__ = ['GPSMetric', 'KeypointMetric', 'ParsingMetric', 'SurfacePointMetric']
