"""Pictures from anybody, as a viewer shows them: upright, on white where they are transparent, with 8 bits a channel.

:func:`mmspd.datasets.files.image_files.read_image` reads pictures that labels and joints belong to, in stored pixels.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageOps

from mmspd.datasets.files.image_files import ImageFileError, decode

__all__ = ['PHOTOGRAPH_SUFFIXES', 'read_photograph']

# By a file's first bytes, not by its name.
_FORMATS: Final = ('JPEG', 'PNG', 'WEBP', 'BMP')
PHOTOGRAPH_SUFFIXES: Final = ('.jpg', '.jpeg', '.png', '.webp', '.bmp')
# Pillow's modes of grey with more than 8 bits; a PNG has 16.
_DEEP_GREY: Final = ('I', 'I;16', 'I;16B', 'I;16L', 'I;16N')
_ALPHA: Final = ('RGBA', 'LA', 'PA', 'RGBa')
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
        ImageFileError: A ValueError, if it is empty, truncated, broken, no such picture, or claims more pixels than
            :data:`~mmspd.datasets.files.image_files.MAX_PIXELS`.
    """
    if isinstance(source, bytes):
        data, name = source, name or 'the picture'
    else:
        name = name or str(source)
        try:
            data = Path(source).read_bytes()
        except FileNotFoundError as error:
            raise FileNotFoundError(f'the picture is missing: {name}') from error
    if not data:
        raise ImageFileError('unreadable', f'{name}: is empty, expected a JPEG, PNG, WebP or BMP picture')
    return upright_pixels(decode(data, name, _FORMATS), name)


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
    return cv2.cvtColor(np.asarray(image.convert('RGB')), cv2.COLOR_RGB2BGR)
