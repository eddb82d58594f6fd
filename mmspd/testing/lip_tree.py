"""Writes drawn people to disk in LIP's own layout, with surface annotation in DensePose-COCO's format."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from mmspd.testing.figures import DrawnPerson, draw_person
from mmspd.testing.surface_points import densepose_annotation

__all__ = ['write_lip_tree']

_SPLITS: Final = ('train', 'val')
_JPEG_QUALITY: Final = 95
# COCO's annotation ids count apart from its image ids.
_FIRST_ANNOTATION: Final = 100_001


def write_lip_tree(
    root: str | Path,
    num_train: int,
    num_val: int,
    seed: int = 0,
    size: tuple[int, int] | None = None,
    points_per_person: int = 100,
) -> None:
    """Write drawn people as a LIP tree.

    Beside LIP's own files (images, labels, pose lists with 1-based x, y and v = 1 where occluded, id lists) it holds
    ``densepose_train.json`` and ``densepose_val.json``, whose coordinates are those of the images. The tree is
    written beside ``root`` and moved into place when complete.

    Args:
        root (str | Path): Folder to make. It may exist if it is empty.
        num_train (int): Persons of the training split.
        num_val (int): Persons of the validation split; their ids follow those of the training split.
        seed (int): The same seed, numbers and sizes give the same bytes.
        size (tuple[int, int] | None): (width, height) of each image; None draws LIP-like sizes, 80 to 240 wide.
        points_per_person (int): Surface points of each person.

    Raises:
        FileExistsError: If ``root`` exists and is not an empty folder.
        ValueError: If a number is negative or ``size`` is too small to draw in.
    """
    root = Path(root)
    if min(num_train, num_val, points_per_person) < 0:
        raise ValueError(
            f'numbers of persons and points must not be negative, got {num_train=}, {num_val=}, {points_per_person=}'
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise FileExistsError(f'{root} exists already: remove it, or name a folder that is new or empty')
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f'.{root.name}.', dir=root.parent) as folder:
        tree = Path(folder) / 'tree'
        for split, first, count in zip(_SPLITS, (0, num_train), (num_train, num_val), strict=True):
            _write_split(tree, split, range(first, first + count), seed, size, points_per_person)
        tree.replace(root)


def _write_split(
    tree: Path, split: str, indices: Iterable[int], seed: int, size: tuple[int, int] | None, num_points: int
) -> None:
    """Write images, labels, lists and surface annotations of one split."""
    images = tree / 'TrainVal_images' / f'{split}_images'
    labels = tree / 'TrainVal_parsing_annotations' / f'{split}_segmentations'
    poses = tree / 'TrainVal_pose_annotations'
    for folder in (images, labels, poses):
        folder.mkdir(parents=True, exist_ok=True)
    names, rows = [], []
    surface: dict[str, list[dict[str, Any]]] = {'images': [], 'annotations': []}
    for index in indices:
        rng = np.random.default_rng([seed, index])
        width, height = size or _lip_like_size(rng)
        person = draw_person(rng, width, height)
        image_id, annotation_id = index + 1, _FIRST_ANNOTATION + index
        name = f'{image_id}_{annotation_id}'
        _write_image(images / f'{name}.jpg', person.image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        _write_image(labels / f'{name}.png', person.label, [])
        names.append(name)
        rows.append(pose_row(f'{name}.jpg', person))
        surface['images'].append({'id': image_id, 'file_name': f'{name}.jpg', 'height': height, 'width': width})
        surface['annotations'].append(
            {'id': annotation_id, 'image_id': image_id, 'category_id': 1}
            | densepose_annotation(rng, person, num_points)
        )
    surface['categories'] = [{'id': 1, 'name': 'person', 'supercategory': 'person'}]
    (tree / f'{split}_id.txt').write_text(''.join(f'{name}\n' for name in names))
    # As in LIP's own file, no newline ends the last row.
    (poses / f'lip_{split}_set.csv').write_text('\n'.join(rows))
    (tree / f'densepose_{split}.json').write_text(json.dumps(surface))


def _lip_like_size(rng: np.random.Generator) -> tuple[int, int]:
    """Width and height of a person's crop, upright as most of LIP's are."""
    width = int(rng.integers(80, 241))
    return width, int(np.clip(width * rng.uniform(1.2, 2.3), 140, 420))


def pose_row(file_name: str, person: DrawnPerson) -> str:
    """A person's row of LIP's pose list: name, then x, y (1-based) and v (1 = occluded) of each joint."""
    fields = [file_name]
    for (x, y), occluded in zip(person.joints.astype(float), person.occluded, strict=True):
        fields.append('nan,nan,nan' if np.isnan(x) else f'{x + 1:.2f},{y + 1:.2f},{int(occluded)}')
    return ','.join(fields)


def _write_image(path: Path, image: np.ndarray, options: list[int]) -> None:
    """Encode and write an image; a failed write raises, unlike OpenCV's own."""
    path.write_bytes(cv2.imencode(path.suffix, image, options)[1].tobytes())
