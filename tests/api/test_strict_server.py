"""The stand-in for a real Prefect Server behaves as strictly as one."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Iterator, NamedTuple
from urllib.parse import urlsplit

import pytest
import requests
from prefect.exceptions import ClientError

from tests.kits.embedded import open_api
from tests.kits.faults import INTERNAL_ERROR, NO_DATABASE, NO_PROCESS, Fault, Kind
from tests.kits.strict_server import TOO_LARGE_STATE, Line, Manners, StrictServer, strict_server
from tests.kits.waiting import eventually
from tests.server.command_line import CommandLine
from tests.server.kit import Api, mutation, prefect_client, state, two_tasks

INSTANT = (0.0, 0.0)
HELLO = "query { hello }"


class Run(NamedTuple):
    """A stand-in, its API as a client sees it, and a flow run there with its task runs."""

    server: StrictServer
    api: Api
    flow_run_id: str
    task_run_ids: list[str]

    def set_states(self, *types: str, **messages: str) -> requests.Response:
        """Set a state of each of the first task runs; ``messages`` by type are other ones."""
        return requests.post(self.server.url, json=self.body(*types, **messages), timeout=30)

    def body(self, *types: str, **messages: str) -> Any:
        return body_of(list(zip(self.task_run_ids, types)), **messages)

    def write(self, *messages: str, level: str = "INFO") -> requests.Response:
        lines = [
            {"flow_run_id": self.flow_run_id, "message": message, "level": level}
            for message in messages
        ]
        return self.api.post(mutation("write_run_logs"), {"input": {"logs": lines}})

    def states(self, task_run_id: str) -> list[str]:
        history = "task_run_by_pk(id: $id) { states(order_by: {timestamp: asc}) { state } }"
        row = self.api.data(f"query($id: uuid!) {{ {history} }}", {"id": task_run_id})
        return [each["state"] for each in row["states"]]


def body_of(states: list[tuple[str, str]], **messages: str) -> Any:
    """Return the body of a request that sets states of task runs."""
    items = [
        {"task_run_id": id_, "state": {"type": type_, "message": messages.get(type_, "")}}
        for id_, type_ in states
    ]
    return {"query": mutation("set_task_run_states"), "variables": {"input": {"states": items}}}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with open_api(tmp_path_factory.mktemp("strict")) as url:
        yield url


@pytest.fixture(scope="module")
def flow_id(embedded: str) -> str:
    api = Api(embedded)
    project_id = api.mutate("create_project", name="strict")["id"]
    flow = two_tasks().serialize()
    return str(api.mutate("create_flow", project_id=project_id, serialized_flow=flow)["id"])


@pytest.fixture
def start(embedded: str, flow_id: str) -> Any:
    """Return a function that serves a stand-in of some manners and starts a flow run."""

    @contextmanager
    def start(**manners: Any) -> Iterator[Run]:
        given = {"seconds_per_state": INSTANT, **manners}
        direct = Api(embedded)
        id_ = direct.mutate("create_flow_run", flow_id=flow_id)["id"]
        running = [{"flow_run_id": id_, "state": state("Running")}]
        direct.mutate("set_flow_run_states", states=running)
        rows = direct.data(f'query {{ flow_run_by_pk(id: "{id_}") {{ task_runs {{ id }} }} }}')
        with StrictServer(embedded, Manners(**given)) as server:
            yield Run(server, Api(server.url), id_, [row["id"] for row in rows["task_runs"]])

    return start


def message_of(response: requests.Response) -> str:
    return str(response.json()["errors"][0]["message"])


def test_a_new_one_has_no_tenant_and_stores_nothing_without(tmp_path: Path) -> None:
    with strict_server(tmp_path) as server, prefect_client(server.url) as client:
        with pytest.raises(ClientError, match="has no tenants"):
            client.create_project("one")
        client.create_tenant(name="default")

        assert client.create_project("one")


def test_the_end_to_end_tests_create_the_tenant_of_a_new_one(tmp_path: Path) -> None:
    with strict_server(tmp_path) as server:
        prefect = CommandLine(server.url, tmp_path)
        with prefect.project_on_the_server():
            assert prefect.api.data("query { project { name } }") == [{"name": prefect.project}]

        assert prefect.api.data("query { tenant { slug } }") == [{"slug": "default"}]
        assert prefect.api.data("query { project { name } }") == []


def test_two_states_of_a_run_in_one_request_end_wrong(start: Any) -> None:
    with start() as run:
        first, *_ = run.task_run_ids
        body = body_of([(first, "Running"), (first, "Success")])
        answer = requests.post(run.server.url, json=body, timeout=30).json()

        assert len(answer["data"]["set_task_run_states"]["states"]) == 2
        assert run.states(first) == ["Pending", "Success", "Running"]
        assert run.server.states == {first: ["Success", "Running"]}


def test_the_order_of_a_request_is_another_one_and_always_the_same(start: Any) -> None:
    def order() -> list[int]:
        with start() as run:
            run.set_states("Running", "Running", "Running")
            return [run.task_run_ids.index(id_) for id_ in run.server.states]

    assert order() == order() != [0, 1, 2]


def test_states_take_their_time_one_after_the_other_whoever_sends_them(start: Any) -> None:
    with start(seconds_per_state=(0.05, 0.05)) as run, ThreadPoolExecutor() as clients:
        begun = time.monotonic()
        states = ["Running", "Running", "Running"]
        for sent in [clients.submit(run.set_states, *states) for _ in range(2)]:
            sent.result()

        assert time.monotonic() - begun >= 6 * 0.05


def test_it_goes_on_after_the_client_has_given_up(start: Any) -> None:
    with start(seconds_per_state=(0.2, 0.2)) as run:
        with pytest.raises(requests.Timeout):
            requests.post(run.server.url, json=run.body("Running", "Running"), timeout=0.1)

        eventually(lambda: len(run.server.states) == 2)


def test_a_body_over_five_megabytes_is_answered_with_a_page(start: Any) -> None:
    with start() as run:
        answer = run.write("x" * (5 * 2**20))

        assert (answer.status_code, answer.headers["Content-Type"][:9]) == (413, "text/html")
        assert run.write("x" * (5 * 2**20 - 1000)).ok
        assert [len(line.message) for line in run.server.lines] == [5 * 2**20 - 1000]
        assert [each.outcome for each in run.server.operations] == ["refused: 413", "passed"]


def test_a_query_may_go_seven_levels_deep(start: Any) -> None:
    def nested(depth: int) -> str:
        pairs = ["flow_runs(limit: 1)", "flow"]
        inner = "id"
        for level in range(depth):
            inner = f"{pairs[level % 2]} {{ {inner} }}"
        return f"query {{ {'flow' if depth % 2 else 'flow_run'}(limit: 1) {{ {inner} }} }}"

    with start() as run:
        assert run.api.post(nested(6)).ok
        answer = run.api.post(nested(7))

    assert answer.status_code == 400
    assert message_of(answer) == "'' exceeds maximum operation depth of 7"


def test_a_state_over_a_megabyte_is_refused_and_its_neighbours_are_written(start: Any) -> None:
    with start() as run:
        one, two, three = run.task_run_ids
        answer = run.set_states("Success", "Failed", "Success", Failed="x" * 1_000_000)

        assert (answer.status_code, message_of(answer)) == (200, TOO_LARGE_STATE)
        assert answer.json()["data"] == {"set_task_run_states": None}
        assert run.server.states == {one: ["Success"], three: ["Success"]}
        assert run.states(two) == ["Pending"]


def test_the_refusal_may_come_before_the_neighbours_are_written(start: Any) -> None:
    with start(refuses_at_once=True, seconds_per_state=(0.3, 0.3)) as run:
        answer = run.set_states("Success", "Failed", "Success", Failed="x" * 1_000_000)

        assert message_of(answer) == TOO_LARGE_STATE
        assert len(run.server.states) < 2
        eventually(lambda: len(run.server.states) == 2)


def test_a_refused_state_does_not_stop_the_others(start: Any) -> None:
    with start() as run:
        unknown, known = str(uuid.uuid4()), run.task_run_ids[0]
        body = body_of([(unknown, "Success"), (known, "Success")])
        answer = requests.post(run.server.url, json=body, timeout=30)

        assert message_of(answer).startswith("State update failed")
        assert run.server.states == {known: ["Success"]}


@pytest.mark.parametrize("message", [INTERNAL_ERROR, NO_PROCESS, NO_DATABASE])
def test_an_internal_error_is_an_answer_without_a_word_for_trying_again(
    start: Any, message: str
) -> None:
    with start(faults=(Fault(Kind.INTERNAL_ERROR, times=2, message=message),)) as run:
        answers = [run.api.post(HELLO) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [message_of(answer) for answer in answers[:2]] == [message] * 2
    assert "API_ERROR" not in answers[0].text
    assert "errors" not in answers[2].json()


def test_internal_errors_may_last_for_seconds(start: Any) -> None:
    with start(faults=(Fault(Kind.INTERNAL_ERROR, seconds=0.5),)) as run:
        begun = time.monotonic()
        eventually(lambda: "errors" not in run.api.post(HELLO).json())

        assert time.monotonic() - begun >= 0.5


def test_without_the_api_behind_it_the_gateway_answers_for_it() -> None:
    with StrictServer("http://127.0.0.1:9") as server:
        answer = Api(server.url).post(HELLO)

    assert (answer.status_code, message_of(answer)) == (200, NO_PROCESS)


def test_too_many_requests_are_refused_before_anything_is_done(start: Any) -> None:
    with start(faults=(Fault(Kind.TOO_MANY_REQUESTS),)) as run:
        assert run.set_states("Success").status_code == 429
        assert run.server.states == {}


def test_a_state_may_be_queued_and_not_written(start: Any) -> None:
    with start(faults=(Fault(Kind.QUEUED, "set_task_run_states"),)) as run:
        answer = run.set_states("Running").json()
        (item,) = answer["data"]["set_task_run_states"]["states"]

        assert item["status"] == "QUEUED"
        assert run.states(run.task_run_ids[0]) == ["Pending"]
        assert run.set_states("Running").json() != answer


@pytest.mark.parametrize("kind", [Kind.HUNG_UP, Kind.CUT_OFF])
def test_a_connection_may_be_closed_after_the_work_has_been_done(start: Any, kind: Kind) -> None:
    with start(faults=(Fault(kind, "set_task_run_states"),)) as run:
        with pytest.raises(requests.RequestException):
            run.set_states("Success")

        assert run.states(run.task_run_ids[0]) == ["Pending", "Success"]


def test_an_answer_may_never_come_though_the_work_has_been_done(start: Any) -> None:
    with start(faults=(Fault(Kind.NO_ANSWER, "set_task_run_states"),)) as run:
        with pytest.raises(requests.Timeout):
            requests.post(run.server.url, json=run.body("Success"), timeout=0.5)

        assert run.states(run.task_run_ids[0]) == ["Pending", "Success"]


def test_an_answer_may_come_a_byte_a_second_so_that_no_read_times_out(start: Any) -> None:
    with start(faults=(Fault(Kind.TRICKLE, "set_task_run_states"),)) as run:
        address = urlsplit(run.server.url)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=10)
        connection.request("POST", "/", json.dumps(run.body("Success")))
        with closing(connection.sock) as answer:
            assert answer.recv(100) == b"H"
            begun = time.monotonic()
            assert answer.recv(100) == b"T"

        assert time.monotonic() - begun > 0.5
        assert run.states(run.task_run_ids[0]) == ["Pending", "Success"]


def test_a_process_that_stands_still_keeps_everybodys_states_waiting(start: Any) -> None:
    fault = Fault(Kind.STALLED, "set_task_run_states", pause=1)
    with start(faults=(fault,)) as run, ThreadPoolExecutor() as clients:
        begun = time.monotonic()
        sent = [clients.submit(run.set_states, "Running") for _ in range(2)]
        assert run.api.post(HELLO).elapsed.total_seconds() < 1
        for each in sent:
            each.result()

        assert time.monotonic() - begun >= 1
        assert run.states(run.task_run_ids[0]) == ["Pending", "Running", "Running"]


def test_a_fault_may_begin_later_and_be_one_of_other_requests(start: Any) -> None:
    with start(faults=(Fault(Kind.INTERNAL_ERROR, "hello", after=1),)) as run:
        run.set_states("Success")
        answers = [run.api.post(HELLO).json() for _ in range(3)]

    assert [list(answer) for answer in answers] == [["data"], ["errors"], ["data"]]


def test_an_id_that_is_no_uuid_is_an_error(start: Any) -> None:
    with start() as run:
        one = "query($id: uuid!) { flow_run_by_pk(id: $id) { state } }"
        several = "query($ids: [uuid!]) { flow_run(where: {id: {_in: $ids}}) { state } }"
        error = 'invalid input syntax for type uuid: "abc"'

        assert run.api.error(one, {"id": "abc"}) == error
        assert run.api.error(several, {"ids": [run.flow_run_id, "abc"]}) == error
        assert run.api.data(several, {"ids": [run.flow_run_id]}) == [{"state": "Running"}]


def test_a_log_level_of_somebodys_own_is_refused_with_all_lines(start: Any) -> None:
    with start() as run:
        assert run.write("one", level="NOTICE").status_code == 400
        assert run.write("two").ok
        assert run.server.lines == [Line(run.flow_run_id, None, "INFO", "two")]


def test_values_are_of_the_kinds_that_the_real_one_has(start: Any) -> None:
    with start() as run:
        run.write("one")
        query = (
            "query($id: uuid!) { flow_run_by_pk(id: $id) { logs { id } states { id } "
            "flow { flow_group { default_parameters } } } }"
        )
        row = run.api.data(query, {"id": run.flow_run_id})

        ids = [each["id"] for each in row["logs"] + row["states"]]
        assert [str(uuid.UUID(id_)) for id_ in ids] == ids
        assert len(set(ids)) == len(ids)
        assert row["flow"]["flow_group"]["default_parameters"] == {}
