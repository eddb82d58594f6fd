"""What a call may be given: arrays, Pillow's images, files, folders, videos, and lists of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image

from mmspd.datasets.files.photographs import PHOTOGRAPH_SUFFIXES, read_photograph, upright_pixels

__all__ = ['VIDEO_SUFFIXES', 'Picture', 'Source', 'is_stream', 'open_picture', 'picture_count', 'pictures_of']

VIDEO_SUFFIXES: Final = ('.mp4', '.avi', '.mov', '.mkv', '.webm', '.m4v', '.mpg', '.mpeg')

# Containers tell the number of frames roughly; with this share fewer, frames are missing.
_ROUGH: Final = 0.02
# How lists of other files begin, which FFmpeg would open.
_PLAYLISTS: Final = (b'ffconcat', b'#EXTM3U')

# A picture, or a folder's or video's name.
Source = np.ndarray | Image.Image | str | Path


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture, or why there is none.

    Attributes:
        name: Where it comes from; of a video ``FILE#000012``, frames counted from 0.
        image: uint8 (H, W, 3), BGR; None where it could not be read.
        error: What was raised; None where it could be read.
    """

    name: str
    image: np.ndarray | None
    error: Exception | None = None


def is_stream(source: Any) -> bool:
    """Whether a source is a folder or a video, of which there may be more than memory holds."""
    if not isinstance(source, str | Path) or not str(source) or _is_address(source):
        return False
    try:
        path = Path(source).expanduser()
        return path.is_dir() or path.suffix.lower() in VIDEO_SUFFIXES
    except (OSError, RuntimeError):  # a name that is too long, a folder that may not be read, ~ of a stranger
        return False


def open_picture(source: Any, name: str = 'array') -> Picture:
    """Read one picture.

    Args:
        source (Source): A file's name; an array uint8 (H, W, 3) in BGR, (H, W, 4) in BGRA, or grey (H, W); or an
            image of Pillow.
        name (str): What an array is called.

    Returns:
        Picture: Upright, with 8 bits a channel; see :mod:`mmspd.datasets.files.photographs`.

    Raises:
        FileNotFoundError: If there is no such file.
        TypeError: If it is none of these.
        ValueError: If it is an address, or no picture; the message names it.
    """
    if isinstance(source, str | Path):
        text = str(source)
        if not text:
            raise ValueError('the name of the picture is empty')
        if _is_address(source):
            raise ValueError(f'{text}: addresses are not opened; download the picture and give its file name')
        try:
            path = Path(source).expanduser()
        except RuntimeError as error:  # ~ of a stranger
            raise FileNotFoundError(f'the picture is missing: {text} ({error})') from error
        return Picture(text, read_photograph(path, text))
    if isinstance(source, Image.Image):
        if source.mode == 'I' and source.format is None:
            raise ValueError(f"{name}: Pillow's mode 'I' does not say what is white; convert it to 'L' or 'I;16'")
        return Picture(name, upright_pixels(source, name))
    if isinstance(source, np.ndarray):
        return Picture(name, _pixels(source, name))
    raise TypeError(f'{name}: expected a file name, an array or an image of Pillow, got {type(source).__name__}')


def _is_address(source: str | Path) -> bool:
    """Whether it is an address as of a web page, and no name of a file."""
    return '://' in str(source)


def _pixels(array: np.ndarray, name: str) -> np.ndarray:
    """An array as uint8 (H, W, 3), BGR."""
    shown = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    known = shown.ndim == 2 or (shown.ndim == 3 and shown.shape[2] in (3, 4))
    if shown.dtype != np.uint8 or not known or shown.size == 0:
        raise ValueError(
            f'{name}: expected uint8 (H, W, 3) in BGR, (H, W, 4) in BGRA or grey (H, W), got {array.dtype} '
            f'{array.shape}; colours are 0..255'
        )
    if shown.ndim == 2:
        return cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR)
    if shown.shape[2] == 4:
        return upright_pixels(Image.fromarray(cv2.cvtColor(shown, cv2.COLOR_BGRA2RGBA)), name)
    return shown.copy()  # which the caller may fill anew


def pictures_of(source: Any) -> Iterator[Picture]:
    """The pictures of a source one by one; one that cannot be read comes with its error.

    Args:
        source (Source | Sequence[Source]): A picture, folder or video, or a list of them. A folder's pictures come in
            the order of their names, without those of folders in it.

    Yields:
        Picture: Each.
    """
    if isinstance(source, list | tuple):
        for number, each in enumerate(source):
            yield from pictures_of(each) if is_stream(each) else [_try(each, f'array {number}')]
    elif not is_stream(source):
        yield _try(source, 'array')
    elif (path := Path(source).expanduser()).is_dir():
        for file in _folder(path):
            yield _try(file, file.name)
    else:
        yield from _frames(path)


def _try(source: Any, name: str) -> Picture:
    """A picture, or its error."""
    try:
        return open_picture(source, name)
    except (OSError, TypeError, ValueError) as error:
        return Picture(str(source) if isinstance(source, str | Path) else name, None, error)


def _folder(path: Path) -> list[Path]:
    """A folder's pictures."""
    return sorted(
        file
        for file in path.iterdir()
        if file.suffix.lower() in PHOTOGRAPH_SUFFIXES and not file.name.startswith('.') and not file.is_dir()
    )


def picture_count(source: Any) -> int | None:
    """How many pictures a source has; None where that is not known beforehand."""
    if isinstance(source, list | tuple):
        counts = [picture_count(each) for each in source]
        return None if None in counts else sum(count or 0 for count in counts)
    if not is_stream(source):
        return 1
    path = Path(source).expanduser()
    if path.is_dir():
        return len(_folder(path))
    if not path.is_file() or _is_playlist(path):
        return None
    video = cv2.VideoCapture(str(path))
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT)) if video.isOpened() else 0
    video.release()
    return count if count > 0 else None


def _is_playlist(path: Path) -> bool:
    """Whether a file is a list of others, which would be opened in its place."""
    with path.open('rb') as file:
        return file.read(64).lstrip(b'\xef\xbb\xbf \t\r\n').startswith(_PLAYLISTS)


def _frames(path: Path) -> Iterator[Picture]:
    """A video's frames; one that cannot be opened comes as an error."""
    if not path.is_file():
        yield Picture(str(path), None, FileNotFoundError(f'the video is missing: {path}'))
        return
    if _is_playlist(path):
        yield Picture(str(path), None, ValueError(f'{path}: is a list of other files, which are not opened'))
        return
    video = cv2.VideoCapture(str(path))
    try:
        number = 0
        while video.isOpened():
            found, image = video.read()
            if not found:
                break
            yield Picture(f'{path}#{number:06d}', image)
            number += 1
        expected = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    finally:
        video.release()
    if number == 0:
        yield Picture(str(path), None, ValueError(f'{path}: no frame can be read: not a video, or of an unknown kind'))
    elif number < expected - max(2, _ROUGH * expected):
        message = f'{path}: it says that it has {expected} frames, of which the first {number} can be read'
        yield Picture(str(path), None, ValueError(message))
