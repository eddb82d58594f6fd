"""Lists of numbers in files of others."""

from math import isfinite
from typing import Any

from mmspd.datasets.lip_files import LARGEST_COORDINATE

__all__ = ['check_numbers']


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
    raise ValueError(
        f'{where}: expected finite numbers of at most {LARGEST_COORDINATE:g}, got {str(wrong)[:60]} among them'
    )


def _are_small(numbers: list[float]) -> bool:
    """Of numbers, at least one."""
    return min(numbers) >= -LARGEST_COORDINATE and max(numbers) <= LARGEST_COORDINATE and isfinite(sum(numbers))
