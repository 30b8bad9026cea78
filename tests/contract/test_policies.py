"""Retries, time limits and limits by tag, on each executor."""

from __future__ import annotations

import json
from typing import Any, Callable, List

import pytest

from project.api.client import connect
from project.config.model import TaskPolicy
from project.errors import SettingsError
from project.execution.runners import retries_on
from tests.kits.projects import (
    RUNNERS,
    SESSION_RUNNERS,
    KedroProject,
    assert_one_clear_error,
    kedro_command,
    kedro_run,
)

MakeProject = Callable[..., KedroProject]

PIPELINE = """
import threading
import time
from pathlib import Path
from threading import Lock
from kedro.pipeline import Pipeline, node
from tests.kits.projects import AbstractDataset

ATTEMPTS = []
RUNNING, MOST = [], []
LOCK = Lock()

class Unavailable(ConnectionError):
    error = "busy"  # as those of several HTTP libraries have

def make():
    ATTEMPTS.clear()
    return {"rows": [1, 2]}

def flaky(table):
    ATTEMPTS.append(list(table["rows"]))
    table["rows"].append(3)
    if len(ATTEMPTS) < 3:
        raise Unavailable(f"attempt {len(ATTEMPTS)}")
    return len(table["rows"])

def wrong(table):
    raise ValueError("no use to try again")

def slow(table):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.01)

def stubborn(table):
    try:
        slow(table)
    except Exception:
        return "kept going"

def chunks(table):
    yield [1]

def query(table):
    with LOCK:
        RUNNING.append(1)
        MOST.append(len(RUNNING))
    time.sleep(0.05)
    with LOCK:
        RUNNING.pop()
    return max(MOST)

class SlowDataset(AbstractDataset):
    def _load(self):
        slow(None)

    def _save(self, data):
        pass

    def _describe(self):
        return {}

class Unreachable(SlowDataset):
    def _load(self):
        raise ConnectionError("no network")

LATE = []

def late(table):
    LATE.append(threading.current_thread())
    attempt = len(LATE)
    end = time.monotonic() + 5
    while attempt == 1 and time.monotonic() < end:
        try:
            time.sleep(0.01)
        except Exception:
            pass
    return f"attempt {attempt}"

def see(value, catalog_value):
    return value

def wait_for_the_first(value):
    LATE[0].join()
    return 1

def register_pipelines():
    first = node(make, None, "table", name="make")
    def after_make(function, name, tags=None):
        return Pipeline([first, node(function, "table", f"from_{name}", name=name, tags=tags)])
    queries = [node(query, "table", f"q{i}", name=f"query_{i}", tags=["db"]) for i in range(6)]
    return {
        "__default__": after_make(flaky, "flaky", ["network"]),
        "wrong": after_make(wrong, "wrong", ["network"]),
        "slow": after_make(slow, "slow"),
        "stubborn": after_make(stubborn, "stubborn"),
        "chunks": after_make(chunks, "chunks"),
        "late": Pipeline([
            first,
            node(late, "table", "value", name="late"),
            node(wait_for_the_first, "value", "first_has_ended", name="wait"),
            node(see, ["value", "first_has_ended"], "seen", name="see"),
        ]),
        "reading": Pipeline([first, node(query, "data", "from_data", name="read")]),
        "queries": Pipeline([first, *queries]),
    }
"""

RETRIES = "tasks: {tags: {network: {retries: 3, retry_delay_seconds: 0.01}}}"


@pytest.fixture(params=sorted(SESSION_RUNNERS))
def runner(request: Any) -> Any:
    return SESSION_RUNNERS[request.param]()


def states(project: KedroProject, node: str) -> List[str]:
    """Return the states of a node's last task run, in their order."""
    text = (
        "query($name: String) { task_run(where: {task: {name: {_eq: $name}}}, limit: 1, "
        "order_by: {created: desc}) { states(order_by: {timestamp: asc}) { state } } }"
    )
    with connect("embedded", project.folder) as api:
        (run,) = api.query(text, name=node)
    return [row["state"] for row in run["states"]]


def hooks_of(outcome: Any, node: str) -> List[str]:
    return [
        hook
        for hook, arguments in outcome.calls
        if node in dict(arguments).get("node", "") and hook.endswith(("node_run", "node_error"))
    ]


def test_a_node_is_run_again_with_clean_inputs_until_it_succeeds(
    make_project: MakeProject, runner: Any
) -> None:
    project = make_project(PIPELINE, prefect=RETRIES)
    outcome = project.run(runner)

    assert outcome.error is None
    assert outcome.result == {"from_flaky": 3}
    attempt = ["Running", "Retrying"]
    assert states(project, "flaky") == ["Pending", *attempt, *attempt, "Running", "Success"]
    failed = ["before_node_run", "on_node_error"]
    assert hooks_of(outcome, "flaky") == [*failed, *failed, "before_node_run", "after_node_run"]


def test_the_last_attempts_exception_ends_the_run(make_project: MakeProject, runner: Any) -> None:
    project = make_project(PIPELINE, prefect=RETRIES.replace("retries: 3", "retries: 1"))
    outcome = project.run(runner)

    assert outcome.raised == ("Unavailable", "attempt 2")
    assert states(project, "flaky") == ["Pending", "Running", "Retrying", "Running", "Failed"]


@pytest.mark.parametrize(
    ("retry_on", "attempts"), [("ConnectionError", 2), ("builtins.OSError", 2), ("KeyError", 1)]
)
def test_only_the_named_exceptions_are_retried_with_their_subclasses(
    make_project: MakeProject, retry_on: str, attempts: int
) -> None:
    policy = f"{{retries: 1, retry_delay_seconds: 0, retry_on: [{retry_on}]}}"
    project = make_project(PIPELINE, prefect=f"tasks: {{default: {policy}}}")

    assert project.run(RUNNERS["local"]()).raised == ("Unavailable", f"attempt {attempts}")


def test_an_error_that_is_not_retried_although_attempts_are_left_is_logged(
    make_project: MakeProject, runner: Any
) -> None:
    policy = "{retries: 1, retry_delay_seconds: 0, retry_on: [ConectionError]}"
    project = make_project(PIPELINE, prefect=f"tasks: {{default: {policy}}}")
    assert project.run(runner).raised == ("Unavailable", "attempt 1")
    with connect("embedded", project.folder) as api:
        rows = api.query("query { log { message task_run { task { name } } } }")

    line = "Node 'flaky' is not retried: Unavailable is not in retry_on: [ConectionError]."
    assert {"message": line, "task_run": {"task": {"name": "flaky"}}} in rows


def test_delays_grow_by_the_backoff(make_project: MakeProject) -> None:
    policy = "{retries: 2, retry_delay_seconds: 0.01, retry_backoff: 3}"
    outcome = make_project(PIPELINE, prefect=f"tasks: {{nodes: {{fla*: {policy}}}}}").run(
        RUNNERS["local"]()
    )

    assert outcome.result == {"from_flaky": 3}


def test_a_node_that_takes_too_long_is_timed_out(make_project: MakeProject, runner: Any) -> None:
    project = make_project(PIPELINE, prefect="tasks: {nodes: {slow: {timeout_seconds: 1}}}")
    outcome = project.run(runner, pipeline_name="slow")

    assert outcome.raised == (
        "NodeTimeoutError",
        "Node 'slow' took longer than 1 s (timeout_seconds).",
    )
    assert states(project, "slow") == ["Pending", "Running", "TimedOut"]
    assert hooks_of(outcome, "slow") == ["before_node_run", "on_node_error"]


def test_a_node_that_catches_the_interruption_is_timed_out_all_the_same(
    make_project: MakeProject, runner: Any
) -> None:
    project = make_project(PIPELINE, prefect="tasks: {nodes: {stubborn: {timeout_seconds: 1}}}")
    outcome = project.run(runner, pipeline_name="stubborn")

    assert outcome.raised is not None
    assert outcome.raised[0] == "NodeTimeoutError"
    assert states(project, "stubborn") == ["Pending", "Running", "TimedOut"]


def test_a_node_that_is_interrupted_within_a_dataset_is_timed_out(
    make_project: MakeProject, runner: Any
) -> None:
    # Kedro makes a DatasetError of whatever a dataset raises.
    project = make_project(PIPELINE, prefect="tasks: {nodes: {read: {timeout_seconds: 1}}}")
    project.write(
        "conf/base/catalog.yml", f"data: {{type: {project.package}.pipeline_registry.SlowDataset}}"
    )
    outcome = project.run(runner, pipeline_name="reading")

    assert outcome.raised is not None
    assert outcome.raised[0] == "NodeTimeoutError"
    assert states(project, "read") == ["Pending", "Running", "TimedOut"]


def test_an_attempt_that_was_left_saves_nothing(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("project.execution.time_limit.GRACE_SECONDS", 0.2)
    policy = "{timeout_seconds: 1.5, retries: 1, retry_delay_seconds: 0}"
    project = make_project(PIPELINE, prefect=f"tasks: {{nodes: {{late: {policy}}}}}")
    outcome = project.run(SESSION_RUNNERS["threads"](), pipeline_name="late")

    assert outcome.error is None
    assert outcome.result == {"seen": "attempt 2"}


def test_an_error_within_a_dataset_is_retried_by_its_own_name(
    make_project: MakeProject, runner: Any
) -> None:
    policy = "{retries: 1, retry_delay_seconds: 0, retry_on: [ConnectionError]}"
    project = make_project(PIPELINE, prefect=f"tasks: {{nodes: {{read: {policy}}}}}")
    project.write(
        "conf/base/catalog.yml", f"data: {{type: {project.package}.pipeline_registry.Unreachable}}"
    )
    outcome = project.run(runner, pipeline_name="reading")

    assert outcome.error is not None
    assert states(project, "read") == ["Pending", "Running", "Retrying", "Running", "Failed"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("IOError", FileNotFoundError()),
        ("json.JSONDecodeError", json.JSONDecodeError("no", "", 0)),
        ("OSError", TimeoutError() if issubclass(TimeoutError, OSError) else OSError()),
    ],
)
def test_an_exception_may_have_several_names(name: str, error: Exception) -> None:
    assert retries_on(error, TaskPolicy(retry_on=(name,)))
    assert not retries_on(KeyError(), TaskPolicy(retry_on=(name,)))


def test_a_node_in_time_is_not_interrupted(make_project: MakeProject, runner: Any) -> None:
    settings = "tasks: {default: {timeout_seconds: 60}, nodes: {flaky: {retries: 2,"
    project = make_project(PIPELINE, prefect=f"{settings} retry_delay_seconds: 0}}}}}}")

    assert project.run(runner).result == {"from_flaky": 3}


@pytest.mark.parametrize(("limits", "most"), [("{db: 1}", {1}), ("{db: 2}", {1, 2})])
def test_no_more_nodes_with_a_tag_run_at_once_than_its_limit(
    make_project: MakeProject, runner: Any, limits: str, most: Any
) -> None:
    outcome = make_project(PIPELINE, prefect=f"limits: {limits}").run(
        runner, pipeline_name="queries"
    )

    assert outcome.error is None
    assert set(outcome.result.values()) <= most


@pytest.mark.parametrize(
    ("settings", "pipeline", "message"),
    [
        ("tasks: {nodes: {flakey: {retries: 1}}}", "__default__", "tasks.nodes.flakey: no node of"),
        ("tasks: {tags: {net: {retries: 1}}}", "__default__", "tasks.tags.net: no node of this"),
        ("limits: {disk: 1}", "__default__", "limits.disk: no node of this project has this tag."),
        ("limits: {db: 0}", "__default__", "limits: must be a mapping of names to whole numbers"),
        ("tasks: {nodes: {flaky: {retrys: 1}}}", "__default__", "Did you mean 'retries'?"),
        (
            "tasks: {default: {retries: -1}}",
            "__default__",
            "tasks.default.retries: must be a whole",
        ),
        (
            "tasks: {default: {timeout_seconds: 0}}",
            "__default__",
            "must be a number above 0, not 0",
        ),
        ("tasks: {default: {retries: 1}}", "chunks", "tasks.default.retries: node 'chunks' is a"),
    ],
)
def test_a_policy_that_cannot_work_is_named_with_its_file(
    make_project: MakeProject, settings: str, pipeline: str, message: str
) -> None:
    outcome = make_project(PIPELINE, prefect=settings).run(
        RUNNERS["local"](), pipeline_name=pipeline
    )

    assert isinstance(outcome.error, SettingsError)
    assert "prefect.yml" in str(outcome.error)
    assert message in str(outcome.error)
    assert outcome.nodes_run == []


def test_an_interrupted_run_waits_for_no_further_attempt(make_project: MakeProject) -> None:
    interrupt = "import os, signal; os.kill(os.getpid(), signal.SIGINT); raise Unavailable("
    policy = "{retries: 1, retry_delay_seconds: 600}"
    project = make_project(
        PIPELINE.replace("raise Unavailable(", interrupt),
        prefect=f"executor: {{type: threads}}\ntasks: {{nodes: {{flaky: {policy}}}}}",
    )
    run = kedro_run(project)  # gives up after two minutes

    assert run.returncode != 0
    assert states(project, "flaky")[-1] == "Failed"  # as its only attempt did


def test_explain_shows_where_each_value_of_a_policy_is_from(make_project: MakeProject) -> None:
    project = make_project(
        PIPELINE,
        prefect="""
            tasks:
              default: {retries: 1}
              tags: {db: {retries: 2, timeout_seconds: 9}}
              nodes: {query_*: {retry_on: [OSError]}, query_1: {retries: 4}}
            limits: {db: 3}
            """,
    )
    shown = kedro_command(project, "prefect", "explain", "query_1", "--pipeline=queries").stdout

    assert "retries: 4  (tasks.nodes.query_1)" in shown
    assert "retry_on: [OSError]  (tasks.nodes.query_*)" in shown
    assert "timeout_seconds: 9  (tasks.tags.db)" in shown
    assert "retry_delay_seconds: 10  (tasks.default)" in shown
    assert "limit: 3 nodes with the tag 'db' at once  (limits.db)" in shown
    assert "will match no error" not in shown
    assert_one_clear_error(
        kedro_command(project, "prefect", "explain", "query"),
        "has no node 'query'; it has flaky, make.",
    )


def test_explain_reports_a_misspelt_exception(make_project: MakeProject) -> None:
    project = make_project(PIPELINE, prefect="tasks: {default: {retry_on: [ValueEror]}}")
    shown = kedro_command(project, "prefect", "explain", "flaky").stdout

    assert (
        "'ValueEror' in retry_on will match no error: no such exception is imported; did you mean "
        "ValueError?"
    ) in shown
