"""What one client may not take from the others."""

import asyncio
import http.client
import json
import threading
from contextlib import ExitStack
from dataclasses import replace

import pytest

from mmspd.web.calls import Calls
from mmspd.web.desk import Desk
from mmspd.web.gateway import Gateway
from mmspd.web.limits import InputError, Limits, Places
from tests.web.asking import JOIN, ask, post
from tests.web.conftest import LIMITS, running
from tests.web.pictures import encoded, picture

EVENTS = '/gradio_api/queue/data?session_hash='
HEARTBEAT = '/gradio_api/heartbeat/'


def test_places_of_each_client():
    places = Places(2, 'things')
    with places.one('2001:db8::1'), ExitStack() as inner:
        inner.enter_context(places.one('2001:db8::2'))
        for _ in range(2):
            with pytest.raises(InputError, match='Too many things at once: 2'), places.one('2001:db8::3'):
                pytest.fail('there was a place')
        with places.one('10.0.0.1'):
            inner.close()
        with places.one('2001:db8::3'):
            pass


def test_calls_of_each_client():
    now = [0.0]
    calls = Calls(2, 60, lambda: now[0])
    calls.begin('10.0.0.1', 'a')
    calls.begin('10.0.0.1', 'b')
    with pytest.raises(InputError, match='Too many analyses at once: 2'):
        calls.begin('10.0.0.1', 'c')
    assert [calls.knows(session) for session in 'abc'] == [True, True, False]
    calls.begin('10.0.0.2', 'd')
    calls.end('a')
    now[0] = 10.0
    calls.begin('10.0.0.1', 'a')
    calls.withdraw('a')  # once; the call of b goes on
    calls.withdraw('a')
    calls.begin('10.0.0.1', 'a')
    with pytest.raises(InputError):
        calls.begin('10.0.0.1', 'a')
    now[0] = 60.0  # b is over; a began later
    calls.begin('10.0.0.1', 'b')
    with pytest.raises(InputError):
        calls.begin('10.0.0.1', 'b')


def test_few_sessions_are_remembered(monkeypatch):
    monkeypatch.setattr('mmspd.web.calls._SESSIONS', 2)
    calls = Calls(1, 60, lambda: 0.0)
    for number, session in enumerate('abc'):
        calls.begin(f'10.0.0.{number}', session)
    assert [calls.knows(session) for session in 'abc'] == [False, True, True]
    calls.begin('10.0.0.0', 'd')  # nothing is left of the one that was forgotten


def test_open_requests_of_one_client(page_server):
    with running(page_server.inferencer, replace(LIMITS, open_requests=3)) as server, ExitStack() as stack:
        for number in range(3):
            line = http.client.HTTPConnection('127.0.0.1', server.port, timeout=30)
            stack.callback(line.close)
            line.request('GET', f'{HEARTBEAT}s{number}')
            assert line.getresponse().status == 200  # it goes on
        status, _, content = ask(server, 'GET', f'{HEARTBEAT}s4')
        assert (status, json.loads(content)['error'][:24]) == (429, 'Too many requests at onc')
        assert ask(server, 'POST', '/mmspd/pictures', encoded(picture()))[0] == 429
        assert ask(server, 'GET', '/')[0] == ask(server, 'GET', '/mmspd/examples/two.jpg')[0] == 200


def test_calls_are_counted_at_the_door(page_server):
    body = dict(data=['x', '', False, 'default'], fn_index=0)
    with running(page_server.inferencer, replace(LIMITS, requests_a_minute=4)) as server:
        assert [post(server, JOIN, dict(body, session_hash=each))[0] for each in 'abc'] == [200, 200, 429]
        assert ask(server, 'GET', EVENTS + 'a')[0] == 200  # to its end
        status, _, content = post(server, JOIN, dict(body, session_hash='a'))
        assert status == 200
        status, _, content = post(server, JOIN, dict(body, session_hash='a'))
        assert (status, json.loads(content)['error'][:17]) == (429, 'Too many requests')


def test_calls_that_gradio_refuses_take_no_place(page_server):
    body = dict(data=['x', '', False, 'default'], session_hash='refused')
    with running(page_server.inferencer, replace(LIMITS, calls=1)) as server:
        for _ in range(2):
            assert post(server, JOIN, dict(body, fn_index=77))[0] not in (200, 429)
        assert post(server, JOIN, dict(body, fn_index=0))[0] == 200


@pytest.mark.parametrize('query', ['session_hash=never', '', 'session_hash=', 'session_hash=known&session_hash=never'])
def test_only_sessions_that_called_hear_events(page_server, query):
    body = dict(data=['x', '', False, 'default'], fn_index=0, session_hash='known')
    assert post(page_server, JOIN, body)[0] == 200
    assert ask(page_server, 'GET', EVENTS + 'known')[0] == 200
    assert ask(page_server, 'GET', f'/gradio_api/queue/data?{query}')[0] == 404


@pytest.mark.parametrize('session', [None, '', 5])
def test_calls_without_a_session(page_server, session):
    body = dict(data=['x', '', False, 'default'], fn_index=0, session_hash=session)
    assert post(page_server, JOIN, body)[0] == 400


class Slow:
    """Requests to a gateway without a server; bodies end when they are told to."""

    def __init__(self, desk):
        self.gateway = Gateway(None, desk)
        self.go_on = asyncio.Event()
        self.reading = 0

    async def upload(self, client):
        """Status of the answer."""
        messages = []

        async def receive():
            self.reading += 1
            await self.go_on.wait()
            return dict(type='http.request', body=b'x', more_body=False)

        async def send(message):
            messages.append(message)

        scope = dict(type='http', method='POST', path='/mmspd/pictures', headers=[], client=(client, 1))
        await self.gateway(scope, receive, send)
        return messages[0]['status']


@pytest.fixture
def desk():
    made = Desk(None, Limits(seconds=1))
    yield made
    made.close()


def test_four_pictures_are_read_at_once_and_two_of_one_client(desk):
    async def run():
        slow = Slow(desk)
        tasks = [asyncio.create_task(slow.upload(f'10.0.0.{number // 2}')) for number in range(10)]
        while slow.reading < 4:
            await asyncio.sleep(0.01)
        assert await slow.upload('10.0.0.0') == 429
        assert slow.reading == 4
        slow.go_on.set()
        assert await asyncio.gather(*tasks) == [422] * 10  # no picture

    asyncio.run(run())


def test_waiting_for_the_decoder_has_an_end(desk, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def take(data, client):
        begun.set()
        go_on.wait(20)
        raise InputError('no picture')

    monkeypatch.setattr(desk, 'take', take)

    async def run():
        slow = Slow(desk)
        slow.go_on.set()
        first = asyncio.create_task(slow.upload('10.0.0.1'))
        await asyncio.to_thread(begun.wait)
        assert await slow.upload('10.0.0.2') == 503
        go_on.set()
        assert await first == 422

    asyncio.run(run())
