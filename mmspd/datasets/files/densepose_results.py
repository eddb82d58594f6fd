"""Predictions in DensePose-COCO's results format: one list, an entry for each detected person.

An entry is ``{image_id, category_id, bbox, score, uv_shape, uv_data}``: ``bbox`` x, y, width, height in pixels of the
image, ``uv_shape`` [3, h, w], and ``uv_data`` a PNG in base64 of h x w pixels over the box, whose channels R, G, B are
I (0..24), U * 255 and V * 255. Column j of the map covers x + j to x + j + 1, measured on pixel edges, as DensePose's
own evaluator reads it; rows likewise.

A file may be of gigabytes, and come from anybody: entries are read one at a time, and a picture is unpacked only after
its header has said what its entry says.
"""

import base64
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from mmspd.anatomy import NUM_PARTS
from mmspd.datasets.files.number_lists import check_box, check_number
from mmspd.datasets.files.problems import Report
from mmspd.datasets.files.result_list import PERSON, check_entry, read_entries

__all__ = ['LARGEST_MAP', 'DenseResult', 'read_results', 'result_entry', 'unpack_entry']

# Pixels of one person's map: far more than any photograph's person, and 50 MB unpacked.
LARGEST_MAP: Final = 4096 * 4096
_FIELDS: Final = ('image_id', 'bbox', 'score', 'uv_shape', 'uv_data')
_PNG_START: Final = b'\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR'
_RGB: Final = 2  # PNG's colour type


@dataclass(frozen=True, eq=False)
class DenseResult:
    """One detected person.

    Attributes:
        image_id: Of the image it was found in.
        bbox: x, y, width, height in pixels of the image, measured on pixel edges.
        score: The detector's, the higher the better.
        iuv: uint8 (h, w, 3): I 0..24, U * 255, V * 255; h, w are the box's size to a pixel.
    """

    image_id: int
    bbox: tuple[float, float, float, float]
    score: float
    iuv: np.ndarray


def read_results(path: str | Path, report: Report | None = None) -> Iterator[DenseResult]:
    """Read results, one in memory at a time.

    Args:
        path (str | Path): JSON file.
        report (Callable[[str], None], optional): Takes the message of each malformed entry, which is then left out.
            Defaults to None: the first is raised.

    Yields:
        DenseResult: In the file's order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is no JSON list, or an entry is malformed; the message names file, entry and field.
    """
    for _, result in read_entries(Path(path), _parse, report):
        yield result


def result_entry(result: DenseResult) -> dict[str, Any]:
    """A result as the file has it, ready for JSON.

    Args:
        result (DenseResult): The result.

    Returns:
        dict: ``image_id``, ``category_id``, ``bbox``, ``score``, ``uv_shape``, ``uv_data``.
    """
    height, width = result.iuv.shape[:2]
    png = io.BytesIO()
    Image.fromarray(result.iuv).save(png, 'PNG', optimize=False)
    return {
        'image_id': result.image_id,
        'category_id': PERSON,
        'bbox': list(result.bbox),
        'score': result.score,
        'uv_shape': [3, height, width],
        'uv_data': base64.b64encode(png.getvalue()).decode('ascii'),
    }


def _parse(entry: Any, where: str) -> DenseResult:
    """Check and unpack an entry whose image has a number."""
    if isinstance(entry, dict) and type(entry.get('image_id', 0)) is not int:
        raise ValueError(f'{where}, field image_id: expected a whole number, got {str(entry["image_id"])[:60]!r}')
    bbox, score, iuv = unpack_entry(entry, where)
    return DenseResult(entry['image_id'], bbox, score, iuv)


def unpack_entry(entry: Any, where: str) -> tuple[tuple[float, float, float, float], float, np.ndarray]:
    """Check and unpack an entry, whatever its ``image_id`` is.

    Args:
        entry (Any): Of a file's list.
        where (str): File and entry, for messages.

    Returns:
        tuple: ``bbox``, ``score`` and ``iuv`` of :class:`DenseResult`.

    Raises:
        ValueError: If it is malformed; the message starts with ``where`` and names the field.
    """
    entry = check_entry(entry, where, _FIELDS)
    score = check_number(entry['score'], f'{where}, field score')
    bbox = check_box(entry['bbox'], f'{where}, field bbox')
    height, width = _map_size(entry['uv_shape'], bbox, where)
    iuv = _unpack(entry['uv_data'], height, width, f'{where}, field uv_data')
    x, y, box_width, box_height = map(float, bbox)
    return (x, y, box_width, box_height), float(score), iuv


def _map_size(shape: Any, bbox: list[float], where: str) -> tuple[int, int]:
    """Height and width that ``uv_shape`` says, which are those of the box to a pixel."""
    if not isinstance(shape, list) or len(shape) != 3 or not all(type(item) is int for item in shape):
        raise ValueError(f'{where}, field uv_shape: expected [3, height, width], got {str(shape)[:60]}')
    channels, height, width = shape
    if channels != 3 or min(height, width) < 1 or height * width > LARGEST_MAP:
        raise ValueError(
            f'{where}, field uv_shape: expected [3, height, width] of 1 to {LARGEST_MAP} pixels, got {str(shape)[:60]}'
        )
    if abs(width - bbox[2]) > 1 or abs(height - bbox[3]) > 1:
        raise ValueError(
            f'{where}, field uv_shape: expected the size of the box, {bbox[2]:g} x {bbox[3]:g} (width x height), '
            f'to a pixel, got {width} x {height}'
        )
    return height, width


def _unpack(data: Any, height: int, width: int, where: str) -> np.ndarray:
    """The map of a PNG in base64, uint8 (h, w, 3)."""
    if not isinstance(data, str):
        raise ValueError(f'{where}: expected a PNG in base64, got {type(data).__name__}')
    try:
        # Some encoders break lines.
        png = base64.b64decode(''.join(data.split()), validate=True)
    except ValueError as error:
        raise ValueError(f'{where}: not base64: {error}') from error
    if not png.startswith(_PNG_START) or len(png) < 26:
        raise ValueError(f'{where}: expected a PNG in base64, got data that start with {png[:8]!r}')
    claimed_width, claimed_height, depth, colour_type = struct.unpack('>IIBB', png[16:26])
    if (claimed_height, claimed_width) != (height, width):
        raise ValueError(
            f'{where}: expected a PNG of {width} x {height} pixels (width x height), as uv_shape says, '
            f'got {claimed_width} x {claimed_height}'
        )
    if (depth, colour_type) != (8, _RGB):
        raise ValueError(
            f'{where}: expected three channels (I, U * 255, V * 255) of 8 bits, got {depth} bits and PNG colour type '
            f'{colour_type}'
        )
    try:
        iuv = np.array(Image.open(io.BytesIO(png), formats=('PNG',)))
    except Exception as error:  # Pillow raises a dozen kinds for broken files
        raise ValueError(f'{where}: a broken PNG: {error}') from error
    if iuv[..., 0].max() > NUM_PARTS:
        raise ValueError(
            f'{where}: expected parts 0..{NUM_PARTS} in the first channel, got {int(iuv[..., 0].max())}; the channels '
            'are I, U * 255, V * 255, in this order'
        )
    return iuv
