"""Joints of one person a picture: LIP's csv, and the text files of JPPNet's released script.

* ``name.jpg,x1,y1,...,x16,y16``, one row a picture, no header: the form of LIP's single-person challenge. Coordinates
  count from 1, as those of the data set do, with which they are compared as they are. Rows in the data set's own form,
  with a v or a score behind each y, are read, too, and so is a header.
* A folder of ``ID.txt`` with ``x1 y1 ... x16 y16`` between spaces: what JPPNet's ``evaluate_pose_JPPNet-s2.py`` writes.
  Its numbers are columns and rows of an array, which count from 0.

Joints are LIP's 16, in LIP's order.
"""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from mmspd.anatomy import NUM_JOINTS
from mmspd.datasets.files.lip_files import LARGEST_COORDINATE
from mmspd.results.tally import Tally
from mmspd.utils.safe_paths import file_inside

__all__ = ['CSV_BASE', 'POSE_RULES', 'TEXT_BASE', 'pose_row', 'read_pose']

CSV_BASE: Final = 1
TEXT_BASE: Final = 0
_CORNER: Final = "at the picture's first pixel, (0, 0)"
POSE_RULES: Final = {
    'missing': f'every joint {_CORNER}',
    'malformed': 'absent',
    'with joints that are not there': f'these joints {_CORNER}',
    'repeated': 'nothing, the first counts',
    'extra': 'nothing, they are not scored',
}
_IMAGE_SUFFIXES: Final = ('.jpg', '.jpeg', '.png')
_LENGTHS: Final = (2 * NUM_JOINTS, 3 * NUM_JOINTS)  # fields: x, y of each joint, or x, y and v or a score
_LARGEST_TEXT: Final = 100_000  # bytes of 16 joints


def pose_row(img_id: str, keypoints: np.ndarray) -> str:
    """A picture's row of LIP's csv, from which :func:`read_pose` gets the very same numbers.

    Args:
        img_id (str): The picture's id.
        keypoints (np.ndarray): (16, 2), pixels counted from 0.

    Returns:
        str: The row, with its line end; quoted by csv's rules where the id needs it.

    Raises:
        ValueError: If a coordinate is not finite or the shape another.
    """
    joints = np.asarray(keypoints, dtype=np.float64)
    if joints.shape != (NUM_JOINTS, 2) or not np.isfinite(joints).all():
        raise ValueError(f'{img_id}: expected finite joints ({NUM_JOINTS}, 2), got {joints.shape}: {joints.tolist()}')
    line = io.StringIO()
    numbers = [repr(value) if value % 1 else str(int(value)) for value in (joints + CSV_BASE).ravel().tolist()]
    csv.writer(line, lineterminator='\n').writerow([f'{img_id}.jpg', *numbers])
    return line.getvalue()


def read_pose(source: Path, base: int | None = None) -> tuple[dict[str, np.ndarray], Tally]:
    """Read a csv, or a folder of text files.

    Args:
        source (Path): The file or folder.
        base (int, optional): The number of the first pixel, 0 or 1. Defaults to None: 1 for a csv, 0 for a folder.

    Returns:
        tuple: Picture's id -> float64 (16, 2), pixels counted from 0; and the defects that were found.

    Raises:
        FileNotFoundError: If there is no such file, or no text file in the folder.
        ValueError: If a csv is not in UTF-8, or no row is of this format.
    """
    tally = Tally('pose', POSE_RULES)
    found: dict[str, np.ndarray] = {}
    is_folder = source.is_dir()
    first = (TEXT_BASE if is_folder else CSV_BASE) if base is None else base
    for img_id, fields, where in _rows_of_folder(source, tally) if is_folder else _rows_of_csv(source):
        if img_id in found:
            tally.add('repeated', f'{where}: {img_id}')
            continue
        try:
            found[img_id] = _parse(fields, where, tally) - first
        except ValueError as error:
            tally.add_malformed(str(error))
    if not found:
        raise ValueError(f'{source}: no row has joints of a picture. The first: {tally.first("malformed")}')
    for joints in found.values():
        joints[~np.isfinite(joints).all(axis=1)] = 0
    return found, tally


def _rows_of_csv(path: Path) -> Iterator[tuple[str, list[str], str]]:
    """Id, fields and place of each row."""
    try:
        text = path.read_text(encoding='utf-8-sig')
    except UnicodeDecodeError as error:
        raise ValueError(f'{path}: not a text file in UTF-8 ({error})') from error
    lines = csv.reader(io.StringIO(text))
    try:
        rows = [(lines.line_num, row) for row in lines if any(row)]
    except csv.Error as error:
        raise ValueError(f'{path}:{lines.line_num}: not rows of a csv: {error}') from error
    if rows and any(rows[0][1][1:]) and not any(map(_is_number, rows[0][1][1:])):
        rows = rows[1:]  # a header
    if not rows:
        raise ValueError(f'{path}: expected rows name.jpg,x1,y1,...,x{NUM_JOINTS},y{NUM_JOINTS}, got none')
    for number, (name, *fields) in rows:
        yield _id_of(name), fields, f'{path}:{number}'


def _id_of(name: str) -> str:
    """A picture's id from a name, perhaps with folders and suffix."""
    path = PurePosixPath(name.strip().replace('\\', '/'))
    return path.stem if path.suffix.lower() in _IMAGE_SUFFIXES else path.name


def _rows_of_folder(folder: Path, tally: Tally) -> Iterator[tuple[str, list[str], str]]:
    """Id, fields and place of each text file."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.name.lower().endswith('.txt'))
    if not names:
        raise FileNotFoundError(f'{folder}: no text file here; expected ID.txt with x1 y1 ... x16 y16 each')
    for name in names:
        try:
            path = file_inside(folder, name, str(folder))
            if path.stat().st_size > _LARGEST_TEXT:
                raise ValueError(f'{path}: expected {2 * NUM_JOINTS} numbers, got {path.stat().st_size} bytes')
            fields = path.read_text(encoding='utf-8').replace(',', ' ').split()
        except (ValueError, OSError) as error:
            tally.add_malformed(str(error))
            continue
        yield name[: -len('.txt')], fields, str(path)


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return '_' not in field  # float() reads 1_000 as a number


def _parse(fields: list[str], where: str, tally: Tally) -> np.ndarray:
    """A row's joints, float64 (16, 2); NaN for those that are not there."""
    fields = [field.strip() for field in fields]
    if len(fields) - 1 in _LENGTHS and not fields[-1]:
        fields = fields[:-1]  # a comma at the row's end
    if len(fields) not in _LENGTHS:
        raise ValueError(
            f'{where}: expected {_LENGTHS[0]} numbers (x, y of {NUM_JOINTS} joints) or {_LENGTHS[1]} (with v or '
            f'a score), between commas, got {len(fields)}'
        )
    strays = [field for field in fields if field and not _is_number(field)]
    if strays:
        raise ValueError(f'{where}: expected numbers, got {strays[0][:40]!r}')
    values = np.array([float(field) if field else np.nan for field in fields])
    joints = values.reshape(NUM_JOINTS, -1)[:, :2].copy()
    # Whatever is that far away is no place in a picture.
    joints[np.abs(joints) > LARGEST_COORDINATE] = np.nan
    absent = ~np.isfinite(joints).all(axis=1)
    if absent.any():
        joints[absent] = np.nan
        tally.add('with joints that are not there', f'{where}: joints {(np.flatnonzero(absent) + 1).tolist()}')
    return joints
