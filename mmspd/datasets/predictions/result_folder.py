"""A folder of predictions in DensePose-COCO's results format that is made piece by piece, and goes on after a stop.

``results.json`` holds the results, ``images.json`` the images in COCO's format, whose ids they refer to. While they are
being made, ``.unfinished`` holds a lock, drafts, the plan, and a record of each complete piece. At the end the records
are put together, one in memory at a time; ``images.json``, written last and with the plan in its ``info``, says that
all is there, and ``.unfinished`` goes.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from mmspd.utils.whole_files import empty_folder, hold_folder, whole_file, write_whole

__all__ = ['IMAGES', 'RESULTS', 'Piece', 'write_result_folder']

RESULTS: Final = 'results.json'
IMAGES: Final = 'images.json'
_UNFINISHED: Final = '.unfinished'
_DESCRIPTION: Final = "Images of predictions in DensePose-COCO's results format"


@dataclass
class Piece:
    """Some of the images and what was predicted of them.

    Attributes:
        images: COCO's entries: ``id``, ``file_name``, ``height``, ``width``.
        results: Entries of :func:`mmspd.datasets.files.densepose_results.result_entry`.
        skipped: Names of the images that could not be read.
    """

    images: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def write_result_folder(
    out: Path,
    plan: dict[str, Any],
    num_pieces: int,
    make_piece: Callable[[int], Piece],
    progress: Callable[[int, int], None],
    surface: str | None = None,
) -> list[str]:
    """Make the two files, or what is missing of them.

    Args:
        out (Path): The folder; it is made where there is none, and other files in it stay.
        plan (dict): All that the predictions depend on, as JSON: a folder that was begun or made with another plan is
            refused.
        num_pieces (int): How many pieces there are.
        make_piece (Callable[[int], Piece]): Gives each piece by its number; called for those that are missing.
        progress (Callable[[int, int], None]): Called with (pieces that are there, all).
        surface (str, optional): Name of the predicted surface, for ``info``. Defaults to None: DensePose's.

    Returns:
        list[str]: Names of the images that could not be read, now or in an earlier call.

    Raises:
        FileExistsError: If the folder holds results of something else; the message says what differs.
        BlockingIOError: If another process is making it.
        OSError: If a file cannot be written.
    """
    unfinished = out / _UNFINISHED
    try:
        if not _is_complete(out, plan):  # before anything is made in a folder that is refused
            with hold_folder(unfinished, wait=False):
                if not _is_complete(out, plan):  # another process may have made it meanwhile
                    _begin(unfinished, plan)
                    _fill(out, plan, num_pieces, make_piece, progress, surface)
                shutil.rmtree(unfinished)
    except BlockingIOError as error:
        raise BlockingIOError(
            error.errno, 'another process is making this folder: wait for it, or name another folder', str(out)
        ) from error
    shutil.rmtree(unfinished, ignore_errors=True)  # there if a process was killed at the very end
    return _stored(out / IMAGES, 'info', 'skipped')


def _is_complete(out: Path, plan: dict[str, Any]) -> bool:
    """Whether the folder holds all that the plan says.

    Raises:
        FileExistsError: If it holds results of another plan.
    """
    if (out / IMAGES).exists():
        _compare(out / IMAGES, _stored(out / IMAGES, 'info', 'plan'), plan)
        return (out / RESULTS).exists()
    if (out / RESULTS).exists() and not (out / _UNFINISHED / 'plan.json').exists():
        raise FileExistsError(f'{out / RESULTS} exists already: name another folder, or move it elsewhere')
    return False


def _stored(path: Path, *keys: str) -> Any:
    """The value below some keys in a JSON file; None where there is none."""
    value: Any = None
    with suppress(ValueError):
        value = json.loads(path.read_bytes())
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _compare(path: Path, stored: Any, plan: dict[str, Any]) -> None:
    """Refuse a folder of another plan."""
    if stored == plan:
        return
    what = 'it says nothing of how it was made'
    if isinstance(stored, dict):
        what = 'other: ' + ', '.join(key for key in plan.keys() | stored.keys() if plan.get(key) != stored.get(key))
    raise FileExistsError(f'{path} is of other predictions ({what}): name another folder, or remove this one')


def _begin(unfinished: Path, plan: dict[str, Any]) -> None:
    """Make drafts, records and plan, or see that the plan is the same."""
    drafts = unfinished / 'drafts'
    shutil.rmtree(drafts, ignore_errors=True)  # of a process that was killed
    drafts.mkdir()
    (unfinished / 'records').mkdir(exist_ok=True)
    stored = unfinished / 'plan.json'
    if stored.exists():
        _compare(stored, _stored(stored, 'plan'), plan)
    else:
        write_whole(stored, json.dumps({'plan': plan}).encode(), drafts, durable=True)


def _fill(
    out: Path,
    plan: dict[str, Any],
    num_pieces: int,
    make_piece: Callable[[int], Piece],
    progress: Callable[[int, int], None],
    surface: str | None,
) -> None:
    """Make the missing pieces, then the two files."""
    drafts = out / _UNFINISHED / 'drafts'
    records = [out / _UNFINISHED / 'records' / f'{number}.json' for number in range(num_pieces)]
    missing = [number for number, record in enumerate(records) if not record.exists()]
    done = num_pieces - len(missing)
    progress(done, num_pieces)
    try:
        for number in missing:
            piece = make_piece(number)
            write_whole(records[number], json.dumps(asdict(piece), allow_nan=False).encode(), drafts, durable=True)
            done += 1
            progress(done, num_pieces)
        with whole_file(out / RESULTS, drafts, durable=True) as file:
            file.writelines(_listed('[', records, 'results', ']\n'))
        skipped = [name for record in records for name in _read(record)['skipped']]
        named = {} if surface is None else {'surface': surface}
        info = {'description': _DESCRIPTION, **named, 'skipped': skipped, 'plan': plan}
        with whole_file(out / IMAGES, drafts, durable=True) as file:
            file.write(b'{"info": ' + json.dumps(info).encode() + b',\n')
            file.writelines(_listed('"images": [', records, 'images', '],\n'))
            file.write(b'"annotations": []}\n')
    finally:
        with suppress(OSError):
            empty_folder(drafts)


def _read(record: Path) -> dict[str, list[Any]]:
    return json.loads(record.read_bytes())


def _listed(start: str, records: list[Path], key: str, end: str) -> Iterator[bytes]:
    """A JSON list of all records' entries, one a line."""
    yield start.encode()
    separator = '\n'
    for record in records:
        for entry in _read(record)[key]:
            yield (separator + json.dumps(entry)).encode()
            separator = ',\n'
    yield ('\n' + end).encode()
