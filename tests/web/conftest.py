"""The page's server in a thread, on a free port of this machine, with a model of random weights."""

import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from mmspd.web.desk import Desk
from mmspd.web.limits import Limits
from mmspd.web.server import build_app, listen, make_server
from tests.web.pictures import tiny_inferencer

LIMITS = Limits(requests_a_minute=1000, persons=3, pixels=1_000_000, upload_bytes=2**20, waiting=2)


@contextmanager
def running(inferencer, limits, local=True, trusted_proxies=None):
    desk = Desk(inferencer, limits)
    with listen('127.0.0.1', 0) as listening:
        server = make_server(build_app(desk, local=local), limits.connections, trusted_proxies)
        thread = threading.Thread(target=server.run, kwargs=dict(sockets=[listening]), daemon=True)
        thread.start()
        yield SimpleNamespace(port=listening.getsockname()[1], desk=desk, inferencer=inferencer)
        server.should_exit = True
        thread.join(30)
    desk.close()


@pytest.fixture(scope='session')
def page_server(tmp_path_factory):
    pytest.importorskip('gradio')
    with running(tiny_inferencer(tmp_path_factory.mktemp('model')), LIMITS) as server:
        yield server
