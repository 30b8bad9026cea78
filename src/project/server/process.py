"""The server as a process of its own."""

from __future__ import annotations

import errno
import os
import signal
import socket
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Callable, Iterator

import uvicorn

from project.server.app import create_app
from project.server.connections import LimitedProtocol
from project.server.errors import ServerError
from project.server.record import directory_lock, write_record
from project.server.settings import ServerSettings
from project.server.store.database import prepare_database

_BACKLOG = 2048  # every request of Prefect's client is a new connection
_STOP_SECONDS = 5
_PORT_ERRORS = {errno.EADDRINUSE, errno.EACCES}


def serve(settings: ServerSettings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; call `on_ready` with the address once requests are answered.

    For the main thread. Raises ServerRunningError if another process serves this directory, and
    ServerError if the database or the port cannot be used.
    """
    directory = settings.database.parent
    kept = {"token": settings.token} if settings.records_token else {}
    with directory_lock(directory, kept), listen(settings) as listener:
        prepare_database(settings.database, settings.busy_timeout_seconds)
        url = address_of(settings.host, listener)

        def announce() -> None:
            write_record(directory, {"url": url, "pid": os.getpid(), **kept})
            on_ready(url)

        server = ApiServer(settings, announce)
        # Uvicorn's own handlers would raise the signal again once the server has stopped.
        signals = (signal.SIGINT, signal.SIGTERM)
        handlers = {number: signal.signal(number, server.stop) for number in signals}
        try:
            server.run(sockets=[listener])
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


class ApiServer(uvicorn.Server):
    """Uvicorn's server, which calls back when it answers, and leaves signals to its caller."""

    def __init__(self, settings: ServerSettings, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(settings),
                http=LimitedProtocol,
                log_config=None,
                log_level="warning",  # its other lines would stand between the command's own
                access_log=False,
                lifespan="on",
                ws="none",  # no WebSockets here, so that their library need not be imported
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then call back."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals: `serve` does."""
        yield

    def stop(self, *_signal: object) -> None:
        """Stop once the current requests are answered; when called again, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


@contextmanager
def listen(settings: ServerSettings) -> Iterator[socket.socket]:
    """Listen where the settings say, as long as the context lasts. Raises ServerError."""
    address = settings.host, settings.port
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server(address, family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ServerError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror or error}. "
            + ("Choose another port." if error.errno in _PORT_ERRORS else "Choose another host.")
        ) from error
    with listener:
        # Connections inherit it. Without it, the body of an answer waits for the acknowledgement
        # of its head, for 40 ms; asyncio sets it only for sockets created with a protocol.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def address_of(host: str, listener: socket.socket) -> str:
    """Return the address of a server that listens on a host."""
    address, port = listener.getsockname()[:2]
    if ip_address(address).is_unspecified:  # all addresses of this machine, and none to connect to
        host = "::1" if listener.family == socket.AF_INET6 else "127.0.0.1"
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"
