"""HTTP connections, with limits for what arrives before the guard sees a request."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MAX_HEAD_BYTES = 64 * 1024  # the limit that uvicorn has with its other parser
_MAX_HEADERS = 100
_MAX_WAITING = 256
_MIN_HEAD_SECONDS = 1.0


class LimitedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which has neither a limit nor a deadline for the head of a request.

    Its `limit_concurrency` would not do: with many connections that send nothing, it refuses all
    others, and Prefect's client does not try again. Here, the connections that send nothing go.
    """

    head_seconds = 10.0
    body_seconds = 90.0  # more than the API itself gives a body, as it answers in words

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the head of the first request; if too many wait, close those that are late."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._is_reading_head = True
        self._head_bytes = 0
        self._since = time.monotonic()
        self._deadline = self.loop.call_later(self.head_seconds, self.transport.abort)
        if len(self.connections) > _MAX_WAITING:
            self._close_late()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read more of a request; refuse it if its head is too large."""
        super().data_received(data)
        if self._is_reading_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Wait for the head of a request."""
        super().on_message_begin()
        self._is_reading_head = True
        self._head_bytes = 0
        self._since = time.monotonic()
        self._set_deadline(self.head_seconds)

    def on_headers_complete(self) -> None:
        """Answer a request whose head is complete; its body may still be on the way."""
        head_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if head_bytes > _MAX_HEAD_BYTES or len(self.headers) > _MAX_HEADERS:
            raise ValueError("The head of the request is too large.")  # answered with 400
        self._is_reading_head = False
        self._set_deadline(self.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that nothing of the request is on the way any more."""
        self._deadline.cancel()
        super().on_message_complete()

    def _set_deadline(self, seconds: float) -> None:
        self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _close_late(self) -> None:
        """Close connections that have had the time to send a head, if too many have not."""
        connections = cast("set[LimitedProtocol]", self.connections)
        waiting = [each for each in connections if each._is_reading_head]
        if len(waiting) > _MAX_WAITING:
            for each in waiting:
                if each._since < self._since - _MIN_HEAD_SECONDS:
                    each.transport.abort()
