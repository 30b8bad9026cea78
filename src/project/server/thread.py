"""The server in a thread: for a command that starts a process which needs an address."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Iterator

from typing_extensions import Self

from project.server.errors import ServerError
from project.server.process import ApiServer, address_of, listen
from project.server.settings import ServerSettings
from project.server.store.database import prepare_database


class ServerThread:
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
            listener = stack.enter_context(listen(self._settings))
            stack.enter_context(_server_thread(self._settings, listener))
            self.url = address_of(self._settings.host, listener)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()


class _ThreadServer(ApiServer):
    """Server in a thread, which stops at once if no request is being answered.

    Uvicorn itself looks ten times a second whether it should stop, and then waits for as long.
    The command would end that much later.
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
