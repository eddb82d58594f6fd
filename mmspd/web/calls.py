"""Which sessions have called, and how many of each client's calls are not over."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from mmspd.web.limits import InputError, client_of

__all__ = ['Calls']

_SESSIONS: Final = 10_000  # that are remembered


class Calls:
    """Calls of the queue. For one thread: that of the server's event loop.

    Args:
        number (int): Of calls that are not over, which a client may have.
        seconds (float): After which a call counts as over whose end was not asked for.
        clock (Callable): Seconds. Defaults to a clock that never goes back.
    """

    def __init__(self, number: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._number = number
        self._seconds = seconds
        self._clock = clock
        self._sessions: OrderedDict[str, str] = OrderedDict()  # and the client of each
        self._waiting: dict[str, list[tuple[str, float]]] = {}  # of each client: session, and since when

    def begin(self, host: str, session: str) -> None:
        """Count a call.

        Args:
            host (str): The client's address.
            session (str): That the call belongs to; it may ask for results from now on.

        Raises:
            InputError: If the client has too many; this one is not counted then.
        """
        client, now = client_of(host), self._clock()
        waiting = [call for call in self._waiting.get(client, []) if now - call[1] < self._seconds]
        if len(waiting) >= self._number:
            raise InputError(f'Too many analyses at once: {self._number} are allowed. Wait for the results.')
        self._waiting[client] = [*waiting, (session, now)]
        self._sessions[session] = client
        self._sessions.move_to_end(session)
        if len(self._sessions) > _SESSIONS:
            self.end(next(iter(self._sessions)))
            self._sessions.popitem(last=False)

    def withdraw(self, session: str) -> None:
        """Count the last call of a session no longer: it was not taken."""
        waiting = self._waiting.get(self._sessions.get(session, ''), [])
        places = [place for place, call in enumerate(waiting) if call[0] == session]
        if places:
            del waiting[places[-1]]

    def end(self, session: str) -> None:
        """Count all calls of a session as over; it may still ask for results."""
        client = self._sessions.get(session, '')
        waiting = [call for call in self._waiting.pop(client, []) if call[0] != session]
        if waiting:
            self._waiting[client] = waiting

    def knows(self, session: str) -> bool:
        """Whether a session has called."""
        return session in self._sessions
