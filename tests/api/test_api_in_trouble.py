"""A run here on a server that is slow, refuses, breaks off or is away: nothing is lost or doubled.

Each test looks past the stand-in at what the API behind it has.
"""

from __future__ import annotations

import subprocess
import time
import uuid
from contextlib import contextmanager
from math import inf
from typing import Any, Callable, Iterator

import pytest

from project.errors import ApiError
from tests.kits.background import WAITING, go_on, started
from tests.kits.embedded import open_api
from tests.kits.faults import INTERNAL_ERROR, NO_DATABASE, NO_PROCESS, Fault, Kind
from tests.kits.projects import NODE, RUNNERS, KedroProject, Outcome
from tests.kits.reports import Report, read_report
from tests.kits.strict_server import Manners, StrictServer
from tests.kits.waiting import eventually

pytestmark = pytest.mark.slow

MakeProject = Callable[..., KedroProject]

SUCCESS = ["Pending", "Running", "Success"]
FLOW_STATES, TASK_STATES = "set_flow_run_states", "set_task_run_states"
LINES = "write_run_logs"

PIPELINE = (
    NODE
    + """
def start():
    print("printed once")
    return 1

def go_on(value):
    return value

def register_pipelines():
    nodes = [node(go_on, "n0", f"n{i}", name=f"node_{i}") for i in range(1, NODES)]
    return {"__default__": Pipeline([node(start, None, "n0", name="node_0"), *nodes])}
"""
)

# The states of all that comes after the failure are on their way together with its own.
FAILING = (
    NODE
    + """
def fail():
    raise ValueError("no " * 10_000)

def never(value):
    return value

def register_pipelines():
    nodes = [node(never, "n0", f"n{i}", name=f"never_{i}") for i in range(1, NODES)]
    return {"__default__": Pipeline([node(fail, None, "n0", name="fail"), *nodes])}
"""
)

BEGINNING = "Beginning Flow run for '__default__'"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with open_api(tmp_path_factory.mktemp("trouble")) as url:
        yield url


class Trouble:
    """A server in trouble, and a run of one Kedro project there."""

    def __init__(self, server: StrictServer, behind: str, make_project: MakeProject):
        self.server = server
        self._behind = behind
        self._make_project = make_project
        self._prefect_project = f"trouble-{uuid.uuid4().hex[:8]}"

    def project(self, pipeline: str, **values: Any) -> KedroProject:
        constants = "\n".join(f"{name} = {value!r}" for name, value in values.items())
        prefect_yml = f"{{api: '{self.server.url}', project: {self._prefect_project}}}"
        return self._make_project(f"{constants}\n{pipeline}", prefect=prefect_yml)

    def run(self, pipeline: str = PIPELINE, nodes: int = 3) -> Outcome:
        return self.project(pipeline, NODES=nodes).run(RUNNERS["local"]())

    def report(self) -> Report:
        return read_report(self._behind, self._prefect_project)

    def assert_all_reported_once(self) -> None:
        report = self.report()

        assert report.states == ["Scheduled", "Running", "Success"]
        assert {name: of for name, of in report.tasks.items() if of != SUCCESS} == {}
        assert [report.lines.count(line) for line in (BEGINNING, "printed once")] == [1, 1]


@pytest.fixture
def trouble(embedded: str, make_project: MakeProject) -> Any:
    """Return a function that serves a stand-in with faults, or with other manners."""

    @contextmanager
    def trouble(*faults: Fault, **manners: Any) -> Iterator[Trouble]:
        with StrictServer(embedded, Manners(faults=faults, **manners)) as server:
            yield Trouble(server, embedded, make_project)

    return trouble


def end_in_time(process: subprocess.Popen[str], project: KedroProject, seconds: float) -> str:
    """Let the nodes end, and return the output of a run that ends within seconds after them."""
    go_on(project)
    begun = time.monotonic()
    output: str = process.communicate(timeout=seconds)[0]
    assert time.monotonic() - begun < seconds
    return output


def test_a_server_in_good_health_refuses_nothing_and_gets_small_requests(trouble: Any) -> None:
    with trouble() as it:
        assert it.run(nodes=100).error is None
        it.assert_all_reported_once()

    assert {operation.outcome for operation in it.server.operations} == {"passed"}
    assert max(operation.states for operation in it.server.operations) <= 100


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        pytest.param(TASK_STATES, INTERNAL_ERROR, id="internal error"),
        pytest.param(TASK_STATES, NO_PROCESS, id="no process"),
        pytest.param(TASK_STATES, NO_DATABASE, id="no database"),
        pytest.param(LINES, INTERNAL_ERROR, id="internal error for lines"),
    ],
)
def test_internal_errors_for_some_seconds_lose_nothing(
    trouble: Any, operation: str, message: str
) -> None:
    with trouble(Fault(Kind.INTERNAL_ERROR, operation, seconds=2, message=message)) as it:
        assert it.run().error is None
        it.assert_all_reported_once()


@pytest.mark.parametrize("operation", [TASK_STATES, LINES, FLOW_STATES])
def test_too_many_requests_for_some_seconds_lose_nothing(trouble: Any, operation: str) -> None:
    with trouble(Fault(Kind.TOO_MANY_REQUESTS, operation, after=1, seconds=3)) as it:
        assert it.run().error is None
        it.assert_all_reported_once()


def test_the_last_state_of_a_run_survives_internal_errors(trouble: Any) -> None:
    with trouble(Fault(Kind.INTERNAL_ERROR, FLOW_STATES, after=1, seconds=2)) as it:
        assert it.run().error is None
        it.assert_all_reported_once()


def test_the_last_state_of_a_run_is_never_dropped_silently(trouble: Any) -> None:
    with trouble(Fault(Kind.INTERNAL_ERROR, FLOW_STATES, after=1, times=inf)) as it:
        outcome = it.run()

    assert isinstance(outcome.error, ApiError)
    assert "its final state could not be reported" in str(outcome.error)
    assert INTERNAL_ERROR.rstrip(".") in str(outcome.error)


@pytest.mark.parametrize("kind", [Kind.HUNG_UP, Kind.CUT_OFF])
def test_states_whose_answer_was_cut_off_are_not_sent_again(trouble: Any, kind: Kind) -> None:
    with trouble(Fault(kind, TASK_STATES), Fault(kind, FLOW_STATES, after=1)) as it:
        assert it.run().error is None
        it.assert_all_reported_once()


@pytest.mark.parametrize("kind", [Kind.HUNG_UP, Kind.CUT_OFF])
def test_lines_whose_answer_was_cut_off_are_not_sent_again(trouble: Any, kind: Kind) -> None:
    with trouble(Fault(kind, LINES, times=3)) as it:
        assert it.run().error is None
        it.assert_all_reported_once()


def test_states_whose_answer_never_came_are_not_sent_again(trouble: Any) -> None:
    faults = [Fault(Kind.NO_ANSWER, TASK_STATES), Fault(Kind.NO_ANSWER, FLOW_STATES, after=1)]
    with trouble(*faults) as it:
        assert it.run().error is None
        it.assert_all_reported_once()


def test_a_slow_server_gets_each_state_once_though_the_client_gives_up(trouble: Any) -> None:
    # All states together take longer than the 15 seconds after which a client gives up.
    with trouble(seconds_per_state=(0.45, 0.45)) as it:
        assert it.run(nodes=30).error is None
        it.assert_all_reported_once()


@pytest.mark.parametrize(
    "at_once", [False, True], ids=["written before the answer", "written after it"]
)
def test_the_neighbours_of_a_refused_state_are_not_sent_again(trouble: Any, at_once: bool) -> None:
    slow = (0.05, 0.05)
    with trouble(max_state_bytes=20_000, refuses_at_once=at_once, seconds_per_state=slow) as it:
        outcome = it.run(FAILING, nodes=30)
        report = it.report()
    after = [report.tasks.pop(f"never_{i}") for i in range(1, 30)]

    assert outcome.raised == ("ValueError", "no " * 10_000)
    assert report.states == ["Scheduled", "Running", "Failed"]
    assert report.tasks.pop("fail") == ["Pending", "Running", "Failed"]
    assert after == [["Pending", "TriggerFailed"]] * 29
    assert {name: of for name, of in report.tasks.items() if of != SUCCESS} == {}


def test_a_server_that_stands_still_for_a_while_ends_with_the_right_states(trouble: Any) -> None:
    # The client gives up after 15 seconds, and a state that it sends again may be written twice.
    with trouble(Fault(Kind.STALLED, TASK_STATES, pause=17)) as it:
        assert it.run().error is None
        report = it.report()

    assert report.states == ["Scheduled", "Running", "Success"]
    assert {name: of for name, of in report.tasks.items() if of[-1] != "Success"} == {}
    assert report.lines.count("printed once") == 1


def test_a_state_that_was_queued_is_sent_again(trouble: Any) -> None:
    with trouble(Fault(Kind.QUEUED, TASK_STATES)) as it:
        assert it.run().error is None
        it.assert_all_reported_once()


def test_lines_that_cannot_be_sent_delay_no_state(trouble: Any) -> None:
    with trouble(Fault(Kind.HUNG_UP, LINES, times=inf)) as it:
        project = it.project(WAITING)
        with started(project) as process:
            eventually(lambda: it.report().tasks["wait"] == ["Pending", "Running"], 10)
            end_in_time(process, project, 60)
        report = it.report()

    assert report.states == ["Scheduled", "Running", "Success"]
    assert {name: of for name, of in report.tasks.items() if of != SUCCESS} == {}


@pytest.mark.parametrize("kind", [Kind.TRICKLE, Kind.TOO_MANY_REQUESTS])
def test_a_server_that_keeps_a_request_does_not_keep_the_run(trouble: Any, kind: Kind) -> None:
    with trouble(Fault(kind, TASK_STATES)) as it:
        project = it.project(WAITING)
        with started(project) as process:
            output = end_in_time(process, project, 40)
        report = it.report()

    assert process.returncode == 0, output
    assert report.states == ["Scheduled", "Running", "Success"]
    assert {name: of for name, of in report.tasks.items() if of != SUCCESS} == {}
