"""The files of one person: pictures, and a record of everything that goes into the folder's lists."""

import json
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from mmspd.synthetic.files.dense_annotation import dense_map, densepose_annotation, pose_row
from mmspd.synthetic.files.tree_plan import DRAFTS, RECORDS, TreePlan
from mmspd.synthetic.rendered_person import RenderedPerson
from mmspd.synthetic.settings import PeopleSettings
from mmspd.utils.whole_files import write_whole

__all__ = ['RENDERER', 'load_renderer', 'read_record', 'write_person']

RENDERER: Final = 'mmspd.synthetic.people:render_person'

Renderer = Callable[[int, int, PeopleSettings], RenderedPerson]

# Third number of the seed of the choice of surface points, after seed and index, apart from the renderer's own.
_POINTS_STREAM: Final = 0x706F696E


def load_renderer(name: str) -> Renderer:
    """The function of (seed, index, settings) that 'module:function' names."""
    module, _, function = name.partition(':')
    return getattr(import_module(module), function)


def write_person(root: Path, plan: TreePlan, index: int, render: Renderer) -> None:
    """Render a person and write its pictures, then its record: where that exists, the pictures do.

    Args:
        root (Path): The tree; its folders exist.
        plan (TreePlan): What it is to hold.
        index (int): The person, 0..num-1.
        render (Renderer): Gives the person for (seed, index, settings).

    Raises:
        OSError: If a file cannot be written.
        RuntimeError: If the renderer cannot read a file.
        ValueError: If the picture is of another size than the settings say.
    """
    try:
        person = render(plan.seed, index, plan.settings)
    except OSError as error:  # of a background's file, say: no trouble with writing
        raise RuntimeError(str(error)) from error
    height, width = person.label.shape
    if (height, width) != plan.settings.size:
        raise ValueError(f'expected a picture of {plan.settings.size} (height, width), got {(height, width)}')
    rng = np.random.default_rng([plan.seed, index, _POINTS_STREAM])
    contents = {
        'image': _encode('.jpg', person.image, [cv2.IMWRITE_JPEG_QUALITY, person.jpeg_quality]),
        'label': _encode('.png', person.label),
        'surface': _encode('.png', dense_map(person)) if plan.dense else b'',
    }
    pictures = plan.pictures_of(index)
    for what, file in pictures.items():
        write_whole(root / file, contents[what], root / DRAFTS)
    record = {
        'row': pose_row(f'{plan.name_of(index)}.jpg', person),
        'annotation': densepose_annotation(rng, person, plan.settings.surface_points),
        'checksums': {what: zlib.crc32(contents[what]) for what in pictures},
    }
    write_whole(_record_path(root, index), json.dumps(record).encode(), root / DRAFTS)


def read_record(root: Path, plan: TreePlan, index: int, verify: bool = False) -> dict[str, Any] | None:
    """The record of a person.

    Args:
        root (Path): The tree.
        plan (TreePlan): What it is to hold.
        index (int): The person.
        verify (bool): Whether its pictures are to be compared with it. After a power failure they may be damaged.

    Returns:
        dict | None: ``row`` of LIP's pose list, ``annotation`` of the surface, ``checksums`` of the pictures. None if
        there is none, it is damaged, or a picture is missing or differs: the person is to be made again.
    """
    try:
        record = json.loads(_record_path(root, index).read_bytes())
        if verify:
            for what, file in plan.pictures_of(index).items():
                if zlib.crc32((root / file).read_bytes()) != record['checksums'][what]:
                    return None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return record


def _record_path(root: Path, index: int) -> Path:
    return root / RECORDS / f'{index}.json'


def _encode(suffix: str, image: np.ndarray, options: list[int] | None = None) -> bytes:
    encoded, buffer = cv2.imencode(suffix, image, options or [])
    if not encoded:
        raise ValueError(f'OpenCV cannot write an image of {image.shape}, {image.dtype} as {suffix}')
    return buffer.tobytes()
