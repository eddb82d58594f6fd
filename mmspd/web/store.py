"""Files of visitors for a while: bounded in bytes and in time, each under a name that nobody can guess."""

import secrets
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mmspd.web.limits import InputError

__all__ = ['Store']


@dataclass(frozen=True)
class _Entry:
    """Files that were put together: their names, and where, when and whose."""

    folder: Path
    names: frozenset[str]
    size: int
    since: float
    owner: str


class Store:
    """A temporary folder of this process, which goes with it.

    A file is found by names that the store itself gave out or was given by the program; no path is ever made from what
    a request says. Safe to be used by several threads.

    Args:
        max_bytes (int): Of all files together; the oldest go first.
        max_seconds (float): After which files go, when the store is next used.
        clock (Callable): Seconds. Defaults to a clock that never goes back.
        share (float): Of all bytes, that one owner may have; their own oldest files go first. Defaults to a quarter.
    """

    def __init__(
        self, max_bytes: int, max_seconds: float, clock: Callable[[], float] = time.monotonic, share: float = 0.25
    ) -> None:
        self._max_bytes = max_bytes
        self._owner_bytes = int(share * max_bytes)
        self._max_seconds = max_seconds
        self._clock = clock
        self._folder = tempfile.TemporaryDirectory(prefix='mmspd-web-')
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where the files are; nobody else may read them."""
        return Path(self._folder.name)

    def put(self, files: Mapping[str, bytes], owner: str) -> str:
        """Keep files together.

        Args:
            files (Mapping[str, bytes]): Plain names, chosen by the program, and contents.
            owner (str): Whose they are.

        Returns:
            str: The token by which they are found.

        Raises:
            InputError: If they are larger than all that is kept for an owner.
        """
        size = sum(map(len, files.values()))
        if size > self._owner_bytes:
            raise InputError(f'The result has {size:,} bytes, more than the server keeps. Choose a smaller picture.')
        token = secrets.token_urlsafe(24)
        entry = _Entry(self.folder / token, frozenset(files), size, self._clock(), owner)
        entry.folder.mkdir(mode=0o700)
        for name, content in files.items():
            (entry.folder / name).write_bytes(content)
        with self._lock:
            self._entries[token] = entry
            self._remove_of(owner)
            self._remove_old()
        return token

    def get(self, token: str, name: str) -> bytes | None:
        """A file's content; None where there is none, or no longer."""
        with self._lock:
            self._remove_old()
            entry = self._entries.get(token)
            return (entry.folder / name).read_bytes() if entry is not None and name in entry.names else None

    def close(self) -> None:
        """Remove everything."""
        with self._lock:
            self._entries.clear()
            self._folder.cleanup()

    def sweep(self) -> None:
        """Remove what is too old."""
        with self._lock:
            self._remove_old()

    def _remove_old(self) -> None:
        """Remove what is too old, then the oldest until the rest is small enough."""
        total = sum(entry.size for entry in self._entries.values())
        now = self._clock()
        while self._entries:
            token, entry = next(iter(self._entries.items()))
            if total <= self._max_bytes and now - entry.since < self._max_seconds:
                return
            total -= entry.size
            self._remove(token)

    def _remove_of(self, owner: str) -> None:
        """Remove an owner's oldest until the rest is their share."""
        theirs = [(token, entry.size) for token, entry in self._entries.items() if entry.owner == owner]
        total = sum(size for _, size in theirs)
        for token, size in theirs:
            if total <= self._owner_bytes:
                return
            total -= size
            self._remove(token)

    def _remove(self, token: str) -> None:
        """Remove what was put together."""
        shutil.rmtree(self._entries.pop(token).folder)
