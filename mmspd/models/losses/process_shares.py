"""What several processes that train together need so that their losses and gradients are the whole batch's.

Distributed training averages the gradients of its processes. Our losses are means over what is annotated: pixels,
images, points. A mean over two annotated images in one process and over six in another must then weigh 1/4 and 3/4, not
1/2 each.
"""

from collections.abc import Mapping

import torch
from mmengine.dist import all_reduce, get_world_size
from torch import Tensor

from mmspd.models.losses.task_loss import TaskLoss


def process_share(counts: Tensor) -> tuple[Tensor, Tensor]:
    """This process's counts divided by their means over all processes.

    A mean over n things, times this share of n, averaged over the processes, is the mean over the things of all
    processes. It is one collective: every process must call it at the same place with as many counts.

    Args:
        counts (Tensor): (K,), 0 or more.

    Returns:
        tuple[Tensor, Tensor]: Shares, float32 (K,), 0 to the number of processes, 0 where no process counts anything
            and 1 where something is counted without distribution; and the sums over all processes, float32 (K,).
    """
    own = counts.detach().float()
    totals = own.clone()
    all_reduce(totals)
    return torch.where(totals > 0, own * get_world_size() / totals, 0.0), totals


def share_terms(terms: Mapping[str, Tensor], counts: Mapping[str, Tensor], annotations: Tensor) -> TaskLoss:
    """A task's loss whose mean over the processes is that of the whole batch.

    Args:
        terms (Mapping[str, Tensor]): Scalars, means over this process's part of the batch.
        counts (Mapping[str, Tensor]): For each term, over how many things it averages, a scalar.
        annotations (Tensor): How many annotations for the task the part holds, a scalar.

    Returns:
        TaskLoss: The terms times this process's share of the counts.
    """
    shares, totals = process_share(torch.stack([count.float() for count in (annotations, *counts.values())]))
    share_of = dict(zip(counts, shares[1:], strict=True))
    return TaskLoss({name: term * share_of[name] for name, term in terms.items()}, bool(totals[0] > 0))


def process_means(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Means over the processes of scalars that all of them name alike, detached; without distribution as they are."""
    if get_world_size() == 1:
        return dict(values)
    stacked = torch.stack([value.detach().float() for value in values.values()])
    all_reduce(stacked, 'mean')
    return dict(zip(values, stacked, strict=True))
