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
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import asdict
from http import HTTPStatus
from importlib import resources
from typing import Any, Final

from mmengine.logging import print_log

from mmspd.web.desk import Desk
from mmspd.web.examples import EXAMPLES
from mmspd.web.limits import InputError

__all__ = ['Gateway']

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_PAGE: Final = re.compile(
    r'/(config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)?'
    r'|(/(assets|static)(/[\w-][\w.-]*)+)'
    r'|/gradio_api/(startup-events|theme\.css|queue/data|heartbeat/\w+)/?'
)
_CALL: Final = '/gradio_api/queue/join'
_CALL_BYTES: Final = 16 * 2**10
_RESULT: Final = re.compile(r'/mmspd/results/([\w-]+)/([\w.]+)')
_EXAMPLE: Final = re.compile(r'/mmspd/examples/([\w.]+)')
_UPLOAD: Final = '/mmspd/pictures'

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


class RefusedError(Exception):
    """A request that is not served, with what is said about it."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Gateway:
    """See the module.

    Args:
        app (App): Gradio's application.
        desk (Desk): Takes pictures and has results.
    """

    def __init__(self, app: App, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI defines it."""
        if scope['type'] == 'lifespan':
            await self._app(scope, receive, send)
            return
        if scope['type'] != 'http':  # a websocket: gradio's page uses none
            await send(dict(type='websocket.close', code=1008))
            return
        send = _Sending(send)
        try:
            await self._serve(scope, receive, send)
        except RefusedError as refused:
            await _say(send, refused)
        except Exception:  # the server goes on; the log has the rest
            print_log(f'a request failed:\n{traceback.format_exc()}', logger='current', level=logging.ERROR)
            if not send.started:
                await _say(send, RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, 'The server could not do this.'))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out who is to answer."""
        method, path = scope['method'], scope['path']
        self._desk.store.sweep()
        if method == 'POST' and _header(scope, b'sec-fetch-site') in (b'cross-site', b'same-site'):
            raise RefusedError(HTTPStatus.FORBIDDEN, 'Pages of other sites may not use this server.')
        if method == 'POST' and path == _UPLOAD:
            await self._take(scope, receive, send)
        elif method == 'POST' and path == _CALL:
            body = await self._body(scope, receive, _CALL_BYTES)
            _check_call(body)
            await self._app(scope, _replay(body, receive), send)
        elif method == 'GET' and (found := _RESULT.fullmatch(path)):
            await _hand_out(send, found[2], self._desk.store.get(found[1], found[2]), stored=True)
        elif method == 'GET' and (found := _EXAMPLE.fullmatch(path)):
            known = any(found[1] == example.file for example in EXAMPLES)
            content = (resources.files('mmspd.web') / 'examples' / found[1]).read_bytes() if known else None
            await _hand_out(send, found[1], content)
        elif method in ('GET', 'HEAD') and _PAGE.fullmatch(path):
            await self._app(scope, receive, send)
        else:
            raise RefusedError(HTTPStatus.NOT_FOUND, 'There is nothing at this address.')

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a picture. One after the other: decoding takes memory."""
        try:
            self._desk.uploads.take(_client(scope))
        except InputError as error:
            raise RefusedError(HTTPStatus.TOO_MANY_REQUESTS, str(error)) from error
        data = await self._body(scope, receive, self._desk.limits.upload_bytes)
        try:
            async with self._one_at_a_time:
                receipt = await asyncio.to_thread(self._desk.take, data)
        except InputError as error:
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        await _answer(send, HTTPStatus.CREATED, json.dumps(asdict(receipt)).encode(), 'application/json')

    async def _body(self, scope: Scope, receive: Receive, most: int) -> bytes:
        """A request's content, which has to come in time."""
        seconds = self._desk.limits.seconds
        try:
            return await asyncio.wait_for(_body(scope, receive, most), seconds)
        except asyncio.TimeoutError as error:
            message = f'It takes longer than {seconds} s to send this. Choose a smaller picture.'
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, message) from error


def _client(scope: Scope) -> str:
    """The visitor's address."""
    return scope['client'][0] if scope.get('client') else 'unknown'


def _header(scope: Scope, name: bytes) -> bytes:
    """A header of a request; empty where there is none."""
    return next((value for key, value in scope['headers'] if key == name), b'')


async def _body(scope: Scope, receive: Receive, most: int) -> bytes:
    """A request's content, refused as soon as it is, or claims to be, larger than ``most`` bytes."""
    too_large = RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f'At most {most:,} bytes are taken. Choose a smaller picture.'
    )
    claimed = _header(scope, b'content-length') or b'0'
    if not claimed.isdigit() or int(claimed) > most:
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


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give a content that was read once more, then what comes."""
    waiting = [dict(type='http.request', body=body, more_body=False)]

    async def again() -> MutableMapping[str, Any]:
        return waiting.pop() if waiting else await receive()

    return again


def _check_call(body: bytes) -> None:
    """Refuse a call of the queue that holds anything but plain values."""
    try:
        call = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, 'Expected a call in JSON.') from error
    data = call.get('data') if isinstance(call, dict) else None
    plain = isinstance(data, list) and all(each is None or isinstance(each, str | bool | int | float) for each in data)
    if not plain or call.get('event_data') is not None:
        raise RefusedError(HTTPStatus.BAD_REQUEST, 'Expected a call with texts, numbers and truth values alone.')


class _Sending:
    """Sends with this server's headers, and knows whether a response has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """Send, as ASGI defines it."""
        if message['type'] == 'http.response.start':
            self.started = True
            kept = [pair for pair in message.get('headers', []) if pair[0].decode('latin-1').lower() not in _HEADERS]
            added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            message = {**message, 'headers': [*kept, *added]}
        await self._send(message)


async def _say(send: Send, refused: RefusedError) -> None:
    """Answer that a request is not served."""
    await _answer(send, refused.status, json.dumps(dict(error=str(refused))).encode(), 'application/json')


async def _hand_out(send: Send, name: str, content: bytes | None, stored: bool = False) -> None:
    """A file; of a visitor's results nothing is kept on the way."""
    if content is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, 'There is no such file, or it was removed since.')
    kind, encoding = mimetypes.guess_type(name)
    extra = {'cache-control': 'no-store'} if stored else {}
    if encoding:
        extra['content-encoding'] = encoding
    await _answer(send, HTTPStatus.OK, content, kind or 'application/octet-stream', extra)


async def _answer(
    send: Send, status: HTTPStatus, content: bytes, kind: str, extra: Mapping[str, str] | None = None
) -> None:
    """A whole response."""
    headers = {'content-type': kind, 'content-length': str(len(content)), **(extra or {})}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send(dict(type='http.response.start', status=int(status), headers=pairs))
    await send(dict(type='http.response.body', body=content))
