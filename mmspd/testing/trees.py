"""A handful of rendered people on disk, in LIP's own layout."""

from pathlib import Path
from typing import Any

from mmspd.synthetic.files.people_tree import write_people
from mmspd.synthetic.settings import PeopleSettings

__all__ = ['write_small_tree']


def write_small_tree(
    root: str | Path,
    num_train: int,
    num_val: int,
    seed: int = 0,
    size: tuple[int, int] = (128, 96),
    points: int = 100,
    **settings: Any,
) -> None:
    """Write rendered people as a LIP tree, in this process: see :func:`mmspd.synthetic.files.people_tree.write_people`.

    Args:
        root (str | Path): Folder to make. It may exist if it is empty, or holds the same people.
        num_train (int): Persons of the training split; of both splits at least 1.
        num_val (int): Persons of the validation split; their ids follow those of the training split.
        seed (int): The same seed gives the same people. Defaults to 0.
        size (tuple[int, int]): (height, width) of each picture in pixels, 32..2048. Defaults to (128, 96).
        points (int): Surface points of each person; fewer where the body shows fewer pixels. Defaults to 100.
        **settings: Other fields of :class:`~mmspd.synthetic.settings.PeopleSettings`.

    Raises:
        ValueError: If an argument is out of range.
        FileExistsError: If the folder holds something else, or other people.
        OSError: If a file cannot be written.
    """
    if min(num_train, num_val) < 0:
        raise ValueError(f'expected numbers of persons that are not negative, got {num_train=}, {num_val=}')
    drawn_from = PeopleSettings(size=size, surface_points=points, **settings)
    # Another process would take longer to start than a handful of people to render.
    write_people(root, num_train + num_val, seed, drawn_from, num_val, workers=0)
