"""Names in files of others, which must not lead out of the folder that they are meant for."""

from pathlib import Path, PurePosixPath

__all__ = ['check_relative', 'file_inside', 'inside']


def check_relative(name: str, where: str) -> None:
    """Refuse a name that could lead out of the folder it is relative to.

    Args:
        name (str): A file's name, with ``/`` between folders if it has any.
        where (str): File, entry and field it comes from, for the message.

    Raises:
        ValueError: If it is empty, absolute, has a ``..``, a backslash, a drive or a character 0.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith('/') or '..' in parts or any(character in name for character in '\\:\0'):
        raise ValueError(
            f'{where}: expected the name of a file below the data folder, got {name[:100]!r}, which could lead out of '
            'it; write it relative, with / and without ..'
        )


def inside(root: str | Path, name: str, where: str) -> Path:
    """The file ``name`` below ``root``.

    Args:
        root (str | Path): The folder.
        name (str): A relative name.
        where (str): Where the name comes from, for messages.

    Returns:
        Path: ``root / name``; it need not exist.

    Raises:
        ValueError: If the name leads out of the folder by itself, or through a link that lies in it.
    """
    check_relative(name, where)
    path = Path(root) / name
    if not path.resolve().is_relative_to(Path(root).resolve()):
        raise ValueError(f'{where}: {name[:100]!r} leads out of {root} through a link')
    return path


def file_inside(root: str | Path, name: str, where: str) -> Path:
    """As :func:`inside`, of a file that can be read: it exists, and is no folder, pipe or device.

    Raises:
        ValueError: As :func:`inside`, or if it is no such file.
    """
    path = inside(root, name, where)
    if not path.is_file():
        raise ValueError(f'{path}: expected a file, got a folder, a pipe, or a link to nothing')
    return path
