"""Reads a file in COCO's format entry by entry: DensePose-COCO's, held as a whole, take several gigabytes.

Most annotations are of persons that LIP has not. Their numbers need not be parsed, which is most of the work: an entry
that holds ``"id": N`` for no wanted N is passed over, its quotes and braces alone being looked at.
"""

import codecs
import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

__all__ = ['Source', 'stream_coco', 'stream_list']

# Called with the list ('images' or 'annotations'), the entry's position in it, and the entry; None for an annotation
# that was passed over.
Take = Callable[[str, int, Any], None]

_LISTS: Final = ('images', 'annotations')
_BLOCK: Final = 1 << 22  # bytes
_LONGEST_VALUE: Final = 1 << 28  # characters of one entry; a person's annotation has ten thousand
_SPACE: Final = ' \t\n\r'
# An object with objects in it that hold no further ones. Each place has one way on, so a search that fails ends soon.
# As ranges it takes half the time of [^{}"]*.
_PLAIN: Final = r'[\x00-!#-z|~-\U0010ffff]*'
_FLAT: Final = rf'{_PLAIN}(?:"[^"\\]*(?:\\.[^"\\]*)*"{_PLAIN})*'
_OBJECT: Final = re.compile(rf'\{{{_FLAT}(?:\{{{_FLAT}\}}{_FLAT})*\}}', re.DOTALL)
_ID: Final = re.compile(r'"id"\s*:\s*(-?[0-9]{1,18})\s*[,}]')


@dataclass(frozen=True)
class Source:
    """A file that was read.

    Attributes:
        name: Its name without folder.
        bytes: Its size.
        sha256: Its content's SHA-256, hexadecimal.
        info: Its ``info``, an empty object where it has none.
    """

    name: str
    bytes: int
    sha256: str
    info: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Name, size and checksum, for the files that are made of it."""
        return {'name': self.name, 'bytes': self.bytes, 'sha256': self.sha256}


def stream_coco(path: Path, take: Take, wanted: Collection[int] | None = None) -> Source:
    """Read a file's lists of images and annotations; other lists are skipped.

    Args:
        path (Path): JSON file.
        take (Callable): Gets each entry of the two lists, in the file's order.
        wanted (Collection[int], optional): Ids of annotations; others may be passed over, and then are not looked at
            but for quotes and braces. Defaults to None: all.

    Returns:
        Source: What the file is.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no JSON object with these lists; the message names the file. Raised by ``take``, it
            passes as it is.
    """
    with path.open('rb') as file:
        text = _Text(file, path)
        info, lists = _stream_object(text, path, take, None if wanted is None else frozenset(wanted))
    for key in _LISTS:
        if key not in lists:
            raise ValueError(f'{path}: expected a list {key!r} of {key}')
    return Source(path.name, text.size, text.digest.hexdigest(), info)


def stream_list(path: Path) -> Iterator[Any]:
    """Read a file that is one list.

    Args:
        path (Path): JSON file.

    Yields:
        Any: Each entry, in the file's order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no JSON list; the message names the file.
    """
    with path.open('rb') as file:
        text = _Text(file, path)
        if text.peek() == '{':
            raise ValueError(f'{path}: expected one list, as results are, got an object, as annotation files are')
        yield from _items(text, '[', ']')
        if text.peek():
            text.fail('expected the end of the file')


def _stream_object(
    text: '_Text', path: Path, take: Take, wanted: frozenset[int] | None
) -> tuple[dict[str, Any], set[str]]:
    """The file's only value; its ``info``, and which lists it has."""
    info: Any = None
    lists: set[str] = set()
    for key in _items(text, '{', '}'):
        text.skip(':')
        if key in _LISTS:
            if text.peek() != '[':
                raise ValueError(f'{path}: expected a list {key!r} of {key}')
            lists.add(key)
            chosen = wanted if key == 'annotations' else None
            for position, entry in enumerate(_items(text, '[', ']', chosen)):
                take(key, position, entry)
        elif key == 'info':
            info = text.read_value()
        else:
            text.read_value()
    if text.peek():
        text.fail('expected the end of the file')
    return info if isinstance(info, dict) else {}, lists


def _items(text: '_Text', start: str, end: str, wanted: frozenset[int] | None = None) -> Iterator[Any]:
    """The entries of a list, None for those not wanted, or the keys of an object, whose values the caller reads."""
    text.skip(start)
    if text.peek() == end:
        text.skip(end)
        return
    while True:
        if start == '{' and text.peek() != '"':
            text.fail('expected a key in quotes')
        yield None if wanted is not None and text.pass_over(wanted) else text.read_value()
        if text.peek() == end:
            text.skip(end)
            return
        text.skip(',')


class _Text:
    """The part of a JSON file that is in memory, and a place in it.

    Attributes:
        size: Bytes read so far.
        digest: Of these bytes.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._file = file
        self._path = path
        self._decoder = codecs.getincrementaldecoder('utf-8-sig')()  # some editors write a mark first
        self._scan = json.JSONDecoder().raw_decode
        self._text = ''
        self._place = 0
        self._dropped = 0
        self._ended = False

    def peek(self) -> str:
        """The next character that is no white space; '' at the end. The place moves there."""
        while True:
            while self._place < len(self._text) and self._text[self._place] in _SPACE:
                self._place += 1
            if self._place < len(self._text):
                return self._text[self._place]
            if self._ended:
                return ''
            self._read_on()

    def skip(self, expected: str) -> None:
        """Go past a character that has to come next."""
        if self.peek() != expected:
            self.fail(f'expected {expected!r}')
        self._place += 1

    def read_value(self) -> Any:
        """The next value, whatever it is."""
        self.peek()
        while True:
            try:
                value, end = self._scan(self._text, self._place)
            except RecursionError:
                self.fail('a value is nested too deeply')
            except ValueError as error:  # also of a value whose end is not in memory yet
                if self._ended:
                    self.fail(getattr(error, 'msg', str(error)), getattr(error, 'pos', self._place))
            else:
                if self._ended or end < len(self._text):  # a number's next digit may follow
                    self._place = end
                    return value
            if len(self._text) - self._place > _LONGEST_VALUE:
                self.fail(f'no value ends within {_LONGEST_VALUE} characters')
            self._read_on()

    def pass_over(self, wanted: frozenset[int]) -> bool:
        """Go past the next value if it is an object with an id, but none that is wanted; tell whether it was.

        An object that is nested deeply, or whose end is not in memory yet, is not passed over.
        """
        self.peek()
        entry = _OBJECT.match(self._text, self._place)
        if entry is None:
            return False
        ids = [int(number) for number in _ID.findall(self._text, self._place, entry.end())]
        if not ids or not wanted.isdisjoint(ids):
            return False
        self._place = entry.end()
        return True

    def fail(self, problem: str, place: int | None = None) -> NoReturn:
        """Raise ValueError that tells where in the file the problem is."""
        place = self._dropped + (self._place if place is None else place)
        raise ValueError(f'{self._path}: not a JSON file: {problem}, at character {place}')

    def _read_on(self) -> None:
        """Drop what was read, and read at least as much again as is left: a long value is not scanned too often."""
        rest = self._text[self._place :]
        block = self._file.read(max(_BLOCK, len(rest)))
        self.size += len(block)
        self.digest.update(block)
        self._ended = not block
        try:
            self._text = rest + self._decoder.decode(block, final=self._ended)
        except UnicodeDecodeError as error:
            raise ValueError(f'{self._path}: not a text file in UTF-8 ({error})') from error
        self._dropped += self._place
        self._place = 0
