"""Prefect's own command line and agent, as processes, from registration to the end of a run.

With TEST_API_URL the same tests run against any Prefect 1.x API (`make test-api URL=...`), and
delete at the end what they made there.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterator

import pytest

from project.server.settings import ServerSettings
from project.server.thread import ServerThread
from tests.kits.waiting import eventually
from tests.server.command_line import CommandLine

FLOWS = Path(__file__).with_name("example_flows.py")
SCHEDULED_FLOW = Path(__file__).with_name("example_schedule.py")


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Return the command line of a server that has the example flows and an agent."""
    folder = tmp_path_factory.mktemp("end-to-end")
    url = os.environ.get("TEST_API_URL")
    with ExitStack() as stack:
        if not url:
            url = stack.enter_context(ServerThread(ServerSettings(folder / "api.db"))).url
        prefect = CommandLine(url, folder)
        stack.enter_context(prefect.project_on_the_server())
        prefect("register", "--project", prefect.project, "-p", str(FLOWS))
        stack.enter_context(prefect.agent())
        yield prefect


def test_registering_again_changes_nothing(prefect: CommandLine) -> None:
    output = prefect("register", "--project", prefect.project, "-p", str(FLOWS))

    assert output.count("Skipped") == 5


@pytest.mark.parametrize(
    ("flow", "task_runs"),
    [
        ("plain", {("by", -1, "Success"), ("add", -1, "Success")}),
        (
            "mapped",
            {
                ("by", -1, "Success"),
                ("numbers", -1, "Success"),
                ("add", -1, "Mapped"),
                *(("add", index, "Success") for index in range(3)),
            },
        ),
    ],
)
def test_an_agent_runs_a_flow_to_its_end(
    prefect: CommandLine, flow: str, task_runs: set[tuple[str, int, str]]
) -> None:
    output = prefect.watch(flow)

    assert output.endswith("exit code 0")
    assert "Entered state <Submitted>: Submitted for execution" in output
    assert "Flow run succeeded!" in output
    (run,) = prefect.runs(flow, "state task_runs { state map_index task { name } }")
    assert run["state"] == "Success"
    actual = [(each["task"]["name"], each["map_index"], each["state"]) for each in run["task_runs"]]
    assert len(actual) == len(task_runs)
    assert set(actual) == task_runs


def test_a_task_that_fails_is_retried(prefect: CommandLine) -> None:
    output = prefect.watch("retried")

    assert output.endswith("exit code 0")
    assert "ValueError: the first time it fails" in output
    assert "the second time it works" in output
    history = "states(order_by: {timestamp: asc}) { state }"
    (run,) = prefect.runs("retried", f"state task_runs {{ state {history} }}")
    assert run["state"] == "Success"
    (task_run,) = run["task_runs"]
    assert task_run["state"] == "Success"
    states = [each["state"] for each in task_run["states"]]
    assert states[-5:] == ["Running", "Failed", "Retrying", "Running", "Success"]


def test_a_failure_is_printed_and_sets_the_exit_code(prefect: CommandLine) -> None:
    output = prefect.watch("failing")

    assert "ValueError: it always fails" in output
    assert "Flow run failed!" in output
    assert output.endswith("exit code 1")


def test_a_run_gets_its_parameters_and_name(prefect: CommandLine) -> None:
    name = f"named-{prefect.label}"
    output = prefect.watch("plain", "--param", "by=41", "--run-name", name)

    assert "adding 41 to 1" in output
    assert "adding 41 to 1" in prefect("get", "logs", "-n", name)
    described = json.loads(prefect("describe", "flow-runs", "-n", name))
    assert (described["flow"], described["parameters"]) == ({"name": "plain"}, {"by": 41})
    assert name in prefect("get", "flow-runs", "--flow", "plain", "--project", prefect.project)


def test_ctrl_c_cancels_a_watched_run(prefect: CommandLine) -> None:
    with prefect.start(*prefect.asking_for("patient"), "--watch") as watching:
        eventually(lambda: _is_running(prefect.runs("patient", "task_runs { state }")), 60)
        watching.send_signal(signal.SIGINT)
        output = watching.communicate("y\n", timeout=60)[0]

    assert "Do you want to cancel this flow run?" in output
    assert "Cancelled flow run." in output
    eventually(lambda: prefect.runs("patient", "state") == [{"state": "Cancelled"}], 60)
    assert prefect.runs("patient", "task_runs { state }") == [
        {"task_runs": [{"state": "Cancelled"}]}
    ]


def _is_running(runs: list[dict[str, Any]]) -> bool:
    return runs == [{"task_runs": [{"state": "Running"}]}]


def test_registered_flows_are_listed_and_described(prefect: CommandLine) -> None:
    assert "mapped" in prefect("get", "flows", "--project", prefect.project)
    assert prefect.project in prefect("get", "projects")
    ours = ("--project", prefect.project)
    assert "numbers" in prefect("get", "tasks", "--flow-name", "mapped", *ours)
    assert json.loads(prefect("describe", "flows", "-n", "plain", *ours))["name"] == "plain"
    (described,) = json.loads(prefect("describe", "tasks", "-n", "retried", *ours))
    assert (described["name"], described["max_retries"]) == ("flaky", 1)


def test_a_run_without_an_agent_is_executed_by_the_command_line(prefect: CommandLine) -> None:
    arguments = ("run", "-n", "plain", "--project", prefect.project, "--execute", "--param", "by=2")

    assert "Flow run succeeded!" in prefect(*arguments)


def test_a_schedule_starts_runs(prefect: CommandLine) -> None:
    ours = ("--project", prefect.project, "--label", prefect.label)
    prefect("register", *ours, "-p", str(SCHEDULED_FLOW))
    first, *later = eventually(lambda: _first_has_ended(prefect), 120)

    assert first == {"state": "Success", "auto_scheduled": True}
    assert {"state": "Scheduled", "auto_scheduled": True} in later


def _first_has_ended(prefect: CommandLine) -> list[dict[str, Any]] | None:
    runs: list[dict[str, Any]] = prefect.runs("on time", "state auto_scheduled")
    return runs if runs and runs[0]["state"] in {"Success", "Failed"} else None
