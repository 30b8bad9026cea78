"""What a new state does to a run, and which states are refused."""

from __future__ import annotations

import pytest
from prefect.engine import state as prefect_states

from project.server.store.states import FINISHED, QUEUEABLE, RUNNING, STATES
from tests.server.kit import NO_ID, Api, Registered, run_row, set_flow_state, set_task_state, state

RUN = "version state state_message state_start_time start_time end_time heartbeat"


@pytest.fixture
def run_id(flow: Registered) -> str:
    return flow.run(scheduled_start_time="2030-01-01T00:00:00+02:00")


@pytest.fixture
def task_run_id(api: Api, run_id: str) -> str:
    return str(run_row(api, run_id, "task_runs { id }")["task_runs"][0]["id"])


def family(base: type) -> set:
    classes = (each for each in vars(prefect_states).values() if isinstance(each, type))
    names = (each.__name__ for each in classes if issubclass(each, base))
    return {name for name in names if not name.startswith("_")}


def test_the_families_of_states_are_those_of_prefects_classes() -> None:
    assert family(prefect_states.State) == STATES | {"State"}
    assert family(prefect_states.Running) == RUNNING
    assert family(prefect_states.Finished) == FINISHED
    assert family(prefect_states.Scheduled) | {"Queued"} == QUEUEABLE


def test_a_new_run_is_scheduled_in_utc(api: Api, run_id: str) -> None:
    assert run_row(
        api, run_id, f"{RUN} scheduled_start_time states {{ version state start_time }}"
    ) == {
        "version": 1,
        "state": "Scheduled",
        "state_message": "Flow run scheduled.",
        "state_start_time": "2029-12-31T22:00:00+00:00",
        "scheduled_start_time": "2029-12-31T22:00:00+00:00",
        "start_time": None,
        "end_time": None,
        "heartbeat": None,
        "states": [{"version": 1, "state": "Scheduled", "start_time": "2029-12-31T22:00:00+00:00"}],
    }


def test_a_state_without_a_start_time_takes_the_run_from_the_queue(api: Api, run_id: str) -> None:
    set_flow_state(api, run_id, "Submitted")

    row = run_row(api, run_id, RUN)

    assert (row["version"], row["state_start_time"]) == (2, None)
    assert row["heartbeat"]


def test_a_run_starts_with_its_first_running_state_and_ends_with_its_last_final_one(
    api: Api, run_id: str
) -> None:
    for each in ("Running", "Failed", "Scheduled", "Running", "Success"):
        set_flow_state(api, run_id, each)
    row = run_row(api, run_id, f"{RUN} states(order_by: {{version: asc}}) {{ timestamp state }}")

    assert row["start_time"] == row["states"][1]["timestamp"]
    assert row["end_time"] == row["states"][5]["timestamp"]
    assert row["version"] == 6


def test_a_state_is_returned_with_the_defaults_of_prefects_classes(api: Api, run_id: str) -> None:
    sent = {
        "type": "Running",
        "message": "🙂 \ud800",
        "context": {"a": [1, None]},
        "unknown": {"x": 1.5},
    }
    api.mutate(
        "set_flow_run_states", states=[{"flow_run_id": run_id, "state": sent, "version": None}]
    )

    defaults = {"cached_inputs": {}, "_result": {"type": "NoResultType", "__version__": "1.1.0"}}
    completed = {**sent, **defaults, "__version__": "1.1.0"}
    assert run_row(api, run_id, "serialized_state") == {"serialized_state": completed}


def test_a_list_of_states_is_written_completely_or_not_at_all(
    api: Api, flow: Registered, run_id: str
) -> None:
    other = flow.run()
    states = [
        {"flow_run_id": run_id, "state": state("Running")},
        {"flow_run_id": NO_ID, "state": state("Running")},
    ]

    assert (
        api.refusal("set_flow_run_states", states=states)
        == f"State update failed: flow_run {NO_ID} not found."
    )
    assert run_row(api, run_id, "version") == {"version": 1}

    states[1]["flow_run_id"] = other
    accepted = api.mutate("set_flow_run_states", states=states)["states"]
    assert accepted == [
        {"id": each, "status": "SUCCESS", "message": None} for each in (run_id, other)
    ]


def test_one_run_may_take_several_states_at_once(api: Api, run_id: str, task_run_id: str) -> None:
    set_flow_state(api, run_id, "Running")
    states = [{"task_run_id": task_run_id, "state": state(each)} for each in ("Running", "Success")]
    api.mutate("set_task_run_states", states=states)

    fields = "version state states { version state }"
    query = f'query {{ task_run_by_pk(id: "{task_run_id}") {{ {fields} }} }}'
    assert api.data(query) == {
        "version": 3,
        "state": "Success",
        "states": [
            {"version": 1, "state": "Pending"},
            {"version": 2, "state": "Running"},
            {"version": 3, "state": "Success"},
        ],
    }


def test_a_second_agent_cannot_submit_the_same_run(api: Api, run_id: str) -> None:
    set_flow_state(api, run_id, "Submitted")

    refusal = api.refusal(
        "set_flow_run_states", states=[{"flow_run_id": run_id, "state": state("Submitted")}]
    )

    assert (
        refusal
        == f"State update failed: flow_run {run_id} has already been submitted; it is Submitted."
    )


@pytest.mark.parametrize("flow_state", ["Scheduled", "Submitted", "Cancelling", "Cancelled"])
def test_no_task_starts_in_a_flow_run_that_is_not_running(
    api: Api, run_id: str, task_run_id: str, flow_state: str
) -> None:
    set_flow_state(api, run_id, flow_state)

    refusal = api.refusal(
        "set_task_run_states", states=[{"task_run_id": task_run_id, "state": state("Running")}]
    )

    assert refusal.startswith(f"State update failed: task run {task_run_id} cannot start")


def test_cancelling_cancels_only_unfinished_task_runs(api: Api, run_id: str) -> None:
    set_flow_state(api, run_id, "Running")
    first, second, _ = (
        each["id"] for each in run_row(api, run_id, "task_runs { id }")["task_runs"]
    )
    set_task_state(api, first, "Success")
    set_task_state(api, second, "Running")
    set_flow_state(api, run_id, "Cancelled")

    states = run_row(api, run_id, "task_runs(order_by: {state: asc}) { state }")["task_runs"]
    assert [each["state"] for each in states] == ["Cancelled", "Cancelled", "Success"]


def test_late_states_after_a_cancellation_are_accepted(
    api: Api, run_id: str, task_run_id: str
) -> None:
    set_flow_state(api, run_id, "Cancelled")
    set_task_state(api, task_run_id, "Mapped")

    assert api.data(f'query {{ task_run_by_pk(id: "{task_run_id}") {{ state }} }}') == {
        "state": "Mapped"
    }


@pytest.mark.parametrize("invalid", [None, "Running", {}, {"type": "Runing"}, {"type": None}])
def test_an_invalid_state_is_refused(api: Api, run_id: str, invalid: object) -> None:
    message = api.refusal("set_flow_run_states", states=[{"flow_run_id": run_id, "state": invalid}])

    assert (
        "not the type of a Prefect state" in message
        or "must not be null" in message
        or "null" in message
    )


def test_a_state_that_is_too_large_is_refused(api: Api, run_id: str) -> None:
    states = [{"flow_run_id": run_id, "state": state("Running", context={"x": "x" * 1_000_001})}]

    assert "larger than 1000000 bytes" in api.refusal("set_flow_run_states", states=states)
