"""The server as a process of its own, and inside another process."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from ipaddress import ip_address
from typing import Callable, Iterator

import uvicorn
from typing_extensions import Self

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
    with directory_lock(directory, kept), _listen(settings) as listener:
        prepare_database(settings.database, settings.busy_timeout_seconds)
        url = _url(settings.host, listener)

        def announce() -> None:
            write_record(directory, {"url": url, "pid": os.getpid(), **kept})
            on_ready(url)

        server = _Server(settings, announce)
        # Uvicorn's own handlers would raise the signal again once the server has stopped.
        signals = (signal.SIGINT, signal.SIGTERM)
        handlers = {number: signal.signal(number, server.stop) for number in signals}
        try:
            server.run(sockets=[listener])
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


class EmbeddedServer:
    """The server in a thread of this process, on a free port, while the context lasts.

    Several processes may have one for the same database at the same time.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.url = ""
        self.token = settings.token
        self._settings = replace(settings, port=0)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # Prepared here, as an error could not reach the caller from the server's thread.
            prepare_database(self._settings.database, self._settings.busy_timeout_seconds)
            listener = stack.enter_context(_listen(self._settings))
            stack.enter_context(_server_thread(self._settings, listener))
            self.url = _url(self._settings.host, listener)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()


class _Server(uvicorn.Server):
    """Uvicorn's server, which calls back when it answers, and leaves signals to its caller."""

    def __init__(self, settings: ServerSettings, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(settings),
                http=LimitedProtocol,
                log_config=None,
                access_log=False,
                lifespan="on",
                ws="none",  # no WebSockets here, so that their library need not be imported
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        self._on_ready = on_ready

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve as uvicorn does, but log warnings only.

        Its INFO lines about starting and stopping would stand in the log of every command.
        """
        thread = threading.get_ident()

        def keep(record: logging.LogRecord) -> bool:
            # The application may have a uvicorn server of its own, in another thread.
            return record.levelno >= logging.WARNING or record.thread != thread

        logger = logging.getLogger("uvicorn.error")
        logger.addFilter(keep)
        try:
            super().run(sockets)
        finally:
            logger.removeFilter(keep)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then call back."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals: only a main thread may, and there `serve` does."""
        yield

    def stop(self, *_signal: object) -> None:
        """Stop once the current requests are answered; when called again, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


class _ThreadServer(_Server):
    """Server in a thread, which stops at once if no request is being answered.

    Uvicorn itself looks ten times a second whether it should stop, and then waits for as long.
    Every command that starts a server would end that much later.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does."""
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        """Serve until stopped; the tick updates the date in the headers of responses."""
        while not await self.on_tick(0):
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), timeout=1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close connections and the application."""
        if self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self.lifespan.shutdown()

    def stop(self, *_signal: object) -> None:
        """Stop once the current requests are answered."""
        super().stop()
        if self.started:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)


@contextmanager
def _server_thread(settings: ServerSettings, listener: socket.socket) -> Iterator[None]:
    """Run a server in a thread; it answers when the context is entered."""
    settled = threading.Event()
    server = _ThreadServer(settings, settled.set)

    def run() -> None:
        try:
            server.run(sockets=[listener])
        finally:
            settled.set()

    thread = threading.Thread(target=run, name="embedded-api", daemon=True)
    thread.start()
    try:
        settled.wait()
        if not server.started:
            raise ServerError(
                f"The embedded API for {settings.database} did not start; see the log for why."
            )
        yield
    finally:
        server.stop()
        thread.join()


@contextmanager
def _listen(settings: ServerSettings) -> Iterator[socket.socket]:
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


def _url(host: str, listener: socket.socket) -> str:
    address, port = listener.getsockname()[:2]
    if ip_address(address).is_unspecified:  # all addresses of this machine, and none to connect to
        host = "::1" if listener.family == socket.AF_INET6 else "127.0.0.1"
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"
