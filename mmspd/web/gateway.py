"""The door of the page's server: lets through what the page needs, and takes pictures in and hands results out itself.

An ASGI application of plain Python around gradio's. What is not on the list below is answered 404, whatever gradio
would do with it: its routes for files, uploads, proxies, streams and calls by name take paths and addresses from
requests. Requests to the queue may hold numbers, texts and truth values alone, because gradio follows paths and
addresses in any object that looks like a file of its own, whatever component it is sent to.
"""

import asyncio
import json
import logging
import mimetypes
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from http import HTTPStatus
from importlib import resources
from typing import Any, Final
from urllib.parse import parse_qs

from mmengine.logging import print_log

from mmspd.web.calls import Calls
from mmspd.web.desk import Desk
from mmspd.web.examples import EXAMPLES
from mmspd.web.incoming import (
    Receive,
    RefusedError,
    Scope,
    check_host,
    check_sender,
    client_host,
    read_body,
    read_call,
    replay,
    without_forwarding,
)
from mmspd.web.limits import InputError, Places

__all__ = ['Gateway']

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# The page loads a hundred of these at once, which costs little.
_OWN_FILES: Final = re.compile(
    r'/(config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?'
    r'|(/(assets|static)(/[\w-][\w.-]*)+)'
    r'|/gradio_api/theme\.css'
)
_PAGE: Final = re.compile(r'/gradio_api/(startup-events|heartbeat/\w+)/?')
_CALL: Final = '/gradio_api/queue/join'
_EVENTS: Final = '/gradio_api/queue/data'
_CALL_BYTES: Final = 16 * 2**10
_RESULT: Final = re.compile(r'/mmspd/results/([\w-]+)/([\w.]+)')
_EXAMPLE: Final = re.compile(r'/mmspd/examples/([\w.]+)')
_UPLOAD: Final = '/mmspd/pictures'
_NEVER_KEPT: Final = ('/', '/config')  # they name the session's address
_READERS: Final = 4  # pictures in memory at once
_SENDING: Final = 2  # of one client

# Nothing is loaded from elsewhere, and no other site may frame the page. The scripts of gradio's page stand in its
# text, and those of its HTML components are made from text.
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    'content-security-policy': _POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
    'cross-origin-resource-policy': 'same-origin',
}


class Gateway:
    """See the module.

    Args:
        app (App): Gradio's application.
        desk (Desk): Takes pictures and has results.
        local (bool): Whether nobody but this machine is to be served: requests have to name it as their host. Defaults
            to False.
    """

    def __init__(self, app: App, desk: Desk, local: bool = False) -> None:
        self._app = app
        self._desk = desk
        self._local = local
        limits = desk.limits
        self._open = Places(limits.open_requests, 'requests')
        self._sending = Places(_SENDING, 'pictures')
        self._calls = Calls(limits.calls, limits.seconds * (limits.waiting + 1))
        self._readers = asyncio.Semaphore(_READERS)
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI defines it."""
        if scope['type'] == 'lifespan':
            await self._app(scope, receive, send)
            return
        if scope['type'] != 'http':  # a websocket: gradio's page uses none
            await send(dict(type='websocket.close', code=1008))
            return
        sending = _Sending(send, scope['path'] in _NEVER_KEPT)
        try:
            await self._serve(without_forwarding(scope), receive, sending)
        except RefusedError as refused:
            await _say(sending, refused)
        except Exception:  # the server goes on; the log has the rest
            print_log(f'a request failed:\n{traceback.format_exc()}', logger='current', level=logging.ERROR)
            if not sending.status:
                await _say(sending, RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, 'The server could not do this.'))

    async def _serve(self, scope: Scope, receive: Receive, send: '_Sending') -> None:
        """Find out whether to answer."""
        if self._local:
            check_host(scope)
        if scope['method'] == 'POST':
            check_sender(scope)
        await asyncio.to_thread(self._desk.store.sweep)
        if scope['method'] in ('GET', 'HEAD') and _OWN_FILES.fullmatch(scope['path']):
            await self._app(scope, receive, send)
        elif scope['method'] == 'GET' and (found := _EXAMPLE.fullmatch(scope['path'])):
            known = any(found[1] == example.file for example in EXAMPLES)
            content = (resources.files('mmspd.web') / 'examples' / found[1]).read_bytes() if known else None
            await _hand_out(send, found[1], content)
        else:
            with _refusals(HTTPStatus.TOO_MANY_REQUESTS), self._open.one(client_host(scope)):
                await self._serve_visitor(scope, receive, send)

    async def _serve_visitor(self, scope: Scope, receive: Receive, send: '_Sending') -> None:
        """Find out who is to answer, of what takes time or memory."""
        method, path = scope['method'], scope['path']
        if method == 'POST' and path == _UPLOAD:
            await self._take(scope, receive, send)
        elif method == 'POST' and path == _CALL:
            await self._join(scope, receive, send)
        elif method == 'GET' and path == _EVENTS:
            await self._events(scope, receive, send)
        elif method == 'GET' and (found := _RESULT.fullmatch(path)):
            content = await asyncio.to_thread(self._desk.store.get, found[1], found[2])
            await _hand_out(send, found[2], content)
        elif method in ('GET', 'HEAD') and _PAGE.fullmatch(path):
            await self._app(scope, receive, send)
        else:
            raise RefusedError(HTTPStatus.NOT_FOUND, 'There is nothing at this address.')

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a picture. A few are read, and one is decoded, at a time: both take memory."""
        client, limits = client_host(scope), self._desk.limits
        self._desk.uploads.take(client)
        with self._sending.one(client):
            async with _turn(self._readers, limits.seconds):
                data = await self._body(scope, receive, limits.upload_bytes)
                async with _turn(self._one_at_a_time, limits.seconds):
                    with _refusals(HTTPStatus.UNPROCESSABLE_ENTITY):
                        receipt = await asyncio.to_thread(self._desk.take, data, client)
        await _answer(send, HTTPStatus.CREATED, json.dumps(asdict(receipt)).encode(), 'application/json')

    async def _join(self, scope: Scope, receive: Receive, send: '_Sending') -> None:
        """Put a call into gradio's queue."""
        client = client_host(scope)
        self._desk.runs.take(client)
        body = await self._body(scope, receive, _CALL_BYTES)
        session = read_call(body)
        self._calls.begin(client, session)
        try:
            await self._app(scope, replay(body, receive), send)
        finally:
            if send.status != HTTPStatus.OK:
                self._calls.withdraw(session)

    async def _events(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a session hear of its calls; gradio would keep a queue of messages for whoever asks."""
        sessions = parse_qs(scope['query_string'].decode('latin-1')).get('session_hash', [])
        if len(sessions) != 1 or not self._calls.knows(sessions[0]):
            raise RefusedError(HTTPStatus.NOT_FOUND, 'There is no such session.')
        try:
            await self._app(scope, receive, send)
        finally:  # gradio ends its answer with the last call, and takes those that wait out if nobody listens
            self._calls.end(sessions[0])

    async def _body(self, scope: Scope, receive: Receive, most: int) -> bytes:
        """A request's content, which has to come in time."""
        seconds = self._desk.limits.seconds
        try:
            return await asyncio.wait_for(read_body(scope, receive, most), seconds)
        except asyncio.TimeoutError as error:
            message = f'It takes longer than {seconds} s to send this. Choose a smaller picture.'
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, message) from error


@contextmanager
def _refusals(status: HTTPStatus) -> Iterator[None]:
    """Answer what a visitor may not do with a status."""
    try:
        yield
    except InputError as error:
        raise RefusedError(status, str(error)) from error


@asynccontextmanager
async def _turn(lock: asyncio.Lock | asyncio.Semaphore, seconds: float) -> AsyncIterator[None]:
    """Hold a lock, if it comes free in time."""
    try:
        await asyncio.wait_for(lock.acquire(), seconds)
    except asyncio.TimeoutError as error:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, 'The server is busy. Try again.') from error
    try:
        yield
    finally:
        lock.release()


class _Sending:
    """Sends with this server's headers, and knows the status of a response that has begun.

    Gradio allows every site that a request names as its own to read the answer; those headers are left out.
    """

    def __init__(self, send: Send, never_kept: bool) -> None:
        self._send = send
        self._never_kept = never_kept
        self.status = 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """Send, as ASGI defines it."""
        if message['type'] == 'http.response.start':
            self.status = message['status']
            kept = [pair for pair in message.get('headers', []) if self._is_kept(pair[0].decode('latin-1').lower())]
            added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            if not any(name.lower() == b'cache-control' for name, _ in kept):
                added.append((b'cache-control', b'no-store'))
            message = {**message, 'headers': [*kept, *added]}
        await self._send(message)

    def _is_kept(self, name: str) -> bool:
        """Whether a header of gradio's is sent."""
        replaced = name in _HEADERS or (self._never_kept and name == 'cache-control')
        return not replaced and not name.startswith('access-control-')


async def _say(send: Send, refused: RefusedError) -> None:
    """Answer that a request is not served."""
    await _answer(send, refused.status, json.dumps(dict(error=str(refused))).encode(), 'application/json')


async def _hand_out(send: Send, name: str, content: bytes | None) -> None:
    """A file."""
    if content is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, 'There is no such file, or it was removed since.')
    kind, encoding = mimetypes.guess_type(name)
    extra = {'content-encoding': encoding} if encoding else {}
    await _answer(send, HTTPStatus.OK, content, kind or 'application/octet-stream', extra)


async def _answer(
    send: Send, status: HTTPStatus, content: bytes, kind: str, extra: Mapping[str, str] | None = None
) -> None:
    """A whole response."""
    headers = {'content-type': kind, 'content-length': str(len(content)), **(extra or {})}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send(dict(type='http.response.start', status=int(status), headers=pairs))
    await send(dict(type='http.response.body', body=content))
