"""Values, errors and requests as they were seen with a real Prefect Server 2022.03.29."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable
from uuid import UUID

import pytest
import requests
from prefect import Flow, Parameter, task
from prefect.engine import state as prefect_states
from prefect.storage import Module

from project.server.store.states import STATES, new_state
from tests.server.kit import (
    NO_ID,
    Api,
    Registered,
    mutation,
    run_row,
    set_flow_state,
    set_task_state,
    two_tasks,
)

Register = Callable[..., Registered]


@task(name="flaky", max_retries=2, retry_delay=timedelta(seconds=90))
def flaky(value: Any = None) -> Any:
    return value


def chain_of(*names: str) -> Flow:
    with Flow("chain", storage=Module("chain:flow")) as flow:
        value = Parameter("start", default=0)
        for name in names:
            value = flaky(value, task_args={"name": name, "slug": name})
    return flow


def refused(api: Api, query: str, variables: Any = None) -> tuple:
    """Return the status and the code of a request that fails, after a look at its message."""
    answer = api.post(query, variables)
    (error,) = answer.json()["errors"]
    assert "\n" not in error["message"]
    assert "Internal error" not in error["message"]
    return answer.status_code, error["extensions"]["code"]


# --- kinds of values -------------------------------------------------------------------------


def test_a_task_has_the_name_of_its_trigger_and_an_interval(register: Register) -> None:
    flow = register(chain_of("a"))
    row = flow.row('tasks(where: {slug: {_eq: "a"}}) { trigger retry_delay max_retries }')

    assert row["tasks"] == [
        {
            "trigger": "prefect.triggers.all_successful",
            "retry_delay": "00:01:30",
            "max_retries": 2,
        }
    ]


def test_the_ends_of_a_flow_are_marked_also_when_it_is_registered_in_parts(
    api: Api, project_id: str
) -> None:
    whole = chain_of("a", "b").serialize()
    tasks, edges = whole.pop("tasks"), whole.pop("edges")
    flow_id = api.mutate("create_flow", project_id=project_id, serialized_flow=whole)["id"]
    api.mutate("register_tasks", flow_id=flow_id, serialized_tasks=tasks)
    api.mutate("register_edges", flow_id=flow_id, serialized_edges=edges)

    fields = "slug is_root_task is_terminal_task is_reference_task"
    rows = Registered(api, flow_id).row(f"tasks(order_by: {{slug: asc}}) {{ {fields} }}")["tasks"]
    assert [tuple(row.values()) for row in rows] == [
        ("a", False, False, False),
        ("b", False, True, True),
        ("start", True, False, False),
    ]


def test_a_flow_may_name_its_reference_tasks(register: Register) -> None:
    flow = chain_of("a", "b")
    flow.set_reference_tasks(flow.get_tasks(name="a"))

    rows = register(flow).row("tasks { slug is_reference_task }")["tasks"]
    assert [row["slug"] for row in rows if row["is_reference_task"]] == ["a"]


def test_ids_of_states_and_log_lines_are_uuids_in_the_order_of_writing(
    api: Api, flow: Registered
) -> None:
    runs = [flow.run() for _ in range(2)]
    for _ in range(3):
        for run in runs:
            set_flow_state(api, run, "Running")
            api.mutate("write_run_logs", logs=[{"flow_run_id": run, "message": "m"}])
    read = "{ log(order_by: {id: asc}) { id created } flow_run_state { id } task_run_state { id } }"

    tables = api.post(read).json()["data"]
    ids = [row["id"] for rows in tables.values() for row in rows]
    assert len({UUID(each) for each in ids}) == len(ids)
    lines = [line["id"] for line in tables["log"]]
    assert lines == sorted(lines)
    after = f'{{ log(where: {{id: {{_gt: "{lines[3]}"}}}}) {{ id }} }}'
    assert {line["id"] for line in api.data(after)} == set(lines[4:])
    assert api.data(f'{{ log_by_pk(id: "{lines[0]}") {{ id }} }}') == {"id": lines[0]}
    assert api.data(f'{{ log(where: {{id: {{_lt: "{NO_ID}"}}}}) {{ id }} }}') == []
    assert len(api.data(f'{{ log(where: {{id: {{_nin: ["{NO_ID}"]}}}}) {{ id }} }}')) == 6
    assert api.data(f'{{ log_by_pk(id: "{tables["flow_run_state"][0]["id"]}") {{ id }} }}') is None


def test_zeros_at_the_end_of_a_second_are_left_out(api: Api, flow: Registered) -> None:
    for second in ("05", "05.5", "05.120000", "05.000001"):
        flow.run(scheduled_start_time=f"2030-01-01T00:00:{second}Z")

    rows = api.data("{ flow_run(order_by: {scheduled_start_time: asc}) { scheduled_start_time } }")
    times = [row["scheduled_start_time"] for row in rows]
    assert times == [
        "2030-01-01T00:00:05+00:00",
        "2030-01-01T00:00:05.000001+00:00",
        "2030-01-01T00:00:05.12+00:00",
        "2030-01-01T00:00:05.5+00:00",
    ]
    assert times == sorted(times)
    where = f'{{scheduled_start_time: {{_eq: "{times[2]}"}}}}'
    assert len(api.data(f"{{ flow_run(where: {where}) {{ id }} }}")) == 1


def test_default_parameters_are_an_object_from_the_start(api: Api, flow: Registered) -> None:
    assert flow.row("flow_group { default_parameters }") == {
        "flow_group": {"default_parameters": {}}
    }


def test_a_run_has_a_duration_and_a_task_run_counts_its_starts(api: Api, flow: Registered) -> None:
    run = flow.run()
    set_flow_state(api, run, "Running")
    task_run = run_row(api, run, "task_runs { id }")["task_runs"][0]["id"]
    assert run_row(api, run, "duration") == {"duration": None}
    for state in ("Running", "Failed", "Running", "Success"):
        set_task_state(api, task_run, state)
    set_flow_state(api, run, "Success")

    fields = "duration run_count state_result"
    row = api.data(f'{{ task_run_by_pk(id: "{task_run}") {{ {fields} }} }}')
    assert (row["run_count"], row["state_result"]) == (2, None)
    for duration in (row["duration"], run_row(api, run, "duration")["duration"]):
        assert duration.startswith("00:00:")
    assert run_row(api, run, "states(limit: 1) { result }") == {"states": [{"result": None}]}


def test_a_mapped_child_begins_with_version_0(api: Api, flow: Registered) -> None:
    run = flow.run()
    task_id = flow.row("tasks { id }")["tasks"][0]["id"]
    child = {"flow_run_id": run, "task_id": task_id, "map_index": 0}

    assert api.mutate("get_or_create_task_run_info", **child)["version"] == 0
    created = mutation("get_or_create_task_run").replace("success", "id")
    assert api.data(created, {"input": {**child, "map_index": 1}})["id"]


# --- states ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Scheduled", "Pending", "Cancelled", "Failed", "TriggerFailed"])
def test_states_that_the_server_makes_are_serialized_whole(name: str) -> None:
    ours, prefects = new_state(name, "m"), getattr(prefect_states, name)("m").serialize()

    assert ours.pop("start_time", None) is not None or "start_time" not in prefects
    prefects.pop("start_time", None)
    assert ours == prefects


@pytest.mark.parametrize(
    ("type_", "years"), [("Scheduled", 0), ("Resume", 0), ("Queued", 0), ("Paused", 10)]
)
def test_a_state_without_a_start_time_gets_one(
    api: Api, flow: Registered, type_: str, years: int
) -> None:
    run = flow.run(scheduled_start_time="2030-01-01T00:00:00Z")
    api.mutate("set_flow_run_states", states=[{"flow_run_id": run, "state": {"type": type_}}])

    row = run_row(api, run, "state_start_time serialized_state state_message")
    start = datetime.fromisoformat(row["serialized_state"]["start_time"])
    wait = start - datetime.now(timezone.utc) - timedelta(days=365 * years)
    assert abs(wait) < timedelta(minutes=1)
    assert datetime.fromisoformat(row["state_start_time"]) == start
    assert row["state_message"] is None
    assert {"__version__", "_result", "context", "cached_inputs"} < set(row["serialized_state"])


def test_a_start_time_that_is_none_is_refused(api: Api, flow: Registered) -> None:
    for wrong in ("soon", 7, {}):
        state = {"type": "Scheduled", "start_time": wrong or "{}"}
        states = [{"flow_run_id": flow.run(), "state": state}]
        refusal = api.refusal("set_flow_run_states", states=states)
        assert "is not a start time in ISO-8601" in refusal


def test_the_restart_of_prefects_ui_gives_the_run_to_an_agent(api: Api, register: Register) -> None:
    """It sets what comes after the failed tasks Pending, and the run Scheduled."""
    flow = register(chain_of("a", "b", "c"))
    run = flow.run()
    set_flow_state(api, run, "Running")
    by_slug = {
        row["task"]["slug"]: row
        for row in run_row(api, run, "task_runs { id task { id slug } }")["task_runs"]
    }
    for slug, state in {"start": "Success", "a": "Success", "b": "Failed", "c": "Failed"}.items():
        set_task_state(api, by_slug[slug]["id"], state)
    set_flow_state(api, run, "Failed")

    query = """query ($flowRunId: uuid, $taskIds: _uuid) {
        utility_downstream_tasks(args: {start_task_ids: $taskIds}, order_by: {depth: asc}) {
            __typename depth task_id
            task { slug task_runs(where: {flow_run_id: {_eq: $flowRunId}}) { id version } }
        }
    }"""
    task_id = by_slug["b"]["task"]["id"]
    tasks = api.data(query, {"flowRunId": run, "taskIds": f"{{{task_id}}}"})
    assert [(row["depth"], row["task"]["slug"]) for row in tasks] == [(0, "b"), (1, "c")]
    assert (tasks[0]["__typename"], tasks[0]["task_id"]) == ("traversal", task_id)
    restarts = [
        {"task_run_id": each["id"], "version": each["version"], "state": {"type": "Pending"}}
        for row in tasks
        for each in row["task"]["task_runs"]
    ]
    api.data(
        "mutation ($input: [set_task_run_state_input!]!)"
        " { set_task_run_states(input: {states: $input}) { states { id } } }",
        {"input": restarts},
    )
    api.data(
        "mutation ($run: UUID!, $state: JSON!) { set_flow_run_states("
        "input: {states: [{flow_run_id: $run, state: $state}]}) { states { id } } }",
        {"run": run, "state": {"type": "Scheduled", "message": "restarted"}},
    )

    queue = api.mutate("get_runs_in_queue", before=datetime.now(timezone.utc).isoformat())
    assert queue == {"flow_run_ids": [run]}
    rows = run_row(api, run, "task_runs(order_by: {task: {slug: asc}}) { state }")["task_runs"]
    assert [row["state"] for row in rows] == ["Success", "Pending", "Pending", "Success"]


def test_downstream_tasks_of_nothing_are_none(api: Api) -> None:
    query = (
        "query ($ids: _uuid) { utility_downstream_tasks(args: {start_task_ids: $ids}) { depth } }"
    )

    for nothing in ("{}", [], None):
        assert api.data(query, {"ids": nothing}) == []
    assert refused(api, query, {"ids": "{x}"}) == (400, "BAD_USER_INPUT")


def test_the_children_of_a_mapped_task_run_are_summed_up(api: Api, flow: Registered) -> None:
    run = flow.run()
    set_flow_state(api, run, "Running")
    parent = run_row(api, run, "task_runs { id task_id }")["task_runs"][0]
    query = f"""{{ mapped_children(task_run_id: "{parent["id"]}")
        {{ min_start_time max_end_time state_counts }} }}"""
    none = {"min_start_time": None, "max_end_time": None, "state_counts": {}}
    assert api.data(query) == none
    for index, state in enumerate(("Success", "Success", "Failed")):
        child = {"flow_run_id": run, "task_id": parent["task_id"], "map_index": index}
        child_id = api.mutate("get_or_create_task_run_info", **child)["id"]
        set_task_state(api, child_id, "Running")
        set_task_state(api, child_id, state)

    summary = api.data(query)
    assert summary["state_counts"] == {"Success": 2, "Failed": 1}
    assert summary["min_start_time"] < summary["max_end_time"]


def test_prefects_ui_gets_the_kinds_and_the_colours_of_all_states(api: Api) -> None:
    data = api.data("{ reference_data { state_hierarchy state_info } }")

    assert sorted(data["state_hierarchy"]["Scheduled"]) == [
        "Paused", "Resume", "Retrying", "Scheduled",
    ]  # fmt: skip
    assert set(data["state_hierarchy"]["State"]) == set(data["state_info"]) >= STATES
    assert data["state_info"]["Success"] == {"color": prefect_states.Success.color}


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('{ flow_run_by_pk(id: "none") { id } }', None),
        ('{ flow_run(where: {id: {_in: ["none"]}}) { id } }', None),
        ("query ($id: uuid!) { flow_run_by_pk(id: $id) { id } }", {"id": "none"}),
        ("query ($id: uuid!) { flow_run_by_pk(id: $id) { id } }", {"id": 7}),
        (mutation("cancel_flow_run"), {"input": {"flow_run_id": "none"}}),
    ],
)
def test_what_is_no_uuid_is_an_error(api: Api, query: str, variables: Any) -> None:
    answer = api.post(query, variables)

    assert answer.status_code == 400
    assert "invalid input syntax for type uuid" in answer.json()["errors"][0]["message"]


def test_what_changes_an_unknown_run_has_no_success(api: Api) -> None:
    unsuccessful = {"success": False}

    assert api.mutate("set_flow_run_name", flow_run_id=NO_ID, name="n") == unsuccessful
    assert api.mutate("set_task_run_name", task_run_id=NO_ID, name="n") == unsuccessful
    assert api.mutate("set_flow_run_labels", flow_run_id=NO_ID, labels=[]) == unsuccessful
    assert api.mutate("update_flow_run_heartbeat", flow_run_id=NO_ID) == unsuccessful
    assert api.mutate("update_flow_run_heartbeat") == unsuccessful


def test_an_empty_name_is_refused(api: Api, flow: Registered) -> None:
    named = [
        ("set_flow_run_name", {"flow_run_id": flow.run()}),
        ("create_project", {}),
        ("create_tenant", {}),
        ("set_project_name", {"project_id": flow.row("project_id")["project_id"]}),
    ]

    for name, input in named:
        query = mutation(name).replace("success", "__typename")
        variables = {"input": {**input, "name": " "}}
        assert refused(api, query, variables) == (200, "BAD_USER_INPUT")


def test_an_unknown_agent_is_ignored(api: Api, flow: Registered) -> None:
    run = flow.run()
    states = [{"flow_run_id": run, "state": {"type": "Submitted"}}]
    for unknown in (NO_ID, "none"):
        variables = {"input": {"states": states}}
        api.post(mutation("set_flow_run_states"), variables, x_prefect_agent_id=unknown)

    assert run_row(api, run, "state agent_id") == {"state": "Submitted", "agent_id": None}


@pytest.mark.parametrize(
    ("arguments", "accepted"),
    [
        ("distinct_on: name", True),
        ("distinct_on: name, order_by: {name: asc, created: desc}", True),
        ("distinct_on: [name, tenant_id], order_by: [{tenant_id: asc}, {name: asc}]", True),
        ("distinct_on: name, order_by: {created: desc}", False),
        ("distinct_on: name, order_by: [{created: desc}, {name: asc}]", False),
        ("distinct_on: [name, tenant_id], order_by: {name: asc}", False),
    ],
)
def test_distinct_on_must_lead_the_order(
    api: Api, project_id: str, arguments: str, accepted: bool
) -> None:
    query = f"{{ project({arguments}) {{ id }} }}"

    if accepted:
        assert api.data(query) == [{"id": project_id}]
    else:
        assert api.error(query) == '"distinct_on" columns must match initial "order_by" columns'


@pytest.mark.parametrize(
    ("clocks", "message"),
    [
        ({"cron_clocks": [{"cron": "every day"}]}, "Invalid clock provided for schedule"),
        ({"cron_clocks": [{"cron": "61 * * * *"}]}, "Invalid clock provided for schedule"),
        ({"cron_clocks": [{"cron": "* * * * * *"}]}, "Invalid clock provided for schedule"),
        ({"cron_clocks": [{"cron": "0 0 30 2 *"}]}, "Invalid clock provided for schedule"),
        (
            {"cron_clocks": [{"cron": "0 6 * * *"}], "timezone": "Europe/Atlantis"},
            "Invalid timezone provided for schedule",
        ),
        ({"interval_clocks": [{"interval": 5}]}, "is too short"),
    ],
)
def test_a_schedule_that_cannot_be_followed_is_refused(
    api: Api, flow: Registered, clocks: Any, message: str
) -> None:
    group = flow.row("flow_group_id")["flow_group_id"]

    assert message in api.refusal("set_flow_group_schedule", flow_group_id=group, **clocks)
    assert flow.row("flow_group { schedule }") == {"flow_group": {"schedule": None}}


def test_a_schedule_without_clocks_has_no_runs(api: Api, register: Register) -> None:
    from tests.server.test_schedules import HOURLY

    flow = register(two_tasks(schedule=HOURLY))
    assert len(flow.row("flow_runs { id }")["flow_runs"]) == 10
    group = flow.row("flow_group_id")["flow_group_id"]
    for clocks in ({}, {"cron_clocks": [], "interval_clocks": []}):
        api.mutate("set_flow_group_schedule", flow_group_id=group, **clocks)

    assert flow.row("flow_runs { id }") == {"flow_runs": []}


MISTAKES = [
    ('{ flow(where: {name: {_gt: "a"}, created: {_gt: "yesterday"}}) { id } }', None, 400),
    ("{ flow { } }", None, 400),
    ("{ flow }", None, 400),
    ("query ($n: Int) { flow(limit: $n) { id } }", {"n": "many"}, 400),
    ("query ($w: flow_bool_exp) { flow(where: $w) { id } }", {"w": {"nam": {}}}, 400),
    (mutation("create_project"), {"input": {}}, 400),
    (mutation("create_project"), {"input": {"name": "p", "tenant_id": NO_ID}}, 200),
    (mutation("register_agent"), {"input": {"type": "a", "tenant_id": NO_ID}}, 200),
    ("{ flow(limit: -1) { id } }", None, 200),
    ('{ flow_run { parameters(path: "a..b[x]") } }', None, 200),
    ('{ flow(where: {name: {_regex: "("}}) { id } }', None, 200),
    ('{ flow(where: {name: {_regex: "(a+"}}) { id } }', None, 200),
    (
        "query ($w: flow_bool_exp) { flow(where: $w) { id } }",
        {"w": {"_or": [{"name": {"_eq": str(each)}} for each in range(3_000)]}},
        200,
    ),
]


@pytest.mark.parametrize(("query", "variables", "status"), MISTAKES)
def test_a_mistake_in_the_input_is_told_in_one_sentence(
    api: Api, flow: Registered, query: str, variables: Any, status: int
) -> None:
    flow.run()
    codes = {"BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}

    actual, code = refused(api, query, variables)
    assert actual == status
    assert code in codes


def test_a_filter_that_is_nested_too_deeply_is_refused(api: Api) -> None:
    where: dict = {}
    for _ in range(400):
        where = {"_not": where}
    query = "query ($w: flow_bool_exp) { flow(where: $w) { id } }"

    (error,) = api.post(query, {"w": where}).json()["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "serialized",
    [
        "flow",
        {},
        {"name": 7},
        {"name": "f", "tasks": [{}]},
        {"name": "f", "tasks": ["a"]},
        {"name": "f", "tasks": "a"},
        {"name": "f", "tasks": [{"slug": "a", "name": {}}]},
        {"name": "f", "tasks": [{"slug": "a"}], "edges": [{}]},
        {"name": "f", "tasks": [{"slug": "a"}], "edges": [{"upstream_task": {"slug": "a"}}]},
        {"name": "f", "parameters": [{}]},
        {"name": "f", "reference_tasks": [{}]},
        {"name": "f", "run_config": []},
    ],
)
def test_what_is_no_serialized_flow_is_refused(api: Api, project_id: str, serialized: Any) -> None:
    variables = {"input": {"project_id": project_id, "serialized_flow": serialized}}

    assert refused(api, mutation("create_flow"), variables) == (200, "BAD_USER_INPUT")
    assert api.data("{ flow { id } }") == []


@pytest.mark.parametrize("name", ["parameters", "context", "run_config"])
def test_what_a_run_is_created_with_must_be_an_object(
    api: Api, flow: Registered, name: str
) -> None:
    assert f"{name} must be a JSON object" in api.refusal(
        "create_flow_run", flow_id=flow.id, **{name: ["a"]}
    )


def test_booleans_can_be_compared(api: Api, register: Register) -> None:
    register()
    register()
    query = "{{ flow(where: {{archived: {{{comparison}: {value}}}}}) {{ version }} }}"

    assert api.data(query.format(comparison="_gt", value="false")) == [{"version": 1}]
    assert api.data(query.format(comparison="_lte", value="false")) == [{"version": 2}]
    assert len(api.data(query.format(comparison="_in", value="[true, false]"))) == 2
    assert api.data(query.format(comparison="_is_null", value="true")) == []


# --- what only the real one had --------------------------------------------------------------


def test_new_rows_have_the_columns_of_prefects_ui(api: Api, flow: Registered) -> None:
    api.mutate("register_agent", type="LocalAgent", name="a", agent_config_id=NO_ID)
    answer = api.post(
        "{ tenant { info settings } flow_group { description } agent { agent_config_id }"
        " api { backend mode version core_version release_timestamp }"
        " message { id read } cloud_hook { id active } agent_config { id settings }"
        " message_aggregate { aggregate { count } } }"
    ).json()["data"]

    assert answer.pop("api") == {
        "backend": "SERVER",
        "mode": "normal",
        "version": "1.1.0",
        "core_version": "1.1.0",
        "release_timestamp": "2022-03-10T16:31:55+00:00",
    }
    assert answer == {
        "tenant": [{"info": {}, "settings": {}}],
        "flow_group": [{"description": None}],
        "agent": [{"agent_config_id": NO_ID}],
        "message": [],
        "cloud_hook": [],
        "agent_config": [],
        "message_aggregate": {"aggregate": {"count": 0}},
    }


@pytest.mark.parametrize(
    ("name", "key", "what"),
    [
        ("delete_cloud_hook", "cloud_hook_id", "cloud hooks"),
        ("set_cloud_hook_active", "cloud_hook_id", "cloud hooks"),
        ("mark_message_as_read", "message_id", "messages"),
        ("delete_message", "message_id", "messages"),
        ("delete_agent_config", "agent_config_id", "configurations of agents"),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence(
    api: Api, name: str, key: str, what: str
) -> None:
    assert api.refusal(name, **{key: NO_ID}) == f"The embedded Prefect API has no {what}."


def test_names_descriptions_and_labels_can_be_changed(api: Api, flow: Registered) -> None:
    row = flow.row("project_id flow_group_id")
    project, group, run = row["project_id"], row["flow_group_id"], flow.run()
    for name, input in (
        ("set_project_name", {"project_id": project, "name": "renamed"}),
        ("set_project_description", {"project_id": project, "description": "of the project"}),
        ("set_flow_group_description", {"flow_group_id": group, "description": "of the flow"}),
        ("set_flow_group_run_config", {"flow_group_id": group, "run_config": {"type": "x"}}),
        ("set_flow_run_labels", {"flow_run_id": run, "labels": ["b", "a"]}),
    ):
        api.data(mutation(name).replace("success", "__typename"), {"input": input})

    assert flow.row("project { name description } flow_group { description run_config }") == {
        "project": {"name": "renamed", "description": "of the project"},
        "flow_group": {"description": "of the flow", "run_config": {"type": "x"}},
    }
    assert run_row(api, run, "labels") == {"labels": ["a", "b"]}
    assert run_row(api, flow.run(), "run_config") == {"run_config": {"type": "x"}}


def test_a_name_that_is_taken_is_refused_also_for_a_project_that_exists(
    api: Api, project_id: str
) -> None:
    api.mutate("create_project", name="taken")
    query = mutation("set_project_name").replace("success", "id")

    renamed = {"input": {"project_id": project_id, "name": "taken"}}
    assert api.error(query, renamed) == "Uniqueness violation."


def test_all_versions_of_a_flow_move_to_another_project(api: Api, register: Register) -> None:
    first, second = register(), register()
    other = api.mutate("create_project", name="other")["id"]
    query = mutation("update_flow_project").replace("success", "id")

    moved = api.data(query, {"input": {"flow_id": second.id, "project_id": other}})
    assert moved == {"id": second.id}
    for flow in (first, second):
        assert flow.row("project { name }") == {"project": {"name": "other"}}


def test_agents_flow_groups_and_tenants_can_be_deleted(api: Api, register: Register) -> None:
    flow = register()
    flow.run()
    agent = api.mutate("register_agent", type="LocalAgent", name="a")["id"]
    tenant = api.mutate("create_tenant", name="Other One")["id"]
    group = flow.row("flow_group_id")["flow_group_id"]
    deletions = {
        "delete_agent": {"agent_id": agent},
        "delete_flow_group": {"flow_group_id": group},
        "delete_tenant": {"tenant_id": tenant},
    }

    for name, input in deletions.items():
        assert api.mutate(name, **input) == {"success": True}
    for name in ("delete_agent", "delete_flow_group"):
        assert api.mutate(name, **deletions[name]) == {"success": False}
    left = api.post("{ agent { id } flow { id } flow_run { id } tenant { slug } }").json()["data"]
    assert left == {"agent": [], "flow": [], "flow_run": [], "tenant": [{"slug": "default"}]}
    default = api.data("{ tenant { id } }")[0]["id"]
    assert "only tenant" in api.refusal("delete_tenant", tenant_id=default)


def test_a_list_of_requests_is_answered_with_a_list(api: Api) -> None:
    create = {"query": mutation("create_project"), "variables": {"input": {"name": "listed"}}}
    batch = [
        {"query": "{ hello }"},
        create,
        {"query": "query q { project { name } }", "operationName": "q"},
        {"query": "{ nothing }"},
        {"query": "{ project(limit: -1) { name } }", "variables": "null"},
        "nonsense",
    ]
    answer = requests.post(f"{api.url}/graphql", json=batch, timeout=10)

    hello, created, projects, *failed = answer.json()
    assert answer.status_code == 200
    assert hello["data"]["hello"]
    assert created["data"]["create_project"]["id"]
    assert projects == {"data": {"project": [{"name": "listed"}]}}
    assert [each["errors"][0]["extensions"]["code"] for each in failed] == [
        "GRAPHQL_VALIDATION_FAILED",
        "BAD_USER_INPUT",
        "BAD_REQUEST",
    ]


@pytest.mark.parametrize("count", [0, 51])
def test_a_list_of_no_or_too_many_requests_is_refused(api: Api, count: int) -> None:
    answer = requests.post(api.url, json=[{"query": "{ hello }"}] * count, timeout=10)

    assert answer.status_code == 400
    assert "it may have 1 to 50" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("path", ["/", "/graphql"])
def test_a_query_may_be_in_the_address(api: Api, path: str) -> None:
    query = "query q($slug: String) { tenant(where: {slug: {_eq: $slug}}) { slug } }"
    parameters = {"query": query, "variables": '{"slug": "default"}', "operationName": "q"}
    answer = requests.get(api.url + path, params=parameters, timeout=10)

    assert answer.json() == {"data": {"tenant": [{"slug": "default"}]}}


def test_a_mutation_in_the_address_is_refused(api: Api) -> None:
    query = 'mutation { create_project(input: {name: "p"}) { id } }'
    answer = requests.get(api.url, params={"query": query}, timeout=10)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "Send mutations with POST."
    assert api.data("{ project { id } }") == []


def test_a_duration_is_accepted_as_it_is_shown(api: Api) -> None:
    for duration in ("1 day 02:00:00", "2 days", "36:00:00", "00:00:00.5"):
        query = "query($d: interval) { flow_run(where: {duration: {_gt: $d}}) { id } }"
        assert api.data(query, {"d": duration}) == []
    assert "is not an interval" in api.error(query, {"d": "soon"})


@pytest.mark.parametrize("name", ["", "\u65e5\u672c"])
def test_a_tenant_needs_a_name_and_a_slug(api: Api, name: str) -> None:
    assert api.refusal("create_tenant", name=name) in (
        "A name must not be empty.",
        f"No slug can be derived from the name {name!r}: give one.",
    )
