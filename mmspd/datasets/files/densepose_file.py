"""Reader of surface annotations in DensePose-COCO's format, with coordinates of LIP's crops.

The file is one JSON object: ``images`` [{id, file_name, height, width}] and ``annotations`` [{id, image_id, bbox, dp_x,
dp_y, dp_I, dp_U, dp_V, dp_masks}]. Box and images are the crops'; ``dp_x, dp_y`` (0..255 across the box) and
``dp_masks`` (14 masks of 256 x 256 over the box) are relative to the box, so they are DensePose-COCO's own numbers.
``info.surface``, a string, may name the surface whose charts the numbers are of; without it they are DensePose's.
``info.predicted``, true, marks what a network predicted. An annotation may have an ``area``, the person's pixels, as
COCO's have.
"""

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mmspd.anatomy import COARSE_PARTS, MASK_SIZE, NUM_PARTS
from mmspd.datasets.files.coco_file import index_images, locate, read_coco, size_of
from mmspd.datasets.files.number_lists import check_box, check_number, check_numbers
from mmspd.datasets.files.problems import Report, tolerating

__all__ = ['facts_of_file', 'parse_surface', 'read_densepose']

_POINT_FIELDS = ('dp_x', 'dp_y', 'dp_I', 'dp_U', 'dp_V')
# Highest value of each field. DensePose's text speaks of a 256 x 256 square, its evaluator divides by 255.
_HIGHEST = {'dp_x': 256.0, 'dp_y': 256.0, 'dp_I': float(NUM_PARTS), 'dp_U': 1.0, 'dp_V': 1.0}
_LONGEST_NAME = 100


def _parse_points(annotation: dict[str, Any], where: str) -> dict[str, np.ndarray]:
    """The five ``dp_`` lists, of one length and each in its range: float32, ``dp_I`` int64."""
    arrays = {
        name: np.array(check_numbers(annotation[name], f'{where}, field {name}'), dtype=np.float64)
        for name in _POINT_FIELDS
    }
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f'{where}: expected lists of one length, got {lengths}')
    for name, array in arrays.items():
        lowest = 1.0 if name == 'dp_I' else 0.0
        if ((array < lowest) | (array > _HIGHEST[name])).any():
            raise ValueError(
                f'{where}, field {name}: expected values of {lowest:g}..{_HIGHEST[name]:g}, '
                f'got {array.min():g}..{array.max():g}'
            )
    if (arrays['dp_I'] % 1 != 0).any():
        raise ValueError(f'{where}, field dp_I: expected whole part numbers')
    return {name: array.astype(np.int64 if name == 'dp_I' else np.float32) for name, array in arrays.items()}


def _check_masks(masks: Any, where: str) -> list[Any]:
    """14 entries, each empty or a run-length mask of 256 x 256; the runs themselves are checked when decoded."""
    if not isinstance(masks, list) or len(masks) != len(COARSE_PARTS):
        raise ValueError(f'{where}, field dp_masks: expected a list of {len(COARSE_PARTS)} masks, some of them empty')
    for part, mask in enumerate(masks):
        if not mask:
            continue
        if not isinstance(mask, dict) or mask.get('size') != [MASK_SIZE, MASK_SIZE]:
            got = mask.get('size') if isinstance(mask, dict) else type(mask).__name__
            raise ValueError(
                f'{where}, field dp_masks: expected a run-length mask of size [{MASK_SIZE}, {MASK_SIZE}] '
                f'for part {part}, got {got}'
            )
        if not isinstance(mask.get('counts'), str | list):
            raise ValueError(f'{where}, field dp_masks: part {part} has no counts')
    return masks


def _parse_area(annotation: dict[str, Any], where: str) -> float | None:
    """The person's pixels where the annotation tells them."""
    if annotation.get('area') is None:
        return None
    area = float(check_number(annotation['area'], f'{where}, field area'))
    if area < 0:
        raise ValueError(f'{where}, field area: expected pixels, 0 or more, got {area:g}')
    return area


def parse_surface(annotation: dict[str, Any], where: str) -> dict[str, Any] | None:
    """Check one person's surface annotation.

    Args:
        annotation (dict): An entry of the file, with a whole number ``id``.
        where (str): File and annotation, for messages.

    Returns:
        dict | None: ``id``, ``bbox``, ``area``, ``dp_x``, ``dp_y``, ``dp_I``, ``dp_U``, ``dp_V``, ``dp_masks`` as
        :func:`read_densepose` has them; None where the person has no ``dp_`` field at all.

    Raises:
        ValueError: If a field is missing, malformed or out of range; the message names it.
    """
    present = [name for name in (*_POINT_FIELDS, 'dp_masks') if name in annotation]
    if not present:
        return None
    missing = [name for name in ('bbox', *_POINT_FIELDS, 'dp_masks') if name not in annotation]
    if missing:
        raise ValueError(f'{where}: the surface annotation lacks the fields {missing}')
    bbox = np.array(check_box(annotation['bbox'], f'{where}, field bbox'), dtype=np.float32)
    surface: dict[str, Any] = dict(_parse_points(annotation, where))
    return surface | {
        'id': annotation['id'],
        'bbox': bbox,
        'area': _parse_area(annotation, where),
        'dp_masks': _check_masks(annotation['dp_masks'], where),
    }


def _surface_name(content: dict[str, Any], path: Path) -> str | None:
    """``info.surface``, or None where there is none; whatever else ``info`` holds is of no concern here."""
    info = content.get('info')
    name = info.get('surface') if isinstance(info, dict) else None
    if name is not None and (not isinstance(name, str) or not name or len(name) > _LONGEST_NAME):
        raise ValueError(
            f"{path}, field info.surface: expected a surface's name of 1..{_LONGEST_NAME} characters, "
            f'or none at all, got {str(name)[:60]!r}'
        )
    return name


def _is_predicted(content: dict[str, Any], path: Path) -> bool:
    """``info.predicted``: whether a network made these annotations."""
    info = content.get('info')
    predicted = info.get('predicted', False) if isinstance(info, dict) else False
    if type(predicted) is not bool:
        raise ValueError(f'{path}, field info.predicted: expected true or false, got {str(predicted)[:60]!r}')
    return predicted


def facts_of_file(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """What a file says of all its annotations: ``surface_name`` str or None, ``predicted`` bool.

    Args:
        content (dict): The file's object.
        path (Path): The file, for messages.

    Raises:
        ValueError: If ``info`` has another kind of value there; the message names the field.
    """
    return {'surface_name': _surface_name(content, path), 'predicted': _is_predicted(content, path)}


def read_densepose(path: str | Path, report: Report | None = None) -> dict[str, dict[str, Any]]:
    """Read surface annotations.

    Args:
        path (str | Path): JSON file.
        report (Callable[[str], None], optional): Takes the message of each malformed annotation, which is then left
            out. Defaults to None: the first is raised.

    Returns:
        dict: File name of the image without folder and suffix -> ``id`` int, ``bbox`` float32 (4,) x, y, width, height,
        ``area`` float, the person's pixels, or None, ``dp_x, dp_y, dp_U, dp_V`` float32 (P,), ``dp_I`` int64 (P,)
        1..24, ``dp_masks`` list of 14, ``image_size`` (height, width) or None, ``surface_name`` str or None,
        ``predicted`` bool, whether a network made it (then it is no truth to evaluate against). Persons without any
        ``dp_`` field are left out.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not of that format; the error names file, annotation id and field.
    """
    path = Path(path)
    content = read_coco(path)
    images = index_images(content['images'], path, report)
    of_all = facts_of_file(content, path)
    surfaces: dict[str, dict[str, Any]] = {}
    seen: set[int] = set()
    for position, annotation in enumerate(content['annotations']):
        with tolerating(report):
            where, image = locate(annotation, position, images, seen, path)
            surface = parse_surface(annotation, where)
            if surface is None:
                continue
            name = PurePosixPath(image['file_name']).stem
            if name in surfaces:
                raise ValueError(
                    f'{where}: image {name!r} has a surface annotation already, {surfaces[name]["id"]}; '
                    'a crop shows one person'
                )
            surfaces[name] = surface | of_all | {'image_size': size_of(image)}
    return surfaces
