"""Readers of person images and parsing labels, which refuse what they cannot read rightly.

Pillow decodes, not OpenCV: OpenCV fills the missing part of a truncated file with grey and turns the indices of a
palette file into colours, both without a word. Only the bits of the file count, never its name's suffix.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from mmspd.anatomy import IGNORE_LABEL, NUM_CLASSES

__all__ = [
    'MAX_PIXELS',
    'ORIENTATION',
    'ImageFileError',
    'ImageHeader',
    'decode',
    'read_header',
    'read_human_map',
    'read_image',
    'read_parsing_label',
]

# A person's crop is below 1 megapixel; a file that claims more than this is an attack or a mistake.
MAX_PIXELS = 8192 * 8192

_FORMATS = ('JPEG', 'PNG')
ORIENTATION = 0x0112  # EXIF's tag
_PNG_MAGIC = b'\x89PNG\r\n\x1a\n'
_JPEG_MAGIC = b'\xff\xd8\xff'
_IMAGE_MODES = frozenset({'1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'YCbCr'})
# PNG colour types
_GREY, _RGB, _PALETTE = 0, 2, 3
# A PNG starts with a chunk of this length and name, which holds width, height, depth and colour type.
_HEADER_CHUNK = b'\x00\x00\x00\x0dIHDR'


class ImageFileError(ValueError):
    """An image or a label that cannot be read rightly.

    Attributes:
        kind: What is wrong: ``unreadable``, ``too-large``, ``depth``, ``not-png``, ``jpeg``, ``colour``, ``size`` or
            ``range``.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Both arguments, with which another process makes it again."""
        return type(self), (self.kind, str(self))


@dataclass(frozen=True)
class ImageHeader:
    """What an image file says of itself before it is decoded.

    Attributes:
        size: (height, width) in stored pixels.
        mode: Pillow's name of its channels, such as ``'RGB'``, ``'L'`` (grey), ``'P'`` (palette), ``'CMYK'``.
        orientation: EXIF's, 1..8; 1 is upright, and where there is none.
    """

    size: tuple[int, int]
    mode: str
    orientation: int


def read_header(path: str | Path) -> ImageHeader:
    """Read what a JPEG or PNG says of itself.

    Args:
        path (str | Path): The file.

    Returns:
        ImageHeader: Its size, channels and orientation.

    Raises:
        FileNotFoundError: If there is no such file.
        ImageFileError: If it is no JPEG or PNG.
    """
    data = _read_bytes(path, 'the image')
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            orientation = image.getexif().get(ORIENTATION, 1)
            return ImageHeader((image.height, image.width), image.mode, orientation)
    except Exception as error:  # Pillow raises a dozen kinds for broken files
        raise ImageFileError('unreadable', f'{path}: cannot be read as JPEG or PNG image: {error}') from error


def _read_bytes(path: str | Path, what: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(f'{what} is missing: {path}') from error


def decode(data: bytes, path: str | Path, formats: tuple[str, ...]) -> Image.Image:
    """Decode a whole file with Pillow.

    Args:
        data (bytes): The file's content.
        path (str | Path): Its name, for messages.
        formats (tuple): Pillow's names of the formats that are taken.

    Returns:
        Image.Image: The image, loaded.

    Raises:
        ImageFileError: Whatever is wrong with it; the message starts with the name.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
        if image.width * image.height > MAX_PIXELS:
            raise ImageFileError(
                'too-large', f'{path}: claims {image.width} x {image.height} pixels, more than {MAX_PIXELS}'
            )
        image.load()
    except ImageFileError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own limit, before ours is looked at
        raise ImageFileError('too-large', f'{path}: claims more than {MAX_PIXELS} pixels: {error}') from error
    except UnidentifiedImageError as error:
        message = (
            f'{path}: cannot be read as {" or ".join(formats)} image: it is of another kind, or broken at its start'
        )
        raise ImageFileError('unreadable', message) from error
    except Exception as error:  # Pillow raises a dozen kinds for broken files
        message = f'{path}: cannot be read as {" or ".join(formats)} image: {error}'
        raise ImageFileError('unreadable', message) from error
    return image


def read_image(path: str | Path) -> np.ndarray:
    """Read an image of a person.

    Grey, palette, CMYK and YCbCr images become three channels and an alpha channel is dropped. An EXIF orientation is
    ignored: LIP's labels and joints are in stored pixels.

    Args:
        path (str | Path): JPEG or PNG file.

    Returns:
        np.ndarray: uint8 (H, W, 3), BGR.

    Raises:
        FileNotFoundError: If there is no such file.
        ImageFileError: A ValueError, if the file is truncated or broken, has 16 bits a channel or claims too many
            pixels.
    """
    data = _read_bytes(path, 'the image')
    image = decode(data, path, _FORMATS)
    # Of colours with 16 bits Pillow drops the lower ones, without a word.
    if image.mode not in _IMAGE_MODES or (data.startswith(_PNG_MAGIC) and _png_header(data, path)[0] == 16):
        raise ImageFileError(
            'depth', f"{path}: expected 8 bits a channel, got 16 or Pillow's mode {image.mode!r}; convert it to 8 bits"
        )
    return cv2.cvtColor(np.asarray(image.convert('RGB')), cv2.COLOR_RGB2BGR)


def _png_header(data: bytes, path: str | Path) -> tuple[int, int]:
    """Bits a channel and colour type of a PNG, by its own words."""
    if data[8:16] != _HEADER_CHUNK or len(data) < 26:
        raise ImageFileError('unreadable', f'{path}: a broken PNG, which does not start with its header')
    return data[24], data[25]


def _label_values(data: bytes, path: str | Path) -> np.ndarray:
    """Class numbers of a PNG, uint8 (H, W), before their range is checked."""
    if data.startswith(_JPEG_MAGIC):
        raise ImageFileError(
            'jpeg',
            f'{path}: the label is a JPEG, whatever its name says; JPEG invents classes along every edge: '
            'make the label again and save it as PNG',
        )
    if not data.startswith(_PNG_MAGIC):
        raise ImageFileError('not-png', f'{path}: expected a PNG label, got a file that starts with {data[:8]!r}')
    depth, colour_type = _png_header(data, path)
    if depth == 16 or (colour_type != _PALETTE and depth != 8):
        raise ImageFileError(
            'depth',
            f'{path}: expected a label of 8 bits, got {depth} bits a channel; save the classes as 8 bits',
        )
    values = np.array(decode(data, path, ('PNG',)))
    if colour_type in (_GREY, _PALETTE):
        return values
    if colour_type == _RGB and (values == values[..., :1]).all():
        return np.ascontiguousarray(values[..., 0])
    raise ImageFileError(
        'colour',
        f'{path}: the label is colour-coded (PNG colour type {colour_type}); expected one channel of class numbers: '
        'convert the colours to class numbers',
    )


def _read_labels(path: str | Path, image_size: tuple[int, int] | None, what: str) -> np.ndarray:
    """The bytes of a label map, uint8 (H, W), of the size of its image."""
    label = _label_values(_read_bytes(path, what), path)
    if image_size is not None and label.shape != tuple(image_size):
        raise ImageFileError(
            'size',
            f'{path}: the label has {label.shape[0]} x {label.shape[1]} pixels (height x width), '
            f'its image {image_size[0]} x {image_size[1]}; they have to be the same',
        )
    return label


def read_parsing_label(
    path: str | Path, image_size: tuple[int, int] | None = None, num_classes: int = NUM_CLASSES
) -> np.ndarray:
    """Read a label map.

    A palette PNG is read by its indices, an RGB one with three equal channels as grey. Everything else that is not one
    8-bit channel of class numbers is refused: JPEG by its first bytes, colour-coded, 16 bits, alpha, other values.

    Args:
        path (str | Path): PNG file.
        image_size (tuple, optional): (H, W) of the image that the label belongs to.
        num_classes (int): Classes of the data set. Defaults to LIP's 20.

    Returns:
        np.ndarray: uint8 (H, W), 0..num_classes - 1, 255 ignored.

    Raises:
        FileNotFoundError: If there is no such file.
        ImageFileError: A ValueError, if the file is not such a label, or of another size than the image.
    """
    label = _read_labels(path, image_size, 'the parsing label')
    wrong = (label >= num_classes) & (label != IGNORE_LABEL)
    if wrong.any():
        found = np.unique(label[wrong])
        raise ImageFileError(
            'range',
            f'{path}: expected classes 0..{num_classes - 1} or {IGNORE_LABEL} (ignored), '
            f'got {found[:8].tolist()} at {int(wrong.sum())} pixels',
        )
    return label


def read_human_map(path: str | Path, image_size: tuple[int, int] | None = None) -> np.ndarray:
    """Read a map of persons, as CIHP's ``Human_ids``; what is refused is as in :func:`read_parsing_label`.

    Args:
        path (str | Path): PNG file.
        image_size (tuple, optional): (H, W) of the image that the map belongs to.

    Returns:
        np.ndarray: uint8 (H, W); 0 where nobody is, else the person's number.

    Raises:
        FileNotFoundError: If there is no such file.
        ImageFileError: A ValueError, if the file is not such a map, or of another size than the image.
    """
    return _read_labels(path, image_size, 'the map of persons')
