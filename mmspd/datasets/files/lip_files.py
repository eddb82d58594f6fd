"""Readers of LIP's text files: id lists and the pose table.

A pose row is ``name.jpg,x1,y1,v1,...,x16,y16,v16`` without a header; a missing joint is ``nan,nan,nan``; **v = 0 means
visible and v = 1 occluded**; x and y count pixels from 1.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmspd.anatomy import NUM_JOINTS
from mmspd.datasets.files.problems import Report, tolerating

__all__ = ['LARGEST_COORDINATE', 'LIPPoses', 'read_id_list', 'read_poses']

# No picture is that large, and float32 still holds tenths of a pixel.
LARGEST_COORDINATE = 1e6

_NUM_FIELDS = 1 + 3 * NUM_JOINTS
_IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png')


@dataclass(frozen=True)
class LIPPoses:
    """A pose table; R rows.

    Attributes:
        rows: Image name without suffix -> row.
        keypoints: float32 (R, 16, 2), pixels counted from 0; 0 where missing.
        visible: float32 (R, 16), 1 where annotated (occluded ones included), 0 where missing.
        occluded: bool (R, 16).
        lines: int64 (R,), each row's line in the file, counted from 1.
    """

    rows: dict[str, int]
    keypoints: np.ndarray
    visible: np.ndarray
    occluded: np.ndarray
    lines: np.ndarray


def _read_lines(path: Path) -> list[tuple[int, str]]:
    """Lines that are not blank, each with its number counted from 1."""
    try:
        text = path.read_text(encoding='utf-8-sig')
    except UnicodeDecodeError as error:
        raise ValueError(f'{path}: not a text file in UTF-8 ({error})') from error
    return [(number, line.strip()) for number, line in enumerate(text.split('\n'), start=1) if line.strip()]


def _check_name(name: str, where: str) -> None:
    if not name or name.startswith('.') or '/' in name or '\\' in name:
        raise ValueError(f'{where}: expected the name of an image without folders, got {name!r}')


def read_id_list(path: str | Path, report: Report | None = None) -> list[str]:
    """Read an id list: one image name without suffix a line.

    Args:
        path (str | Path): ``train_id.txt`` or ``val_id.txt``.
        report (Callable[[str], None], optional): Takes the message of each wrong line, which is then left out.
            Defaults to None: the first is raised.

    Returns:
        list[str]: Names in the file's order; blank lines are skipped.

    Raises:
        ValueError: If the list is empty, or a name is malformed or occurs twice (names file and line).
    """
    path = Path(path)
    first_line: dict[str, int] = {}
    for number, name in _read_lines(path):
        with tolerating(report):
            _check_name(name, f'{path}:{number}')
            if name in first_line:
                raise ValueError(
                    f'{path}:{number}: {name!r} is in the list already, in line {first_line[name]}; remove one of them'
                )
            first_line[name] = number
    if not first_line:
        raise ValueError(f'{path}: expected one image name a line, got an empty list')
    return list(first_line)


def _split_row(line: str, where: str) -> tuple[str, list[float]]:
    """Name without suffix and the 48 numbers of a row."""
    name, *fields = line.split(',')
    if len(fields) + 1 != _NUM_FIELDS:
        raise ValueError(
            f'{where}: expected {_NUM_FIELDS} fields (name.jpg and x, y, v of {NUM_JOINTS} joints), '
            f'got {len(fields) + 1}'
        )
    path = Path(name.strip())
    if path.suffix.lower() not in _IMAGE_SUFFIXES:
        raise ValueError(f'{where}: expected an image name such as 36_453991.jpg in the first field, got {name!r}')
    _check_name(name.strip(), where)
    if '_' in line[len(name) :]:  # float() reads 1_000 as a number
        raise ValueError(f'{where}: expected numbers or nan after the name, got an underscore among them')
    try:
        return path.stem, [float(field) for field in fields]
    except ValueError as error:
        raise ValueError(f'{where}: expected numbers or nan after the name: {error}') from error


def _check_joints(joints: np.ndarray, where: str) -> None:
    """Refuse a row's joints (16, 3) if some are half missing, in impossible places or of unknown visibility."""
    missing = np.isnan(joints)
    visibility = joints[:, 2]
    problems = (
        (missing.any(-1) & ~missing.all(-1), 'either three numbers or nan,nan,nan'),
        ((np.abs(joints) > LARGEST_COORDINATE).any(-1), f'finite coordinates of at most {LARGEST_COORDINATE:g}'),
        (~(missing[:, 2] | (visibility == 0) | (visibility == 1)), 'a visibility of 0 (visible) or 1 (occluded)'),
    )
    for wrong, expected in problems:
        if wrong.any():
            joint = int(np.argmax(wrong))
            raise ValueError(f'{where}: expected {expected} for joint {joint + 1}, got {joints[joint].tolist()}')


def read_poses(path: str | Path, report: Report | None = None) -> LIPPoses:
    """Read a pose table.

    Args:
        path (str | Path): ``lip_train_set.csv`` or ``lip_val_set.csv``.
        report (Callable[[str], None], optional): Takes the message of each wrong row, which is then left out. Defaults
            to None: the first is raised.

    Returns:
        LIPPoses: The table, coordinates counted from 0.

    Raises:
        ValueError: If a row has the wrong number of fields, a field is no number, a joint is half missing, a visibility
            is neither 0 nor 1, or a name occurs twice. The error names file and line.
    """
    path = Path(path)
    rows: dict[str, int] = {}
    numbers: list[int] = []
    values: list[np.ndarray] = []
    for number, line in _read_lines(path):
        with tolerating(report):
            name, fields = _split_row(line, f'{path}:{number}')
            if name in rows:
                raise ValueError(
                    f'{path}:{number}: {name!r} has a pose already, in line {numbers[rows[name]]}; remove one of them'
                )
            row = np.array(fields).reshape(NUM_JOINTS, 3)
            _check_joints(row, f'{path}:{number}')
            rows[name] = len(numbers)
            numbers.append(number)
            values.append(row)
    joints = np.array(values, dtype=np.float64).reshape(-1, NUM_JOINTS, 3)
    visible = ~np.isnan(joints[..., 2])
    keypoints = np.where(visible[..., None], joints[..., :2] - 1, 0).astype(np.float32)
    return LIPPoses(rows, keypoints, visible.astype(np.float32), joints[..., 2] == 1, np.array(numbers, dtype=np.int64))
