"""What a request may cost before the server knows who sends it, and before it is executed."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from http.client import HTTPConnection
from typing import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from project.server.connections import LimitedProtocol
from project.server.settings import ServerSettings
from project.server.thread import ServerThread
from tests.kits.waiting import eventually
from tests.server.kit import Api

TOKEN = "not-a-secret"  # noqa: S105


@pytest.fixture
def guarded(settings: ServerSettings) -> Iterator[str]:
    """Return the address of a server that requires a token."""
    with ServerThread(replace(settings, token=TOKEN)) as server:
        yield server.url


def connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def is_closed(connection: socket.socket) -> bool:
    """Return whether the other side has closed a connection on which it sends nothing."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000_000,
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 5_000_000,
        b"GET /" + b"x" * 20_000_000,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=["a long header", "endless headers", "a long address", "a whole header", "many headers"],
)
def test_a_head_that_is_too_large_is_refused(guarded: str, head: bytes) -> None:
    with connect(guarded) as connection:
        try:
            connection.sendall(head)
            answer = connection.recv(1_000)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""  # it does not wait until all of it has been sent

    assert answer[:12] in (b"HTTP/1.1 400", b"")
    assert requests.get(f"{guarded}/health", timeout=10).ok


def test_a_head_that_does_not_arrive_is_not_awaited(
    guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LimitedProtocol, "head_seconds", 0.5)
    beginnings = (b"", b"POST / HTTP/1.1\r\nHost: ")
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(guarded)) for _ in beginnings]
        for connection, beginning in zip(connections, beginnings):
            connection.sendall(beginning)

        eventually(lambda: all(map(is_closed, connections)))


def test_a_body_that_does_not_arrive_is_not_awaited_without_the_token(
    guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LimitedProtocol, "body_seconds", 0.5)
    with connect(guarded) as connection:
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
        connection.sendall(head)

        assert connection.recv(12) == b"HTTP/1.1 401"
        while connection.recv(1_000):
            pass


def test_many_connections_that_send_nothing_are_closed(guarded: str) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(guarded)) for _ in range(300)]

        def others_are_served_and_idle_ones_closed() -> bool:
            assert requests.get(f"{guarded}/health", timeout=10).ok
            return any(map(is_closed, idle))

        eventually(others_are_served_and_idle_ones_closed, 8)


def test_a_connection_can_be_used_again_after_a_while(
    guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LimitedProtocol, "head_seconds", 0.2)
    with closing(HTTPConnection(urlsplit(guarded).netloc)) as connection, connect(guarded) as late:
        connection.request("GET", "/health")
        assert connection.getresponse().read()
        first = connection.sock
        eventually(lambda: is_closed(late))  # the deadline of a first head has passed

        connection.request("GET", "/health")
        assert connection.getresponse().read()
        assert connection.sock is first


def test_a_filter_with_very_many_conditions_is_refused(api: Api) -> None:
    names = [{"name": {"_eq": str(number)}} for number in range(2_501)]
    query = "query($where: flow_bool_exp) { flow(where: $where) { id } }"

    assert api.error(query, {"where": {"_or": names}}).startswith(
        "A filter has more than 5000 conditions"
    )


def test_a_client_that_goes_away_is_no_error_of_the_server(
    guarded: str, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(guarded) as leaving:
        leaving.sendall(
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
            b"Authorization: Bearer " + TOKEN.encode() + b"\r\n\r\n{"
        )
        time.sleep(0.3)
    time.sleep(0.3)

    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{" + "hello " * 4_000 + "}", "GRAPHQL_VALIDATION_FAILED"),
        ("{" + "hello " * 10_000 + "}", "GRAPHQL_PARSE_FAILED"),
        ("{hello}" + "#" * 100_000, "GRAPHQL_PARSE_FAILED"),
        ('{flow(where:{name:{_eq:"' + "x" * 100_000 + '"}}){id}}', "GRAPHQL_PARSE_FAILED"),
    ],
    ids=["fields", "tokens", "a comment", "a literal"],
)
def test_a_query_that_is_expensive_to_read_is_refused(api: Api, query: str, code: str) -> None:
    answer = api.post(query)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, code)
