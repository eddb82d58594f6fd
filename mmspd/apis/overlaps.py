"""Whose a pixel is that several persons claim.

A person claims the pixels where its parsing, or without one its surface, is not background. Of those that claim a pixel
it goes to the one whose network is surest there: the largest softmax probability of a class that is not background. Of
equal ones, to 1e-5, it goes to the first in the order of the boxes. A pixel that is one person's is background for all
others, in parsing and surface; joints stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F

from mmspd.datasets.crops.person_boxes import PixelCrop

__all__ = ['Claim', 'owners', 'sureness']

# Logits that are equal differ by rounding, once they are read from windows at different places.
_EQUAL: Final = 1e-5


@dataclass(frozen=True, eq=False)
class Claim:
    """What one person claims.

    Attributes:
        window: x0, y0, x1, y1, whole pixels of the picture.
        body: bool (h, w), the pixels of the window that it claims.
        logits: float32 (C, ., .), channel 0 the background.
        area: float64 (4,), the box on pixel edges of the picture that the logits cover from edge to edge.
    """

    window: PixelCrop
    body: np.ndarray
    logits: np.ndarray
    area: np.ndarray


def sureness(claim: Claim) -> np.ndarray:
    """The largest probability of a class that is not background at each pixel of the window.

    Args:
        claim (Claim): Of the person.

    Returns:
        np.ndarray: float32 (h, w), 0..1; -1 where the person claims nothing.
    """
    x0, y0, x1, y1 = claim.window
    left, top, right, bottom = claim.area
    columns = (torch.arange(x0, x1, dtype=torch.float64) + 0.5 - left) / (right - left) * 2 - 1
    rows = (torch.arange(y0, y1, dtype=torch.float64) + 0.5 - top) / (bottom - top) * 2 - 1
    grid = torch.stack(torch.meshgrid(columns, rows, indexing='xy'), dim=-1).float()[None]
    logits = torch.from_numpy(claim.logits).float()[None]
    read = F.grid_sample(logits, grid, mode='bilinear', padding_mode='border', align_corners=False)
    probability = read.softmax(dim=1)[0, 1:].amax(dim=0).numpy()
    return np.where(claim.body, probability, np.float32(-1))


def owners(claims: Sequence[Claim], size: tuple[int, int]) -> np.ndarray:
    """Give every claimed pixel to one person.

    Args:
        claims (Sequence[Claim]): Of each person, in order.
        size (tuple): (H, W) of the picture.

    Returns:
        np.ndarray: int32 (H, W): 0 nobody's, else the person's number, from 1.
    """
    owner = np.zeros(size, np.int32)
    surest = np.full(size, -1, np.float32)
    for number, claim in enumerate(claims, start=1):
        alone = not any(other is not claim and _meet(claim.window, other.window) for other in claims)
        sure = np.where(claim.body, np.float32(1), np.float32(-1)) if alone else sureness(claim)
        x0, y0, x1, y1 = claim.window
        here = sure > surest[y0:y1, x0:x1] + _EQUAL
        owner[y0:y1, x0:x1][here] = number
        surest[y0:y1, x0:x1][here] = sure[here]
    return owner


def _meet(first: PixelCrop, second: PixelCrop) -> bool:
    """Whether two windows share a pixel."""
    return max(first[0], second[0]) < min(first[2], second[2]) and max(first[1], second[1]) < min(first[3], second[3])
