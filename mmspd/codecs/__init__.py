from mmspd.codecs.heatmap import SPDHeatmap, decode_heatmaps, heatmap_size_of

__all__ = ['SPDHeatmap', 'decode_heatmaps', 'heatmap_size_of']
