"""Losses: pure functions, and the multi-task weighting."""

from mmspd.models.losses.heatmap_loss import (
    annotated_images,
    coordinate_loss,
    heatmap_mean_square,
    heatmap_norm,
    soft_argmax,
)
from mmspd.models.losses.multi_task_loss import MultiTaskLoss
from mmspd.models.losses.pixel_counts import averaged_pixels, pixel_loss
from mmspd.models.losses.process_shares import process_means, process_share, share_terms
from mmspd.models.losses.surface_loss import combine_terms, surface_terms, term_counts
from mmspd.models.losses.task_loss import TaskLoss

__all__ = [
    'MultiTaskLoss',
    'TaskLoss',
    'annotated_images',
    'averaged_pixels',
    'combine_terms',
    'coordinate_loss',
    'heatmap_mean_square',
    'heatmap_norm',
    'pixel_loss',
    'process_means',
    'process_share',
    'share_terms',
    'soft_argmax',
    'surface_terms',
    'term_counts',
]
