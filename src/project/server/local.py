"""The API within a process, without HTTP: for a command that finds no server running."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from contextlib import contextmanager
from http import HTTPStatus
from threading import Event
from typing import Callable, Coroutine, Iterator, Mapping, TypeVar

from project.server.endpoint import Answer, Endpoint, open_endpoint, parse_body, refusal, too_large
from project.server.errors import BadRequestError
from project.server.settings import ServerSettings
from project.server.store.database import prepare_database

T = TypeVar("T")
Post = Callable[[bytes, Mapping[str, str]], Answer]

_log = logging.getLogger(__name__)


@contextmanager
def local_api(settings: ServerSettings) -> Iterator[Post]:
    """Yield the function that answers the body of a request, given its headers, from any thread.

    Several processes may use the same database at the same time, servers among them. As over HTTP,
    a request that fails is answered with 500, and one that comes too late with 503. Raises
    ServerError if the database cannot be used.
    """
    prepare_database(settings.database, settings.busy_timeout_seconds)
    closing = Event()
    with open_endpoint(settings, _wait, logs_errors=False) as endpoint:

        def post(body: bytes, headers: Mapping[str, str]) -> Answer:
            try:
                return _answer(endpoint, body, headers)
            except Exception:
                if closing.is_set():
                    return Answer(HTTPStatus.SERVICE_UNAVAILABLE, b"")
                _log.exception("A request of the embedded API failed.")
                return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"")

        try:
            yield post
        finally:
            closing.set()


def _answer(endpoint: Endpoint, body: bytes, headers: Mapping[str, str]) -> Answer:
    max_bytes = endpoint.settings.max_body_bytes
    try:
        if len(body) > max_bytes:
            raise too_large(max_bytes)
        names = {name.lower(): value for name, value in headers.items()}
        requests = parse_body(body, names)
    except BadRequestError as error:
        return refusal(error)
    return _run(endpoint.answer(requests))


async def _wait(future: Future[T], /) -> T:
    return future.result()


def _run(coroutine: Coroutine[None, None, T]) -> T:
    """Return the result of a coroutine that waits for nothing but futures, as `_wait` does."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("the coroutine needs an event loop")
