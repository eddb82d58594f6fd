"""Files that appear whole or not at all, and a folder that one process at a time may fill."""

import errno
import fcntl
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ['empty_folder', 'explain_os_error', 'flush', 'hold_folder', 'whole_file', 'write_whole']

_COUNTER: Final = itertools.count()
_CONTINUE: Final = 'free some and run the same again: what is complete is kept'
_REMEDIES: Final = {
    errno.ENOSPC: f'no space left on the device: {_CONTINUE}',
    errno.EDQUOT: f'the quota of disk space is used up: {_CONTINUE}',
    errno.EACCES: 'no permission: choose a folder that you may read and write',
    errno.EPERM: 'no permission: choose a folder that you may read and write',
    errno.EROFS: 'the file system is read-only: choose another folder',
    errno.ENOLCK: 'the file system cannot lock files: choose another folder and copy it when it is made',
    errno.ENOSYS: 'the file system cannot lock files: choose another folder and copy it when it is made',
}


@contextmanager
def whole_file(path: Path, scratch: Path, durable: bool = False) -> Iterator[BinaryIO]:
    """A file to write, which takes its name when it is complete; after an error nothing of it remains.

    Args:
        path (Path): The file's name. An older one is replaced.
        scratch (Path): An existing folder of the same file system for the unfinished file.
        durable (bool): Whether it has reached the disk before it takes its name.

    Yields:
        BinaryIO: The open file.
    """
    draft = scratch / f'{os.getpid()}-{next(_COUNTER)}'
    try:
        with draft.open('xb') as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException as error:
        with suppress(OSError):
            draft.unlink()
        if isinstance(error, OSError):  # a failed write names no file
            error.filename = str(path)
        raise
    if durable:
        flush(path.parent)


def write_whole(path: Path, content: bytes, scratch: Path, durable: bool = False) -> None:
    """Write a file at once; see :func:`whole_file`."""
    with whole_file(path, scratch, durable) as file:
        file.write(content)


def flush(path: Path) -> None:
    """Bring a file, or a folder's list of names, to the disk.

    Args:
        path (Path): The file or folder.

    Raises:
        OSError: If a file cannot be written to the disk. Some file systems cannot flush folders; that is no error.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if not path.is_dir():
            error.filename = str(path)
            raise
    finally:
        os.close(handle)


@contextmanager
def hold_folder(folder: Path, wait: bool) -> Iterator[None]:
    """Make ``folder`` and hold it against other processes; the system lets go of it however the process ends.

    The holder may remove the folder.

    Args:
        folder (Path): Folder to make and hold.
        wait (bool): Whether to wait for another holder.

    Yields:
        None: While it is held.

    Raises:
        BlockingIOError: If another process holds it and ``wait`` is False.
    """
    lock = folder / 'lock'
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except FileNotFoundError:  # another process finished and removed the folder in between
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            # Whoever held it before may have removed it: then this is the lock of a folder that is gone.
            if _is_open_file(lock, handle):
                yield
                return
        finally:
            os.close(handle)


def _is_open_file(path: Path, handle: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(handle))
    return False


def empty_folder(folder: Path, keep: str = 'lock') -> None:
    """Remove everything in a folder but the entry named ``keep``."""
    for path in folder.iterdir():
        if path.name != keep:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def explain_os_error(error: OSError) -> str:
    """One line that says what a file operation met, where, and what to do about it.

    Args:
        error (OSError): What was raised.

    Returns:
        str: The line, without a full stop.
    """
    where = f'{error.filename}: ' if error.filename else ''
    return where + _REMEDIES.get(error.errno or 0, error.strerror or str(error))
