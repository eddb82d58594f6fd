"""A machine for pickles that executes nothing, and reads no long string.

A pickle is a program for a small machine with a stack. The machine here knows the few instructions that dictionaries,
tuples, numbers, strings and numpy arrays need, and refuses every other. Of the functions that a pickle may name it
knows those of numpy's arrays alone, as the stand-ins of :mod:`mmspd.utils.inert`, which do nothing. Long strings are
passed over and described by their place in the file.
"""

import codecs
import os
import struct
from collections.abc import Callable
from typing import BinaryIO, Final, NamedTuple

from mmspd.utils.inert import STAND_INS, Inert, InertType

__all__ = ['BufferArray', 'PickleMachine', 'StoredString']

_LONGEST_TEXT: Final = 256  # bytes; longer strings are passed over
_MOST_INSTRUCTIONS: Final = 10_000
_NEWEST_PROTOCOL: Final = 5
_SCANNED: Final = 2**20  # bytes at once


class StoredString(NamedTuple):
    """A string in the file.

    Attributes:
        offset: Byte at which it begins.
        length: Bytes that it takes there.
        encoding: ``'raw'`` as it is; ``'utf-8'``, bytes as the text of their Latin-1 characters; ``'escaped'``, as a
            literal of Python.
        content: The decoded string; None for a long one.
    """

    offset: int
    length: int
    encoding: str
    content: bytes | None


class BufferArray(Inert):
    """An array as protocol 5 writes it: values, type, shape and order are arguments of a function."""


class _Encoded(Inert):
    """Bytes as Python 3 writes them for protocols 0 to 2: text, and the name of its encoding."""


_ALLOWED: Final = {
    **{f'{cls.__module__}.{cls.__qualname__}': cls for cls in STAND_INS if cls.__module__.startswith('numpy')},
    **{f'numpy.{core}.numeric._frombuffer': BufferArray for core in ('core', '_core')},
    '_codecs.encode': _Encoded,
}


class PickleMachine:
    """Follows a pickle's instructions as far as they describe arrays."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        self._stack: list[object] = []
        self._marks: list[list[object]] = []
        self._memo: dict[int, object] = {}

    def run(self) -> object:
        """What the pickle describes: stand-ins, and plain things around them."""
        for _ in range(_MOST_INSTRUCTIONS):
            code = self._read(1)
            if code == b'.':
                return self._stack.pop()
            if code not in _INSTRUCTIONS:
                raise ValueError(f'instruction {code!r} at byte {self._stream.tell() - 1} belongs to no array')
            _INSTRUCTIONS[code](self)
        raise ValueError(f'more than {_MOST_INSTRUCTIONS} instructions')

    def _read(self, count: int) -> bytes:
        content = self._stream.read(count)
        if len(content) != count:
            raise ValueError(f'the file ends at byte {self._size}, in the middle')
        return content

    def _number(self, kind: str) -> int:
        """A number of a fixed number of bytes, by its code in ``struct``."""
        return int(struct.unpack(f'<{kind}', self._read(struct.calcsize(kind)))[0])

    def _line(self) -> str:
        line = self._stream.readline(_LONGEST_TEXT)
        if not line.endswith(b'\n'):
            raise ValueError('a line that does not end')
        return line[:-1].decode('ascii')

    def push_string(self, kind: str, encoding: str) -> None:
        """A string behind its length."""
        length, offset = self._number(kind), self._stream.tell()
        if not 0 <= length <= self._size - offset:
            raise ValueError(f'{length} bytes are announced at byte {offset} of {self._size}: the file is cut off')
        content = self._read(length) if length <= _LONGEST_TEXT else None
        self._stream.seek(offset + length)
        self._stack.append(StoredString(offset, length, encoding, content))

    def push_literal(self) -> None:
        """A string as Python writes it, in quotes, up to the end of the line."""
        offset = self._stream.tell()
        end = -1
        while end < 0:
            start, piece = self._stream.tell(), self._stream.read(_SCANNED)
            if not piece:
                raise ValueError('a line that does not end')
            place = piece.find(b'\n')
            end = start + place if place >= 0 else -1
        self._stream.seek(offset)
        quotes = self._read(1)
        self._stream.seek(end - 1)
        if end - offset < 2 or quotes not in (b'"', b"'") or self._read(1) != quotes:
            raise ValueError(f'a string without quotes at byte {offset}')
        length, content = end - offset - 2, None
        if length <= _LONGEST_TEXT:
            self._stream.seek(offset + 1)
            content = codecs.escape_decode(self._read(length))[0]
        self._stream.seek(end + 1)
        self._stack.append(StoredString(offset + 1, length, 'escaped', content))

    def push_number(self, kind: str) -> None:
        """A whole number of fixed length."""
        self._stack.append(self._number(kind))

    def push_long(self) -> None:
        """A whole number of any length."""
        self._stack.append(int.from_bytes(self._read(self._number('B')), 'little', signed=True))

    def push_line(self) -> None:
        """A whole number, True or False, as text."""
        line = self._line()
        self._stack.append(line == '01' if line in ('00', '01') else int(line.removesuffix('L')))

    def push(self, value: object) -> None:
        """A constant, or an empty dictionary."""
        self._stack.append(value)

    def skip(self, count: int) -> None:
        """Bytes that say nothing about the content, as the length of a frame."""
        self._read(count)

    def check_protocol(self) -> None:
        """The first instruction."""
        if self._number('B') > _NEWEST_PROTOCOL:
            raise ValueError(f'expected a protocol of at most {_NEWEST_PROTOCOL}')

    def mark(self) -> None:
        """Begin a group."""
        self._marks.append(self._stack)
        self._stack = []

    def _group(self) -> list[object]:
        """End a group and take it."""
        group, self._stack = self._stack, self._marks.pop()
        return group

    def group_dict(self) -> None:
        """A dictionary of a group of keys and values."""
        items = self._group()
        self._stack.append({_as_text(key): value for key, value in zip(items[::2], items[1::2], strict=True)})

    def push_tuple(self, count: int | None) -> None:
        """A tuple of the last ``count`` things, or of a group."""
        items = self._group() if count is None else [self._stack.pop() for _ in range(count)][::-1]
        self._stack.append(tuple(items))

    def set_items(self, grouped: bool) -> None:
        """Keys and values of a dictionary."""
        items = self._group() if grouped else [self._stack.pop() for _ in range(2)][::-1]
        target = self._stack[-1]
        if not isinstance(target, dict):
            raise ValueError('an item for something that is no dictionary')
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_as_text(key)] = value

    def remember(self, kind: str | None) -> None:
        """Give the last thing a number: of a fixed length, in a line, or the next."""
        number = len(self._memo) if kind is None else int(self._line()) if kind == 'line' else self._number(kind)
        self._memo[number] = self._stack[-1]

    def recall(self, kind: str) -> None:
        """Take a thing by its number."""
        self._stack.append(self._memo[int(self._line()) if kind == 'line' else self._number(kind)])

    def name(self, from_stack: bool) -> None:
        """A class or function by its name, of which a stand-in is taken."""
        if from_stack:
            function, module = self._stack.pop(), self._stack.pop()
        else:
            module, function = self._line(), self._line()
        wanted = f'{_as_text(module)}.{_as_text(function)}'
        if wanted not in _ALLOWED:
            raise ValueError(f'it names {wanted}, which is not allowed')
        self._stack.append(_ALLOWED[wanted])

    def call(self) -> None:
        """Make a stand-in that records its arguments."""
        arguments, cls = self._stack.pop(), self._stack.pop()
        if not (isinstance(cls, type) and issubclass(cls, Inert) and isinstance(arguments, tuple)):
            raise ValueError('a call of something that is no class')
        if cls is _Encoded:
            if len(arguments) != 2 or _as_text(arguments[1]) not in ('latin1', 'latin-1'):
                raise ValueError('bytes in another encoding than Latin-1')
            self._stack.append(arguments[0])  # the string says itself how it is encoded
            return
        self._stack.append(cls(*(map(_as_text, arguments) if issubclass(cls, InertType) else arguments)))

    def set_state(self) -> None:
        """Let a stand-in record its state."""
        state, target = self._stack.pop(), self._stack[-1]
        if not (isinstance(target, Inert) and isinstance(state, tuple)):
            raise ValueError('a state for something that has none')
        target.__setstate__(tuple(map(_as_text, state)) if isinstance(target, InertType) else state)


_INSTRUCTIONS: Final[dict[bytes, Callable[[PickleMachine], None]]] = {
    b'\x80': PickleMachine.check_protocol,
    b'\x95': lambda machine: machine.skip(8),
    b'N': lambda machine: machine.push(None),
    b'\x88': lambda machine: machine.push(True),
    b'\x89': lambda machine: machine.push(False),
    b')': lambda machine: machine.push(()),
    b'}': lambda machine: machine.push({}),
    b'I': PickleMachine.push_line,
    b'L': PickleMachine.push_line,
    b'J': lambda machine: machine.push_number('i'),
    b'K': lambda machine: machine.push_number('B'),
    b'M': lambda machine: machine.push_number('H'),
    b'\x8a': PickleMachine.push_long,
    b'U': lambda machine: machine.push_string('B', 'raw'),
    b'T': lambda machine: machine.push_string('i', 'raw'),
    b'C': lambda machine: machine.push_string('B', 'raw'),
    b'B': lambda machine: machine.push_string('I', 'raw'),
    b'\x8e': lambda machine: machine.push_string('Q', 'raw'),
    b'\x96': lambda machine: machine.push_string('Q', 'raw'),
    b'\x8c': lambda machine: machine.push_string('B', 'utf-8'),
    b'X': lambda machine: machine.push_string('I', 'utf-8'),
    b'\x8d': lambda machine: machine.push_string('Q', 'utf-8'),
    b'S': PickleMachine.push_literal,
    b'(': PickleMachine.mark,
    b't': lambda machine: machine.push_tuple(None),
    b'\x85': lambda machine: machine.push_tuple(1),
    b'\x86': lambda machine: machine.push_tuple(2),
    b'\x87': lambda machine: machine.push_tuple(3),
    b'd': PickleMachine.group_dict,
    b's': lambda machine: machine.set_items(False),
    b'u': lambda machine: machine.set_items(True),
    b'q': lambda machine: machine.remember('B'),
    b'r': lambda machine: machine.remember('I'),
    b'p': lambda machine: machine.remember('line'),
    b'\x94': lambda machine: machine.remember(None),
    b'h': lambda machine: machine.recall('B'),
    b'j': lambda machine: machine.recall('I'),
    b'g': lambda machine: machine.recall('line'),
    b'c': lambda machine: machine.name(False),
    b'\x93': lambda machine: machine.name(True),
    b'R': PickleMachine.call,
    b'b': PickleMachine.set_state,
}


def _as_text(value: object) -> object:
    """Names, codes and keys as text, which Python 2 wrote as bytes; anything else as it is."""
    if not isinstance(value, StoredString) or value.content is None:
        return value
    return value.content.decode('utf-8' if value.encoding == 'utf-8' else 'latin-1')
