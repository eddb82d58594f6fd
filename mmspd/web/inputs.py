"""What visitors give: a picture's file and boxes as text, read or refused with a message for them."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Final, TypeVar

import numpy as np
from PIL import Image

from mmspd.datasets.files.image_files import ImageFileError
from mmspd.datasets.files.photographs import check_effort, read_photograph
from mmspd.web.limits import InputError, Limits

__all__ = ['parse_boxes', 'read_upload']

_FORMATS: Final = ('JPEG', 'PNG', 'WEBP', 'BMP')
_LINE: Final = 200  # characters of a box
_NUMBER: Final = re.compile(r'[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?', re.ASCII | re.IGNORECASE)
_FARTHEST: Final = 1e6  # pixels

Result = TypeVar('Result')


def read_upload(data: bytes, limits: Limits) -> np.ndarray:
    """A picture's pixels.

    Args:
        data (bytes): The file.
        limits (Limits): ``upload_bytes`` and ``pixels``, which are checked before anything is decoded.

    Returns:
        np.ndarray: uint8 (H, W, 3), BGR; see :func:`~mmspd.datasets.files.photographs.read_photograph`.

    Raises:
        InputError: If it is no picture, broken or too large.
    """
    if not data:
        raise InputError('The file is empty. Choose a JPEG, PNG, WebP or BMP picture.')
    if len(data) > limits.upload_bytes:
        raise InputError(
            f'The file has {len(data):,} bytes; at most {limits.upload_bytes:,} are taken. Choose a smaller picture.'
        )
    _or_refuse(check_effort, data)
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
    except Image.DecompressionBombError as error:
        raise InputError(
            f'The picture claims far more pixels than the {limits.pixels:,} that are taken. Choose a smaller picture.'
        ) from error
    except Exception as error:  # Pillow raises a dozen kinds for broken files
        raise InputError('The file is no JPEG, PNG, WebP or BMP picture, or it is broken. Choose another.') from error
    if width * height > limits.pixels:
        raise InputError(
            f'The picture has {width:,} x {height:,} pixels; at most {limits.pixels:,} in all are taken. Choose a '
            'smaller picture.'
        )
    return _or_refuse(read_photograph, data)


def _or_refuse(function: Callable[[bytes, str], Result], data: bytes) -> Result:
    """What a function gives of a file; its refusal as one for the visitor."""
    try:
        return function(data, 'The picture')
    except ImageFileError as error:
        raise InputError(f'{error}. Choose another picture.') from error


def parse_boxes(text: str, size: tuple[int, int], persons: int) -> np.ndarray | None:
    """Boxes of persons.

    Args:
        text (str): One a line: x1, y1, x2, y2 in pixels, between commas, semicolons or spaces. Empty lines do not
            count.
        size (tuple): (H, W) of the picture.
        persons (int): The most boxes that are taken.

    Returns:
        np.ndarray | None: float64 (R, 4) on pixel edges; None where the text is empty.

    Raises:
        InputError: If a line is no box, or one that is empty or outside the picture, or there are too many.
    """
    if len(text) > 2 * _LINE * persons:
        raise InputError(f'The boxes are a text of {len(text):,} characters. Give at most {persons} boxes, one a line.')
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > persons:
        raise InputError(f'There are {len(lines)} boxes; at most {persons} are taken. Remove some.')
    return np.array([_box(line, f'Line {number} of the boxes', size) for number, line in lines]) if lines else None


def _box(line: str, where: str, size: tuple[int, int]) -> list[float]:
    """One box."""
    words = re.split(r'\s*[,;]\s*|\s+', line.strip(',; '))
    if len(words) != 4 or not all(map(_NUMBER.fullmatch, words)):
        raise InputError(f'{where}: expected four numbers x1, y1, x2, y2, got {line[:60]!r}.')
    numbers = x1, y1, x2, y2 = [float(word) for word in words]
    if max(map(abs, numbers)) > _FARTHEST:
        raise InputError(f'{where}: expected numbers from -{_FARTHEST:,.0f} to {_FARTHEST:,.0f}, got {line[:60]!r}.')
    if x2 - x1 < 1 or y2 - y1 < 1:
        raise InputError(
            f'{where}: expected the left upper corner, then the right lower one, got {line[:60]!r}: x2 has to be '
            'larger than x1, and y2 than y1, by a pixel at least.'
        )
    height, width = size
    if min(x2, width) - max(x1, 0) < 1 or min(y2, height) - max(y1, 0) < 1:
        raise InputError(
            f'{where}: {line[:60]!r} lies outside the picture, which is {width} pixels wide and {height} high; '
            'at least a pixel each way has to be in it.'
        )
    return numbers
