"""Readers of MPII's annotation: the JSON that the field uses, and the official MATLAB file.

MPII's joints are LIP's, in the same order, and both count pixels from 1. The JSON is a list of persons ``{"image",
"joints": 16 x (x, y), "joints_vis": 16 x (0 or 1), "center": (x, y), "scale"}``. A joint without a place has -1, -1 (or
0, 0), and ``joints_vis`` 0. The MATLAB file says of each joint that it has whether it is visible, but for those of neck
and head.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat

from mmspd.anatomy import NUM_JOINTS
from mmspd.datasets.files.number_lists import check_number, check_numbers
from mmspd.datasets.files.problems import Report, tolerating
from mmspd.utils.json_file import read_json
from mmspd.utils.safe_paths import check_relative

__all__ = ['MPIIPerson', 'read_mpii_json', 'read_mpii_mat']


@dataclass(frozen=True)
class MPIIPerson:
    """A person, in coordinates of the whole picture counted from 0.

    Attributes:
        image: The picture's file.
        keypoints: float32 (16, 2); 0 where missing.
        visible: float32 (16,), 1 where annotated (occluded ones included), 0 where missing.
        occluded: bool (16,).
        centre: x, y of the person's middle, roughly.
        scale: The person's height by 200 pixels, roughly.
        where: File and entry, for messages.
    """

    image: str
    keypoints: np.ndarray
    visible: np.ndarray
    occluded: np.ndarray
    centre: tuple[float, float]
    scale: float
    where: str


def _person(
    image: str, joints: np.ndarray, seen: np.ndarray, centre: list[float], scale: float, where: str
) -> MPIIPerson:
    """A person of joints (16, 2) counted from 1, not above 0 where missing, and whether each is visible (16,)."""
    if not scale > 0 or max(centre) <= 0:
        raise ValueError(
            f'{where}: expected a center in the picture and a scale above 0, without which there is no crop, '
            f'got {centre} and {scale}'
        )
    annotated: np.ndarray = np.any(joints > 0, axis=1)
    return MPIIPerson(
        image=image,
        keypoints=np.where(annotated[:, None], joints - 1, 0).astype(np.float32),
        visible=annotated.astype(np.float32),
        occluded=annotated & ~seen,
        centre=(centre[0] - 1, centre[1] - 1),
        scale=scale,
        where=where,
    )


def _fixed(value: Any, length: int, where: str) -> list[float]:
    """A list of so many numbers."""
    numbers = check_numbers(value, where)
    if len(numbers) != length:
        raise ValueError(f'{where}: expected {length} numbers, got {len(numbers)}')
    return numbers


def _entry_of_json(entry: Any, where: str) -> MPIIPerson:
    """An entry of the JSON, checked."""
    if not isinstance(entry, dict) or not isinstance(entry.get('image'), str):
        raise ValueError(f"{where}: expected an object with the name of an 'image'")
    check_relative(entry['image'], f'{where}, field image')
    missing = [name for name in ('joints', 'joints_vis', 'center', 'scale') if name not in entry]
    if missing:
        raise ValueError(
            f'{where} ({entry["image"]}): the fields {missing} are missing. The list of the test images has no joints: '
            'take the one of train, valid or trainval'
        )
    rows = entry['joints']
    if not isinstance(rows, list) or len(rows) != NUM_JOINTS:
        raise ValueError(f'{where}, field joints: expected {NUM_JOINTS} places, got {str(rows)[:60]}')
    places = np.array([_fixed(row, 2, f'{where}, field joints') for row in rows])
    flags = np.array(_fixed(entry['joints_vis'], NUM_JOINTS, f'{where}, field joints_vis'))
    if not np.isin(flags, (0, 1)).all():
        raise ValueError(f'{where}, field joints_vis: expected 0 or 1, got {flags.tolist()}')
    centre = _fixed(entry['center'], 2, f'{where}, field center')
    scale = check_number(entry['scale'], f'{where}, field scale')
    return _person(entry['image'], places, flags == 1, centre, scale, where)


def read_mpii_json(path: str | Path, report: Report | None = None) -> list[MPIIPerson]:
    """Read the JSON that the field uses.

    Args:
        path (str | Path): The file, ``train.json`` or the like.
        report (Callable[[str], None], optional): Takes the message of each wrong entry, which is then left out.
            Defaults to None: the first is raised.

    Returns:
        list[MPIIPerson]: Persons in the file's order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not of that format, or a picture's name leads out of its folder; the message names
            file, entry and field.
    """
    path = Path(path)
    content = read_json(path)
    if not isinstance(content, list):
        raise ValueError(f'{path}: expected a list of persons, got {type(content).__name__}')
    persons = []
    for position, entry in enumerate(content):
        with tolerating(report):
            persons.append(_entry_of_json(entry, f'{path}: entry {position}'))
    return persons


def _structs(value: Any) -> list[dict[str, Any]]:
    """The structs of a MATLAB array of them, of which one alone is no array, and none an empty one."""
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list | np.ndarray) else []


def _number(value: Any, where: str) -> float:
    """One number, or a text of one, of a picture's magnitude."""
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f'{where}: expected a number, got {str(value)[:60]!r}') from error
    return check_number(number, where)


def _joints_of_mat(points: list[dict[str, Any]], where: str) -> tuple[np.ndarray, np.ndarray]:
    """Places (16, 2) counted from 1, 0 where missing, and whether each is visible (16,), which is not said of some."""
    places, seen = np.zeros((NUM_JOINTS, 2)), np.ones(NUM_JOINTS, dtype=bool)
    for point in points:
        joint = _number(point['id'], f'{where}: id of a joint')
        if joint not in range(NUM_JOINTS):
            raise ValueError(f'{where}: expected joints 0..{NUM_JOINTS - 1}, got {joint:g}')
        places[int(joint)] = [_number(point[axis], f'{where}, joint {joint:g}: {axis}') for axis in ('x', 'y')]
        # A number or a text, or an empty array for neck and head.
        visible = point.get('is_visible', ())
        seen[int(joint)] = np.size(visible) != 1 or _number(visible, f'{where}, joint {joint:g}: is_visible') != 0
    return places, seen


def read_mpii_mat(path: str | Path, report: Report | None = None) -> list[MPIIPerson]:
    """Read the annotated persons of the official file, ``mpii_human_pose_v1_u12_1.mat``.

    They are those of images of ``img_train`` that have joints, a scale and a position.

    Args:
        path (str | Path): The file; it holds values only, and nothing in it is executed.
        report (Callable[[str], None], optional): Takes the message of each malformed image, which is then left out.
            Defaults to None: the first is raised.

    Returns:
        list[MPIIPerson]: Persons in the file's order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no such file, or a person is malformed; the message names file and image.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} is missing')
    try:
        release = loadmat(str(path), simplify_cells=True)['RELEASE']
        images, of_training = _structs(release['annolist']), np.atleast_1d(release['img_train'])
    except Exception as error:  # scipy raises a dozen kinds for broken files
        raise ValueError(f"{path}: cannot be read as MPII's annotation: {type(error).__name__}: {error}") from error
    if len(images) != len(of_training):
        raise ValueError(f'{path}: expected as many images as flags img_train, got {len(images)}, {len(of_training)}')
    persons = []
    for position, (image, used) in enumerate(zip(images, of_training, strict=True)):
        with tolerating(report):
            try:
                persons += _persons_of_mat(image, str(path)) if used else []
            except (KeyError, TypeError) as error:
                raise ValueError(f'{path}: image {position} of annolist is malformed: {error!r}') from error
    return persons


def _persons_of_mat(image: dict[str, Any], path: str) -> list[MPIIPerson]:
    """The persons of an entry of ``annolist`` that are annotated."""
    name = image['image']['name']
    if not isinstance(name, str):
        raise TypeError(f'its name is no text: {name!r:.60}')
    check_relative(name, f'{path}: an image of annolist')
    persons = []
    for number, rectangle in enumerate(_structs(image.get('annorect'))):
        where = f'{path}: person {number} of {name}'
        centre, points = rectangle.get('objpos'), rectangle.get('annopoints')
        if isinstance(centre, dict) and isinstance(points, dict) and np.size(rectangle.get('scale', ())) == 1:
            places, seen = _joints_of_mat(_structs(points.get('point')), where)
            place = [_number(centre[axis], f'{where}, objpos: {axis}') for axis in ('x', 'y')]
            scale = _number(rectangle['scale'], f'{where}, scale')
            persons.append(_person(name, places, seen, place, scale, where))
    return persons
