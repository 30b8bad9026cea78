"""Values of the wrong kind, at every place of what clients send as JSON."""

from __future__ import annotations

import base64
import copy
import gzip
import json
from datetime import timedelta
from typing import Any, Callable, Iterator, Sequence, Tuple

import pytest
import requests
from prefect.run_configs import LocalRun
from prefect.schedules import IntervalSchedule

from tests.server.kit import Api, Registered, mutation, run_row, state, two_tasks

NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")
VALUES: Sequence[Any] = (None, True, 3, 2**70, 1e308, "x", "\ud800", [3], [None], {}, {"a": 3})
FEW_VALUES: Sequence[Any] = (2**70, [3], {"a": 3})

Place = Tuple[Any, ...]


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the places in a value, one of each kind: of a list, only its first item."""
    yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*place, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*place, 0))


def with_bad_values(value: Any, values: Sequence[Any] = VALUES) -> Iterator[Any]:
    """Yield copies of a value, each with one of the bad values at one of its places."""
    for place in places(value):
        for bad in values:
            changed = {"root": copy.deepcopy(value)}
            parent: Any = changed
            for key in ("root", *place)[:-1]:
                parent = parent[key]
            parent[("root", *place)[-1]] = bad
            yield changed["root"]


def assert_understood(api: Api, name: str, input: Any) -> Any:
    """Send a mutation, and return its payload; a refusal must explain what is wrong."""
    answer = api.post(mutation(name), {"input": input})
    body = answer.json()
    for error in body.get("errors", ()):
        assert error["extensions"]["code"] == "BAD_USER_INPUT", (input, error)
        assert answer.status_code in (200, 400)
    return (body.get("data") or {}).get(name)


def test_a_missing_project_is_named(api: Api) -> None:
    assert api.refusal("create_flow", serialized_flow={"name": "f"}) == (
        "Give the project_id of the project to register the flow in."
    )


def assert_run_understood(api: Api, flow_id: str) -> None:
    """Run a flow: what has been accepted must not fail later."""
    run = assert_understood(api, "create_flow_run", {"flow_id": flow_id})
    if run:
        api.data(f'{{ flow_run_by_pk(id: "{run["id"]}") {{ labels parameters run_config }} }}')


def test_a_flow_with_a_bad_value_is_refused_or_can_run(api: Api, project_id: str) -> None:
    flow = two_tasks(schedule=IntervalSchedule(interval=timedelta(hours=1)))
    flow.run_config = LocalRun(labels=["a"], env={"b": "c"})
    for serialized in with_bad_values(flow.serialize(), FEW_VALUES):
        input = {
            "project_id": project_id,
            "serialized_flow": serialized,
            "set_schedule_active": False,
        }
        created = assert_understood(api, "create_flow", input)
        if created:
            assert_run_understood(api, created["id"])


@pytest.mark.parametrize(
    "good",
    [
        state("Running", context={"a": 1}, cached_inputs={}, _result={"type": "NoResultType"}),
        state("Retrying", start_time="2026-11-22T06:28:09+00:00", run_count=2),
        state("Submitted", state=state("Scheduled", start_time="2026-11-22T06:28:09+00:00")),
    ],
    ids=lambda good: good["type"],
)
def test_a_state_with_a_bad_value_is_refused_or_can_be_read(
    api: Api, flow: Registered, good: Any
) -> None:
    for bad in with_bad_values(good):
        run_id = flow.run()
        states = [{"flow_run_id": run_id, "state": bad}]
        assert_understood(api, "set_flow_run_states", {"states": states})
        api.data(f'{{ flow_run_by_pk(id: "{run_id}") {{ state serialized_state }} }}')


@pytest.mark.parametrize(
    ("name", "field", "good"),
    [
        ("create_flow_run", "parameters", {"by": 3}),
        ("create_flow_run", "context", {"a": 3}),
        ("create_flow_run", "run_config", {"type": "LocalRun", "labels": ["a"], "env": {}}),
        ("set_flow_group_run_config", "run_config", {"type": "LocalRun", "labels": ["a"]}),
        ("set_flow_group_default_parameters", "parameters", {"by": 3}),
        ("set_flow_group_schedule", "cron_clocks", [{"cron": "0 0 * * *", "labels": ["a"]}]),
        ("set_flow_group_schedule", "interval_clocks", [{"interval": 60, "labels": ["a"]}]),
        ("set_flow_group_schedule", "timezone", "UTC"),
        ("register_tasks", "serialized_tasks", [{"slug": "one-1", "name": "one", "tags": []}]),
        ("register_edges", "serialized_edges", [{"upstream_task": {"slug": "one-1"}}]),
    ],
)
def test_a_bad_value_is_refused_or_changes_no_run(
    api: Api, register: Callable[..., Registered], name: str, field: str, good: Any
) -> None:
    flow = register()
    group_id = flow.row("flow_group_id")["flow_group_id"]
    owner = {"flow_group_id": group_id} if "flow_group" in name else {"flow_id": flow.id}
    for bad in with_bad_values(good):
        assert_understood(api, name, {**owner, field: bad})
        assert_run_understood(api, flow.id)


def assert_refused(answer: requests.Response, status: int) -> None:
    (error,) = answer.json()["errors"]
    code = "BAD_REQUEST" if status == 400 else "BAD_USER_INPUT"
    assert (answer.status_code, error["extensions"]["code"]) == (status, code), error
    assert "which JSON does not have" in error["message"]


def send(api: Api, query: str, variables: str) -> requests.Response:
    """Send variables as the text that they are, as Prefect's client does."""
    body = {"query": query, "variables": variables}
    return requests.post(api.url, json=body, timeout=30)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_json_does_not_have_is_refused_everywhere(
    api: Api, flow: Registered, project_id: str, number: str
) -> None:
    status = 200 if number.endswith("999") else 400
    create, run_id = mutation("create_flow_run"), flow.run()
    context = f'{{"input": {{"flow_id": "{flow.id}", "context": {{"a": [{number}]}}}}}}'
    state_input = f'{{"flow_run_id": "{run_id}", "state": {{"type": "Running", "x": {number}}}}}'
    states = f'{{"input": {{"states": [{state_input}]}}}}'
    body = f'{{"query": {json.dumps(create)}, "variables": {context}}}'.encode()

    assert_refused(send(api, create, context), status)
    assert_refused(requests.post(api.url, data=body, timeout=30), status)
    assert_refused(send(api, mutation("set_flow_run_states"), states), status)
    if status == 200:
        literal = f'{{flow_id: "{flow.id}", parameters: {{by: {number}}}}}'
        query = f"mutation {{ create_flow_run(input: {literal}) {{ id }} }}"
        assert_refused(api.post(query), 200)
    serialized = f'{{"name": "f", "parameters": [{{"name": "a", "default": {number}}}]}}'
    text = base64.b64encode(gzip.compress(serialized.encode())).decode()
    refusal = api.refusal(
        "create_flow_from_compressed_string", project_id=project_id, serialized_flow=text
    )
    assert "which JSON does not have" in refusal
    assert len(flow.row("flow_runs { context parameters states { state } }")["flow_runs"]) == 1


@pytest.mark.parametrize("delay", [1e308, -1e15])
def test_a_delay_that_cannot_be_shown_is_refused(api: Api, project_id: str, delay: float) -> None:
    serialized = {"name": "f", "tasks": [{"slug": "a", "retry_delay": delay}]}

    refusal = api.refusal("create_flow", project_id=project_id, serialized_flow=serialized)
    assert refusal == f"An interval cannot have {delay} seconds."
    query = '{ task(where: {retry_delay: {_in: ["25000000000:00:00"]}}) { retry_delay } }'
    assert "An interval cannot have 90000000000000.0 seconds." in api.error(query)


@pytest.mark.parametrize(
    "time", ["2026-99-99T99:99:99.999999+00:00", "2026-02-30T00:00:00.000000+00:00"]
)
def test_a_time_that_does_not_exist_is_refused(api: Api, flow: Registered, time: str) -> None:
    run = {"flow_id": flow.id, "scheduled_start_time": time}
    states = [{"flow_run_id": flow.run(), "state": {"type": "Scheduled", "start_time": time}}]
    query = f'{{ flow_run(where: {{created: {{_gt: "{time}"}}}}) {{ id }} }}'

    assert "is not a timestamp" in api.refusal("create_flow_run", **run)
    assert "is not a start time in ISO-8601" in api.refusal("set_flow_run_states", states=states)
    assert "is not a timestamp" in api.error(query)


def test_a_week_date_is_stored_as_a_date(api: Api, flow: Registered) -> None:
    run = assert_understood(
        api,
        "create_flow_run",
        {"flow_id": flow.id, "scheduled_start_time": "2026-W01-1T00:00:00.000000+00:00"},
    )

    row = run_row(api, run["id"], "scheduled_start_time") if run else None
    assert row in (None, {"scheduled_start_time": "2025-12-29T00:00:00+00:00"})
