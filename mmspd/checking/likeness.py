"""Pictures that occur twice, also re-encoded or resized: fingerprints, and pairs of them that are alike."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

__all__ = ['Fingerprint', 'alike_pairs', 'fingerprint']

_SIDE: Final = 8
_THUMBNAIL: Final = 16
_BANDS: Final = 4
# Bits of 64 in which hashes of one picture differ after another JPEG compression or size: at most 3, so that of four
# bands of 16 bits at least one is equal. Thumbnails tell pictures apart whose hashes agree by chance.
_MOST_BITS: Final = 3
_MOST_DIFFERENCE: Final = 6.0
_LEAST_CONTRAST: Final = 4.0


@dataclass(frozen=True)
class Fingerprint:
    """What a picture is recognised by.

    Attributes:
        digest: Of its pixels: equal for equal pictures.
        gradients: 64 bits, whether each cell of an 8x8 grid is darker than its right neighbour; None for a picture
            without contrast, which resembles every other such picture.
        thumbnail: 16x16 bytes of grey.
    """

    digest: bytes
    gradients: int | None
    thumbnail: bytes


def fingerprint(image: np.ndarray) -> Fingerprint:
    """The fingerprint of a picture, uint8 (H, W, 3), BGR."""
    # Averaged over areas before greying: that is a tenth of the time of the reverse.
    small = cv2.resize(image, (4 * _THUMBNAIL, 4 * _THUMBNAIL), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    thumbnail = cv2.resize(grey, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA)
    digest = hashlib.blake2b(image.tobytes(), digest_size=16, person=str(image.shape[:2]).encode()[:16]).digest()
    if thumbnail.std() < _LEAST_CONTRAST:
        return Fingerprint(digest, None, thumbnail.tobytes())
    cells = cv2.resize(grey, (_SIDE + 1, _SIDE), interpolation=cv2.INTER_AREA)
    bits = np.packbits(cells[:, 1:] > cells[:, :-1])
    return Fingerprint(digest, int.from_bytes(bits.tobytes(), 'big'), thumbnail.tobytes())


def alike_pairs(first: Sequence[Fingerprint], second: Sequence[Fingerprint]) -> Iterator[tuple[int, int, bool]]:
    """Pairs of a picture of ``first`` and one of ``second`` that show the same.

    Args:
        first (Sequence[Fingerprint]): Of one split.
        second (Sequence[Fingerprint]): Of another, or the same again: then each pair comes once, and none with itself.

    Yields:
        tuple[int, int, bool]: Position in ``first``, position in ``second``, and whether all pixels are equal.
    """
    same_list = first is second
    buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
    equal: dict[bytes, list[int]] = defaultdict(list)
    for position, mark in enumerate(second):
        equal[mark.digest].append(position)
        for key in _keys(mark):
            buckets[key].append(position)
    for position, mark in enumerate(first):
        twins = equal.get(mark.digest, [])
        yield from ((position, twin, True) for twin in twins if not same_list or position < twin)
        near = {other for key in _keys(mark) for other in buckets.get(key, ())}.difference(twins)
        for other in sorted(near):
            if (not same_list or position < other) and _alike(mark, second[other]):
                yield position, other, False


def _keys(mark: Fingerprint) -> list[tuple[int, int]]:
    """The bands of a hash; hashes that differ in at most three bits share one."""
    if mark.gradients is None:
        return []
    return [(band, mark.gradients >> (16 * band) & 0xFFFF) for band in range(_BANDS)]


def _alike(first: Fingerprint, second: Fingerprint) -> bool:
    assert first.gradients is not None
    assert second.gradients is not None
    if (first.gradients ^ second.gradients).bit_count() > _MOST_BITS:
        return False
    ours, theirs = (np.frombuffer(mark.thumbnail, dtype=np.uint8).astype(np.float64) for mark in (first, second))
    return float(np.abs(ours - theirs).mean()) <= _MOST_DIFFERENCE
