"""What the network gives, before it is brought to the original picture."""

from typing import NamedTuple

from torch import Tensor

__all__ = ['SPDAnswers', 'SPDOutputs']


class SPDOutputs(NamedTuple):
    """Raw outputs of all stages; None or empty for a branch that the model does not have.

    Attributes:
        seg (list[Tensor]): Logits of each stage, (N, 20, h, w).
        pose (list[Tensor]): Heatmaps of each stage, (N, 16, h, w).
        surface (tuple[Tensor, Tensor] | None): Logits of I (R, 25, S, S) and U, V (R, 2, 24, S, S).
        rois (Tensor | None): float (R, 5), image index and box on pixel edges of the network input.
    """

    seg: list[Tensor]
    pose: list[Tensor]
    surface: tuple[Tensor, Tensor] | None
    rois: Tensor | None


class SPDAnswers(NamedTuple):
    """The outputs that predictions are made of; None for a branch that the model does not have.

    Attributes:
        seg (Tensor | None): Logits, the mean of the stages, (N, C, h, w).
        pose (Tensor | None): Heatmaps of the last stage, (N, 16, h, w).
        surface (tuple[Tensor, Tensor] | None): Logits of I (R, 25, S, S) and U, V (R, 2, 24, S, S).
        rois (Tensor | None): float (R, 5), image index and box on pixel edges of the network input.
    """

    seg: Tensor | None
    pose: Tensor | None
    surface: tuple[Tensor, Tensor] | None
    rois: Tensor | None
