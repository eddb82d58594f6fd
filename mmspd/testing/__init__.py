"""Rendered people with exact annotation for tests: samples and batches in memory, small trees on disk."""

from mmspd.testing.foreign_trees import write_small_atr, write_small_cihp, write_small_coco, write_small_mpii
from mmspd.testing.samples import make_batch, make_data_sample
from mmspd.testing.trees import write_small_tree

__all__ = [
    'make_batch',
    'make_data_sample',
    'write_small_atr',
    'write_small_cihp',
    'write_small_coco',
    'write_small_mpii',
    'write_small_tree',
]
