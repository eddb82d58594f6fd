"""Moves a person's annotation from a COCO image into LIP's crop of it.

Points and masks of the surface are relative to the box, so they stay; box, outlines and joints move by the crop's
corner. P is the number of surface points.
"""

from typing import Any, Final

import numpy as np

from mmspd.anatomy import POINT_RANGE
from mmspd.datasets.crops.lip_crops import Crop
from mmspd.datasets.files.number_lists import check_box, check_numbers
from mmspd.datasets.transforms.geometry import points_inside

__all__ = ['SURFACE_FIELDS', 'check_person', 'count_outside', 'move_person']

SURFACE_FIELDS: Final = ('dp_x', 'dp_y', 'dp_I', 'dp_U', 'dp_V', 'dp_masks')

_UNCHANGED: Final = ('area', 'iscrowd', 'num_keypoints')
_PERSON: Final = 1  # COCO's category
_MARGIN: Final = 1.0  # pixels
_DECIMALS: Final = 6  # of a moved coordinate: COCO has two, the rest is dust of the subtraction


def check_person(annotation: dict[str, Any], where: str) -> None:
    """Refuse an annotation whose box, joints or outlines cannot be moved.

    Args:
        annotation (dict): An entry of a COCO file.
        where (str): File and annotation, for messages.

    Raises:
        ValueError: If a field is malformed; the message names it and shows its value.
    """
    if annotation.get('category_id', _PERSON) != _PERSON:
        raise ValueError(
            f'{where}, field category_id: expected {_PERSON}, a person, got {str(annotation["category_id"])[:60]}'
        )
    check_box(annotation.get('bbox'), f'{where}, field bbox')
    for field in _UNCHANGED:
        if field in annotation:
            check_numbers([annotation[field]], f'{where}, field {field}')
    joints = check_numbers(annotation.get('keypoints', []), f'{where}, field keypoints')
    if len(joints) % 3:
        raise ValueError(f'{where}, field keypoints: expected x, y, v of each joint, got {len(joints)} numbers')
    outlines = annotation.get('segmentation', [])
    if isinstance(outlines, dict):
        return
    if not isinstance(outlines, list):
        raise ValueError(f'{where}, field segmentation: expected outlines or runs, got {str(outlines)[:60]}')
    for number, outline in enumerate(outlines):
        place = f'{where}, field segmentation[{number}]'
        if len(check_numbers(outline, place)) % 2 or len(outline) < 6:
            raise ValueError(f'{place}: expected x, y of at least 3 corners, got {len(outline)} numbers')


def move_person(annotation: dict[str, Any], crop: Crop) -> dict[str, Any]:
    """The annotation in the crop's coordinates.

    An outline in runs, which is as large as the COCO image, is left out. So is every field that is not named here.

    Args:
        annotation (dict): An entry of a COCO file that :func:`check_person` has let pass.
        crop (Crop): The crop, clamped to the image.

    Returns:
        dict: A new entry: ``image_id`` is the annotation's own ``id``, as each crop shows one person.
    """
    moved = {
        'id': annotation['id'],
        'image_id': annotation['id'],
        'category_id': _PERSON,
        'bbox': [*_shift(annotation['bbox'][:2], crop), *annotation['bbox'][2:]],
    }
    moved |= {field: annotation[field] for field in _UNCHANGED if field in annotation}
    if 'keypoints' in annotation:
        moved['keypoints'] = _move_joints(annotation['keypoints'], crop)
    if isinstance(annotation.get('segmentation'), list):
        moved['segmentation'] = [_shift(outline, crop) for outline in annotation['segmentation']]
    return moved | {field: annotation[field] for field in SURFACE_FIELDS if field in annotation}


def count_outside(moved: dict[str, Any], crop: Crop) -> int:
    """Surface points that lie on no pixel of the crop.

    Args:
        moved (dict): An annotation in the crop's coordinates, with surface points.
        crop (Crop): The crop.

    Returns:
        int: Their number, at most P. A box that the image's border clamped may have some; a pixel beside the crop
        counts as inside, as it does in training, because the crop ends where the rounded box ends.
    """
    x, y, width, height = moved['bbox']
    columns = x + np.asarray(moved['dp_x'], dtype=np.float64) / POINT_RANGE * width
    rows = y + np.asarray(moved['dp_y'], dtype=np.float64) / POINT_RANGE * height
    points = np.column_stack([columns, rows])
    return int(np.count_nonzero(~points_inside(points, crop.width, crop.height, _MARGIN)))


def _shift(pairs: list[float], crop: Crop) -> list[float]:
    """x, y, x, y, ... less the crop's corner."""
    moved = list(pairs)
    moved[::2] = [round(x - crop.x0, _DECIMALS) for x in pairs[::2]]
    moved[1::2] = [round(y - crop.y0, _DECIMALS) for y in pairs[1::2]]
    return moved


def _move_joints(joints: list[float], crop: Crop) -> list[float]:
    """x, y, v, ... of which those with v = 0 are not annotated: they stay 0, 0."""
    moved = list(joints)
    for place in range(0, len(joints), 3):
        if joints[place + 2]:
            moved[place : place + 2] = _shift(joints[place : place + 2], crop)
    return moved
