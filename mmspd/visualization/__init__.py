"""Pictures of annotations and predictions."""

from mmspd.visualization.spd_visualizer import SPDVisualizer

__all__ = ['SPDVisualizer']
