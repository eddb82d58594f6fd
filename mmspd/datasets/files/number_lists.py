"""Numbers, lists of them, and boxes in files of others."""

from math import isfinite
from typing import Any

from mmspd.datasets.files.lip_files import LARGEST_COORDINATE

__all__ = ['check_box', 'check_number', 'check_numbers']

# Pixels; less is 0 in float32.
_SMALLEST_SIDE = 1e-6


def check_number(value: Any, where: str) -> float:
    """Refuse what is no finite number of a picture's magnitude.

    Args:
        value (Any): A value of a JSON file.
        where (str): File, entry and field, for the message.

    Returns:
        float: The number itself; a whole number stays whole.

    Raises:
        ValueError: If it is something else; the message starts with ``where`` and shows it.
    """
    if type(value) in (int, float) and _are_small([value]):
        return value
    raise ValueError(f'{where}: expected a finite number of at most {LARGEST_COORDINATE:g}, got {str(value)[:60]!r}')


def check_numbers(value: Any, where: str) -> list[float]:
    """Refuse what is no flat list of finite numbers of a picture's magnitude.

    Args:
        value (Any): A value of a JSON file.
        where (str): File, entry and field, for the message.

    Returns:
        list[float]: The list itself; whole numbers stay whole.

    Raises:
        ValueError: If it is something else; the message starts with ``where`` and shows it.
    """
    if not isinstance(value, list):
        raise ValueError(f'{where}: expected a list of numbers, got {str(value)[:60]}')
    # A boolean is a whole number to Python. A list with not-a-number may have any minimum: a sum shows it.
    if not value or (set(map(type, value)) <= {int, float} and _are_small(value)):
        return value
    wrong = next(item for item in value if type(item) not in (int, float) or not _are_small([item]))
    if type(wrong) not in (int, float):
        raise ValueError(f'{where}: expected a list of numbers, got {str(wrong)[:60]!r} among them')
    raise ValueError(
        f'{where}: expected finite numbers of at most {LARGEST_COORDINATE:g}, got {wrong!r:.60} among them'
    )


def check_box(value: Any, where: str) -> list[float]:
    """Refuse what is no box of COCO's.

    Args:
        value (Any): A value of a JSON file.
        where (str): File, entry and field, for the message.

    Returns:
        list[float]: The list itself: x, y, width, height, of which the last two are at least 1e-6.

    Raises:
        ValueError: If it is something else; the message starts with ``where`` and shows it.
    """
    box = check_numbers(value, where)
    if len(box) != 4 or min(box[2:]) < _SMALLEST_SIDE:
        raise ValueError(f'{where}: expected x, y, width, height with a positive size, got {str(box)[:60]}')
    return box


def _are_small(numbers: list[float]) -> bool:
    """Of numbers, at least one."""
    return min(numbers) >= -LARGEST_COORDINATE and max(numbers) <= LARGEST_COORDINATE and isfinite(sum(numbers))
