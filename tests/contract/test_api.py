"""What a run here reports to the Prefect API."""

from __future__ import annotations

from typing import Any, Callable, Dict

import pytest

from project.api.client import connect
from project.errors import SettingsError
from tests.kits.projects import (
    FAILING,
    FAILING_CATALOG,
    RUNNERS,
    SESSION_RUNNERS,
    KedroProject,
    assert_one_clear_error,
    kedro_run,
)

MakeProject = Callable[..., KedroProject]

PIPELINE = """
import logging
from kedro.pipeline import Pipeline, node

def one():
    print("printed by one")
    logging.getLogger(__name__).warning("logged by one")
    return 1

def two(n): return n + 1
def three(n): return n + 2

def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "n", name="one", tags=["early"]),
        node(two, "n", "m", name="two"),
        node(three, "n", "k", name="three"),
    ])}
"""


def query(project: KedroProject, text: str, api_setting: str = "embedded") -> Any:
    with connect(api_setting, project.folder) as api:
        return api.query(text)


def flow_runs(project: KedroProject, fields: str, api_setting: str = "embedded") -> Any:
    return query(
        project, f"query {{ flow_run(order_by: {{created: asc}}) {{ {fields} }} }}", api_setting
    )


def states(run: Any) -> Dict[str, str]:
    return {
        row["task"]["name"]: row["state"]
        for row in run["task_runs"]
        if row["task"]["type"] != "prefect.core.parameter.Parameter"
    }


LOOKING = """
import os
import sys
import psutil
from kedro.pipeline import Pipeline, node

def look():
    connections = psutil.net_connections(kind="inet")
    own = [one for one in connections if one.pid == os.getpid()]
    print("listening:", sum(one.status == psutil.CONN_LISTEN for one in own))
    print("imported:", sorted({"starlette", "uvicorn"} & set(sys.modules)))
    return True

def register_pipelines():
    return {"__default__": Pipeline([node(look, None, "found", name="look")])}
"""


def test_a_run_without_a_server_listens_nowhere(make_project: MakeProject) -> None:
    project = make_project(LOOKING)
    run = kedro_run(project)

    assert run.returncode == 0, run.stdout
    assert "listening: 0" in run.stdout
    assert "imported: []" in run.stdout


STATES = "state parameters task_runs { state state_message task { name type } }"


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_a_run_reports_the_state_of_every_node(
    make_project: MakeProject, runner: str, api_setting: str
) -> None:
    project = make_project(PIPELINE, prefect=f"api: {api_setting}")
    outcome = project.run(SESSION_RUNNERS[runner]())
    (run,) = flow_runs(project, STATES, api_setting)

    assert outcome.result == {"m": 2, "k": 3}
    assert run["state"] == "Success"
    assert states(run) == {
        f"{project.package}_init": "Success",
        "one": "Success",
        "two": "Success",
        "three": "Success",
    }


def test_running_a_part_skips_the_rest_and_keeps_the_flow(
    make_project: MakeProject, api_setting: str
) -> None:
    project = make_project(PIPELINE, prefect=f"api: {api_setting}")
    project.run(RUNNERS["local"]())
    project.run(RUNNERS["local"](), tags=["early"], params={"n": 3})
    _, run = flow_runs(project, STATES + " flow { version }", api_setting)

    assert run["flow"]["version"] == 1
    assert run["parameters"]["tags"] == ["early"]
    assert run["parameters"]["params"] == {"n": 3}
    assert states(run) == {
        f"{project.package}_init": "Success",
        "one": "Success",
        "two": "Skipped",
        "three": "Skipped",
    }


def test_a_changed_pipeline_is_a_new_version(make_project: MakeProject) -> None:
    project = make_project(PIPELINE)
    assert "version 1: registered" in kedro_run(project).stdout
    assert "version 1: unchanged" in kedro_run(project).stdout
    project.write(
        f"src/{project.package}/pipeline_registry.py", PIPELINE.replace('name="three"', 'name="3"')
    )

    assert "version 2: registered" in kedro_run(project).stdout


def test_a_failure_is_reported_with_its_message(
    make_project: MakeProject, api_setting: str
) -> None:
    project = make_project(FAILING, catalog=FAILING_CATALOG, prefect=f"api: {api_setting}")
    project.write("data/text", "'abc'")
    outcome = project.run(RUNNERS["local"]())
    (run,) = flow_runs(project, STATES, api_setting)
    messages = {row["task"]["name"]: row["state_message"] for row in run["task_runs"]}

    assert outcome.raised == ("Broken", "cannot use abc")
    assert run["state"] == "Failed"
    found = states(run)
    del found["a_keep"]  # before or after the failure: Kedro's order of nodes, release by release
    assert found == {
        f"{project.package}_init": "Success",
        "start": "Success",
        "b_fail": "Failed",
        "c_downstream": "TriggerFailed",
        "d_independent": "TriggerFailed",
    }
    assert "Broken('cannot use abc')" in messages["b_fail"]
    assert messages["d_independent"] == "Not started: node 'b_fail' had already failed."


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_logged_and_printed_lines_are_reported_for_their_node(
    make_project: MakeProject, runner: str, api_setting: str
) -> None:
    project = make_project(PIPELINE, prefect=f"api: {api_setting}")
    project.run(SESSION_RUNNERS[runner]())
    lines = query(
        project, "query { log { level message task_run { task { name } } } }", api_setting
    )
    of_one = {
        (line["level"], line["message"])
        for line in lines
        if line["task_run"] and line["task_run"]["task"]["name"] == "one"
    }

    assert {("INFO", "printed by one"), ("WARNING", "logged by one")} <= of_one
    assert not any(message.startswith("[") for _, message in of_one)
    assert len([line for line in lines if line["message"] == "logged by one"]) == 1


def test_run_none_registers_and_runs_nothing(make_project: MakeProject) -> None:
    project = make_project(PIPELINE, prefect="run: none")
    run = kedro_run(project)

    assert run.returncode == 0
    assert "version 1: registered" in run.stdout
    assert "printed by one" not in run.stdout
    assert flow_runs(project, "id") == []


def test_an_api_that_is_down_is_one_clear_error_and_nothing_runs(make_project: MakeProject) -> None:
    run = kedro_run(make_project(PIPELINE, prefect="api: http://127.0.0.1:9"))

    assert_one_clear_error(
        run,
        "The Prefect API at http://127.0.0.1:9 cannot be reached",
        "Check that it is running, and the address ('api' in prefect.yml).",
    )
    assert "printed by one" not in run.stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run_config: {type: MarsRun}", "run_config.type: Prefect has no class 'MarsRun'. Use one"),
        ("storage: {type: Local, colour: red}", "storage: Local: "),
        ("storage: {type: Local}", "storage: Local stores a pickled flow"),
        ("storage: {type: S3, bucket: b}", "storage: S3 stores a pickled flow"),
        ("result: {type: PrefectResult}", "result.type: PrefectResult stores JSON in the API"),
        (
            "schedule: {timezone: UTC}",
            "schedule: must have exactly one of cron and interval_seconds.",
        ),
        ("schedule: {cron: often}", "schedule: "),
        ("schedule: {cron: '0 0 6 * * *'}", "schedule: cron '0 0 6 * * *' has 6 fields, not 5."),
        ("schedule: {cron: 0 0 31 2 *}", "schedule: "),
        ("schedule: {cron: 0 6 * * *, timezone: Mars/Olympus}", "unknown time zone"),
        ("schedule: {cron: 0 6 * * *, timezone: America}", "unknown time zone"),
        ("api: somewhere", "api: must be embedded, prefect, or an address that starts with http"),
    ],
)
def test_a_setting_that_prefect_refuses_is_named_with_its_file(
    make_project: MakeProject, line: str, message: str
) -> None:
    outcome = make_project(PIPELINE, prefect=line).run(RUNNERS["local"]())

    assert isinstance(outcome.error, SettingsError)
    assert "prefect.yml" in str(outcome.error)
    assert message in str(outcome.error)


def test_a_log_call_with_wrong_arguments_does_not_fail_the_node(
    make_project: MakeProject,
) -> None:
    mistake = PIPELINE.replace('("logged by one")', '("%s and %s", 1)')
    # Kedro's own handler, which is Rich's, raises for any runner.
    is_kept = 'not hasattr(handler, "console")'
    removal = f"root.handlers = [handler for handler in root.handlers if {is_kept}]"
    without_rich = f"root = logging.getLogger(); {removal}"
    project = make_project(mistake.replace('print("printed by one")', without_rich))
    run = kedro_run(project)
    (found,) = flow_runs(project, "state")

    assert run.returncode == 0, run.stdout
    assert found["state"] == "Success"


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
def test_an_unfinished_line_is_reported_for_its_node(
    make_project: MakeProject, runner: str
) -> None:
    progress = '[print(f"\\r{i} %", end="") for i in range(101)]'
    project = make_project(PIPELINE.replace('print("printed by one")', progress))
    project.run(SESSION_RUNNERS[runner]())
    lines = query(project, "query { log { message task_run { task { name } } } }")
    unfinished = [line for line in lines if line["message"].endswith(" %")]

    assert unfinished == [{"message": "100 %", "task_run": {"task": {"name": "one"}}}]
