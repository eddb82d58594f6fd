"""Texts that several processes write, each to a file of its own, for one of them to join in any order.

So nothing but places is kept in memory, and sent between processes.
"""

import weakref
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

__all__ = ['PartFile', 'Place', 'read_places']


# Where a text is: the file, the byte at which it starts, its bytes. Of a named tuple mmengine would make a plain one.
Place = tuple[str, int, int]


class PartFile:
    """One process's texts, in a file that disappears with this object, or when the process ends.

    Args:
        path (Path): The file, which must not exist; its folder is made.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open('xb')
        self._end = 0
        self.close = weakref.finalize(self, _remove, self._file, path)

    def append(self, text: str) -> Place:
        """Write a text; other processes can read it as soon as this returns."""
        content = text.encode()
        self._file.write(content)
        self._file.flush()
        place = (str(self.path), self._end, len(content))
        self._end += len(content)
        return place


def _remove(file: BinaryIO, path: Path) -> None:
    file.close()
    path.unlink(missing_ok=True)


def read_places(places: Iterable[Place]) -> Iterator[bytes]:
    """Read texts.

    Args:
        places (Iterable[Place]): Of any number of files, which exist.

    Yields:
        bytes: The text of each place.

    Raises:
        OSError: If a file is gone, or shorter than it was.
    """
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}
        for path, start, length in places:
            if path not in files:
                files[path] = stack.enter_context(Path(path).open('rb'))
            files[path].seek(start)
            content = files[path].read(length)
            if len(content) != length:
                raise OSError(f'{path}: expected {length} bytes at {start}, got {len(content)}')
            yield content
