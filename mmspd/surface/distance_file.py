"""Distances of gigabytes, copied once out of a pickle into a file that programs map into memory.

The copy lies in a folder of its own beside a marker, which says what it was made of, and has its size and checksum. The
marker is written last. So a copy without one was interrupted, and is made anew; one that does not fit its marker, or
was made of another pickle, likewise.
"""

import json
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from mmspd.utils.pickled_arrays import StoredArray, find_array, read_array
from mmspd.utils.progress import report_progress
from mmspd.utils.whole_files import empty_folder, hold_folder, whole_file, write_whole

__all__ = ['map_distances']

_ARRAY: Final = 'distances.bin'
_MARKER: Final = 'distances.json'
_VERSION: Final = 1
_LONGEST_MARKER: Final = 4096
_CHECKED: Final = 2**22  # numbers at once


def map_distances(source: Path, name: str, folder: Path) -> np.ndarray:
    """Map the distances of a pickle into memory, after copying them on first use.

    The pickle is not needed any more once the copy is there. Several processes may ask at once: one copies.

    Args:
        source (Path): Pickle with the distances as floats, (D,) or (D, 1); nothing in it is executed.
        name (str): Their key in it.
        folder (Path): A folder for the copy alone, made where it does not exist; anything else in it is removed.

    Returns:
        np.ndarray: Floats (D,), read-only, on disk: only what is looked up comes into memory.

    Raises:
        FileNotFoundError: If there is neither pickle nor copy.
        OSError: If the copy cannot be written.
        ValueError: If the pickle is no such one, or holds a negative distance or NaN; the error names the file.
    """
    mapped = _map_copy(source, folder)
    if mapped is not None:
        return mapped
    if not source.is_file():
        raise FileNotFoundError(f'{source}: no such file, and no sound copy of its distances in {folder} either')
    stored = find_array(source, name)
    _check_layout(stored, source)
    with hold_folder(folder, wait=True):
        mapped = _map_copy(source, folder)  # another process may have made it meanwhile
        if mapped is None:
            empty_folder(folder)
            _copy(source, stored, folder)
            mapped = _map_copy(source, folder)
    if mapped is None:
        raise ValueError(f'{source} changed while it was copied into {folder}; run the same again')
    return mapped


def _check_layout(stored: StoredArray, source: Path) -> None:
    """Refuse what is no list of distances."""
    if stored.dtype.kind != 'f' or stored.shape[1:] not in ((), (1,)) or stored.shape == ():
        raise ValueError(
            f'{source}: expected distances of floats, (D,) or (D, 1), got shape {stored.shape} of {stored.dtype}'
        )


def _copy(source: Path, stored: StoredArray, folder: Path) -> None:
    """Write the copy and then its marker, each whole or not at all."""
    crc = 0
    total, done = stored.shape[0], 0
    with whole_file(folder / _ARRAY, folder, durable=True) as file, report_progress('distances copied') as report:
        report(done, total)
        for block in read_array(stored):
            if not (block >= 0).all():
                raise ValueError(f'{source}: it holds a negative distance or NaN: it is damaged')
            crc = zlib.crc32(block.data, crc)
            file.write(block.data)
            done += len(block)
            report(done, total)
    marker = {
        'version': _VERSION,
        'source': _identity(source),
        'dtype': stored.dtype.str,
        'count': total,
        'crc32': crc,
    }
    write_whole(folder / _MARKER, json.dumps(marker).encode(), folder, durable=True)


def _identity(source: Path) -> list[int]:
    """By which a pickle is known again: size, and time of its last change in nanoseconds."""
    status = source.stat()
    return [status.st_size, status.st_mtime_ns]


def _map_copy(source: Path, folder: Path) -> np.ndarray | None:
    """The copy, where there is a complete one of this pickle, or of one that is not there any more."""
    marker = _read_marker(folder / _MARKER)
    array = folder / _ARRAY
    if marker is None or not array.is_file():
        return None
    if source.is_file() and marker['source'] != _identity(source):
        return None
    dtype, count = np.dtype(marker['dtype']), marker['count']
    if array.stat().st_size != count * dtype.itemsize:
        return None
    if count == 0:
        return np.zeros(0, dtype)  # an empty file cannot be mapped
    mapped = np.memmap(array, dtype, mode='r', shape=(count,))
    # This also brings the file from the disk in one go, which random look-ups would do far more slowly.
    crc = 0
    for start in range(0, count, _CHECKED):
        crc = zlib.crc32(mapped[start : start + _CHECKED].data, crc)
    return mapped if crc == marker['crc32'] else None


def _read_marker(path: Path) -> dict[str, Any] | None:
    """The marker's fields, None where there is none or it makes no sense."""
    if not path.is_file() or path.stat().st_size > _LONGEST_MARKER:
        return None
    try:
        marker = json.loads(path.read_bytes())
    except ValueError:
        return None
    if not isinstance(marker, dict) or marker.get('version') != _VERSION:
        return None
    sound = marker.get('dtype') in ('<f2', '<f4', '<f8', '>f2', '>f4', '>f8')
    sound = sound and type(marker.get('count')) is int and marker['count'] >= 0
    return marker if sound and {'source', 'crc32'} <= marker.keys() else None
