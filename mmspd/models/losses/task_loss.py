"""What a branch hands to the multi-task loss."""

from typing import NamedTuple

from torch import Tensor


def term_name(loss_name: str) -> str:
    """A term's name for a loss of mmseg: without "loss", as mmengine sums every key that contains it."""
    return loss_name.replace('loss_', '').replace('loss', '').strip('_') or 'value'


class TaskLoss(NamedTuple):
    """Raw losses of one task.

    Attributes:
        terms (dict[str, Tensor]): Named scalars, summed into the task's loss. Where nothing is annotated they are zeros
            that keep the branch in the graph, so that distributed training does not wait for its gradients. Of several
            processes, each has its part, and the mean over the processes is the whole batch's.
        annotated (bool): Whether the batch, in whichever process, holds any annotation for the task.
    """

    terms: dict[str, Tensor]
    annotated: bool
