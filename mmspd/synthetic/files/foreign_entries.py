"""Finds what is not ours in a folder, so that nothing of the user's is overwritten or removed."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from mmspd.synthetic.files.tree_plan import DRAFTS, MARKER, RECORDS, UNFINISHED, TreePlan

__all__ = ['foreign_entry']

Judge = Callable[[str], bool]

_DRAFT: Final = re.compile(r'\d+-\d+')
_RECORD: Final = re.compile(r'\d+\.json')
_PICTURE: Final = re.compile(r'([1-9]\d{0,6})_[1-9]\d{0,6}\.(jpg|png)')


def foreign_entry(root: Path, plan: TreePlan | None, below: str = '') -> str | None:
    """Something in a folder that making people would not have put there. Any link is, below the folder itself.

    Args:
        root (Path): The folder; it need not exist.
        plan (TreePlan | None): What is being made there; None where there is no marker yet: then there can only be
            the lock and drafts.
        below (str): The folder of the tree in which to look, relative to it. Defaults to the tree itself.

    Returns:
        str | None: Its path relative to ``root``, the first by name; None where there is nothing foreign.
    """
    return min(_foreign(root, below, _own_files(plan)), default=None)


def _own_files(plan: TreePlan | None) -> dict[str, Judge]:
    """Each folder of the tree, relative to it -> whether a file of this name belongs there."""
    own: dict[str, Judge] = {'': _nothing, UNFINISHED: 'lock'.__eq__, DRAFTS: _matches(_DRAFT)}
    if plan is None:
        return own
    files = {MARKER} | {file for split in plan.splits for file in plan.list_files(split).values()}
    pictures = {
        folder: _is_picture(plan, split, what)
        for split in plan.splits
        for what, folder in plan.picture_folders(split).items()
    }
    folders = {parent.as_posix() for path in (*files, *pictures) for parent in Path(path).parents}
    lists = {('' if folder == '.' else folder): _is_among(files, folder) for folder in folders}
    return own | lists | pictures | {RECORDS: _matches(_RECORD)}


def _foreign(root: Path, folder: str, own: dict[str, Judge]) -> Iterator[str]:
    """Everything foreign in ``folder`` and below, relative to ``root``."""
    try:
        listing = os.scandir(root / folder)
    except (FileNotFoundError, NotADirectoryError):  # another process may be finishing
        return
    with listing:
        for item in listing:
            entry = f'{folder}/{item.name}' if folder else item.name
            if item.is_symlink():
                yield entry
            elif item.is_dir(follow_symlinks=False):
                if entry in own:
                    yield from _foreign(root, entry, own)
                else:
                    yield entry
            elif not own[folder](item.name):
                yield entry


def _nothing(name: str) -> bool:
    return False


def _matches(pattern: re.Pattern[str]) -> Judge:
    return lambda name: pattern.fullmatch(name) is not None


def _is_among(files: set[str], folder: str) -> Judge:
    return lambda name: (Path(folder) / name).as_posix() in files


def _is_picture(plan: TreePlan, split: str, what: str) -> Judge:
    indices = plan.indices(split)

    def judge(name: str) -> bool:
        match = _PICTURE.fullmatch(name)
        if match is None or int(match[1]) - 1 not in indices:
            return False
        return plan.pictures_of(int(match[1]) - 1)[what].endswith(f'/{name}')

    return judge
