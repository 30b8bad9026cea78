"""Prefect's own command line and agent, as processes, from registration to the end of a run.

With TEST_API_URL the same tests run against any Prefect 1.x server.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests

from project.server.process import EmbeddedServer
from project.server.settings import ServerSettings
from tests.server.kit import Api, eventually

FLOWS = Path(__file__).with_name("example_flows.py")


class Prefect:
    """Prefect's command line, talking to one server about one project."""

    def __init__(self, url: str, home: Path) -> None:
        self.api = Api(url)
        self.project = f"end-to-end-{uuid.uuid4().hex[:8]}"
        self.label = self.project
        self.env = {
            **os.environ,
            "HOME": str(home),
            "NO_PROXY": "localhost,127.0.0.1",
            "PREFECT__BACKEND": "server",
            "PREFECT__SERVER__ENDPOINT": url,
            "PREFECT__CLOUD__HEARTBEAT_MODE": "thread",
            "PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL": "1",
        }

    def __call__(self, *arguments: str) -> str:
        done = self.call(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "ignore", "-m", "prefect", *arguments]
        return subprocess.run(
            command, env=self.env, capture_output=True, text=True, timeout=120, check=False
        )

    def watch(self, flow: str, *more: str) -> str:
        """Run a flow to its end, and return what is said, and the exit code."""
        command = ("run", "-n", flow, "--project", self.project, "--label", self.label, "--watch")
        done = self.call(*command, *more)
        return f"{done.stdout}exit code {done.returncode}"

    def runs(self, flow: str, fields: str) -> Any:
        where = (
            f'{{flow: {{name: {{_eq: "{flow}"}}, project: {{name: {{_eq: "{self.project}"}}}}}}}}'
        )
        return self.api.data(
            f"query {{ flow_run(where: {where}, order_by: {{created: desc}}) {{ {fields} }} }}"
        )


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    """Return the command line of a server that has the example flows and an agent."""
    folder = tmp_path_factory.mktemp("end-to-end")
    url = os.environ.get("TEST_API_URL")
    if url:
        yield from _with_agent(Prefect(url, folder), folder)
    else:
        with EmbeddedServer(ServerSettings(folder / "api.db")) as server:
            yield from _with_agent(Prefect(server.url, folder), folder)


def _with_agent(prefect: Prefect, folder: Path) -> Iterator[Prefect]:
    prefect("create", "project", prefect.project)
    prefect("register", "--project", prefect.project, "-p", str(FLOWS))
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "prefect",
        "agent",
        "local",
        "start",
        "--no-hostname-label",
    ]
    command += ["--label", prefect.label, "--agent-address", address]
    log = (folder / "agent.log").open("w")
    with log, subprocess.Popen(command, env=prefect.env, stdout=log, stderr=log) as agent:
        eventually(lambda: _answers(f"{address}/api/health"), 60)
        yield prefect
        agent.send_signal(signal.SIGTERM)


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.ConnectionError:
        return False


def test_registering_again_changes_nothing(prefect: Prefect) -> None:
    said = prefect("register", "--project", prefect.project, "-p", str(FLOWS))

    assert said.count("Skipped") == 5


@pytest.mark.parametrize("flow", ["plain", "mapped", "retried"])
def test_an_agent_runs_a_flow_to_its_end(prefect: Prefect, flow: str) -> None:
    said = prefect.watch(flow)

    assert "Flow run succeeded!" in said
    assert said.endswith("exit code 0")
    assert "Entered state <Submitted>: Submitted for execution" in said
    (run,) = prefect.runs(
        flow, "state task_runs { state map_index } logs_aggregate { aggregate { count } }"
    )
    assert run["state"] == "Success"
    assert {each["state"] for each in run["task_runs"]} <= {"Success", "Mapped"}
    assert len(run["task_runs"]) == {"plain": 2, "mapped": 6, "retried": 1}[flow]


def test_a_failure_is_told(prefect: Prefect) -> None:
    said = prefect.watch("failing")

    assert "ValueError: it always fails" in said
    assert "Flow run failed!" in said


def test_parameters_reach_the_run(prefect: Prefect) -> None:
    said = prefect.watch("plain", "--param", "by=41", "--run-name", f"named-{prefect.label}")

    assert "adding 41 to 1" in said
    described = json.loads(prefect("describe", "flow-runs", "-n", f"named-{prefect.label}"))
    assert (described["flow"], described["parameters"]) == ({"name": "plain"}, {"by": 41})
    assert "adding 41 to 1" in prefect("get", "logs", "-n", f"named-{prefect.label}")


def test_a_running_run_is_cancelled(prefect: Prefect) -> None:
    prefect("run", "-n", "endless", "--project", prefect.project, "--label", prefect.label)
    (run,) = eventually(
        lambda: [each for each in prefect.runs("endless", "id task_runs { state }") if _runs(each)],
        60,
    )
    prefect.api.mutate("cancel_flow_run", flow_run_id=run["id"])

    eventually(lambda: prefect.runs("endless", "state")[0]["state"] == "Cancelled", 60)
    assert prefect.runs("endless", "task_runs { state }") == [
        {"task_runs": [{"state": "Cancelled"}]}
    ]


def _runs(run: dict[str, Any]) -> bool:
    return all(each["state"] == "Running" for each in run["task_runs"])


def test_what_was_registered_is_listed_and_described(prefect: Prefect) -> None:
    assert "mapped" in prefect("get", "flows", "--project", prefect.project)
    assert prefect.project in prefect("get", "projects")
    assert "numbers" in prefect("get", "tasks", "--flow-name", "mapped")
    assert json.loads(prefect("describe", "flows", "-n", "plain"))["name"] == "plain"
    (described,) = json.loads(prefect("describe", "tasks", "-n", "retried"))
    assert (described["name"], described["max_retries"]) == ("flaky", 1)


def test_a_run_without_an_agent_is_executed_by_the_command_line(prefect: Prefect) -> None:
    arguments = ("run", "-n", "plain", "--project", prefect.project, "--execute", "--param", "by=2")

    assert "Flow run succeeded!" in prefect(*arguments)
