"""JSON files of others."""

import json
from pathlib import Path
from typing import Any

__all__ = ['read_json']


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Args:
        path (str | Path): The file, in UTF-8.

    Returns:
        Any: Its value.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no JSON, or nested too deeply to be any data set's; the message names the file.
    """
    try:
        return json.loads(Path(path).read_text(encoding='utf-8'))
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{path}: not a JSON file: {error}') from error
