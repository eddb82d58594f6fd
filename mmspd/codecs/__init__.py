"""Joints as heatmaps, surface points as charts: encoding and decoding."""

from mmspd.codecs.heatmap import SPDHeatmap, decode_heatmaps, heatmap_size_of

__all__ = ['SPDHeatmap', 'decode_heatmaps', 'heatmap_size_of']
