"""The server as a process of its own, and inside another one."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Callable, Iterator

import uvicorn
from typing_extensions import Self

from project.server.app import create_app
from project.server.database import prepare_database
from project.server.errors import ServerError, ServerRunningError
from project.server.locks import SoleRole
from project.server.settings import ServerSettings

_LOCK = "server.lock"
_RECORD = "server.json"
_BACKLOG = 2048
_STOP_SECONDS = 5
_LOCK_SECONDS = 0.5  # `running_server` holds the lock for a moment, too


def serve(settings: ServerSettings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; call `on_ready` with the address once requests are answered.

    For the main thread. Raises ServerRunningError when another process serves this directory.
    """
    directory = settings.database.parent
    with _sole_server(directory), _listening(settings) as listener:
        _prepare(settings)
        url = _url(settings.host, listener)
        server = _Server(settings, lambda: _announce(directory, url, on_ready))
        with _stopped_by_signals(server):
            server.run(sockets=[listener])


def running_server(directory: Path) -> str | None:
    """Return the address of the server that `serve` runs for a directory, if there is one."""
    if not (directory / _LOCK).exists():
        return None
    role = SoleRole(directory / _LOCK)
    if role.take():
        role.leave()
        return None
    return _recorded_url(directory)


class EmbeddedServer:
    """The same server in a thread of this process, on a free port, while the context lasts.

    Several processes may have one on the same database at the same time.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.url = ""
        self._settings = settings
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            _prepare(self._settings)
            listener = stack.enter_context(_listening(replace(self._settings, port=0)))
            stack.enter_context(_running(self._settings, listener))
            self.url = _url(self._settings.host, listener)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()


class _Server(uvicorn.Server):
    """Uvicorn's server, that tells when it answers, and leaves signals to whoever runs it."""

    def __init__(self, settings: ServerSettings, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(settings),
                log_config=None,
                access_log=False,
                lifespan="on",
                ws="none",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then tell."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def stop(self, *_signal: object) -> None:
        """Stop when the requests at hand are answered; at once, when asked again."""
        self.force_exit = self.should_exit
        self.should_exit = True


@contextmanager
def _running(settings: ServerSettings, listener: socket.socket) -> Iterator[None]:
    """Run a server in a thread."""
    settled = threading.Event()
    server = _Server(settings, settled.set)

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
                f"The embedded API for {settings.database} did not start; the log says why."
            )
        yield
    finally:
        server.stop()
        thread.join()


@contextmanager
def _stopped_by_signals(server: _Server) -> Iterator[None]:
    before = {each: signal.signal(each, server.stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _sole_server(directory: Path) -> Iterator[None]:
    role = SoleRole(directory / _LOCK)
    if not role.take(_LOCK_SECONDS):
        raise ServerRunningError(directory, _recorded_url(directory))
    try:
        yield
    finally:
        (directory / _RECORD).unlink(missing_ok=True)
        role.leave()


@contextmanager
def _listening(settings: ServerSettings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server(
            (settings.host, settings.port), family=family, backlog=_BACKLOG
        )
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise ServerError(
            f"Cannot listen on {where}: {error.strerror or error}. Choose another port."
        ) from error
    with listener:
        # Each connection has it from here. Else an answer's body waits until the client confirms
        # the head, 40 ms later; asyncio sets it only for sockets that name their protocol.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def _prepare(settings: ServerSettings) -> None:
    """Meet a database that cannot be used here, where the error reaches the caller."""
    prepare_database(settings.database, settings.busy_timeout_seconds)


def _url(host: str, listener: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"


def _announce(directory: Path, url: str, on_ready: Callable[[str], None]) -> None:
    draft = directory / f"{_RECORD}.{os.getpid()}"
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    draft.replace(directory / _RECORD)
    on_ready(url)


def _recorded_url(directory: Path) -> str | None:
    try:
        return str(json.loads((directory / _RECORD).read_text())["url"])
    except FileNotFoundError:  # the server has the lock, but is not ready yet
        return None
