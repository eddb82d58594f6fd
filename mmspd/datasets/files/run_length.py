"""COCO run-length masks of DensePose's 256 x 256 squares, read so that a hostile file can do no harm.

A mask is a list of run lengths, of zeros and ones in turn, down the columns. Compressed, a number is a string of
characters from '0' on with five bits each (the sixth says that more follow, the last one's fifth is the sign), and
from the fourth number on it is the difference to the number two before.
"""

from typing import Any

import numpy as np

from mmspd.anatomy import MASK_SIZE

__all__ = ['union_of_masks']


def _decompress(text: str) -> np.ndarray:
    """Run lengths of a compressed string, int64, not yet checked for sense."""
    if not text.isascii():
        raise ValueError('the counts are not a run-length string')
    codes = np.frombuffer(text.encode('ascii'), dtype=np.uint8).astype(np.int64) - 48
    if not len(codes) or codes.min() < 0 or codes.max() > 63 or codes[-1] & 32:
        raise ValueError('the counts are not a run-length string')
    lasts = np.flatnonzero(codes & 32 == 0)
    firsts = np.concatenate([[0], lasts[:-1] + 1])
    digits = lasts - firsts + 1
    if digits.max() > 5:
        raise ValueError('the counts hold a number far too large for the mask')
    place = np.arange(len(codes)) - np.repeat(firsts, digits)
    numbers = np.add.reduceat((codes & 31) << (5 * place), firsts)
    numbers -= np.where(codes[lasts] & 16, 1 << (5 * digits), 0)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    return numbers


def _runs(counts: Any) -> np.ndarray:
    """Run lengths that fill the square exactly, int64."""
    if isinstance(counts, str):
        runs = _decompress(counts)
    else:
        runs = np.asarray(counts)
        if runs.ndim != 1 or runs.dtype.kind != 'i':
            raise ValueError('the counts are not a list of whole numbers')
    if (runs < 0).any() or (runs > MASK_SIZE**2).any() or runs.sum() != MASK_SIZE**2:
        raise ValueError(f'the runs do not fill {MASK_SIZE} x {MASK_SIZE} pixels')
    return runs


def union_of_masks(masks: list[Any]) -> np.ndarray:
    """Pixels that any of the masks covers.

    Args:
        masks (list): Empty entries, or dicts with ``counts``: a compressed string or a list of run lengths.

    Returns:
        np.ndarray: bool (256, 256), rows by columns.

    Raises:
        ValueError: If the runs of a mask do not fill the square exactly; the error names its position.
    """
    union = np.zeros(MASK_SIZE**2, dtype=bool)
    for position, mask in enumerate(masks):
        if not mask:
            continue
        try:
            runs = _runs(mask['counts'])
        except ValueError as error:
            raise ValueError(f'dp_masks[{position}]: {error}') from error
        union |= np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return union.reshape(MASK_SIZE, MASK_SIZE).T
