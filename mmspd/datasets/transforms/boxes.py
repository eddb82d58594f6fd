"""The dense-pose branch's region in training."""

from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from mmspd.geometry import clip_boxes
from mmspd.registry import TRANSFORMS

__all__ = ['JitterBox']


@TRANSFORMS.register_module()
class JitterBox(BaseTransform):
    """Move each edge of the person's box by chance, as the boxes of a detector would be off.

    Comes after :class:`PersonAffine` and changes ``transformed_bbox``: every edge moves by up to ``amount`` times the
    box's width or height, either way, and stays on the network input.

    Args:
        amount (float): Largest move as a fraction of the box's side, from 0 to less than 0.5, so that no box turns
            inside out. Defaults to 0.1.
    """

    def __init__(self, amount: float = 0.1) -> None:
        if not 0 <= amount < 0.5:
            raise ValueError(f'amount must be from 0 to less than 0.5, got {amount}')
        self.amount = amount

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Jitter ``transformed_bbox``."""
        boxes = results['transformed_bbox']
        sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        moves = results['rng'].uniform(-self.amount, self.amount, size=boxes.shape)
        height, width = results['img_shape']
        results['transformed_bbox'] = clip_boxes((boxes + moves * sides).astype(np.float32), width, height)
        return results
