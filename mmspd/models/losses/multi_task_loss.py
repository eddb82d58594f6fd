"""Weighs the tasks' losses into the training objective."""

from collections.abc import Collection
from typing import Final

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmspd.models.losses.task_loss import TaskLoss
from mmspd.registry import MODELS

WEIGHTINGS: Final = ('fixed', 'uncertainty')

# Kendall et al. divide squared errors by twice the variance and cross entropies by the variance itself.
_VARIANCE_FACTOR: Final = {'seg': 1.0, 'pose': 0.5, 'densepose': 0.5}


@MODELS.register_module()
class MultiTaskLoss(BaseModule):
    """Weighted sum of the tasks' losses.

    ``fixed``: L = 1.0 Ls + 0.8 Lp + 0.6 Ld (paper, Eq. 1, section III.E). ``uncertainty``: a learned log variance s_t
    per task, L = sum of f_t exp(-s_t) L_t + s_t / 2, f 1 for segmentation and 1/2 for pose and dense pose (Kendall,
    Gal, Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses", CVPR 2018); the weights then give the start:
    the variances begin where f_t exp(-s_t) equals them. A task that nothing in the batch is annotated for adds no s_t
    / 2, or its variance would shrink unopposed.

    Args:
        weights (dict[str, float] | None): Weight of each task, ``seg``, ``pose``, ``densepose``; None: Eq. 1. Tasks
            that a model does not have may be listed.
        weighting (str): ``'fixed'`` or ``'uncertainty'``.

    Raises:
        ValueError: An unknown weighting or task, or a weight that is negative or, learned, not positive.
    """

    def __init__(self, weights: dict[str, float] | None = None, weighting: str = 'fixed') -> None:
        super().__init__()
        if weighting not in WEIGHTINGS:
            raise ValueError(f'weighting must be one of {WEIGHTINGS}, got {weighting!r}')
        self.weights = dict(seg=1.0, pose=0.8, densepose=0.6) | dict(weights or {})
        if unknown := set(self.weights) - set(_VARIANCE_FACTOR):
            raise ValueError(f'weights may name the tasks {sorted(_VARIANCE_FACTOR)}, got also {sorted(unknown)}')
        lowest = min(self.weights.values())
        if lowest < 0 or (weighting == 'uncertainty' and lowest == 0):
            raise ValueError(f'weights must be {"positive" if lowest == 0 else "0 or more"}, got {self.weights}')
        self.log_variances = nn.ParameterDict()
        if weighting == 'uncertainty':
            for task, weight in self.weights.items():
                start = torch.tensor(_VARIANCE_FACTOR[task] / weight).log()
                self.log_variances[task] = nn.Parameter(start)

    def keep_tasks(self, tasks: Collection[str]) -> None:
        """Forget the learned weights of other tasks: without gradient they stop distributed training."""
        for task in set(self.log_variances) - set(tasks):
            del self.log_variances[task]

    def forward(self, tasks: dict[str, TaskLoss]) -> dict[str, Tensor]:
        """Weigh the tasks.

        Args:
            tasks (dict[str, TaskLoss]): Raw losses by task.

        Returns:
            dict[str, Tensor]: ``loss_<task>``, which mmengine sums into the objective, and for the log, detached, the
            raw terms as ``<task>/<term>`` (mmengine sums every key that contains "loss", so these must not) and,
            learned, the weights as ``weight/<task>``.
        """
        out: dict[str, Tensor] = {}
        for task, (terms, annotated) in tasks.items():
            total = torch.stack([term.float() for term in terms.values()]).sum()
            if task in self.log_variances:
                log_variance = self.log_variances[task]
                weight = _VARIANCE_FACTOR[task] * torch.exp(-log_variance)
                out[f'loss_{task}'] = weight * total + 0.5 * log_variance * float(annotated)
                out[f'weight/{task}'] = weight.detach()
            else:
                out[f'loss_{task}'] = self.weights[task] * total
            out.update({f'{task}/{name}': term.detach() for name, term in terms.items()})
        return out
