"""Writer of surface annotations in DensePose-COCO's format, with coordinates of LIP's crops.

:mod:`mmspd.datasets.files.densepose_file` describes and reads the format. The same annotations give the same bytes.
"""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from mmspd.utils.kept_files import write_kept

__all__ = ['encode_densepose', 'write_densepose']

_CATEGORIES: Final = [{'id': 1, 'name': 'person', 'supercategory': 'person'}]


def write_densepose(
    path: Path,
    images: list[dict[str, Any]],
    annotations: list[dict[str, Any]],
    info: dict[str, Any],
    overwrite: bool = False,
) -> None:
    """Write a file of surface annotations, whole or not at all.

    An entry a line, in the order given; keys stay in their order, too. A file of the same content is left as it is.

    Args:
        path (Path): The file; its folder is made where there is none.
        images (list[dict]): One for each crop: ``id``, ``file_name``, ``height``, ``width``, ``coco_image_id``.
        annotations (list[dict]): One for each crop: ``id``, ``image_id``, ``category_id``, ``bbox``, ``dp_x``,
            ``dp_y``, ``dp_I``, ``dp_U``, ``dp_V``, ``dp_masks``, ...
        info (dict): ``description``, ``sources``, ...
        overwrite (bool): Whether a file with other content is replaced. Defaults to False.

    Raises:
        FileExistsError: If the file exists with other content and ``overwrite`` is False; the message names it.
        ValueError: If a number is infinite or none: JSON has no word for it.
        TypeError: If a value has a type that JSON does not know.
        OSError: If the file cannot be written.
    """
    write_kept(Path(path), partial(encode_densepose, images, annotations, info), overwrite)


def encode_densepose(
    images: list[dict[str, Any]], annotations: list[dict[str, Any]], info: dict[str, Any]
) -> Iterator[bytes]:
    """The file's content, piece by piece: all of it at once would be hundreds of megabytes.

    Args:
        images (list[dict]): See :func:`write_densepose`.
        annotations (list[dict]): Likewise.
        info (dict): Likewise.

    Yields:
        bytes: The next piece.

    Raises:
        ValueError: If a number is infinite or none.
        TypeError: If a value has a type that JSON does not know.
    """
    yield b'{"info": ' + _json(info) + b',\n"categories": ' + _json(_CATEGORIES) + b',\n"images": ['
    yield from _lines(images)
    yield b'\n],\n"annotations": ['
    yield from _lines(annotations)
    yield b'\n]}\n'


def _lines(entries: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for position, entry in enumerate(entries):
        yield (b',\n' if position else b'\n') + _json(entry)


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False).encode('ascii')
