"""Writes rendered people to disk in LIP's own layout, with surface annotation in DensePose-COCO's format.

While a folder is being made, ``.unfinished`` in it holds a lock, drafts, and a record for each complete person. The
lists are written from the records at the end, one record in memory at a time; then the marker says that all is there,
and ``.unfinished`` goes.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from mmspd.surface.mirroring import BODY_SURFACE
from mmspd.synthetic.files.foreign_entries import foreign_entry
from mmspd.synthetic.files.person_files import RENDERER, read_record
from mmspd.synthetic.files.tree_plan import DRAFTS, MARKER, RECORDS, UNFINISHED, Marker, TreePlan, read_marker
from mmspd.synthetic.files.workers import make_people
from mmspd.synthetic.scenery.background_files import background_checksum
from mmspd.synthetic.settings import PeopleSettings
from mmspd.utils.whole_files import empty_folder, flush, hold_folder, whole_file, write_whole
from mmspd.version import __version__

__all__ = ['Progress', 'is_complete', 'plan_tree', 'write_people', 'write_tree']

# Called with the number of people that are there and that of all, once at the start and after each person.
Progress = Callable[[int, int], None]

_MOST_WORKERS: Final = 256


def plan_tree(
    num: int, seed: int, settings: PeopleSettings | None = None, num_val: int | None = None, dense: bool = False
) -> TreePlan:
    """What a tree is to hold; see :func:`write_people` for the arguments."""
    if num_val is None:
        num_val = num // 10 if isinstance(num, int) else 0
    return TreePlan(num, num_val, seed, settings or PeopleSettings(), dense)


def write_people(
    out: str | Path,
    num: int,
    seed: int,
    settings: PeopleSettings | None = None,
    num_val: int | None = None,
    workers: int = 1,
    dense: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write rendered people as a LIP tree.

    Beside LIP's own files (images, labels, pose lists with 1-based x, y and v = 1 where occluded, id lists) it holds
    ``densepose_train.json`` and ``densepose_val.json``, whose coordinates are those of the images, and the marker
    ``people.json`` with all that is said here. A split without persons has no files. Person i depends on ``seed``, i
    and ``settings`` alone, and on the photographs of their background folder, if there is one; the whole tree has the
    same bytes for any number of processes.

    Interrupted, in whatever way, the same call goes on where it stopped, unless there are other photographs now. Every
    file is there whole or not at all.

    Args:
        out (str | Path): Folder to make. It may exist if it is empty, or holds the same people, complete or not.
        num (int): Persons of both splits, 1..1,000,000.
        seed (int): 0..2**32-1.
        settings (PeopleSettings, optional): What the people are drawn from. Defaults to None: the defaults.
        num_val (int, optional): Persons of the validation split, the last ones. Defaults to None: a tenth.
        workers (int): Processes that render, each of one thread; 0 renders in this process with the threads that it
            has, which may change a pixel's last bit. Defaults to 1.
        dense (bool): Whether to write PNG maps of I, U, V, too: ``TrainVal_surface_annotations``.
        progress (Progress, optional): Called with (people there, all people).

    Raises:
        ValueError: If an argument is out of range, or the settings' background folder holds no photograph.
        FileExistsError: If the folder holds something else, or other people, or was started with other photographs.
        BlockingIOError: If another process is making the folder.
        OSError: If a file cannot be written: no space, no permission.
        RuntimeError: If a person cannot be made, or a process died; the message names the person.
    """
    write_tree(out, plan_tree(num, seed, settings, num_val, dense), workers, progress)


def write_tree(
    out: str | Path,
    plan: TreePlan,
    workers: int = 1,
    progress: Progress | None = None,
    wait: bool = False,
    renderer: str = RENDERER,
) -> None:
    """As :func:`write_people`, from a plan.

    Args:
        out (str | Path): See there, as for the errors.
        plan (TreePlan): What the tree is to hold.
        workers (int): See there.
        progress (Progress, optional): See there.
        wait (bool): Whether to wait while another process makes the folder, instead of raising BlockingIOError.
        renderer (str): 'module:function' of (seed, index, settings) that gives a ``RenderedPerson``.
    """
    if type(workers) is not int or not 0 <= workers <= _MOST_WORKERS:
        raise ValueError(f'workers: expected a whole number of 0..{_MOST_WORKERS}, got {workers!r}')
    root = Path(out)
    unfinished = root / UNFINISHED
    if is_complete(root, plan):
        _remove_unfinished(root, plan)  # there if a process was killed at the very end
        return
    photographs = _photographs(plan)
    try:
        with hold_folder(unfinished, wait):
            if not is_complete(root, plan):  # another process may have made it meanwhile
                _fill(root, Marker(plan, photographs), workers, progress or _say_nothing, renderer)
            _remove_unfinished(root, plan)
    except BlockingIOError as error:
        raise BlockingIOError(
            error.errno, 'another process is making this folder: wait for it, or name another folder', str(root)
        ) from error


def is_complete(out: str | Path, plan: TreePlan) -> bool:
    """Whether a folder holds all that a plan says.

    Args:
        out (str | Path): The folder; it need not exist.
        plan (TreePlan): What it is to hold.

    Returns:
        bool: True if so; False if it is to be made, or to be continued.

    Raises:
        FileExistsError: If it holds something else, or other people, or was started with other photographs; the
            message says what.
        ValueError: If it was started with photographs, and there are none any more.
    """
    root = Path(out)
    if root.exists() and not root.is_dir():
        raise FileExistsError(f'{root} is not a folder: name another')
    foreign = foreign_entry(root, None)  # before the marker, which another process may write meanwhile
    marker = read_marker(root)
    if marker is None:
        if foreign is not None:
            raise FileExistsError(
                f'{root} holds {foreign} and no people that were started here: name a folder that is new or empty'
            )
        return False
    differences = plan.differences(marker.plan)
    if not marker.complete and marker.version != __version__:
        differences.append(f'the version of mmspd is {marker.version}, not {__version__}')
    if not marker.complete and not differences and marker.photographs != _photographs(plan):
        differences.append(f'names or sizes of the photographs in {plan.settings.background_folder} were others')
    if differences:
        split = (plan.num, plan.num_val) != (marker.plan.num, marker.plan.num_val)
        raise FileExistsError(
            f'{root} was {"made" if marker.complete else "started"} with other settings ({"; ".join(differences)}): '
            'ask for the same, or name another folder'
            + ('. A folder is not extended: its last people are the validation split' if split else '')
        )
    if marker.complete:
        return True
    foreign = foreign_entry(root, plan)
    if foreign is not None:
        raise FileExistsError(f'{root} holds {foreign}, which is none of its people: move it elsewhere')
    return False


def _say_nothing(done: int, total: int) -> None:
    """No progress report."""


def _photographs(plan: TreePlan) -> int | None:
    """Checksum of the photographs that people are put before; None without a folder of them."""
    if plan.settings.background_folder is None:
        return None
    try:
        return background_checksum(plan.settings.background_folder)
    except ValueError as error:
        raise ValueError(f'background_folder: {error}') from error


def _remove_unfinished(root: Path, plan: TreePlan) -> None:
    """Remove lock, drafts and records, unless there is something else among them."""
    if foreign_entry(root, plan, UNFINISHED) is None:
        shutil.rmtree(root / UNFINISHED, ignore_errors=True)


def _fill(root: Path, marker: Marker, workers: int, progress: Progress, renderer: str) -> None:
    """Make what is missing, while the folder is held."""
    plan, drafts = marker.plan, root / DRAFTS
    # Drafts of a process that was killed; records are kept.
    shutil.rmtree(drafts, ignore_errors=True)
    drafts.mkdir()
    if not (root / MARKER).exists():
        write_whole(root / MARKER, marker.to_bytes(), drafts, durable=True)
    _make_folders(root, plan)
    missing = [index for index in range(plan.num) if read_record(root, plan, index, verify=True) is None]
    done = plan.num - len(missing)
    progress(done, plan.num)
    try:
        with closing(make_people(root, plan, missing, workers, renderer)) as made:
            for _ in made:
                done += 1
                progress(done, plan.num)
        for split in plan.splits:
            _write_lists(root, plan, split)
        _flush_pictures(root, plan)
        write_whole(root / MARKER, replace(marker, complete=True).to_bytes(), drafts, durable=True)
    finally:
        with suppress(OSError):
            empty_folder(drafts)


def _make_folders(root: Path, plan: TreePlan) -> None:
    (root / RECORDS).mkdir(exist_ok=True)
    for split in plan.splits:
        for folder in plan.picture_folders(split).values():
            (root / folder).mkdir(parents=True, exist_ok=True)
        for file in plan.list_files(split).values():
            (root / file).parent.mkdir(exist_ok=True)


def _flush_pictures(root: Path, plan: TreePlan) -> None:
    """Bring pictures to the disk before the marker that vouches for them: most are there, and cost no time."""
    for index in range(plan.num):
        for file in plan.pictures_of(index).values():
            flush(root / file)
    folders = {root / folder for split in plan.splits for folder in plan.picture_folders(split).values()}
    for path in folders | {folder.parent for folder in folders} | {root}:
        flush(path)


def _write_lists(root: Path, plan: TreePlan, split: str) -> None:
    """Write a split's id list, pose list and surface annotation, one record in memory at a time."""
    files = {what: root / file for what, file in plan.list_files(split).items()}
    indices = plan.indices(split)
    with whole_file(files['ids'], root / DRAFTS, durable=True) as file:
        file.writelines(f'{plan.name_of(index)}\n'.encode() for index in indices)
    with whole_file(files['poses'], root / DRAFTS, durable=True) as file:
        # As in LIP's own file, no newline ends the last row.
        file.writelines(_separated((_record(root, plan, index)['row'] for index in indices), '\n'))
    images = (json.dumps(_image_entry(plan, index)) for index in indices)
    annotations = (json.dumps(_annotation_entry(root, plan, index)) for index in indices)
    head = {
        'info': {
            'description': 'People rendered by mmspd',
            'surface': BODY_SURFACE,
            'seed': plan.seed,
            'version': __version__,
        },
        'categories': [{'id': 1, 'name': 'person', 'supercategory': 'person'}],
    }
    with whole_file(files['surfaces'], root / DRAFTS, durable=True) as file:
        file.write(json.dumps(head)[:-1].encode() + b', "images": [\n')
        file.writelines(_separated(images, ',\n'))
        file.write(b'\n], "annotations": [\n')
        file.writelines(_separated(annotations, ',\n'))
        file.write(b'\n]}\n')


def _separated(items: Iterator[str], separator: str) -> Iterator[bytes]:
    """Items with a separator between them, encoded."""
    for position, item in enumerate(items):
        yield (separator + item if position else item).encode()


def _record(root: Path, plan: TreePlan, index: int) -> dict[str, Any]:
    record = read_record(root, plan, index)
    if record is None:
        raise RuntimeError(f'the record of person {index} is gone from {root / RECORDS}: run the same again')
    return record


def _image_entry(plan: TreePlan, index: int) -> dict[str, Any]:
    height, width = plan.settings.size
    return {'id': plan.ids_of(index)[0], 'file_name': f'{plan.name_of(index)}.jpg', 'height': height, 'width': width}


def _annotation_entry(root: Path, plan: TreePlan, index: int) -> dict[str, Any]:
    image_id, annotation_id = plan.ids_of(index)
    return {'id': annotation_id, 'image_id': image_id, 'category_id': 1, **_record(root, plan, index)['annotation']}
