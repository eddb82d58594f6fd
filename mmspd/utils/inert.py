"""Inert stand-ins for the few classes besides tensors that a training checkpoint of mmengine holds.

Such a checkpoint keeps its logged scalars as ``HistoryBuffer`` objects, whose pickle calls ``getattr`` and numpy's
``_reconstruct``. Letting a file call these would let it do more than it should: ``getattr`` walks from any function to
the interpreter's built-ins, ``HistoryBuffer.__setstate__`` writes into a table of methods that is shared by all
buffers, and numpy trusts the data type that it is told. So unpickling builds stand-ins that only record what they were
given, and ``restore`` then makes the real objects through their ordinary constructors, from checked values.
"""

import math

import numpy as np
from mmengine.logging import HistoryBuffer

_PLAIN_TYPES = frozenset(np.dtype(code).str[1:] for code in '?bBhHiIlLefd')


class Inert:
    """Records the arguments and the state that a pickle gives an object, and does nothing with either."""

    arguments: tuple[object, ...]
    state: object

    def __new__(cls, *arguments: object) -> 'Inert':
        """Take any arguments: pickles create objects by class calls and by ``__new__`` alone."""
        self = super().__new__(cls)
        self.arguments = arguments
        self.state = None
        return self

    def __setstate__(self, state: object) -> None:
        self.state = state

    def restore(self) -> object:
        """The object that was pickled, made from checked values.

        Returns:
            object: The real object.

        Raises:
            ValueError: The record describes something that no checkpoint of ours holds.
        """
        raise ValueError(f'a {type(self).__module__}.{type(self).__qualname__} where none belongs')


class InertBytes(Inert):
    """The empty byte string, which old pickles write as a call of ``bytes``; any other has a form of its own."""

    def restore(self) -> bytes:
        """The empty byte string."""
        if self.arguments:
            raise ValueError('a call of bytes with arguments')
        return b''


class InertType(Inert):
    """A numpy data type; only plain numbers and truth values are restored."""

    def restore(self) -> np.dtype:
        """The data type, from its code (``'f8'``) and the byte order in its state."""
        code = self.arguments[0] if self.arguments else None
        order = self.state[1] if isinstance(self.state, tuple) and len(self.state) > 1 else '='
        if code not in _PLAIN_TYPES or order not in ('<', '>', '|', '='):
            raise ValueError(f'an array of type {code!r}, byte order {order!r}, where plain numbers were expected')
        return np.dtype(f'{order}{code}')


class InertArray(Inert):
    """A numpy array."""

    def restore(self) -> np.ndarray:
        """The array, copied from its bytes."""
        if not (isinstance(self.state, tuple) and len(self.state) == 5):
            raise ValueError('an array without shape, type and values')
        _, shape, kind, column_major, values = self.state
        if not isinstance(shape, tuple) or not all(type(length) is int and length >= 0 for length in shape):
            raise ValueError(f'an array of shape {shape!r}')
        array = np.frombuffer(*_buffer(kind, values, math.prod(shape)))
        return array.reshape(shape, order='F' if column_major else 'C').copy()


class InertScalar(Inert):
    """A numpy number."""

    def restore(self) -> np.generic:
        """The number, read from its bytes."""
        if len(self.arguments) != 2:
            raise ValueError('a numpy number without type and value')
        return np.frombuffer(*_buffer(*self.arguments, 1))[0]


class InertHistory(Inert):
    """mmengine's ``HistoryBuffer``. The table of methods in its state is ignored: the class brings its own."""

    def restore(self) -> HistoryBuffer:
        """A new buffer with the recorded values and counts."""
        state = self.state if isinstance(self.state, dict) else {}
        values, counts, length = (state.get(key) for key in ('_log_history', '_count_history', 'max_length'))
        if not isinstance(values, InertArray) or not isinstance(counts, InertArray):
            raise ValueError('a HistoryBuffer without values and counts')
        if type(length) is not int or length < 1:
            raise ValueError(f'a HistoryBuffer of maximal length {length!r}')
        values, counts = values.restore(), counts.restore()
        if values.ndim != 1 or values.shape != counts.shape:
            raise ValueError(f'a HistoryBuffer with values of shape {values.shape}, counts of shape {counts.shape}')
        return HistoryBuffer(values, counts, length)


def _buffer(kind: object, values: object, count: int) -> tuple[bytes, np.dtype]:
    """Check that ``values`` are the bytes of ``count`` numbers of the recorded type; return bytes and type."""
    values = values.restore() if isinstance(values, InertBytes) else values
    if not isinstance(kind, InertType) or not isinstance(values, bytes):
        raise ValueError('an array that does not consist of plain numbers')
    dtype = kind.restore()
    if len(values) != count * dtype.itemsize:
        raise ValueError(f'an array of {count} numbers of {dtype.itemsize} bytes in {len(values)} bytes')
    return values, dtype


def _stand_in(path: str, base: type[Inert]) -> type[Inert]:
    """A class that pickles know by ``path`` (torch finds it by module and name) and that behaves as ``base``."""
    module, _, name = path.rpartition('.')
    return type(name, (base,), {'__module__': module})


# numpy 2 writes numpy._core, numpy 1 numpy.core; each reads the other's.
STAND_INS: tuple[type[Inert], ...] = (
    _stand_in('mmengine.logging.history_buffer.HistoryBuffer', InertHistory),
    _stand_in('builtins.getattr', Inert),
    _stand_in('builtins.bytes', InertBytes),
    _stand_in('numpy.ndarray', Inert),
    _stand_in('numpy.dtype', InertType),
    *(_stand_in(f'numpy.{core}.multiarray._reconstruct', InertArray) for core in ('core', '_core')),
    *(_stand_in(f'numpy.{core}.multiarray.scalar', InertScalar) for core in ('core', '_core')),
)


def restore(value: object) -> object:
    """Replace every stand-in within dictionaries, lists and tuples by the object it stands for.

    Args:
        value (object): What was unpickled; its dictionaries and lists are changed in place.

    Returns:
        object: ``value``, or what takes its place.

    Raises:
        ValueError: A stand-in describes something that is not allowed.
    """
    return _restore(value, {})


def _restore(value: object, seen: dict[int, tuple[object, object]]) -> object:
    """``restore``; ``seen`` maps identities to (original, result): shared and cyclic parts are visited once.

    The original is kept so that no later object can take its identity.
    """
    if id(value) in seen:
        return seen[id(value)][1]
    result = value
    if isinstance(value, Inert):
        result = value.restore()
    elif isinstance(value, dict):
        seen[id(value)] = (value, value)
        for key in list(value):
            value[key] = _restore(value[key], seen)
    elif isinstance(value, list):
        seen[id(value)] = (value, value)
        value[:] = [_restore(item, seen) for item in value]
    elif type(value) is tuple:
        result = tuple(_restore(item, seen) for item in value)
    seen[id(value)] = (value, result)
    return result
