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
# Pixels whose logits are read together.
_AT_ONCE: Final = 1 << 16


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


def sureness(claim: Claim, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The largest probability of a class that is not background at pixels of the picture.

    Args:
        claim (Claim): Of the person.
        rows (np.ndarray): Integers (P,).
        columns (np.ndarray): Integers (P,).

    Returns:
        np.ndarray: float32 (P,), 0..1.
    """
    left, top, right, bottom = claim.area
    x = (columns + 0.5 - left) / (right - left) * 2 - 1
    y = (rows + 0.5 - top) / (bottom - top) * 2 - 1
    grid = torch.from_numpy(np.stack([x, y], axis=-1).astype(np.float32))[None, None]
    logits = torch.from_numpy(claim.logits).float()[None]
    read = F.grid_sample(logits, grid, mode='bilinear', padding_mode='border', align_corners=False)
    return read[0, :, 0].softmax(dim=0)[1:].amax(dim=0).numpy()


def owners(claims: Sequence[Claim], size: tuple[int, int]) -> np.ndarray:
    """Give every claimed pixel to one person.

    Args:
        claims (Sequence[Claim]): Of each person, in order.
        size (tuple): (H, W) of the picture.

    Returns:
        np.ndarray: int32 (H, W): 0 nobody's, else the person's number, from 1.
    """
    owner = np.zeros(size, np.int32)
    several = np.zeros(size, bool)
    for number, claim in enumerate(claims, start=1):
        own, others = owner[_place(claim.window)], several[_place(claim.window)]
        others |= claim.body & (own > 0)
        own[claim.body] = number
    surest = np.full(size, -1, np.float32) if several.any() else None
    for number, claim in enumerate(claims, start=1):
        if surest is None:
            break
        rows, columns = np.nonzero(several[_place(claim.window)] & claim.body)
        rows, columns = rows + claim.window[1], columns + claim.window[0]
        for start in range(0, len(rows), _AT_ONCE):
            place = rows[start : start + _AT_ONCE], columns[start : start + _AT_ONCE]
            sure = sureness(claim, *place)
            surer = sure > surest[place] + _EQUAL
            owner[place] = np.where(surer, number, owner[place])
            surest[place] = np.where(surer, sure, surest[place])
    return owner


def _place(window: PixelCrop) -> tuple[slice, slice]:
    """A window as an index of a picture."""
    return slice(window[1], window[3]), slice(window[0], window[2])
