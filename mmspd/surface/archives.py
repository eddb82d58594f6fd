"""Read arrays from an ``.npz`` file that may be damaged or made to harm.

``numpy.load`` believes the sizes that a file claims. Here every claim is checked before memory is taken for it: which
arrays there are, how they are packed, and the type and shape of each.
"""

import io
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

__all__ = ['LARGEST_ARCHIVE', 'ArraySpec', 'list_arrays', 'read_arrays']

LARGEST_ARCHIVE = 64 * 2**20  # bytes, unpacked
_LARGEST_HEADER = 4096


@dataclass(frozen=True)
class ArraySpec:
    """What an array must be.

    Args:
        dtype (str): Its type, as ``'float32'``; ``'text'`` is text of any length.
        shape (tuple): For each axis its length, or a letter that stands for one length in the whole file.
    """

    dtype: str
    shape: tuple[int | str, ...]


def read_arrays(
    path: str | Path, specs: Mapping[str, ArraySpec], largest: int = LARGEST_ARCHIVE
) -> dict[str, np.ndarray]:
    """Read the arrays of an ``.npz`` file; objects are never unpickled.

    Args:
        path (str | Path): File.
        specs (Mapping): Array name -> what it must be. Other arrays in the file are not read.
        largest (int): Bytes that the whole file may unpack to.

    Returns:
        dict: Array name -> the array, read-only, in the order of ``specs``.

    Raises:
        OSError: If the file cannot be opened; FileNotFoundError if there is none.
        ValueError: If it is no ``.npz`` file, is damaged, unpacks to more than ``largest``, or an array is missing or
            not what it must be; the error names file and array.
    """
    path = Path(path)
    with _open_archive(path) as archive:
        return _read_members(archive, specs, path, largest)


def list_arrays(path: str | Path) -> dict[str, ArraySpec]:
    """Names, types and shapes of the arrays of an ``.npz`` file, as it claims them; no array is read.

    Args:
        path (str | Path): File.

    Returns:
        dict: Array name -> its type, as ``'float32'`` (another byte order has another name, as ``'>f4'``), or
        ``'object'`` where it holds any, and shape.

    Raises:
        OSError: If the file cannot be opened; FileNotFoundError if there is none.
        ValueError: If it is no ``.npz`` file, is damaged, or has two arrays of one name.
    """
    path = Path(path)
    specs: dict[str, ArraySpec] = {}
    with _open_archive(path) as archive:
        for info in archive.infolist():
            name = info.filename.removesuffix('.npy')
            shape, _, dtype, _ = _read_claims(archive, info, f'{path}, array {name!r}')
            if name in specs:
                raise ValueError(f'{path}: the array {name!r} is there twice')
            specs[name] = ArraySpec('object' if dtype.hasobject else str(dtype), tuple(shape))
    return specs


@contextmanager
def _open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The opened zip file."""
    with path.open('rb') as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except Exception as error:  # zipfile raises whatever it stumbles over
            raise ValueError(f'{path}: not an .npz file, or damaged: {error}') from error
        with archive:
            yield archive


def _read_members(
    archive: zipfile.ZipFile, specs: Mapping[str, ArraySpec], path: Path, largest: int
) -> dict[str, np.ndarray]:
    """The arrays that ``specs`` ask for."""
    members = {info.filename.removesuffix('.npy'): info for info in archive.infolist()}
    total = sum(info.file_size for info in archive.infolist())
    if total > largest:
        raise ValueError(f'{path}: expected at most {largest} bytes of arrays, but it claims {total}')
    letters: dict[str, int] = {}
    arrays = {}
    for name, spec in specs.items():
        if name not in members:
            raise ValueError(f'{path}: the array {name!r} is missing; there are {sorted(members)[:20]}')
        arrays[name] = _read_array(archive, members[name], spec, letters, f'{path}, array {name!r}')
    return arrays


def _read_array(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, spec: ArraySpec, letters: dict[str, int], where: str
) -> np.ndarray:
    """One array; ``letters`` collects the lengths that the letters of the specs stand for."""
    shape, column_major, dtype, begin = _read_claims(archive, info, where)
    _check(shape, dtype, spec, letters, where)
    left = info.file_size - begin
    if left != math.prod(shape) * dtype.itemsize:
        raise ValueError(f'{where}: damaged: {left} bytes where its shape {shape} of {dtype} was expected')
    try:
        with archive.open(info) as stream:
            content = stream.read(info.file_size)
        # The bytes belong to no one else and cannot be written to.
        return np.frombuffer(content, dtype, offset=begin).reshape(shape, order='F' if column_major else 'C')
    except Exception as error:  # of zipfile and zlib, or fewer bytes than claimed
        raise ValueError(f'{where}: damaged: {error}') from error


def _read_claims(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str
) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """What a member says it is, without unpacking more: as :func:`_read_header`, and where its values begin."""
    # The other methods unpack without any limit.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f'{where}: packed by method {info.compress_type}, where 0 or 8 was expected')
    try:
        with archive.open(info) as stream:
            buffer = io.BytesIO(stream.read(2 * _LARGEST_HEADER))
        return *_read_header(buffer), buffer.tell()
    except Exception as error:  # of zipfile, zlib, and the parser of the header: SyntaxError, TokenError, ...
        raise ValueError(f'{where}: damaged: {error}') from error


def _read_header(buffer: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether columns come first, and type, from the start of an ``.npy`` file."""
    version = np.lib.format.read_magic(buffer)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(buffer, _LARGEST_HEADER)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(buffer, _LARGEST_HEADER)
    raise ValueError(f'version {version} of the array format, where (1, 0) or (2, 0) was expected')


def _check(shape: tuple[int, ...], dtype: np.dtype, spec: ArraySpec, letters: dict[str, int], where: str) -> None:
    """Refuse another type or shape than the spec's; a letter's first length is everyone's."""
    if not (dtype.kind == 'U' if spec.dtype == 'text' else dtype == np.dtype(spec.dtype)):
        raise ValueError(f'{where}: expected {spec.dtype}, got {dtype}')
    known = [letters.get(length, length) if isinstance(length, str) else length for length in spec.shape]
    fits = len(shape) == len(known)
    fits = fits and all(isinstance(want, str) or want == got for want, got in zip(known, shape, strict=True))
    if not fits or min(shape, default=0) < 0:
        raise ValueError(f'{where}: expected shape ({", ".join(map(str, known))}), got {shape}')
    letters.update({letter: got for letter, got in zip(spec.shape, shape, strict=True) if isinstance(letter, str)})
