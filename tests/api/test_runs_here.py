"""What a run of this process reports to any Prefect 1.x API: every state once, every line once.

By default the API is the embedded one, then the same behind a strict stand-in for Prefect Server.
With TEST_API_URL (`make test-api URL=...`) it is the one there, and the runs have their full size.
Each test has a Prefect project of its own, which it deletes at the end.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any, Callable, Iterator

import pendulum
import pytest
from prefect.engine.state import Failed, Scheduled, State

from project.api.client import connect
from project.api.queries.flow_runs import cancel_flow_run, set_flow_run_state
from tests.kits.background import WAITING, started
from tests.kits.embedded import open_api
from tests.kits.projects import NODE, RUNNERS, KedroProject, Outcome
from tests.kits.reports import Report, read_report
from tests.kits.strict_server import strict_server
from tests.kits.waiting import eventually

MakeProject = Callable[..., KedroProject]

URL = os.environ.get("TEST_API_URL")
NODES = [16, 300, 1000] if URL else [16, 60]
MANY_LINES = 600 if URL else 240
LINE_LENGTH = 9_000
SIX_MEGABYTES = 6_000_000

SUCCESS = ["Pending", "Running", "Success"]

FAN = (
    NODE
    + """
def one(*inputs):
    return 1

def register_pipelines():
    middle = [node(one, "first", f"m{i}", name=f"middle_{i}") for i in range(NODES - 2)]
    last = node(one, [f"m{i}" for i in range(NODES - 2)], "last", name="last")
    return {"__default__": Pipeline([node(one, None, "first", name="first"), *middle, last])}
"""
)

# Kedro's console searches a message for what to colour, and six megabytes take it minutes.
WITHOUT_CONSOLE = (
    NODE
    + """
import logging

def without_console():
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not hasattr(each, "console")]
"""
)

FAILING = (
    WITHOUT_CONSOLE
    + """
def start():
    without_console()
    return 1

def fail(value):
    raise ValueError("it begins" + FILLING + "it ends")

def never(value):
    return value

def register_pipelines():
    return {"__default__": Pipeline([
        node(start, None, "first", name="start"),
        node(fail, "first", "second", name="fail"),
        node(never, "second", "third", name="never"),
    ])}
"""
)

TALKING = (
    WITHOUT_CONSOLE
    + """
def talk():
    without_console()
    logging.getLogger(__name__).info("it begins" + "x" * LENGTH)
    print("it is said")
    return 1

def listen(value):
    return value

def register_pipelines():
    return {"__default__": Pipeline([
        node(talk, None, "first", name="talk"), node(listen, "first", "last", name="listen"),
    ])}
"""
)

PRINTING = (
    NODE
    + """
def print_lines():
    print("\\n".join(f"{i:04}" + "\\u5bbd" * (LENGTH - 4) for i in range(LINES)))
    return 1

def register_pipelines():
    return {"__default__": Pipeline([node(print_lines, None, "last", name="print_lines")])}
"""
)


@pytest.fixture(scope="module", params=["given"] if URL else ["embedded", "strict"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("api")
    if URL:
        yield URL
    elif request.param == "embedded":
        with open_api(folder) as embedded:
            yield embedded
    else:
        with strict_server(folder) as server:
            yield server.url


@pytest.fixture
def prefect_project(url: str) -> Iterator[str]:
    """Return the name of a Prefect project; what a test makes there is deleted at its end."""
    name = f"runs-here-{uuid.uuid4().hex[:8]}"
    yield name
    with connect(url, Path()) as api:
        find = "query($name: String) { project(where: {name: {_eq: $name}}) { id } }"
        for row in api.query(find, name=name):
            api.mutate("delete_project", "success", project_id=row["id"])


@pytest.fixture
def make_own_project(make_project: MakeProject, url: str, prefect_project: str) -> MakeProject:
    """Return a function that writes a Kedro project whose runs go to the API."""

    def make(pipeline: str, **values: Any) -> KedroProject:
        constants = "\n".join(f"{name} = {value!r}" for name, value in values.items())
        prefect_yml = f"{{api: '{url}', project: {prefect_project}}}"
        return make_project(f"{constants}\n{pipeline}", prefect=prefect_yml)

    return make


@pytest.fixture
def run(
    make_own_project: MakeProject, url: str, prefect_project: str
) -> Callable[..., tuple[Outcome, Report]]:
    """Return a function that runs a pipeline, and returns its outcome and what the API has."""

    def run(pipeline: str, **values: Any) -> tuple[Outcome, Report]:
        outcome = make_own_project(pipeline, **values).run(RUNNERS["local"]())
        return outcome, read_report(url, prefect_project)

    return run


@pytest.mark.parametrize("nodes", NODES)
def test_every_task_run_succeeds_with_each_state_once(run: Any, nodes: int) -> None:
    outcome, report = run(FAN, NODES=nodes)

    assert outcome.error is None
    assert report.states == ["Scheduled", "Running", "Success"]
    assert {name for name in report.tasks if name.startswith("middle_")} == {
        f"middle_{i}" for i in range(nodes - 2)
    }
    assert {name: states for name, states in report.tasks.items() if states != SUCCESS} == {}


@pytest.mark.parametrize("filling", ["", "x" * SIX_MEGABYTES], ids=["short", "6 MB"])
def test_a_failure_is_reported_once_with_its_message_shortened(run: Any, filling: str) -> None:
    outcome, report = run(FAILING, FILLING=filling)
    message = report.messages["fail"]

    assert outcome.raised == ("ValueError", f"it begins{filling}it ends")
    assert report.states == ["Scheduled", "Running", "Failed"]
    assert report.tasks["start"] == SUCCESS
    assert report.tasks["fail"] == ["Pending", "Running", "Failed"]
    assert report.tasks["never"] == ["Pending", "TriggerFailed"]
    assert "it begins" in message
    assert len(message) < 1_000_000
    assert ("left out" in message) == bool(filling)


def test_a_cancelled_run_ends_cancelled_with_each_state_once(
    make_own_project: MakeProject, url: str, prefect_project: str
) -> None:
    with started(make_own_project(WAITING)) as process, connect(url, Path()) as api:
        eventually(lambda: read_report(url, prefect_project).tasks["wait"][-1] == "Running")
        cancel_flow_run(api, read_report(url, prefect_project).flow_run_id)
        process.communicate(timeout=60)
    report = read_report(url, prefect_project)

    assert process.returncode == 1
    assert report.states == ["Scheduled", "Running", "Cancelling", "Cancelled"]
    assert report.tasks["wait"] == ["Pending", "Running", "Cancelled"]
    assert report.tasks["after"] == ["Pending", "Cancelled"]
    repeated = {name: of for name, of in report.tasks.items() if len(set(of)) < len(of)}
    assert repeated == {}


@pytest.mark.parametrize(
    ("state", "tasks"),
    [
        (
            Failed("by hand"),
            {"wait": ["Pending", "Running", "Failed"], "after": ["Pending", "TriggerFailed"]},
        ),
        (
            Scheduled("by hand", start_time=pendulum.now("utc").add(hours=1)),
            {"wait": ["Pending", "Running"], "after": ["Pending"]},
        ),
    ],
    ids=["Failed", "Scheduled"],
)
def test_a_run_whose_state_someone_else_sets_stops_and_leaves_it(
    make_own_project: MakeProject,
    url: str,
    prefect_project: str,
    state: State,
    tasks: dict[str, list[str]],
) -> None:
    name = type(state).__name__
    with started(make_own_project(WAITING)) as process, connect(url, Path()) as api:
        eventually(lambda: read_report(url, prefect_project).tasks["wait"][-1] == "Running")
        id_ = read_report(url, prefect_project).flow_run_id
        set_flow_run_state(api, id_, state.serialize())
        output = process.communicate(timeout=60)[0]
    report = read_report(url, prefect_project)

    assert process.returncode == 1
    assert f"because its state was set to {name} from outside" in " ".join(output.split())
    assert report.states == ["Scheduled", "Running", name]
    assert {node: report.tasks[node] for node in tasks} == tasks


def test_a_line_of_six_megabytes_is_reported_once_and_shortened(run: Any) -> None:
    outcome, report = run(TALKING, LENGTH=SIX_MEGABYTES)
    long = [line for line in report.lines if line.startswith("it begins")]

    assert outcome.error is None
    assert report.states == ["Scheduled", "Running", "Success"]
    assert {name: states for name, states in report.tasks.items() if states != SUCCESS} == {}
    assert report.lines.count("it is said") == 1
    assert len(long) == 1
    assert len(long[0]) < 1_100_000
    assert "left out" in long[0]


def test_many_long_lines_of_wide_characters_are_reported_once_each(run: Any) -> None:
    outcome, report = run(PRINTING, LINES=MANY_LINES, LENGTH=LINE_LENGTH)
    printed = [line for line in report.lines if line.endswith("\u5bbd")]

    assert outcome.error is None
    assert report.states == ["Scheduled", "Running", "Success"]
    assert {name: states for name, states in report.tasks.items() if states != SUCCESS} == {}
    assert {len(line) for line in printed} == {LINE_LENGTH}
    assert sorted(int(line[:4]) for line in printed) == list(range(MANY_LINES))
