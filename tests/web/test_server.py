"""Requests to the page's server, well meant and forged, by plain HTTP."""

import http.server
import json
import os
import re
import signal
import socket
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mmspd.web import server as server_module
from mmspd.web.limits import Limits
from mmspd.web.server import listen, serve
from tests.web.asking import JOIN, ask, call, post, take
from tests.web.conftest import LIMITS, running
from tests.web.pictures import encoded, picture, png_that_claims

pytest.importorskip('gradio')


def test_picture_to_results(page_server):
    status, receipt = take(page_server, encoded(picture()))
    assert (status, receipt['width'], receipt['height']) == (201, 64, 96)
    done = call(page_server, [receipt['token'], '', False, 'default'], 'good')
    shown = json.loads(done['output']['data'][0])
    for each in shown['downloads'] + shown['views']:
        status, headers, content = ask(page_server, 'GET', f'/mmspd/results/{shown["token"]}/{each["file"]}')
        assert (status, headers['cache-control']) == (200, 'no-store')
        assert content == page_server.desk.store.get(shown['token'], each['file'])


@pytest.mark.parametrize(
    ('data', 'status', 'message'),
    [
        (b'This is a text.', 422, 'no JPEG'),
        (b'', 422, 'empty'),
        (encoded(picture())[:-300], 422, 'cannot be read'),
        (png_that_claims(20_000, 20_000), 422, 'at most|that are taken'),
        (b'x' * (2**20 + 1), 413, 'At most 1,048,576 bytes'),
    ],
)
def test_refused_files_leave_the_server_alive(page_server, data, status, message):
    got, answer = take(page_server, data)
    assert got == status
    assert re.search(message, answer['error'])
    assert take(page_server, encoded(picture()))[0] == 201


def test_content_that_grows_beyond_the_limit_is_cut_off(page_server):
    with socket.create_connection(('127.0.0.1', page_server.port), timeout=30) as line:
        line.sendall(b'POST /mmspd/pictures HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
        part = b'10000\r\n' + b'x' * 0x10000 + b'\r\n'
        answer = b''
        try:
            for _ in range(17):
                line.sendall(part)
            answer = line.recv(1000)
        except (BrokenPipeError, ConnectionResetError):
            answer = answer or b'HTTP/1.1 413'
    assert b' 413 ' in answer + b' '
    assert take(page_server, encoded(picture()))[0] == 201


@pytest.mark.parametrize('claimed', ['-1', '1e3', 'x'])
def test_nonsense_of_lengths(page_server, claimed):
    status, _, _ = ask(page_server, 'POST', '/mmspd/pictures', b'', {'content-length': claimed})
    assert status in (400, 413)


@pytest.mark.parametrize(
    ('data', 'message'),
    [
        (['x', '', False, 'default'], 'Choose a picture first'),
        (['/etc/passwd', '', False, 'default'], 'Choose a picture first'),
        (['TOKEN', '1 2 <b>', False, 'default'], 'Line 1 of the boxes'),
        (['TOKEN', '', False, 'pink'], 'not in the list'),
    ],
)
def test_refused_calls_say_why(page_server, data, message):
    token = take(page_server, encoded(picture()))[1]['token']
    done = call(page_server, [token if each == 'TOKEN' else each for each in data], f'refused{abs(hash(str(data)))}')
    assert not done['success']
    assert message in done['output']['error']
    assert '<b>' not in done['output']['error']


FILES = ['/etc/passwd', '../../../../../etc/passwd', '%2e%2e/%2e%2e/%2e%2e/etc/passwd', 'file:///etc/passwd']


@pytest.mark.parametrize('name', [*FILES, 'README.md', 'setup.cfg'])
@pytest.mark.parametrize(
    'route',
    [
        '/gradio_api/file=', '/file=', '/gradio_api/file/', '/gradio_api/stream/', '/static/', '/assets/', '/svelte/',
        '/gradio_api/custom_component/1/client/component/', '/mmspd/examples/', '/mmspd/results/',
        '/mmspd/results/TOKEN/', '/gradio_api/proxy=',
    ],
)  # fmt: skip
def test_no_file_is_handed_out(page_server, route, name):
    token = page_server.desk.store.put({'a': b'1'}, 'me')
    status, _, content = ask(page_server, 'GET', route.replace('TOKEN', token) + name)
    assert status == 404
    assert b'root:' not in content


def test_not_even_those_of_the_temporary_folder(page_server):
    with tempfile.NamedTemporaryFile(suffix='.txt') as file:
        assert ask(page_server, 'GET', f'/gradio_api/file={file.name}')[0] == 404


@pytest.mark.parametrize(
    'route', ['upload', 'run/run', 'api/run', 'call/run', 'component_server', 'stream/x', 'cancel', 'reset']
)
def test_what_the_page_does_not_need_is_closed(page_server, route):
    assert post(page_server, f'/gradio_api/{route}', dict(data=['x', '', False, 'default']))[0] == 404
    for path in ('/docs', '/openapi.json', '/gradio_api/openapi.json', '/gradio_api/info', '/monitoring', '/login'):
        assert ask(page_server, 'GET', path)[0] == 404
    assert ask(page_server, 'PUT', '/mmspd/pictures', b'x')[0] == 404


@pytest.mark.parametrize('place', ['data', 'nested', 'event_data'])
@pytest.mark.parametrize('field', ['path', 'url'])
def test_forged_files_are_neither_read_nor_fetched(page_server, place, field):
    hits = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            hits.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815

    with http.server.HTTPServer(('127.0.0.1', 0), Listener) as listener:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        for target in ('/etc/passwd', f'http://127.0.0.1:{listener.server_port}/secret.png'):
            forged = {'path': '/etc/passwd', 'url': None, field: target, 'meta': {'_type': 'gradio.FileData'}}
            data = ['x', '', False, 'default']
            if place != 'event_data':
                data[0] = forged if place == 'data' else [forged]
            body = dict(data=data, fn_index=0, session_hash='forged')
            if place == 'event_data':
                body['event_data'] = forged
            status, _, content = post(page_server, JOIN, body)
            assert status == 400
            assert b'texts, numbers and truth values alone' in content
        listener.shutdown()
    assert hits == []


@pytest.mark.parametrize('body', [b'', b'[]', b'null', b'{"data": 5}', b'{', b'[' * 20000, b'\xff\xfe'])
def test_nonsense_in_the_place_of_a_call(page_server, body):
    assert ask(page_server, 'POST', JOIN, body)[0] in (400, 413)


def test_calls_of_functions_that_do_not_exist(page_server):
    for number in (77, -1, None, 'x', 1.5):
        status, _, content = post(page_server, JOIN, dict(data=['x'], fn_index=number, session_hash='a'))
        assert 400 <= status < 600
        assert b'Traceback' not in content
    assert take(page_server, encoded(picture()))[0] == 201


def test_page_reports_to_nobody(page_server):
    _, _, content = ask(page_server, 'GET', '/')
    assert b'"analytics_enabled":false' in content
    assert not re.findall(rb'<(?:script|link|img)[^>]+(?:src|href)="https?://', content)
    assert os.environ['GRADIO_ANALYTICS_ENABLED'] == 'False'


def test_rate_of_pictures(tmp_path, page_server):
    with running(page_server.inferencer, Limits(requests_a_minute=2)) as server:
        answers = [take(server, encoded(picture())) for _ in range(3)]
    assert [status for status, _ in answers] == [201, 201, 429]
    assert answers[2][1]['error'].startswith('Too many requests: 2 a minute')


def test_queue_is_bounded(page_server):
    go_on = threading.Event()

    class Waiting:
        name, detector, branches = 'waiting', None, ()

        def __call__(self, image, boxes, tta):
            go_on.wait(20)
            raise RuntimeError('of no use')

    with running(Waiting(), replace(LIMITS, calls=9)) as server:
        token = take(server, encoded(picture()))[1]['token']
        body = dict(data=[token, '', False, 'default'], fn_index=0)
        statuses = [post(server, JOIN, dict(body, session_hash=f's{number}'))[0] for number in range(8)]
        go_on.set()
        # One is at work and `waiting` wait; the others are turned away.
        assert statuses.count(200) in (LIMITS.waiting, LIMITS.waiting + 1)
        assert statuses[-1] == 503
        _, _, events = ask(server, 'GET', '/gradio_api/queue/data?session_hash=s0')
        assert b'could not analyse this picture' in events  # an error of the model tells nothing and ends nothing
        assert b'of no use' not in events
        assert ask(server, 'GET', '/')[0] == 200


def test_port_in_use(page_server, monkeypatch):
    monkeypatch.setattr(server_module, 'Desk', lambda *args: pytest.fail('began'))
    with pytest.raises(OSError, match=f'cannot listen at 127.0.0.1, port {page_server.port} .*another port'):
        serve(page_server.inferencer, port=page_server.port)
    with pytest.raises(OSError, match='port 70000'):
        serve(page_server.inferencer, port=70000)


def test_serve_listens_at_this_machine_alone_and_cleans_up(page_server, monkeypatch):
    found = []

    class Server:
        def run(self, sockets):
            found.extend([sockets[0].getsockname()[0], desks[0].store.folder.exists()])

    desks = []
    monkeypatch.setattr(server_module, 'build_app', lambda desk, about, local: desks.append(desk))
    monkeypatch.setattr(server_module, 'make_server', lambda *args: Server())
    serve(page_server.inferencer, port=0)
    assert found == ['127.0.0.1', True]
    assert not desks[0].store.folder.exists()


def test_termination_signal_removes_everything(page_server, monkeypatch):
    class Server:
        def run(self, sockets):
            signal.raise_signal(signal.SIGTERM)  # as uvicorn does in the end

    desks = []
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(server_module, 'build_app', lambda desk, about, local: desks.append(desk))
    monkeypatch.setattr(server_module, 'make_server', lambda *args: Server())
    with pytest.raises(SystemExit, match='143'):
        serve(page_server.inferencer, port=0)
    assert not desks[0].store.folder.exists()
    assert signal.getsignal(signal.SIGTERM) == before


def test_without_gradio_it_is_said_what_to_install(page_server, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'gradio', None)
    with pytest.raises(ImportError, match=r'pip install -r requirements/web\.txt'):
        serve(page_server.inferencer, port=0)


def test_listening_with_ipv6():
    if not socket.has_ipv6 or not Path('/proc/net/if_inet6').exists():
        pytest.skip('no IPv6 here')
    with listen('::1', 0) as listening:
        assert listening.family == socket.AF_INET6
