"""Persons of files in COCO's format: keypoints of COCO, surface of DensePose-COCO."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmspd.anatomy import COCO_JOINT_PAIRS, COCO_JOINTS
from mmspd.datasets.files.coco_file import index_images, locate, read_coco, size_of
from mmspd.datasets.files.densepose_file import facts_of_file, parse_surface
from mmspd.datasets.files.lip_files import read_id_list
from mmspd.datasets.files.lip_names import parse_name
from mmspd.datasets.files.number_lists import check_box, check_numbers
from mmspd.datasets.files.problems import Report, tolerating
from mmspd.datasets.persons import no_joints

__all__ = ['COCOPerson', 'images_of_lip', 'parse_joints', 'read_coco_persons']


@dataclass(frozen=True)
class COCOPerson:
    """A person of a file, in coordinates of the whole picture.

    Attributes:
        image: The picture's entry: ``id``, ``file_name`` and, where the file has them, ``height``, ``width``.
        annotation_id: Number of the annotation.
        bbox: float32 (4,), x, y, width, height; its size is positive.
        joints: The three entries of joints of :mod:`mmspd.datasets.persons`; None where no joint of ours is annotated.
        surface: What :func:`mmspd.datasets.files.densepose_file.read_densepose` has of a person, but
            ``image_size``; or None.
        where: File and annotation, for messages.
    """

    image: dict[str, Any]
    annotation_id: int
    bbox: np.ndarray
    joints: dict[str, np.ndarray] | None
    surface: dict[str, Any] | None
    where: str

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """(height, width) of the picture where the file has it."""
        return size_of(self.image)


def parse_joints(annotation: dict[str, Any], where: str) -> dict[str, np.ndarray] | None:
    """COCO's 17 keypoints as our 16 joints.

    The twelve of arms and legs are the same. Pelvis, thorax, upper neck and head top are not annotated, and none is
    made up. COCO counts pixels from 0; v = 0 is missing, 1 occluded, 2 visible.

    Args:
        annotation (dict): An entry of the file.
        where (str): File and annotation, for messages.

    Returns:
        dict | None: ``keypoints``, ``keypoints_visible``, ``keypoints_occluded`` of :mod:`mmspd.datasets.persons`; None
        without the field ``keypoints``, or where none of the twelve is annotated.

    Raises:
        ValueError: If the field is no list of 51 finite numbers, or a v is another.
    """
    if 'keypoints' not in annotation:
        return None
    numbers = check_numbers(annotation['keypoints'], f'{where}, field keypoints')
    if len(numbers) != 3 * len(COCO_JOINTS):
        raise ValueError(
            f'{where}, field keypoints: expected {3 * len(COCO_JOINTS)} numbers (x, y, v of {len(COCO_JOINTS)} '
            f'joints), got {len(numbers)}'
        )
    theirs = np.array(numbers, dtype=np.float64).reshape(-1, 3)
    wrong = ~np.isin(theirs[:, 2], (0, 1, 2))
    if wrong.any():
        joint = int(np.argmax(wrong))
        raise ValueError(
            f'{where}, field keypoints: expected v of 0 (missing), 1 (occluded) or 2 (visible) for '
            f'{COCO_JOINTS[joint]}, got {theirs[joint, 2]:g}'
        )
    joints = no_joints()
    for ours, place in COCO_JOINT_PAIRS:
        x, y, visibility = theirs[place]
        if visibility:
            joints['keypoints'][0, ours] = x, y
            joints['keypoints_visible'][0, ours] = 1
            joints['keypoints_occluded'][0, ours] = visibility == 1
    return joints if joints['keypoints_visible'].any() else None


def _check_joint_names(content: dict[str, Any], path: Path) -> None:
    """Refuse a file that says of itself that its keypoints are others than COCO's, or in another order.

    Files of animals, and some of people, have 17 keypoints as well.
    """
    categories = content.get('categories')
    for category in categories if isinstance(categories, list) else ():
        names = category.get('keypoints') if isinstance(category, dict) else None
        if names is not None and names != list(COCO_JOINTS):
            raise ValueError(
                f"{path}, field categories: expected the keypoints {', '.join(COCO_JOINTS)}, COCO's, in this order, "
                f'got {str(names)[:200]}; with_pose=False does without them'
            )


def read_coco_persons(
    path: str | Path, with_pose: bool, with_surface: bool, report: Report | None = None
) -> list[COCOPerson]:
    """Persons of whom something is annotated that is asked for, in the file's order; crowds are left out.

    Args:
        path (str | Path): A JSON file of COCO's keypoints, or of DensePose-COCO.
        with_pose (bool): Whether joints are asked for.
        with_surface (bool): Whether surface points are asked for.
        report (Callable[[str], None], optional): Takes the message of each wrong annotation, which is then left out.
            Defaults to None: the first is raised.

    Returns:
        list[COCOPerson]: Persons with joints, surface points or both.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not of that format, or a picture's name leads out of its folder; the message names
            file, entry and field.
    """
    path = Path(path)
    content = read_coco(path)
    images = index_images(content['images'], path, report)
    of_all = facts_of_file(content, path)
    if with_pose:
        _check_joint_names(content, path)
    persons: list[COCOPerson] = []
    seen: set[int] = set()
    for position, annotation in enumerate(content['annotations']):
        with tolerating(report):
            where, image = locate(annotation, position, images, seen, path)
            joints = parse_joints(annotation, where) if with_pose else None
            surface = parse_surface(annotation, where) if with_surface else None
            if (joints or surface) and not annotation.get('iscrowd'):
                surface = None if surface is None else surface | of_all
                bbox = np.array(check_box(annotation.get('bbox'), f'{where}, field bbox'), dtype=np.float32)
                persons.append(COCOPerson(image, annotation['id'], bbox, joints, surface, where))
    return persons


def images_of_lip(paths: Sequence[str | Path]) -> set[int]:
    """The COCO images from which the persons of LIP's id lists were cut.

    Args:
        paths (Sequence): Id lists, whose names are COCO's number of the image, an underscore, and the person's.

    Returns:
        set[int]: Numbers of images.

    Raises:
        FileNotFoundError: If a list is missing.
        ValueError: If a name is another.
    """
    images = set()
    for path in paths:
        if not Path(path).is_file():
            raise FileNotFoundError(
                f'{path} is missing: the list of LIP names whose COCO images are to be left out, so that no model is '
                'tested on pictures it was trained on. Name it in exclude_lip_lists, or set that to [] knowingly'
            )
        for name in read_id_list(path):
            person = parse_name(name)
            if person is None:
                raise ValueError(f'{path}: expected names such as 36_453991 (COCO image, person), got {name!r}')
            images.add(person.image_id)
    return images
