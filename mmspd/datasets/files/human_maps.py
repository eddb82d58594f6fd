"""The persons of maps of persons: which numbers there are, and the box of each."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy import ndimage

from mmspd.anatomy import IGNORE_LABEL
from mmspd.datasets.files.image_files import read_human_map
from mmspd.datasets.files.problems import Report, tolerating
from mmspd.utils.progress import report_progress

__all__ = ['boxes_of_humans', 'find_humans']

# (H, W) of a map, and the box of each number in it.
Humans = tuple[tuple[int, int], dict[int, tuple[int, int, int, int]]]


def boxes_of_humans(humans: np.ndarray) -> dict[int, tuple[int, int, int, int]]:
    """The persons of a map.

    Args:
        humans (np.ndarray): uint8 (H, W); 0 where nobody is, 255 where it is not known, else a person's number.

    Returns:
        dict: Number -> x1, y1, x2, y2 on pixel edges around its pixels, in the order of the numbers.
    """
    boxes = {}
    for number, found in enumerate(ndimage.find_objects(humans), start=1):
        if found is not None and number != IGNORE_LABEL:
            rows, columns = found
            boxes[number] = (columns.start, rows.start, columns.stop, rows.stop)
    return boxes


def find_humans(paths: Sequence[Path], workers: int, report: Report | None = None) -> list[Humans]:
    """Size and persons of each map.

    Args:
        paths (Sequence[Path]): The files.
        workers (int): Threads that read, which hides the latency of a slow disk.
        report (Callable[[str], None], optional): Takes the message of each file that is no such map, in which nobody is
            found then. Defaults to None: the first is raised.

    Returns:
        list: For each file (H, W) and :func:`boxes_of_humans`, in their order.

    Raises:
        FileNotFoundError: If a file is not there.
        ValueError: If a file is no such map.
    """

    def look(path: Path) -> Humans:
        with tolerating(report):
            humans = read_human_map(path)
            return (humans.shape[0], humans.shape[1]), boxes_of_humans(humans)
        return (0, 0), {}

    found = []
    with report_progress('maps of persons') as progress, ThreadPoolExecutor(max(workers, 1)) as threads:
        for each in threads.map(look, paths):
            found.append(each)
            progress(len(found), len(paths))
    return found
