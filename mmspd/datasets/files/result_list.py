"""Results of detectors as COCO has them: a JSON file that is one list, with an entry for each detected person."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from mmspd.datasets.files.json_stream import stream_list
from mmspd.datasets.files.problems import Report, tolerating

__all__ = ['PERSON', 'check_entry', 'read_entries']

PERSON: Final = 1  # category_id

Result = TypeVar('Result')


def read_entries(
    path: Path, parse: Callable[[Any, str], Result], report: Report | None = None
) -> Iterator[tuple[str, Result]]:
    """Read results, one in memory at a time.

    Args:
        path (Path): JSON file.
        parse (Callable): Makes a result of an entry, given file and entry for messages; raises ValueError.
        report (Callable[[str], None], optional): Takes the message of each malformed entry, which is then left out.
            Defaults to None: the first is raised.

    Yields:
        tuple: File and entry, and the result, in the file's order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is no JSON list, or an entry is malformed; the message names file, entry and field.
    """
    for index, entry in enumerate(stream_list(path)):
        where, results = f'{path}: result {index}', []
        with tolerating(report):
            results.append(parse(entry, where))
        for result in results:
            yield where, result


def check_entry(entry: Any, where: str, fields: Collection[str]) -> dict[str, Any]:
    """Refuse what is no person's entry.

    Args:
        entry (Any): Of a file's list.
        where (str): File and entry, for the message.
        fields (Collection[str]): What it must have; ``category_id`` may be missing.

    Returns:
        dict: The entry itself.

    Raises:
        ValueError: If it is no object, lacks a field, or is not of a person.
    """
    if not isinstance(entry, dict):
        raise ValueError(f'{where}: expected an object, got {type(entry).__name__}')
    missing = [name for name in fields if name not in entry]
    if missing:
        raise ValueError(f'{where}: it lacks the fields {missing}')
    if entry.get('category_id', PERSON) != PERSON:
        raise ValueError(f'{where}, field category_id: expected 1 (person), got {str(entry["category_id"])[:60]}')
    return entry
