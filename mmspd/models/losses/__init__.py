"""Losses: pure functions, and the multi-task weighting."""

from mmspd.models.losses.heatmap_loss import coordinate_loss, heatmap_mean_square, heatmap_norm, soft_argmax
from mmspd.models.losses.multi_task_loss import MultiTaskLoss
from mmspd.models.losses.surface_loss import combine_terms, surface_terms
from mmspd.models.losses.task_loss import TaskLoss

__all__ = [
    'MultiTaskLoss',
    'TaskLoss',
    'combine_terms',
    'coordinate_loss',
    'heatmap_mean_square',
    'heatmap_norm',
    'soft_argmax',
    'surface_terms',
]
