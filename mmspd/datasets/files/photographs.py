"""Pictures from anybody, as a viewer shows them: upright, on white where they are transparent, with 8 bits a channel.

:func:`mmspd.datasets.files.image_files.read_image` reads pictures that labels and joints belong to, in stored pixels.
"""

import re
import stat
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageOps

from mmspd.datasets.files.image_files import ORIENTATION, ImageFileError, decode

__all__ = ['PHOTOGRAPH_SUFFIXES', 'check_effort', 'read_photograph']

# By a file's first bytes, not by its name.
_FORMATS: Final = ('JPEG', 'PNG', 'WEBP', 'BMP')
PHOTOGRAPH_SUFFIXES: Final = ('.jpg', '.jpeg', '.png', '.webp', '.bmp')
# Far more than a picture of the largest size that is read.
MAX_BYTES: Final = 1 << 29
# Pillow's modes of grey with more than 8 bits; a PNG has 16.
_DEEP_GREY: Final = ('I', 'I;16', 'I;16B', 'I;16L', 'I;16N')
_ALPHA: Final = ('RGBA', 'LA', 'PA', 'RGBa')
# A progressive JPEG has about 10 scans and, with profiles and previews, some dozens of segments.
_SCANS: Final = 100
_SEGMENTS: Final = 2000
# A JPEG's marker that a segment follows, or its end. Coded data holds none: after FF comes 00 there, or a restart.
_MARKER: Final = re.compile(rb'\xff([\xc0-\xcf\xd9-\xfe])')
_END, _SCAN = 0xD9, 0xDA
_OLD_BMP: Final = b'\x0c\0\0\0'  # a header of 12 bytes, which knows no compression
_BMP_RUNS: Final = (1, 2)  # run lengths of 8 and of 4 bits
_OPAQUE: Final = ('1', 'L', 'P', 'RGB', 'RGBX', 'CMYK', 'YCbCr', 'LAB', 'HSV')


def read_photograph(source: str | Path | bytes, name: str | None = None) -> np.ndarray:
    """Read a picture.

    Args:
        source (str | Path | bytes): JPEG, PNG, WebP or BMP: a file's name or its content. Of an animation the first
            picture.
        name (str, optional): What messages call it. Defaults to None: the file's name, or 'the picture'.

    Returns:
        np.ndarray: uint8 (H, W, 3), BGR, upright by its EXIF orientation. Grey, palette and CMYK become three channels;
        transparent pixels lie on white; of 16 bits a channel the upper 8 stay.

    Raises:
        FileNotFoundError: If there is no such file.
        IsADirectoryError: If it is a folder.
        ImageFileError: A ValueError, if it is empty, truncated, broken, no such picture, claims more pixels than
            :data:`~mmspd.datasets.files.image_files.MAX_PIXELS`, or would take far more time than ordinary ones.
    """
    if isinstance(source, bytes):
        data, name = source, name or 'the picture'
    else:
        name = name or str(source)
        try:
            status = Path(source).stat()
            if not stat.S_ISDIR(status.st_mode) and (not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES):
                raise ImageFileError('unreadable', f'{name}: expected a file of at most {MAX_BYTES} bytes')
            data = Path(source).read_bytes()
        except FileNotFoundError as error:
            raise FileNotFoundError(f'the picture is missing: {name}') from error
    if not data:
        raise ImageFileError('unreadable', f'{name}: is empty, expected a JPEG, PNG, WebP or BMP picture')
    check_effort(data, name)
    return upright_pixels(decode(data, name, _FORMATS), name)


def check_effort(data: bytes, name: str) -> None:
    """Refuse what small files can make Pillow work on for minutes, before it looks at them.

    Each scan of a progressive JPEG goes through the whole picture and may have no more than some dozens of bytes;
    Pillow's reader of segments, and of run lengths in BMP, is Python.

    Args:
        data (bytes): A file's content, of any kind.
        name (str): What messages call it.

    Raises:
        ImageFileError: If it is a JPEG of more than 100 scans or 2000 segments, or a BMP with run lengths.
    """
    if data.startswith(b'\xff\xd8'):
        _check_segments(data, name)
    header, compression = data[14:18], int.from_bytes(data[30:34], 'little')
    if data.startswith(b'BM') and header != _OLD_BMP and compression in _BMP_RUNS:
        raise ImageFileError('unreadable', f'{name}: is a BMP with run lengths; save it without compression')


def _check_segments(data: bytes, name: str) -> None:
    """Count the segments and scans of a JPEG as a decoder meets them: what is in or after them does not count."""
    scans = segments = place = 0
    while (found := _MARKER.search(data, place)) and found[1][0] != _END:
        scans += found[1][0] == _SCAN
        segments += 1
        if scans > _SCANS or segments > _SEGMENTS:
            raise ImageFileError(
                'unreadable',
                f'{name}: has more than {_SCANS} scans or {_SEGMENTS} segments, an ordinary JPEG has some dozens; '
                'save it again',
            )
        place = found.end() + max(2, int.from_bytes(data[found.end() : found.end() + 2], 'big'))


def upright_pixels(image: Image.Image, name: str) -> np.ndarray:
    """The pixels of a Pillow image, as :func:`read_photograph` gives them.

    Args:
        image (Image.Image): Of any mode.
        name (str): What messages call it.

    Returns:
        np.ndarray: uint8 (H, W, 3), BGR.

    Raises:
        ImageFileError: If its mode is one that no picture has.
    """
    try:
        if image.getexif().get(ORIENTATION, 1) != 1:
            image = ImageOps.exif_transpose(image)
    except Exception as error:  # Pillow raises several kinds for broken EXIF data
        raise ImageFileError('unreadable', f'{name}: its EXIF data is broken, remove it: {error}') from error
    if image.mode in _DEEP_GREY:
        grey = np.clip(np.asarray(image).astype(np.int64) >> 8, 0, 255).astype(np.uint8)
        return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    if image.mode in _ALPHA or 'transparency' in image.info:
        image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image.convert('RGBA'))
    elif image.mode not in _OPAQUE:
        raise ImageFileError('depth', f"{name}: expected a picture, got Pillow's mode {image.mode!r}")
    return cv2.cvtColor(np.asarray(image if image.mode == 'RGB' else image.convert('RGB')), cv2.COLOR_RGB2BGR)
