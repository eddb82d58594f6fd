"""COCO's images on disk, under their names of 2014 or of 2017."""

import re
from pathlib import Path
from typing import Final

__all__ = ['find_coco_images']

_FOLDERS: Final = ('', 'train2014', 'val2014', 'train2017', 'val2017')
_NAME: Final = re.compile(r'(?:COCO_(?:train|val)2014_)?([0-9]{12})\.jpg')


def find_coco_images(folder: Path) -> dict[int, Path]:
    """Find COCO images in a folder, and in its folders train2014, val2014, train2017, val2017.

    Args:
        folder (Path): The folder.

    Returns:
        dict: Image id -> file. Of several files of an image, the first: they are the same picture.

    Raises:
        FileNotFoundError: If the folder is missing or has no file with such a name; the message says what was
            expected.
    """
    found: dict[int, Path] = {}
    for name in _FOLDERS:
        if (folder / name).is_dir():
            for path in sorted((folder / name).iterdir()):
                match = _NAME.fullmatch(path.name)
                if match:
                    found.setdefault(int(match[1]), path)
    if not found:
        raise FileNotFoundError(
            f'{folder}: expected COCO images such as 000000000036.jpg or COCO_train2014_000000000036.jpg in it or in '
            f'its folders {", ".join(_FOLDERS[1:])}, found none'
        )
    return found
