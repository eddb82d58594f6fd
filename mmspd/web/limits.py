"""What a visitor of the page may ask for."""

import ipaddress
import math
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Final

from mmspd.datasets.files.image_files import MAX_PIXELS

__all__ = ['InputError', 'Limits', 'Places', 'RateLimiter', 'client_of']

_MINUTE: Final = 60.0
_CLIENTS: Final = 10_000  # that are remembered


class InputError(ValueError):
    """Something that a visitor gave is refused; the message is for them."""


@dataclass(frozen=True)
class Limits:
    """What a visitor may ask for, and what the server keeps.

    Attributes:
        upload_bytes: Of a picture's file.
        pixels: Of a picture, as its file claims, before it is decoded.
        persons: Boxes of a picture.
        requests_a_minute: Pictures that one client may send, and as many times that it may start the model.
        open_requests: Of one client at once; those for the page's own files do not count.
        calls: Of one client, that wait for the model or are at work.
        waiting: Requests that wait for the model; others are turned away.
        seconds: That one request may take of the model, waiting for a slower one before it included.
        connections: Open at once.
        stored_bytes: Of pictures and results together; the oldest go first. A quarter may be of one client.
        stored_seconds: After which pictures and results are removed.

    Raises:
        ValueError: If a limit is not a whole number above 0, or ``pixels`` is above what is decoded anywhere.
    """

    upload_bytes: int = 16 * 2**20
    pixels: int = 16_000_000
    persons: int = 8
    requests_a_minute: int = 30
    open_requests: int = 16
    calls: int = 2
    waiting: int = 16
    seconds: int = 60
    connections: int = 100
    stored_bytes: int = 512 * 2**20
    stored_seconds: int = 30 * 60

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f'{field.name} is a whole number from 1, got {value!r}')
        if self.pixels > MAX_PIXELS:
            raise ValueError(f'pixels is at most {MAX_PIXELS}, the most that is ever decoded; got {self.pixels}')


class RateLimiter:
    """Counts what each client did within the last minute.

    Args:
        number (int): Of times a minute that a client may.
        clock (Callable): Seconds. Defaults to a clock that never goes back.
    """

    def __init__(self, number: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._number = number
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, host: str) -> None:
        """Count once more.

        Args:
            host (str): The client's address. Of IPv6 the first 64 bits count: one visitor has all the others.

        Raises:
            InputError: If the client may not; it is not counted then.
        """
        client, now = client_of(host), self._clock()
        with self._lock:
            times = self._times.setdefault(client, deque())
            self._times.move_to_end(client)
            while times and now - times[0] >= _MINUTE:
                times.popleft()
            if len(times) >= self._number:
                seconds = math.ceil(_MINUTE - (now - times[0]))
                raise InputError(f'Too many requests: {self._number} a minute are allowed. Try again in {seconds} s.')
            times.append(now)
            if len(self._times) > _CLIENTS:
                self._times.popitem(last=False)


class Places:
    """How many things each client does at once. For one thread: that of the server's event loop.

    Args:
        number (int): That a client may.
        what (str): The things, for the message.
    """

    def __init__(self, number: int, what: str) -> None:
        self._number = number
        self._what = what
        self._taken: Counter[str] = Counter()

    @contextmanager
    def one(self, host: str) -> Iterator[None]:
        """Take a place for as long as the context lasts.

        Args:
            host (str): The client's address, which counts as for :class:`RateLimiter`.

        Raises:
            InputError: If all of the client's are taken.
        """
        client = client_of(host)
        if self._taken[client] >= self._number:
            raise InputError(f'Too many {self._what} at once: {self._number} are allowed. Try again later.')
        self._taken[client] += 1
        try:
            yield
        finally:
            self._taken[client] -= 1
            if not self._taken[client]:
                del self._taken[client]


def client_of(host: str) -> str:
    """What stands for a client: its address, or of IPv6 its network of 64 bits."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a test's, or of a Unix socket
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)
