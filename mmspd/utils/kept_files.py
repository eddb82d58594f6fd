"""Output files that replace nothing of the user's: the same content again is fine, another is refused."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from mmspd.utils.whole_files import whole_file

__all__ = ['Content', 'needs_writing', 'write_kept']

# Gives a file's content piece by piece, anew at each call.
Content = Callable[[], Iterable[bytes]]


def needs_writing(path: Path, content: Content, overwrite: bool) -> bool:
    """Whether a file has to be written.

    Args:
        path (Path): The file.
        content (Callable): What it is to hold.
        overwrite (bool): Whether other content may be replaced.

    Returns:
        bool: False where the file has this content.

    Raises:
        FileExistsError: If it has other content, which may not be replaced; the message names it.
        OSError: If it is a folder, or cannot be read.
    """
    if not path.exists():
        return True
    if _holds(path, content()):
        return False
    if not overwrite:
        raise FileExistsError(
            f'{path} exists with other content: move it elsewhere, name another place, or allow it to be replaced '
            '(--overwrite)'
        )
    return True


def write_kept(path: Path, content: Content, overwrite: bool = False) -> None:
    """Write a file whole or not at all, unless it has this content already.

    Args:
        path (Path): The file; its folder is made where there is none.
        content (Callable): What it is to hold.
        overwrite (bool): Whether other content may be replaced. Defaults to False.

    Raises:
        FileExistsError: If it has other content, which may not be replaced.
        OSError: If it cannot be written.
    """
    if not needs_writing(path, content, overwrite):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix='.unfinished-', dir=path.parent) as scratch,
        whole_file(path, Path(scratch), durable=True) as file,
    ):
        file.writelines(content())


def _holds(path: Path, content: Iterable[bytes]) -> bool:
    with path.open('rb') as file:
        return all(file.read(len(piece)) == piece for piece in content) and not file.read(1)
