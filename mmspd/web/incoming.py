"""Requests as ASGI brings them: who sends them, whether they are to be served, and what they hold."""

import ipaddress
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

__all__ = [
    'Receive',
    'RefusedError',
    'Scope',
    'check_host',
    'check_sender',
    'client_host',
    'is_loopback',
    'read_body',
    'read_call',
    'replay',
    'without_forwarding',
]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_HOST: Final = re.compile(r'(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+))(?::\d*)?')
_FORWARDING: Final = (b'x-forwarded-', b'forwarded')  # beginnings of headers' names


class RefusedError(Exception):
    """A request that is not served, with what is said about it.

    Args:
        status (HTTPStatus): Of the answer.
        message (str): For the visitor.
    """

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def is_loopback(host: str) -> bool:
    """Whether a name or an address, without port and brackets, is this machine's own, which nobody else can reach."""
    if host.lower() == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def client_host(scope: Scope) -> str:
    """The visitor's address."""
    return scope['client'][0] if scope.get('client') else 'unknown'


def without_forwarding(scope: Scope) -> Scope:
    """A request without what anybody may have written of proxies.

    What a trusted proxy says was used before, by the server: visitor and scheme stand in the scope. Gradio would
    believe the headers of everybody.
    """
    return {**scope, 'headers': [pair for pair in scope['headers'] if not pair[0].lower().startswith(_FORWARDING)]}


def check_host(scope: Scope) -> None:
    """Refuse a request of a server at loopback that names another host.

    Such come from a browser on this machine, on a page of another site that has its own name point to this machine (DNS
    rebinding), and could read everything.

    Raises:
        RefusedError: With 421.
    """
    found = _HOST.fullmatch(_header(scope, b'host'))
    if found is None or not is_loopback(found[1] or found[2]):
        raise RefusedError(HTTPStatus.MISDIRECTED_REQUEST, 'This server is for its own machine: ask for localhost.')


def check_sender(scope: Scope) -> None:
    """Refuse what a page of another site sends.

    Raises:
        RefusedError: With 403.
    """
    origin = _header(scope, b'origin')
    foreign = origin and _netloc(origin) != _header(scope, b'host').lower()
    if foreign or _header(scope, b'sec-fetch-site') in ('cross-site', 'same-site'):
        raise RefusedError(HTTPStatus.FORBIDDEN, 'Pages of other sites may not use this server.')


def _netloc(origin: str) -> str | None:
    """Host and port of an origin; None where it has none, as ``null``."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _header(scope: Scope, name: bytes) -> str:
    """A header of a request; empty where there is none."""
    return next((value.decode('latin-1') for key, value in scope['headers'] if key == name), '')


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes:
    """A request's content, refused as soon as it is, or claims to be, larger than ``most`` bytes.

    Raises:
        RefusedError: If it is larger or ends too early.
    """
    too_large = RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f'At most {most:,} bytes are taken. Choose a smaller picture.'
    )
    claimed = _header(scope, b'content-length') or '0'
    if not (claimed.isascii() and claimed.isdigit()) or len(claimed) > len(str(most)) or int(claimed) > most:
        raise too_large
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message['type'] == 'http.disconnect':
            raise RefusedError(HTTPStatus.BAD_REQUEST, 'The connection was closed before everything had arrived.')
        part = message.get('body', b'')
        size += len(part)
        if size > most:
            raise too_large
        parts.append(part)
        more = message.get('more_body', False)
    return b''.join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Give a content that was read once more, then what comes."""
    waiting = [dict(type='http.request', body=body, more_body=False)]

    async def again() -> MutableMapping[str, Any]:
        return waiting.pop() if waiting else await receive()

    return again


def read_call(body: bytes) -> str:
    """The session of a call of the queue.

    Raises:
        RefusedError: If the call holds anything but plain values, or has no session.
    """
    try:
        call = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, 'Expected a call in JSON.') from error
    data = call.get('data') if isinstance(call, dict) else None
    plain = isinstance(data, list) and all(each is None or isinstance(each, str | bool | int | float) for each in data)
    if not plain or call.get('event_data') is not None:
        raise RefusedError(HTTPStatus.BAD_REQUEST, 'Expected a call with texts, numbers and truth values alone.')
    session = call.get('session_hash')
    if not isinstance(session, str) or not session:
        raise RefusedError(HTTPStatus.BAD_REQUEST, 'Expected a call of a session, session_hash.')
    return session
