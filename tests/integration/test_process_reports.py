"""What is reported of a flow run whose process has ended."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import pytest
import requests
from prefect.engine.state import Failed, Running, Submitted
from prefect.utilities.configuration import set_temporary_config

from project.api.client import PrefectApi, connect
from project.api.queries.flow_runs import flow_run_state, set_flow_run_state
from project.api.queries.task_runs import task_run_states
from project.deploy import agent as agent_module
from project.deploy import entrypoint
from project.deploy.agent import AgentOptions, KedroAgent, _Child
from project.deploy.entrypoint import exit_beside_another_process
from project.deploy.flow_run_process import report_end
from tests.kits.embedded import open_api
from tests.server.kit import Api, two_tasks


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PrefectApi]:
    with open_api(tmp_path) as url, connect(url, tmp_path) as api:
        yield api


@pytest.fixture
def flow_run_id(api: PrefectApi) -> str:
    """Return a flow run whose tasks have not begun."""
    direct = Api(api.address)
    project_id = direct.mutate("create_project", name="one")["id"]
    flow = two_tasks().serialize()
    flow_id = direct.mutate("create_flow", project_id=project_id, serialized_flow=flow)["id"]
    return str(direct.mutate("create_flow_run", flow_id=flow_id)["id"])


def states(api: PrefectApi, flow_run_id: str) -> set[Any]:
    return set(task_run_states(api, flow_run_id).values())


def test_the_task_runs_of_a_flow_that_could_not_be_loaded_end_with_it(
    api: PrefectApi, flow_run_id: str
) -> None:
    message = "Failed to load and execute flow run: ..."  # as Prefect's command sets it
    set_flow_run_state(api, flow_run_id, Failed(message).serialize())

    report_end(api, flow_run_id, exit_code=1)

    assert states(api, flow_run_id) == {"TriggerFailed"}
    text = "query($id: uuid!) { flow_run_by_pk(id: $id) { states { state } } }"
    history = [row["state"] for row in api.query(text, id=flow_run_id)["states"]]
    assert history.count("Failed") == 1


def test_a_process_that_was_killed_fails_its_run_and_the_task_runs(
    api: PrefectApi, flow_run_id: str
) -> None:
    report_end(api, flow_run_id, exit_code=-9)

    assert flow_run_state(api, flow_run_id) == "Failed"
    assert states(api, flow_run_id) == {"TriggerFailed"}


@pytest.fixture
def agent(api: PrefectApi) -> Iterator[KedroAgent]:
    """Return an agent that does nothing by itself."""
    with set_temporary_config({"cloud.api": api.address, "backend": "server"}):
        yield KedroAgent(AgentOptions([], "", {}))


@contextmanager
def process_of(agent: KedroAgent, flow_run_id: str) -> Iterator[subprocess.Popen[bytes]]:
    """Let an agent have a process for a flow run."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        agent._children.append(_Child(flow_run_id, process))
        yield process
        process.kill()


def flow_runs_to_start(agent: KedroAgent) -> list[str]:
    return [run.id for run in agent._get_flow_run_metadata(agent._get_ready_flow_runs())]


def test_a_run_that_could_not_be_started_has_no_waiting_task_runs(
    api: PrefectApi, agent: KedroAgent, flow_run_id: str
) -> None:
    agent._mark_flow_as_failed(SimpleNamespace(id=flow_run_id, version=0), "no more processes")

    assert flow_run_state(api, flow_run_id) == "Failed"
    assert states(api, flow_run_id) == {"TriggerFailed"}


def test_an_agent_starts_no_second_process_beside_a_living_one(
    api: PrefectApi, agent: KedroAgent, flow_run_id: str
) -> None:
    assert flow_runs_to_start(agent) == [flow_run_id]
    with process_of(agent, flow_run_id) as process:
        assert flow_runs_to_start(agent) == []
        process.kill()
        process.wait()
        agent._check_child(agent._children[0], {})

    assert flow_run_state(api, flow_run_id) == "Scheduled"
    assert flow_runs_to_start(agent) == [flow_run_id]


def test_a_run_is_not_lost_with_the_line_that_its_process_has_started(
    api: PrefectApi, agent: KedroAgent, flow_run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(lines: Any) -> None:
        raise requests.ConnectionError("refused")

    def deploy_flow(flow_run: Any) -> str:
        set_flow_run_state(api, flow_run.id, Running().serialize())
        return "PID: 1"

    monkeypatch.setattr(agent.client, "write_run_logs", refuse)
    monkeypatch.setattr(agent, "deploy_flow", deploy_flow)
    (flow_run,) = agent._get_flow_run_metadata([flow_run_id])
    agent._deploy_flow_run(flow_run)

    assert flow_run_state(api, flow_run_id) == "Running"


def test_a_run_whose_process_has_started_is_not_failed_by_the_agent(
    api: PrefectApi, agent: KedroAgent, flow_run_id: str
) -> None:
    with process_of(agent, flow_run_id):
        agent._mark_flow_as_failed(SimpleNamespace(id=flow_run_id, version=0), "refused")

    assert flow_run_state(api, flow_run_id) == "Scheduled"
    assert states(api, flow_run_id) == {"Pending"}


def test_a_process_exits_beside_another_one_that_sends_heartbeats(
    api: PrefectApi, flow_run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for state in (Submitted(), Running()):
        exit_beside_another_process(api, flow_run_id)
        set_flow_run_state(api, flow_run_id, state.serialize())

    with pytest.raises(SystemExit) as exit_of_process:
        exit_beside_another_process(api, flow_run_id)
    assert exit_of_process.value.code is None
    text = "query($id: uuid!) { flow_run_by_pk(id: $id) { logs { message } } }"
    (line,) = api.query(text, id=flow_run_id)["logs"]
    assert line["message"].startswith("Another process executes this flow run")

    monkeypatch.setattr(entrypoint, "_HEARTBEAT_TIMEOUT_SECONDS", 0)
    exit_beside_another_process(api, flow_run_id)


def test_an_agent_that_starts_while_the_server_is_away_registers_later(
    api: PrefectApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [requests.ConnectionError("refused"), "the id"]

    def register_agent(**arguments: Any) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    monkeypatch.setattr(agent_module, "RETRY_SECONDS", 0)
    with set_temporary_config({"cloud.api": api.address, "backend": "server"}):
        agent = KedroAgent(AgentOptions([], "", {}))
        monkeypatch.setattr(agent.client, "register_agent", register_agent)
        agent._setup_api_connection()

    assert agent.client._attached_headers["X-PREFECT-AGENT-ID"] == "the id"
    assert answers == []
