"""Who may ask the page's server, by which name, and what the headers of its answers say."""

import asyncio
import json

import pytest

from mmspd.web.desk import Desk
from mmspd.web.gateway import Gateway
from mmspd.web.limits import Limits
from tests.web.asking import JOIN, ask
from tests.web.conftest import LIMITS, running
from tests.web.pictures import encoded, picture

pytest.importorskip('gradio')


@pytest.mark.parametrize('origin', [None, 'null', 'http://evil.example', 'http://localhost:{port}', 'http://127.0.0.1'])
@pytest.mark.parametrize('host', ['127.0.0.1:{port}', 'localhost:{port}', 'localhost', 'LOCALHOST:1', '[::1]:80'])
def test_no_other_site_may_read(page_server, host, origin):
    headers = dict(host=host.format(port=page_server.port))
    if origin:
        headers['origin'] = origin.format(port=page_server.port)
    for path in ('/', '/config', '/gradio_api/startup-events', '/mmspd/examples/two.jpg', '/nothing'):
        status, got, _ = ask(page_server, 'GET', path, headers=headers)
        assert status == (404 if path == '/nothing' else 200)
        assert [name for name in got if name.lower().startswith('access-control')] == []
    body = dict(data=['x', '', False, 'default'], fn_index=77, session_hash='o')
    for path in (JOIN, '/mmspd/pictures'):
        headers['content-type'] = 'application/json'
        status, got, _ = ask(page_server, 'POST', path, json.dumps(body), headers)
        ours = origin is None or headers['origin'] == f'http://{headers["host"]}'
        assert (status == 403) == (not ours)
        assert [name for name in got if name.lower().startswith('access-control')] == []


NAMES = [
    'evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '10.0.0.1', '', 'evil@localhost',
    'localhost:x', 'localhost,evil', '[::1', '[::2]', '0.0.0.0',
]  # fmt: skip


@pytest.mark.parametrize('host', NAMES)
def test_other_names_of_this_machine_are_refused(page_server, host):
    for method, path in (('GET', '/'), ('GET', '/config'), ('POST', '/mmspd/pictures'), ('GET', '/mmspd/results/a/b')):
        assert ask(page_server, method, path, headers=dict(host=host))[0] == 421


def test_behind_a_proxy(page_server):
    forwarded = {'host': 'people.example', 'x-forwarded-for': '10.1.2.3', 'x-forwarded-proto': 'https'}
    with running(page_server.inferencer, Limits(requests_a_minute=1), False, '127.0.0.1') as server:
        _, _, config = ask(server, 'GET', '/config', headers=forwarded)
        assert json.loads(config)['root'] == 'https://people.example'
        addresses = ['10.1.2.3', '10.1.2.3', '10.1.2.4']
        sent = [forwarded | {'x-forwarded-for': each, 'origin': 'https://people.example'} for each in addresses]
        statuses = [ask(server, 'POST', '/mmspd/pictures', encoded(picture()), headers)[0] for headers in sent]
        assert statuses == [201, 429, 201]


@pytest.mark.parametrize('proxies', [None, '10.0.0.1'])
def test_nobody_else_is_believed_to_be_a_proxy(page_server, proxies):
    with running(page_server.inferencer, LIMITS, True, proxies) as server:
        for name in ('x-forwarded-host', 'x-forwarded-proto', 'X-Forwarded-Server', 'forwarded'):
            headers = {name: 'https' if name == 'x-forwarded-proto' else 'host=evil.example;proto=https'}
            _, _, config = ask(server, 'GET', '/config', headers=headers)
            assert json.loads(config)['root'] == f'http://127.0.0.1:{server.port}'
            assert b'evil.example' not in ask(server, 'GET', '/', headers=headers)[2]


@pytest.mark.parametrize(('path', 'kept'), [('/', 'no-store'), ('/config', 'no-store'), ('/theme.css', 'max-age=60')])
def test_the_page_itself_is_never_kept(path, kept):
    sent = []

    async def app(scope, receive, send):
        await send(dict(type='http.response.start', status=200, headers=[(b'Cache-Control', b'max-age=60')]))

    async def send(message):
        sent.extend(value for name, value in message['headers'] if name.lower() == b'cache-control')

    desk = Desk(None, Limits())
    scope = dict(type='http', method='GET', path=path, headers=[])
    asyncio.run(Gateway(app, desk)(scope, None, send))
    desk.close()
    assert sent == [kept.encode()]


@pytest.mark.parametrize('path', ['/', '/config', '/nothing', '/mmspd/examples/two.jpg', '/gradio_api/startup-events'])
def test_nothing_is_kept_on_the_way(page_server, path):
    assert ask(page_server, 'GET', path)[1].get_all('cache-control') == ['no-store']


def test_other_sites_may_not_post(page_server):
    for site, status in (('cross-site', 403), ('same-site', 403), ('same-origin', 201), ('none', 201)):
        got, _, _ = ask(page_server, 'POST', '/mmspd/pictures', encoded(picture()), {'sec-fetch-site': site})
        assert got == status


@pytest.mark.parametrize('path', ['/', '/nothing', '/mmspd/examples/two.jpg', '/theme.css'])
def test_headers(page_server, path):
    _, headers, _ = ask(page_server, 'GET', path)
    assert "default-src 'self'" in headers['content-security-policy']
    assert 'http' not in headers['content-security-policy']
    assert headers['x-content-type-options'] == 'nosniff'
    assert headers['x-frame-options'] == 'DENY'
    assert headers.get_all('content-security-policy') == [headers['content-security-policy']]
    assert 'server' not in headers
