"""What a branch hands to the multi-task loss."""

from typing import NamedTuple

from torch import Tensor


class TaskLoss(NamedTuple):
    """Raw losses of one task.

    Attributes:
        terms (dict[str, Tensor]): Named scalars, summed into the task's loss. Where nothing is annotated they are zeros
            that keep the branch in the graph, so that distributed training does not wait for its gradients.
        annotated (bool): Whether the batch holds any annotation for the task.
    """

    terms: dict[str, Tensor]
    annotated: bool
