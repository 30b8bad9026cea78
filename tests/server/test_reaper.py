"""Runs whose process is gone do not stay as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from project.server.process import EmbeddedServer
from project.server.settings import ServerSettings
from tests.server.kit import (
    Api,
    Registered,
    eventually,
    mutation,
    run_row,
    set_flow_state,
    set_task_state,
    two_tasks,
)

AGENT = {"x_prefect_agent_id": "00000000-0000-0000-0000-00000000000a"}


@pytest.fixture
def settings(settings: ServerSettings) -> ServerSettings:
    """Return settings that make half a second of the usual ten minutes."""
    return replace(
        settings, reaper_seconds=0.05, reaper_grace_seconds=0, heartbeat_timeout_seconds=0.5
    )


@pytest.fixture
def run_id(api: Api, flow: Registered) -> str:
    return flow.run()


def submit(api: Api, run_id: str) -> None:
    states = [{"flow_run_id": run_id, "state": {"type": "Submitted", "message": ""}}]
    api.data(mutation("set_flow_run_states"), {"input": {"states": states}}, **AGENT)


def state_of(api: Api, run_id: str) -> str:
    return str(run_row(api, run_id, "state")["state"])


def tasks(api: Api, run_id: str) -> list:
    found = run_row(api, run_id, "task_runs(order_by: {task: {slug: asc}}) { id state }")
    return [(each["id"], each["state"]) for each in found["task_runs"]]


def becomes(api: Api, run_id: str, state: str) -> Any:
    eventually(lambda: state_of(api, run_id) == state)
    return run_row(api, run_id, "state_message times_resurrected logs { level message }")


def test_a_run_that_no_agent_started_fails(api: Api, run_id: str) -> None:
    set_flow_state(api, run_id, "Running")
    task_run_id = tasks(api, run_id)[0][0]
    set_task_state(api, task_run_id, "Running")

    found = becomes(api, run_id, "Failed")

    assert "no agent had started it" in found["state_message"]
    assert found["logs"] == [{"level": "WARNING", "message": found["state_message"]}]
    assert sorted(state for _, state in tasks(api, run_id)) == ["Failed", "Pending", "Pending"]


def test_a_run_of_an_agent_is_rescheduled_three_times(api: Api, run_id: str) -> None:
    for number in (1, 2, 3):
        submit(api, run_id)
        set_flow_state(api, run_id, "Running")
        found = becomes(api, run_id, "Scheduled")
        assert (found["times_resurrected"], found["state_message"]) == (
            number,
            "Rescheduled by a Lazarus process.",
        )
    submit(api, run_id)

    assert "3 times without success" in becomes(api, run_id, "Failed")["state_message"]


def test_a_cancelling_run_is_cancelled(api: Api, run_id: str) -> None:
    set_flow_state(api, run_id, "Running")
    set_task_state(api, tasks(api, run_id)[0][0], "Running")
    assert api.mutate("cancel_flow_run", flow_run_id=run_id) == {"state": "Cancelling"}

    assert "its process is gone" in becomes(api, run_id, "Cancelled")["state_message"]
    assert {state for _, state in tasks(api, run_id)} == {"Cancelled"}


def test_a_task_run_that_has_retries_left_is_retried(api: Api, project_id: str) -> None:
    serialized = two_tasks().serialize()
    for task in serialized["tasks"]:
        task["max_retries"] = 1
    flow = Registered(
        api, api.mutate("create_flow", project_id=project_id, serialized_flow=serialized)["id"]
    )
    run_id = flow.run()
    submit(api, run_id)
    set_flow_state(api, run_id, "Running")
    task_run_id = tasks(api, run_id)[0][0]

    set_task_state(api, task_run_id, "Running")
    eventually(lambda: dict(tasks(api, run_id))[task_run_id] == "Retrying")
    assert state_of(api, run_id) == "Running"
    queue = api.mutate("get_runs_in_queue", before="2099-01-01T00:00:00Z", labels=[])
    assert queue == {"flow_run_ids": [run_id]}

    set_task_state(api, task_run_id, "Running")
    eventually(lambda: dict(tasks(api, run_id))[task_run_id] == "Failed")
    becomes(api, run_id, "Scheduled")


@pytest.fixture
def beating(api: Api, run_id: str) -> Any:
    set_flow_state(api, run_id, "Running")

    def beat() -> bool:
        api.mutate("update_flow_run_heartbeat", flow_run_id=run_id)
        return state_of(api, run_id) == "Running"

    return beat


def test_a_run_with_heartbeats_is_left_alone(api: Api, flow: Registered, beating: Any) -> None:
    silent = flow.run()
    set_flow_state(api, silent, "Running")

    eventually(lambda: not beating() or state_of(api, silent) == "Failed")
    assert beating()


def test_a_flow_without_heartbeats_is_left_alone(
    api: Api, flow: Registered, run_id: str, register: Any
) -> None:
    api.mutate("disable_flow_heartbeat", flow_id=flow.id)
    set_flow_state(api, run_id, "Running")
    other = register(two_tasks("other")).run()
    set_flow_state(api, other, "Running")

    becomes(api, other, "Failed")
    assert state_of(api, run_id) == "Running"


def test_runs_have_the_time_for_a_heartbeat_after_the_server_starts(
    settings: ServerSettings, api: Api, run_id: str
) -> None:
    from project.server.database import Database
    from project.server.reaper import Reaper

    patient = Reaper(Database(settings.database, 5), replace(settings, reaper_grace_seconds=60))
    set_flow_state(api, run_id, "Running")
    patient.reap()
    patient._database.close()

    assert state_of(api, run_id) == "Running"


def test_what_a_dead_server_left_is_settled_by_the_next(settings: ServerSettings) -> None:
    with EmbeddedServer(replace(settings, reaper_grace_seconds=60)) as server:
        api = Api(server.url)
        project = api.mutate("create_project", name="p")["id"]
        flow_id = api.mutate(
            "create_flow", project_id=project, serialized_flow=two_tasks().serialize()
        )["id"]
        run_id = Registered(api, flow_id).run()
        set_flow_state(api, run_id, "Running")

    with EmbeddedServer(settings) as server:
        becomes(Api(server.url), run_id, "Failed")
