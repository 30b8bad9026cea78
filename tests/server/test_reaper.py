"""Runs whose process is gone are ended, or scheduled again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from project.server.services.reaper import Reaper
from project.server.settings import ServerSettings
from project.server.store.database import Database
from project.server.store.locks import owned_run
from project.server.thread import ServerThread
from tests.kits.waiting import eventually
from tests.server.kit import (
    Api,
    Registered,
    mutation,
    register_flow,
    run_row,
    set_flow_state,
    set_task_state,
    two_tasks,
)


@pytest.fixture
def settings(settings: ServerSettings) -> ServerSettings:
    """Return settings of a server whose reaper runs often, and from the start."""
    return replace(settings, reaper_seconds=0.05, reaper_grace_seconds=0)


@pytest.fixture
def run_id(api: Api, flow: Registered) -> str:
    return flow.run()


def submit(api: Api, run_id: str) -> None:
    states = [{"flow_run_id": run_id, "state": {"type": "Submitted", "message": ""}}]
    agent_id = api.mutate("register_agent", type="LocalAgent", name="a", labels=[])["id"]
    headers = {"x_prefect_agent_id": agent_id}
    api.data(mutation("set_flow_run_states"), {"input": {"states": states}}, **headers)


def state_of(api: Api, run_id: str) -> str:
    return str(run_row(api, run_id, "state")["state"])


def tasks(api: Api, run_id: str) -> list:
    row = run_row(api, run_id, "task_runs(order_by: {task: {slug: asc}}) { id state }")
    return [(task_run["id"], task_run["state"]) for task_run in row["task_runs"]]


def becomes(api: Api, run_id: str, state: str) -> Any:
    eventually(lambda: state_of(api, run_id) == state)
    return run_row(api, run_id, "state_message times_resurrected logs { level message }")


def test_a_silent_run_that_no_agent_started_fails(api: Api, run_id: str, pass_an_hour: Any) -> None:
    set_flow_state(api, run_id, "Running")
    task_run_id = tasks(api, run_id)[0][0]
    set_task_state(api, task_run_id, "Running")
    pass_an_hour(run_id)

    row = becomes(api, run_id, "Failed")

    assert "no agent had started it" in row["state_message"]
    assert row["logs"] == [{"level": "WARNING", "message": row["state_message"]}]
    assert sorted(state for _, state in tasks(api, run_id)) == ["Failed", *["TriggerFailed"] * 2]


def test_a_silent_run_of_an_agent_is_rescheduled_three_times(
    api: Api, run_id: str, pass_an_hour: Any
) -> None:
    for number in (1, 2, 3):
        submit(api, run_id)
        set_flow_state(api, run_id, "Running")
        pass_an_hour(run_id)
        row = becomes(api, run_id, "Scheduled")
        assert (row["times_resurrected"], row["state_message"]) == (
            number,
            "Rescheduled by a Lazarus process.",
        )
    submit(api, run_id)
    pass_an_hour(run_id)

    assert "3 times without success" in becomes(api, run_id, "Failed")["state_message"]


def test_a_silent_run_that_is_cancelling_becomes_cancelled(
    api: Api, run_id: str, pass_an_hour: Any
) -> None:
    set_flow_state(api, run_id, "Running")
    set_task_state(api, tasks(api, run_id)[0][0], "Running")
    assert api.mutate("cancel_flow_run", flow_run_id=run_id) == {"state": "Cancelling"}
    pass_an_hour(run_id)

    assert "its process is gone" in becomes(api, run_id, "Cancelled")["state_message"]
    assert {state for _, state in tasks(api, run_id)} == {"Cancelled"}


def test_a_silent_task_run_with_retries_left_is_retried(
    api: Api, project_id: str, pass_an_hour: Any
) -> None:
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
    pass_an_hour(run_id)
    eventually(lambda: dict(tasks(api, run_id))[task_run_id] == "Retrying")
    assert state_of(api, run_id) == "Running"
    queue = api.mutate("get_runs_in_queue", before="2099-01-01T00:00:00Z", labels=[])
    assert queue == {"flow_run_ids": [run_id]}

    set_task_state(api, task_run_id, "Running")
    pass_an_hour(run_id)
    eventually(lambda: dict(tasks(api, run_id))[task_run_id] == "Failed")
    becomes(api, run_id, "Scheduled")


def test_a_run_with_heartbeats_is_not_ended(
    api: Api, flow: Registered, run_id: str, pass_an_hour: Any
) -> None:
    silent = flow.run()
    for each in (run_id, silent):
        set_flow_state(api, each, "Running")
    api.mutate("update_flow_run_heartbeat", flow_run_id=run_id)
    pass_an_hour(run_id, heartbeats=False)
    pass_an_hour(silent)

    becomes(api, silent, "Failed")
    assert state_of(api, run_id) == "Running"


def test_a_run_whose_flow_sends_no_heartbeats_is_not_ended(
    api: Api, flow: Registered, run_id: str, register: Any, pass_an_hour: Any
) -> None:
    api.mutate("disable_flow_heartbeat", flow_id=flow.id)
    other = register(two_tasks("other")).run()
    for each in (run_id, other):
        set_flow_state(api, each, "Running")
        pass_an_hour(each)

    becomes(api, other, "Failed")
    assert state_of(api, run_id) == "Running"


def running_run(api: Api) -> str:
    """Return a Running run of a new flow."""
    run_id = register_flow(api, api.mutate("create_project", name="p")["id"]).run()
    set_flow_state(api, run_id, "Running")
    return run_id


@pytest.mark.parametrize(("grace", "state"), [(60, "Running"), (0, "Failed")])
def test_runs_have_time_for_a_heartbeat_after_the_server_starts(
    settings: ServerSettings, pass_an_hour: Any, grace: float, state: str
) -> None:
    with ServerThread(replace(settings, reaper_seconds=3600)) as server:
        api = Api(server.url)
        run_id = running_run(api)
        pass_an_hour(run_id)
        with closing(Database(settings.database, 5)) as database:
            Reaper(database, replace(settings, reaper_grace_seconds=grace)).reap()

        assert state_of(api, run_id) == state


def test_silent_runs_of_an_ended_server_are_ended_by_the_next(
    settings: ServerSettings, pass_an_hour: Any
) -> None:
    with ServerThread(replace(settings, reaper_grace_seconds=60)) as server:
        run_id = running_run(Api(server.url))
    pass_an_hour(run_id)

    with ServerThread(settings) as server:
        becomes(Api(server.url), run_id, "Failed")


def owners(settings: ServerSettings) -> list:
    return list(settings.database.with_name(f"{settings.database.name}.owners").iterdir())


@pytest.mark.parametrize("states", [[], ["Running"], ["Running", "Retrying"]])
def test_a_run_fails_when_its_owner_ends_before_it(
    settings: ServerSettings, api: Api, flow: Registered, states: list
) -> None:
    with owned_run(settings.database, "key"):
        run_id = flow.run(idempotency_key="key")
        for each in states:
            set_flow_state(api, run_id, each)

    row = becomes(api, run_id, "Failed")
    assert "ended without reporting how the run ended" in row["state_message"]


@pytest.mark.parametrize("restarted", [["Scheduled"], ["Scheduled", "Submitted"], ["Running"]])
def test_a_finished_run_that_was_restarted_does_not_fail_when_its_first_owner_ends(
    settings: ServerSettings, api: Api, flow: Registered, restarted: list
) -> None:
    with owned_run(settings.database, "key"):
        run_id = flow.run(idempotency_key="key")
        for each in ("Running", "Failed", *restarted):
            set_flow_state(api, run_id, each)
    eventually(lambda: not owners(settings))

    assert state_of(api, run_id) == restarted[-1]


def test_a_silent_run_fails_if_an_agent_started_it_only_before_its_restart(
    api: Api, run_id: str, pass_an_hour: Any
) -> None:
    submit(api, run_id)
    assert run_row(api, run_id, "agent { name }") == {"agent": {"name": "a"}}
    for each in ("Running", "Failed", "Scheduled", "Running"):
        set_flow_state(api, run_id, each)
    pass_an_hour(run_id)

    assert "no agent had started it" in becomes(api, run_id, "Failed")["state_message"]
    assert run_row(api, run_id, "agent_id") == {"agent_id": None}


def test_the_services_go_on_after_an_attempt_to_get_their_lock_has_failed(
    settings: ServerSettings, pass_an_hour: Any, caplog: pytest.LogCaptureFixture
) -> None:
    lock = settings.database.with_name(f"{settings.database.name}.services.lock")
    lock.mkdir()
    with ServerThread(settings) as server:
        api = Api(server.url)
        run_id = running_run(api)
        pass_an_hour(run_id)
        eventually(lambda: "cannot run its services" in caplog.text)
        assert state_of(api, run_id) == "Running"

        lock.rmdir()
        becomes(api, run_id, "Failed")
