"""A strict stand-in for the real Prefect Server: a proxy with its limits and faults before an API.

In good health it treats requests as a real Prefect Server does, whose GraphQL process stands behind
a gateway: the states of one request are written one by one, in an order that nobody can rely on,
each for some CPU time of that process, and what the gateway or the process refuses, it refuses in
their words. ``Manners`` lists what can be changed, ``tests.kits.faults`` what can go wrong besides.
The measures are those of Prefect Server 2022.03.29, the release that belongs to Prefect 1.1.0.

    python -m tests.kits.strict_server [--port PORT]

serves one until Ctrl-C, with an embedded API behind it and a database that is gone afterwards.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sqlite3
import time
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

import requests

from tests.kits.embedded import open_api
from tests.kits.faults import NO_PROCESS, Fault, FaultCounter, Kind
from tests.kits.graphql_request import RUN_KEYS, GraphQLRequest, json_object
from tests.kits.proxy import Proxy, http

TOO_LARGE_STATE = "State payload is too large."
TOO_LARGE_PAGE = (
    b"<!DOCTYPE html>\n<html>\n<body>\n<pre>PayloadTooLargeError: request entity too large</pre>\n"
    b"</body>\n</html>\n"
)

_LOG_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
# Rows below these have numbers for ids in the embedded API, and UUIDs in the real one.
_NUMBERED_ROWS = {"log", "logs", "states", "flow_run_state", "task_run_state"}
_STORED_JSON = {"serialized_state", "parameters", "context", "serialized_flow"}
_WHOLE_SECOND = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.000000(\+00:00)")


@dataclass(frozen=True)
class Manners:
    """How the stand-in behaves; by default like a real Prefect Server, new and in good health."""

    has_tenant: bool = False
    any_order: bool = True  # of the states in one request; those of one run are swapped
    seconds_per_state: Tuple[float, float] = (0.009, 0.012)  # of the one process: from, to
    refuses_at_once: bool = False  # answers a refused state before its neighbours are written
    max_body_bytes: float = 5 * 2**20
    max_depth: float = 7  # of a field below a root field
    max_state_bytes: float = 1_000_000
    seed: int = 1
    faults: Tuple[Fault, ...] = ()


HEALTHY = Manners()


class Line(NamedTuple):
    """A log line that has been stored."""

    flow_run_id: str
    task_run_id: Optional[str]
    level: str
    message: str


class Operation(NamedTuple):
    """A request: its root field, its size, its number of states, and what came of it.

    ``outcome`` is "passed", "refused: ..." or the name of a kind of fault.
    """

    name: str
    body_bytes: int
    states: int
    outcome: str


class StrictServer(Proxy):
    """A strict Prefect Server: what passes reaches the API at ``target``.

    ``states`` has the names of the states that each run was given by clients, in the order in which
    they were written, ``lines`` the log lines, ``operations`` the requests.
    """

    def __init__(self, target: str, manners: Manners = HEALTHY, port: int = 0):
        super().__init__(target, port)
        self._server.daemon_threads = False  # closing waits for the work at hand
        self.states: Dict[str, List[str]] = {}
        self.lines: List[Line] = []
        self.operations: List[Operation] = []
        self._manners = manners
        self._random = Random(manners.seed)  # noqa: S311
        self._faults = [FaultCounter(fault) for fault in manners.faults]
        self._lock = Lock()
        self._process = Lock()  # the one GraphQL process, which writes one state at a time

    def respond(self, request: BaseHTTPRequestHandler, body: bytes) -> Iterator[bytes]:
        """Yield the answer, in parts if a fault breaks it up."""
        message = GraphQLRequest(body)
        with self._lock:
            fault = next((each.fault for each in self._faults if each.hits(message.name)), None)
        instead = _answer_instead(fault, message) if fault else None
        if fault and instead:
            self._note(message, fault.kind.name)
            yield instead
            return
        if fault and fault.kind is Kind.STALLED:
            with self._process:
                self.closed.wait(fault.pause)
        for answer in self._answer(request, message):
            yield from self._break_up(answer, fault)

    def _answer(self, request: BaseHTTPRequestHandler, message: GraphQLRequest) -> Iterator[bytes]:
        """Yield the one answer, perhaps before the work is done."""
        refusal = self._refusal(message)
        if refusal:
            self._note(message, f"refused: {refusal.split()[1].decode()}")
            yield refusal
        elif message.states:
            yield from self._write_states(request, message)
        else:
            yield self._pass_whole(request, message)

    def _refusal(self, message: GraphQLRequest) -> Optional[bytes]:
        """Return the answer to what the gateway does not let through."""
        if len(message.body) > self._manners.max_body_bytes:
            return http(413, TOO_LARGE_PAGE, "text/html; charset=utf-8")
        if message.depth > self._manners.max_depth:
            text = f"'' exceeds maximum operation depth of {self._manners.max_depth}"
            return _errors(text, status=400, code="GRAPHQL_VALIDATION_FAILED")
        for line in message.log_lines:
            if line.get("level", "INFO") not in _LOG_LEVELS:
                text = f'Variable "$input" got invalid value "{line["level"]}" at "level".'
                return _errors(text, status=400, code="BAD_USER_INPUT")
        wrong = message.wrong_uuid()
        return _errors(f'invalid input syntax for type uuid: "{wrong}"') if wrong else None

    def _pass_whole(self, request: BaseHTTPRequestHandler, message: GraphQLRequest) -> bytes:
        try:
            status, content = self.forward(request, message.body)
        except requests.RequestException:  # the gateway is up, and what is behind it is not
            self._note(message, "refused: ECONNREFUSED")
            return _errors(NO_PROCESS)
        answer = json_object(content)
        self._note(message, "refused: by the API" if answer and "errors" in answer else "passed")
        if answer is None:
            return http(status, content)
        if "errors" not in answer:
            self.lines += [_stored(line) for line in message.log_lines]
        return http(status, json.dumps(_with_real_values(answer)).encode())

    def _write_states(
        self, request: BaseHTTPRequestHandler, message: GraphQLRequest
    ) -> Iterator[bytes]:
        """Write each state by itself; one that is refused makes the whole answer an error."""
        items: Dict[int, Any] = {}
        refusals: List[str] = []

        def is_small(index: int) -> bool:
            return not self._is_too_large(message.states[index])

        # Sizes are looked at before anything is written.
        for index in sorted(self._order(message), key=is_small):
            answer = self._write_state(request, message, message.states[index])
            if "errors" not in answer:
                items[index] = answer["data"][message.name]["states"][0]
                continue
            refusals.append(answer["errors"][0]["message"])
            if self._manners.refuses_at_once and len(refusals) == 1:
                yield _errors(refusals[0], data={message.name: None})
        self._note(message, f"refused: {refusals[0]}" if refusals else "passed")
        if not refusals:
            states = [items[index] for index in sorted(items)]
            yield http(200, json.dumps({"data": {message.name: {"states": states}}}).encode())
        elif not self._manners.refuses_at_once:
            yield _errors(refusals[0], data={message.name: None})

    def _order(self, message: GraphQLRequest) -> List[int]:
        """Return the indices of the states in the order in which they are written.

        Of several states of one run the last comes first: the real server may write them so, and
        nothing shows as surely that a client relies on their order.
        """
        order = list(range(len(message.states)))
        if not self._manners.any_order:
            return order
        with self._lock:
            self._random.shuffle(order)
        runs = [str(item.get(RUN_KEYS[message.name])) for item in message.states]
        of_run: Dict[str, List[int]] = {}
        for index, run in enumerate(runs):
            of_run.setdefault(run, []).append(index)
        return [of_run[runs[index]].pop() for index in order]

    def _is_too_large(self, item: Dict[str, Any]) -> bool:
        return len(json.dumps(item.get("state"))) > self._manners.max_state_bytes

    def _write_state(
        self, request: BaseHTTPRequestHandler, message: GraphQLRequest, item: Dict[str, Any]
    ) -> Dict[str, Any]:
        """Return the API's answer to one state."""
        if self._is_too_large(item):
            return {"errors": [{"message": TOO_LARGE_STATE}]}
        with self._process:
            start = time.monotonic()
            try:
                _, content = self.forward(request, message.with_state(item))
            except requests.RequestException:
                return {"errors": [{"message": NO_PROCESS}]}
            answer: Dict[str, Any] = json.loads(content)
            if "errors" not in answer:
                run_id = item[RUN_KEYS[message.name]]
                self.states.setdefault(run_id, []).append(item["state"]["type"])
            seconds = self._random.uniform(*self._manners.seconds_per_state)
            self.closed.wait(max(0.0, seconds - (time.monotonic() - start)))
        return answer

    def _break_up(self, answer: bytes, fault: Optional[Fault]) -> Iterator[bytes]:
        """Yield what a fault lets through of an answer."""
        kind = fault.kind if fault else None
        if kind is Kind.NO_ANSWER:
            self.closed.wait()
        elif kind is Kind.TRICKLE:
            for position in range(len(answer)):
                yield answer[position : position + 1]
                if self.closed.wait(1):
                    return
        elif kind is Kind.CUT_OFF:
            content = answer.partition(b"\r\n\r\n")[2]
            yield answer[: len(answer) - len(content) // 2]
        elif kind is not Kind.HUNG_UP:
            yield answer

    def _note(self, message: GraphQLRequest, outcome: str) -> None:
        size, states = len(message.body), len(message.states)
        self.operations.append(Operation(message.name, size, states, outcome))


def _answer_instead(fault: Fault, message: GraphQLRequest) -> Optional[bytes]:
    """Return the answer to a request that a fault keeps from the API."""
    if fault.kind is Kind.INTERNAL_ERROR:
        return _errors(fault.message)
    if fault.kind is Kind.TOO_MANY_REQUESTS:
        return http(429, b"Too many requests", "text/plain")
    if fault.kind is Kind.QUEUED and message.states:
        key = RUN_KEYS[message.name]
        states = [{"id": each[key], "status": "QUEUED", "message": None} for each in message.states]
        return http(200, json.dumps({"data": {message.name: {"states": states}}}).encode())
    return None


def _errors(
    message: str, *, status: int = 200, code: str = "INTERNAL_SERVER_ERROR", **more: Any
) -> bytes:
    content = {**more, "errors": [{"message": message, "extensions": {"code": code}}]}
    return http(status, json.dumps(content).encode())


def _stored(line: Dict[str, Any]) -> Line:
    level = line.get("level", "INFO")
    return Line(line["flow_run_id"], line.get("task_run_id"), level, line["message"])


def _with_real_values(value: Any, key: str = "") -> Any:
    """Return an answer of the embedded API with its values as the real one has them."""
    if key in _STORED_JSON:
        return value
    if isinstance(value, dict):
        row = {name: _with_real_values(each, name) for name, each in value.items()}
        if key in _NUMBERED_ROWS and isinstance(row.get("id"), int):
            row["id"] = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key} {row['id']}"))
        return row
    if isinstance(value, list):
        return [_with_real_values(each, key) for each in value]
    if isinstance(value, str):
        moment = _WHOLE_SECOND.fullmatch(value)
        return moment[1] + moment[2] if moment else value
    return {} if key == "default_parameters" and value is None else value


@contextmanager
def strict_server(
    folder: Path, manners: Manners = HEALTHY, port: int = 0
) -> Iterator[StrictServer]:
    """Serve a stand-in with an embedded API behind it, whose data is in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_api(folder) as url:
        if not manners.has_tenant:
            remove_tenants(folder)
        with StrictServer(url, manners, port) as server:
            yield server


def remove_tenants(folder: Path) -> None:
    """Remove the tenants from the API of a folder, and with them all that it has."""
    database = folder / ".prefect/prefect.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM tenant")


def main() -> None:
    """Serve a new Prefect Server in good health until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args().port
    for each in (signal.SIGINT, signal.SIGTERM):  # a shell lets its background ignore the first
        signal.signal(each, signal.default_int_handler)
    with TemporaryDirectory() as folder, strict_server(Path(folder), port=port) as server:
        print(server.url, flush=True)
        try:
            Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
