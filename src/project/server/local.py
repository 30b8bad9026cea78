"""The API within a process, without HTTP: for a command that finds no server running."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager
from typing import Callable, Coroutine, Iterator, Mapping, TypeVar

from project.server.endpoint import Answer, open_endpoint, parse_body, refusal, too_large
from project.server.errors import BadRequestError
from project.server.settings import ServerSettings
from project.server.store.database import prepare_database

T = TypeVar("T")
Post = Callable[[bytes, Mapping[str, str]], Answer]


@contextmanager
def local_api(settings: ServerSettings) -> Iterator[Post]:
    """Yield the function that answers the body of a request, given its headers, from any thread.

    Several processes may use the same database at the same time, servers among them. Raises
    ServerError if it cannot be used.
    """
    prepare_database(settings.database, settings.busy_timeout_seconds)
    with open_endpoint(settings, _wait) as endpoint:

        def post(body: bytes, headers: Mapping[str, str]) -> Answer:
            try:
                if len(body) > settings.max_body_bytes:
                    raise too_large(settings.max_body_bytes)
                names = {name.lower(): value for name, value in headers.items()}
                requests = parse_body(body, names)
            except BadRequestError as error:
                return refusal(error)
            return _run(endpoint.answer(requests))

        yield post


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
