"""The page's server. Needs gradio, with which fastapi and uvicorn come."""

import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mmengine.logging import print_log

from mmspd.apis import SPDInferencer
from mmspd.web.desk import Desk
from mmspd.web.gateway import Gateway
from mmspd.web.incoming import is_loopback
from mmspd.web.limits import Limits
from mmspd.web.page import build_page, import_gradio, page_style

__all__ = ['build_app', 'listen', 'make_server', 'serve']

_KEEP_ALIVE: Final = 10  # seconds


def build_app(desk: Desk, about: str | None = None, local: bool = False) -> Gateway:
    """The page as an ASGI application, to be run by any server of such.

    Args:
        desk (Desk): Does the work; close it at the end.
        about (str, optional): As for :func:`~mmspd.web.page.build_page`.
        local (bool): Whether requests have to name this machine as their host, by ``localhost`` or an address of
            loopback. Defaults to False.

    Returns:
        Gateway: The application.

    Raises:
        ImportError: If gradio is missing.
    """
    gradio = import_gradio()
    from fastapi import FastAPI

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    page = build_page(desk, about)
    gradio.mount_gradio_app(
        app,
        page,
        path='/',
        footer_links=[],
        run_history=False,
        allowed_paths=[],
        blocked_paths=[str(Path('/'))],
        max_file_size=1,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        **page_style(),
    )
    return Gateway(app, desk, local)


def serve(
    inferencer: SPDInferencer,
    host: str = '127.0.0.1',
    port: int = 7860,
    limits: Limits | None = None,
    about: str | None = None,
    trusted_proxies: str | None = None,
) -> None:
    """Serve the page until the process is interrupted.

    Args:
        inferencer (SPDInferencer): The model, and perhaps a detector.
        host (str): The address to listen at. Defaults to this machine alone; ``'0.0.0.0'`` lets others in. At loopback,
            without trusted proxies, requests have to name ``localhost`` or an address of loopback as their host.
        port (int): Defaults to 7860; 0 chooses a free one.
        limits (Limits, optional): What visitors may ask for. Defaults to None: those of :class:`Limits`.
        about (str, optional): A sentence on the model. Defaults to None: what is known of it.
        trusted_proxies (str, optional): Addresses, separated by commas, of reverse proxies whose ``X-Forwarded-For``
            tells the visitor's. Defaults to None: there are none.

    Raises:
        ImportError: If gradio is missing.
        OSError: If it is not possible to listen there, as when the port is in use.
    """
    import_gradio()
    with listen(host, port) as listening, _orderly_end():
        desk = Desk(inferencer, limits or Limits())
        try:
            local = is_loopback(host) and trusted_proxies is None
            server = make_server(build_app(desk, about, local), desk.limits.connections, trusted_proxies)
            shown = f'[{host}]' if ':' in host else host
            address = f'http://{shown}:{listening.getsockname()[1]}/'
            print_log(f'the page is at {address}; Ctrl-C stops the server', logger='current')
            server.run(sockets=[listening])
        finally:
            desk.close()


@contextmanager
def _orderly_end() -> Iterator[None]:
    """Let a termination signal end the program as an exit does, so that what visitors left is removed.

    uvicorn stops serving at the signal, then lets it do to the program what it would have done without uvicorn.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host (str): The address.
        port (int): 0 chooses a free one.

    Returns:
        socket.socket: To be closed.

    Raises:
        OSError: If that is not possible; the message says where.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ':' in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise OSError(
            f'cannot listen at {host}, port {port} ({error}): another program may use it; choose another port'
        ) from error


def make_server(app: Gateway, connections: int, trusted_proxies: str | None = None) -> Any:
    """A server of the page, which is not running.

    Args:
        app (Gateway): The page.
        connections (int): Open at once.
        trusted_proxies (str, optional): As for :func:`serve`.

    Returns:
        uvicorn.Server: Its ``run`` takes sockets that listen.
    """
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level='warning',
            server_header=False,
            limit_concurrency=connections,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_KEEP_ALIVE,
            proxy_headers=trusted_proxies is not None,
            forwarded_allow_ips=trusted_proxies,
        )
    )
