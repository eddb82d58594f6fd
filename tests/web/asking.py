"""Requests to the page's server by plain HTTP."""

import http.client
import json

JOIN = '/gradio_api/queue/join'


def ask(server, method, path, body=None, headers=()):
    """Status, headers and content of the answer."""
    connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=30)
    connection.request(method, path, body, dict(headers))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def post(server, path, value):
    return ask(server, 'POST', path, json.dumps(value), {'content-type': 'application/json'})


def call(server, data, session):
    """What the queue says at the end of a call."""
    status, _, content = post(server, JOIN, dict(data=data, fn_index=0, session_hash=session))
    assert status == 200, content
    _, _, events = ask(server, 'GET', f'/gradio_api/queue/data?session_hash={session}')
    done = [json.loads(line[6:]) for line in events.decode().splitlines() if '"process_completed"' in line]
    return done[0]


def take(server, data):
    status, _, content = ask(server, 'POST', '/mmspd/pictures', data)
    return status, json.loads(content)
