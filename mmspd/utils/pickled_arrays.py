"""Numpy arrays within pickles, found and read without executing what the file asks for, and piece by piece.

So an array of gigabytes costs no memory. How a pickle is followed: :mod:`mmspd.utils.pickle_machine`.
"""

import codecs
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from mmspd.utils.inert import InertArray, InertType
from mmspd.utils.pickle_machine import BufferArray, PickleMachine, StoredString

__all__ = ['StoredArray', 'find_array', 'read_array']

_PIECE: Final = 2**18  # bytes at once
# What a literal consists of; a piece of one may end in the middle of an escape.
_WHOLE_ESCAPES: Final = re.compile(rb'(?:[^\\]+|\\x[0-9a-fA-F]{2}|\\[^x])*', re.DOTALL)


@dataclass(frozen=True)
class StoredArray:
    """An array as it lies in a file.

    Attributes:
        path: The file.
        values: Where and how its values lie.
        dtype: Its type, plain numbers.
        shape: Its shape.
        column_major: Whether the first index moves fastest.
    """

    path: Path
    values: StoredString
    dtype: np.dtype
    shape: tuple[int, ...]
    column_major: bool


def find_array(path: str | Path, name: str) -> StoredArray:
    """Find an array in a pickle of Python 2 or 3.

    Args:
        path (str | Path): File that holds a dictionary of arrays, or one array alone.
        name (str): The array's key in the dictionary.

    Returns:
        StoredArray: Where it lies.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is no such pickle, is cut off, names a function that is not numpy's for arrays, or has no
            array of plain numbers of that name; the message names the file.
    """
    path = Path(path)
    with path.open('rb') as stream:
        try:
            content = PickleMachine(stream).run()
            if isinstance(content, dict):
                if name not in content:
                    raise ValueError(f'expected an array {name!r} in it, got {sorted(map(str, content))[:20]}')
                content = content[name]
            return _layout(content, path)
        except (ValueError, LookupError, TypeError, struct.error) as error:
            raise ValueError(
                f'{path}: not a pickle of numpy arrays, cut off, or one that asks for more than holding them: {error}. '
                'Nothing in it was executed'
            ) from error


def _layout(array: object, path: Path) -> StoredArray:
    """Where an array's values lie; what its record says is checked."""
    if isinstance(array, InertArray) and isinstance(array.state, tuple) and len(array.state) == 5:
        _, shape, kind, column_major, values = array.state
    elif isinstance(array, BufferArray) and len(array.arguments) == 4:
        values, kind, shape, order = array.arguments
        column_major = isinstance(order, StoredString) and order.content == b'F'
    else:
        raise ValueError(f'expected an array, got {type(array).__name__}')
    if not (isinstance(shape, tuple) and all(type(length) is int and length >= 0 for length in shape)):
        raise ValueError(f'an array of shape {shape!r}')
    if not (isinstance(kind, InertType) and isinstance(values, StoredString)):
        raise ValueError('an array that does not consist of plain numbers')
    dtype = kind.restore()
    size = math.prod(shape) * dtype.itemsize
    # Text takes one to four bytes for each; how many there are shows when it is read.
    if not (values.length == size if values.encoding == 'raw' else size <= values.length <= 4 * size):
        raise ValueError(f'an array of shape {shape} of {dtype} in {values.length} bytes')
    return StoredArray(path, values, dtype, shape, bool(column_major))


def read_array(array: StoredArray) -> Iterator[np.ndarray]:
    """The numbers of an array in the order in which they are stored, some thousands at a time.

    Args:
        array (StoredArray): Of :func:`find_array`.

    Yields:
        np.ndarray: (N,) of the array's type, read-only.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If there are fewer or more values than its shape says, or they are badly encoded; the message names
            the file.
    """
    left, rest = math.prod(array.shape), b''
    with array.path.open('rb') as stream:
        try:
            for piece in _decode(stream, array.values):
                rest += piece
                whole = len(rest) // array.dtype.itemsize
                left -= whole
                if left < 0:
                    break
                yield np.frombuffer(rest, array.dtype, whole)
                rest = rest[whole * array.dtype.itemsize :]
        except ValueError as error:
            raise ValueError(f'{array.path}: the values of an array are badly encoded: {error}') from error
    if left or rest:
        raise ValueError(f'{array.path}: an array of shape {array.shape} with fewer or more values')


def _decode(stream: BinaryIO, string: StoredString) -> Iterator[bytes]:
    """The bytes of a string, piece by piece."""
    stream.seek(string.offset)
    text = codecs.getincrementaldecoder('utf-8')()
    left, rest = string.length, b''
    while left:
        piece = stream.read(min(_PIECE, left))
        if not piece:
            raise ValueError('the file became shorter')
        left -= len(piece)
        if string.encoding == 'raw':
            yield piece
        elif string.encoding == 'utf-8':
            yield text.decode(piece, final=not left).encode('latin-1')
        else:
            rest += piece
            found = _WHOLE_ESCAPES.match(rest)
            whole = found.end() if found and left else len(rest)
            yield codecs.escape_decode(rest[:whole])[0]
            rest = rest[whole:]
