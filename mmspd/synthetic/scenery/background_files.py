"""Real photographs from a folder of the user's, as backgrounds.

Files are what somebody downloaded: their headers are read before their pixels, and nothing outside the folder is
opened.
"""

import os
import warnings
import zlib
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from mmspd.synthetic.paint.colours import GAMMA

SUFFIXES: Final = ('.bmp', '.jpeg', '.jpg', '.png', '.webp')
_FORMATS: Final = ('BMP', 'JPEG', 'PNG', 'WEBP')
#: Largest picture that is decoded, pixels: a photograph has up to about 100 million.
MAX_PIXELS: Final = 120_000_000
#: Smallest side that is worth showing, pixels.
MIN_SIDE: Final = 16
_LINEAR: Final = ((np.arange(256) / 255) ** GAMMA).astype(np.float32)
_BEHIND_ALPHA: Final = (128, 128, 128, 255)  # what shows through transparent pixels


def list_backgrounds(folder: str | Path) -> list[Path]:
    """The pictures in a folder, not in its subfolders, sorted by name.

    Hidden files, other suffixes and links that lead out of the folder are left out. No picture is opened.

    Args:
        folder (str | Path): Directory with .jpg, .jpeg, .png, .webp or .bmp files.

    Returns:
        list[Path]: At least one file.

    Raises:
        ValueError: If the folder does not exist, cannot be read, or holds no picture.
    """
    folder = Path(folder)
    expected = f'expected a folder of photographs ({", ".join(SUFFIXES)})'
    if not folder.is_dir():
        what = 'is not a folder' if folder.exists() else 'does not exist'
        raise ValueError(f'{folder} {what}; {expected}')
    root = folder.resolve()
    try:
        found = [
            path
            for path in folder.iterdir()
            if not path.name.startswith('.') and path.suffix.lower() in SUFFIXES and _is_inside(path, root)
        ]
    except OSError as error:
        raise ValueError(f'{folder} cannot be read ({error.strerror or error}); {expected}') from error
    if not found:
        raise ValueError(f'{folder} holds no photograph; {expected} directly in it, not in subfolders')
    return sorted(found)


def background_checksum(folder: str | Path) -> int:
    """Whether a folder's photographs are still the same, by their names and sizes: no picture is opened.

    Args:
        folder (str | Path): See :func:`list_backgrounds`, as for the errors.

    Returns:
        int: Checksum of the sorted names and sizes, 0..2**32-1.
    """
    checksum = 0
    for path in list_backgrounds(folder):
        try:
            size = path.stat().st_size
        except OSError as error:
            raise ValueError(f'{path} cannot be read ({error.strerror or error}); take it out of the folder') from error
        checksum = zlib.crc32(os.fsencode(path.name) + f'/{size}\n'.encode(), checksum)
    return checksum


def _is_inside(path: Path, root: Path) -> bool:
    """Whether a path is a regular file below ``root`` once links are followed."""
    try:
        target = path.resolve()
        return target.is_file() and target.is_relative_to(root)
    except (OSError, RuntimeError):  # a loop of links
        return False


def _as_bgr(picture: Image.Image) -> np.ndarray:
    """Pixels as uint8 (H, W, 3), B, G, R: grey, palette, alpha, CMYK and 16-bit pictures converted."""
    if picture.mode.startswith('I'):  # 16 bits of grey; Pillow's own conversion would clip them
        grey = np.clip(np.asarray(picture, np.float32) / 257, 0, 255).astype(np.uint8)
        return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    if picture.has_transparency_data:
        behind = Image.new('RGBA', picture.size, _BEHIND_ALPHA)
        picture = Image.alpha_composite(behind, picture.convert('RGBA'))
    return np.ascontiguousarray(np.asarray(picture.convert('RGB'))[..., ::-1])


def _decode(path: Path, height: int, width: int) -> np.ndarray:
    """Read a file's pixels, upright as its camera was held: uint8 (H, W, 3), B, G, R."""
    with warnings.catch_warnings():
        # Of large pictures, for which our own limit comes first and is an error; of damage to what is not shown.
        warnings.simplefilter('ignore')
        with Image.open(path, formats=_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(
                    f'{path} has {picture.width}x{picture.height} pixels, expected at most {MAX_PIXELS}; '
                    'make it smaller or take it out of the folder'
                )
            if min(picture.size) < MIN_SIDE:
                raise ValueError(
                    f'{path} has {picture.width}x{picture.height} pixels, expected at least {MIN_SIDE} on each side; '
                    'take it out of the folder'
                )
            # JPEG decodes at half, a quarter or an eighth of its size in that share of the time. Twice what is needed
            # leaves room for a crop.
            picture.draft('RGB', (2 * max(height, width), 2 * max(height, width)))
            return _as_bgr(ImageOps.exif_transpose(picture))


def read_background(path: str | Path, rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A random crop of a photograph.

    The crop has the wanted aspect and 60 to 100 % of the largest possible side; it lies anywhere.

    Args:
        path (str | Path): A .jpg, .png, .webp or .bmp file. Grey, palette, transparent (over grey), CMYK and
            16-bit pictures are converted; a camera's orientation is followed.
        rng (np.random.Generator): Where the crop lies.
        height (int): Of the result, pixels, at least 1.
        width (int): Of the result, pixels, at least 1.

    Returns:
        np.ndarray: float32 (H, W, 3), linear light, B, G, R, in 0..1, like a drawn background's.

    Raises:
        ValueError: If the size is not positive; or the file is missing, broken, cut off, of another format, larger than
            120 million pixels or smaller than 16 on a side. Names the file.
    """
    if height < 1 or width < 1:
        raise ValueError(f'a background needs at least 1x1 pixels, got {width}x{height} (width x height)')
    try:
        pixels = _decode(Path(path), height, width)
    except UnidentifiedImageError as error:
        raise ValueError(f'{path} is no {", ".join(_FORMATS)} picture; replace it or take it out') from error
    except (OSError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise ValueError(f'{path} cannot be decoded ({error}); replace it or take it out of the folder') from error
    rows, columns = pixels.shape[:2]
    largest = min(rows / height, columns / width)
    share = float(rng.uniform(0.6, 1.0))
    tall = min(max(round(share * largest * height), 1), rows)
    wide = min(max(round(share * largest * width), 1), columns)
    top, left = int(rng.integers(rows - tall + 1)), int(rng.integers(columns - wide + 1))
    crop = pixels[top : top + tall, left : left + wide]
    shrinks = tall >= height and wide >= width
    resized = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return _LINEAR[resized]
