"""A handful of rendered people on disk, in the layouts of ATR, MPII, COCO with DensePose-COCO, and CIHP."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from mmspd.anatomy import COCO_JOINT_PAIRS, COCO_JOINTS
from mmspd.evaluation.functional.label_maps import LIPToATR
from mmspd.surface.mirroring import BODY_SURFACE
from mmspd.synthetic.files.dense_annotation import densepose_annotation
from mmspd.synthetic.rendered_person import RenderedPerson
from mmspd.testing.people import NUM_PEOPLE, sample_person

__all__ = ['write_small_atr', 'write_small_cihp', 'write_small_coco', 'write_small_mpii']

Size = tuple[int, int]


def _people(start: int, num: int, size: Size) -> list[RenderedPerson]:
    """People one after the other, from the six that there are."""
    return [sample_person((start + number) % NUM_PEOPLE, *size) for number in range(num)]


def _write_image(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)


def _write_label(path: Path, label: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(label.astype(np.uint8)).save(path)


def write_small_atr(root: str | Path, splits: dict[str, int], size: Size = (128, 96)) -> None:
    """Write people in ATR's layout: LIP's classes as ATR's, by the defaults of ``LIPToATR``.

    Args:
        root (str | Path): Folder to write to.
        splits (dict): 'train', 'val', 'test' -> number of persons.
        size (tuple): (height, width) of a picture in pixels. Defaults to (128, 96).
    """
    root, written = Path(root), 0
    for split, num in splits.items():
        names = [f'2500_{written + number + 1}' for number in range(num)]
        for name, person in zip(names, _people(written, num, size), strict=True):
            _write_image(root / 'JPEGImages' / f'{name}.jpg', person.image)
            _write_label(root / 'SegmentationClassAug' / f'{name}.png', LIPToATR().of_prediction(person.label))
        (root / f'{split}_id.txt').write_text(''.join(f'{name}\n' for name in names))
        written += num


def write_small_mpii(root: str | Path, num: int, size: Size = (128, 96)) -> None:
    """Write people in MPII's layout, ``annotations/train.json`` and ``images``.

    Args:
        root (str | Path): Folder to write to.
        num (int): Persons, one a picture.
        size (tuple): (height, width) of a picture in pixels. Defaults to (128, 96).
    """
    root, entries = Path(root), []
    for number, person in enumerate(_people(0, num, size)):
        name = f'{number:09d}.jpg'
        _write_image(root / 'images' / name, person.image)
        missing = np.isnan(person.joints[:, :1])
        x1, y1, x2, y2 = person.box.tolist()
        entries.append(
            {
                'image': name,
                'joints': np.where(missing, -1, person.joints + 1).astype(float).tolist(),
                'joints_vis': (~missing[:, 0]).astype(int).tolist(),
                'center': [(x1 + x2) / 2, (y1 + y2) / 2],
                'scale': (y2 - y1) / 200,
            }
        )
    (root / 'annotations').mkdir(parents=True)
    (root / 'annotations' / 'train.json').write_text(json.dumps(entries))


def _coco_annotation(person: RenderedPerson, left: int, image_id: int, annotation_id: int, seed: int) -> dict[str, Any]:
    """A person's keypoints and surface in a picture in which it stands ``left`` pixels from the left."""
    annotation = densepose_annotation(np.random.default_rng(seed), person, 50)
    annotation['bbox'][0] += left
    keypoints = np.zeros((len(COCO_JOINTS), 3))
    for ours, theirs in COCO_JOINT_PAIRS:
        x, y = person.joints[ours].tolist()
        if np.isfinite(x):
            keypoints[theirs] = x + left, y, 1 if person.occluded[ours] else 2
    ids = {'id': annotation_id, 'image_id': image_id, 'category_id': 1}
    return {**ids, **annotation, 'keypoints': keypoints.ravel().tolist()}


def write_small_coco(
    root: str | Path, num: int, image_folder: str, annotation_file: str, size: Size = (128, 96)
) -> None:
    """Write people with COCO's keypoints and DensePose-COCO's fields, two persons a picture, side by side.

    Args:
        root (str | Path): Folder to write to.
        num (int): Pictures, with the ids 1, 2, ...; the persons' are 10, 11, 20, 21, ...
        image_folder (str): Of the pictures, below ``root``.
        annotation_file (str): JSON file, below ``root``.
        size (tuple): (height, width) of a person's half of the picture, in pixels. Defaults to (128, 96).
    """
    root = Path(root)
    content: dict[str, Any] = {'info': {'surface': BODY_SURFACE}, 'images': [], 'annotations': []}
    for image_id in range(1, num + 1):
        pair, name = _people(2 * image_id, 2, size), f'COCO_{image_id:012d}.jpg'
        _write_image(root / image_folder / name, np.hstack([person.image for person in pair]))
        content['images'].append({'id': image_id, 'file_name': name, 'height': size[0], 'width': 2 * size[1]})
        content['annotations'] += [
            _coco_annotation(person, side * size[1], image_id, 10 * image_id + side, seed=image_id)
            for side, person in enumerate(pair)
        ]
    (root / annotation_file).parent.mkdir(parents=True, exist_ok=True)
    (root / annotation_file).write_text(json.dumps(content))


def write_small_cihp(root: str | Path, splits: dict[str, int], size: Size = (128, 96)) -> None:
    """Write people in CIHP's layout, two persons a picture, side by side; jumpsuits are labelled as background.

    Args:
        root (str | Path): Folder to write to.
        splits (dict): 'train', 'val' -> number of pictures.
        size (tuple): (height, width) of a person's half of the picture, in pixels. Defaults to (128, 96).
    """
    root, written = Path(root), 0
    for split, folder in (('train', 'Training'), ('val', 'Validation')):
        names = [f'{written + number:07d}' for number in range(splits.get(split, 0))]
        for number, name in enumerate(names, start=written):
            pair = _people(2 * number, 2, size)
            label = np.hstack([person.label for person in pair])
            humans = np.hstack([np.where(person.label > 0, side, 0) for side, person in enumerate(pair, start=1)])
            _write_image(root / folder / 'Images' / f'{name}.jpg', np.hstack([person.image for person in pair]))
            _write_label(root / folder / 'Category_ids' / f'{name}.png', np.where(label == 10, 0, label))
            _write_label(root / folder / 'Human_ids' / f'{name}.png', humans)
        root.mkdir(parents=True, exist_ok=True)
        (root / f'{split}_id.txt').write_text(''.join(f'{name}\n' for name in names))
        written += len(names)
