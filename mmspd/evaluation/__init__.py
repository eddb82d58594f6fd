from .metrics import KeypointMetric, ParsingMetric, SurfacePointMetric

__all__ = ['KeypointMetric', 'ParsingMetric', 'SurfacePointMetric']
