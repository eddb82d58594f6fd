"""Names, encoding and writing of result files."""

import re
from collections.abc import Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from mmspd.utils.kept_files import needs_writing, write_kept
from mmspd.utils.safe_paths import inside

__all__ = ['file_stem', 'png', 'write_files']

# Bytes of a picture's name that the names of its result files take over.
_LONGEST: Final = 200


def write_files(folder: str | Path, files: Mapping[str, bytes], overwrite: bool) -> list[Path]:
    """Write files below a folder, each whole or not at all.

    Args:
        folder (str | Path): Made where there is none.
        files (Mapping[str, bytes]): Names and contents.
        overwrite (bool): Whether files with other content may be replaced.

    Returns:
        list[Path]: The files.

    Raises:
        FileExistsError: If a file has other content, which may not be replaced.
        OSError: If a file cannot be written.
        ValueError: If a name leads out of the folder.
    """
    paths = {inside(folder, name, 'the name of a result'): content for name, content in files.items()}
    for path, content in paths.items():  # before any is written
        needs_writing(path, partial(list, [content]), overwrite)
    for path, content in paths.items():
        write_kept(path, partial(list, [content]), overwrite)
    return list(paths)


def png(picture: Image.Image) -> bytes:
    """A picture as PNG."""
    file = BytesIO()
    picture.save(file, 'PNG')
    return file.getvalue()


def file_stem(source: str) -> str:
    """What result files of a source are called: its last part without suffix, and characters of file names alone.

    A video's frame keeps its number. Long names are cut, as a file's name with its ending has at most 255 bytes.
    """
    base, frame = re.fullmatch(r'(.*?)(?:#(\d+))?', source, re.DOTALL).groups('')  # type: ignore[union-attr]
    stem = re.sub(r'[^\w.-]', '_', Path(base).stem).lstrip('.')
    short = stem.encode()[:_LONGEST].decode(errors='ignore') or 'picture'
    return f'{short}_{frame}' if frame else short
