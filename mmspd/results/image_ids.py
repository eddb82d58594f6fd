"""Pictures' ids in JSON results: COCO's are whole numbers; a name that is none, as ``36_453991``, stays a string."""

import re
from typing import Any, Final

__all__ = ['ImageId', 'check_id', 'to_json_id']

ImageId = int | str

_WHOLE: Final = re.compile(r'0|[1-9][0-9]{0,17}')
_LONGEST: Final = 255  # characters of a file's name


def to_json_id(img_id: str) -> ImageId:
    """A picture's id as JSON results have it; ``str`` of it is the id again."""
    return int(img_id) if _WHOLE.fullmatch(img_id) else img_id


def check_id(value: Any, where: str) -> ImageId:
    """An id of a file.

    Args:
        value (Any): What the file has.
        where (str): File, entry and field, for the message.

    Returns:
        int | str: The value itself.

    Raises:
        ValueError: If it is neither a whole number nor a name of 1 to 255 characters.
    """
    if type(value) is int or (isinstance(value, str) and 0 < len(value) <= _LONGEST):
        return value
    raise ValueError(f"{where}: expected a whole number or a picture's name, got {str(value)[:60]!r}")
