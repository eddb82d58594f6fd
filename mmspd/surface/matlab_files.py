"""Fields of MATLAB files that may be damaged or made to harm."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
from scipy.io import loadmat, whosmat

__all__ = ['numbers_of', 'read_fields', 'whole_numbers_of']

_LARGEST_FILE: Final = 16 * 2**20  # bytes; DensePose's have a few million
_LARGEST_FIELD: Final = 10**6  # numbers; DensePose's have up to some 200,000


def read_fields(path: Path, names: Iterable[str], content: str) -> dict[str, np.ndarray]:
    """Fields of a file, of whatever type and shape.

    Args:
        path (Path): The file.
        names (Iterable[str]): Fields to read; others are left alone.
        content (str): What the file should be, for messages: 'a chart table of DensePose'.

    Returns:
        dict: Name -> array.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no MATLAB file of version 4 to 7, is damaged or far too large, or a field is missing; the
            error names the file.
    """
    names = tuple(names)
    if path.stat().st_size > _LARGEST_FILE:
        raise ValueError(f'{path}: expected a file of at most {_LARGEST_FILE} bytes, got {path.stat().st_size}')
    try:
        with path.open('rb') as stream:
            shapes = {name: shape for name, shape, _ in whosmat(stream)}
            for name in names:
                if name not in shapes:
                    raise ValueError(f'the field {name} is missing; there are {sorted(shapes)[:20]}')
                if np.prod(shapes[name], dtype=float) > _LARGEST_FIELD:
                    raise ValueError(f'the field {name} claims the shape {shapes[name]}')
            stream.seek(0)
            fields = loadmat(stream, variable_names=names, mat_dtype=False)
    except Exception as error:  # the parser raises whatever it stumbles over: TypeError, zlib.error, KeyError, ...
        raise ValueError(f'{path}: not {content}, or damaged: {error}') from error
    return {name: np.asarray(fields[name]) for name in names}


def numbers_of(fields: dict[str, np.ndarray], name: str, path: Path, count: int | None = None) -> np.ndarray:
    """A field of finite numbers.

    Args:
        fields (dict): Of :func:`read_fields`.
        name (str): The field.
        path (Path): The file, for messages.
        count (int, optional): How many numbers there must be; they come as one column.

    Returns:
        np.ndarray: float64, in the field's shape, or (count,).

    Raises:
        ValueError: If they are no finite numbers, or another number of them; the error names file and field.
    """
    array = fields[name]
    if array.dtype.kind not in 'iuf' or not np.isfinite(array).all():
        raise ValueError(f'{path}: expected finite numbers in {name}, got {array.dtype}, or infinite ones among them')
    if count is None:
        return array.astype(np.float64)
    if array.size != count:
        raise ValueError(f'{path}: expected {count} numbers in {name}, one for each chart vertex, got {array.size}')
    return array.astype(np.float64).reshape(-1)


def whole_numbers_of(fields: dict[str, np.ndarray], name: str, path: Path, count: int | None = None) -> np.ndarray:
    """A field of whole numbers, whatever MATLAB stored them as: int64, otherwise as :func:`numbers_of`."""
    array = numbers_of(fields, name, path, count)
    if (array % 1 != 0).any() or (np.abs(array) > 2**31).any():
        raise ValueError(f'{path}: expected whole numbers in {name}')
    return array.astype(np.int64)
