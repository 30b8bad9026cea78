"""Registering, versions, archiving, and what a new run takes from its flow."""

from __future__ import annotations

import base64
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any, Callable
from uuid import uuid4

import pytest
from sqlalchemy import Connection, insert, select

from project.server.mutations.deletions import Deletion
from project.server.settings import ServerSettings
from project.server.store import tables
from project.server.store.database import Database
from tests.server.kit import NO_ID, Api, Registered, run_row, two_tasks

Register = Callable[..., Registered]
SUMMARY = "version archived is_schedule_active flow_group_id"


def test_the_same_idempotency_key_registers_no_new_version(api: Api, register: Register) -> None:
    first = register(idempotency_key="k")

    assert register(idempotency_key="k").id == first.id
    assert api.data("query { flow_aggregate { aggregate { count } } }") == {
        "aggregate": {"count": 1}
    }


def test_only_the_last_idempotency_key_counts(register: Register) -> None:
    first = register(idempotency_key="a")
    second = register(idempotency_key="b")
    third = register(idempotency_key="a")

    assert len({first.id, second.id, third.id}) == 3
    assert third.row("version") == {"version": 3}


def test_a_new_version_archives_the_one_before(api: Api, register: Register) -> None:
    first = register()
    run_id = first.run()
    second = register()

    assert first.row("version archived") == {"version": 1, "archived": True}
    assert second.row("version archived") == {"version": 2, "archived": False}
    assert first.row("flow_group_id") == second.row("flow_group_id")
    assert run_row(api, run_id, "state state_message task_runs { state }") == {
        "state": "Cancelled",
        "state_message": f"Flow {first.id} was archived.",
        "task_runs": [{"state": "Cancelled"}] * 3,
    }


def test_an_archived_flow_cannot_be_run(api: Api, flow: Registered) -> None:
    api.mutate("archive_flow", flow_id=flow.id)

    assert api.refusal("create_flow_run", flow_id=flow.id) == f"Flow {flow.id} is archived."


def test_an_unknown_flow_is_an_error(api: Api) -> None:
    assert api.refusal("create_flow_run", flow_id=NO_ID) == f"Flow {NO_ID} not found."
    assert api.refusal("create_flow_run") == (
        "Give the flow_id or the version_group_id of the flow to run."
    )


def test_deleting_a_flow_deletes_its_runs(api: Api, flow: Registered) -> None:
    run_id = flow.run()
    api.mutate("delete_flow", flow_id=flow.id)

    assert run_row(api, run_id, "id") is None
    assert api.data("query { task_run_state_aggregate { aggregate { count } } }") == {
        "aggregate": {"count": 0}
    }


def test_tasks_and_edges_can_be_registered_after_the_flow_in_parts(
    api: Api, project_id: str
) -> None:
    whole = two_tasks().serialize()
    tasks, edges = whole.pop("tasks"), whole.pop("edges")
    flow = Registered(
        api, api.mutate("create_flow", project_id=project_id, serialized_flow=whole)["id"]
    )
    changed = [{**each, "max_retries": 7} for each in tasks]
    for part in ([tasks[0]], tasks, [], changed):  # what has been registered stays as it is
        api.mutate("register_tasks", flow_id=flow.id, serialized_tasks=part)
    for _ in range(2):
        api.mutate("register_edges", flow_id=flow.id, serialized_edges=edges)

    row = flow.row(
        "tasks(order_by: {slug: asc}) { slug } "
        "edges { key upstream_task { slug } downstream_task { slug } }"
    )

    assert row["tasks"] == [{"slug": "by"}, {"slug": "increment-1"}, {"slug": "one-1"}]
    assert {
        (e["key"], e["upstream_task"]["slug"], e["downstream_task"]["slug"]) for e in row["edges"]
    } == {
        ("by", "by", "increment-1"),
        ("value", "one-1", "increment-1"),
    }
    serialized = flow.row("serialized_flow")["serialized_flow"]
    assert sorted(each["slug"] for each in serialized["tasks"]) == ["by", "increment-1", "one-1"]
    assert len(serialized["edges"]) == len(edges)


def test_a_task_has_its_serialized_inputs_outputs_and_description(
    api: Api, project_id: str
) -> None:
    contents = {"inputs": {"raw": {"type": "csv"}}, "outputs": ["clean"], "description": "Cleans."}
    tasks = [{"slug": "with", **contents}, {"slug": "without"}]
    serialized = {"name": "f", "tasks": tasks}
    answer = api.mutate("create_flow", project_id=project_id, serialized_flow=serialized)

    row = Registered(api, answer["id"]).row(
        "tasks(order_by: {slug: asc}) { slug inputs outputs description }"
    )
    assert row["tasks"] == [
        tasks[0],
        {"slug": "without", "inputs": None, "outputs": None, "description": None},
    ]


def test_a_flow_with_an_edge_to_an_unknown_task_is_refused(api: Api, project_id: str) -> None:
    broken = {**two_tasks().serialize(), "tasks": []}

    refusal = api.refusal("create_flow", project_id=project_id, serialized_flow=broken)

    assert "An edge names the task" in refusal
    assert api.data("query { flow { id } }") == []


@pytest.mark.parametrize(
    "text", ["%%%", "aGVsbG8=", base64.b64encode(gzip.compress(b"[]", mtime=0)).decode()]
)
def test_a_compressed_flow_that_cannot_be_decompressed_is_refused(
    api: Api, project_id: str, text: str
) -> None:
    input = {"project_id": project_id, "serialized_flow": text}

    assert api.refusal("create_flow_from_compressed_string", **input).startswith(
        "The compressed flow "
    )


def test_a_compressed_flow_is_stored_decompressed(api: Api, project_id: str) -> None:
    whole = two_tasks().serialize()
    text = base64.b64encode(gzip.compress(json.dumps(whole).encode())).decode()
    answer = api.mutate(
        "create_flow_from_compressed_string", project_id=project_id, serialized_flow=text
    )

    assert Registered(api, answer["id"]).row("serialized_flow") == {"serialized_flow": whole}


@pytest.mark.parametrize(
    ("group", "input", "labels"),
    [
        (None, {}, []),
        (["g"], {}, ["g"]),
        (["g"], {"run_config": {"type": "LocalRun", "labels": ["r"]}}, ["r"]),
        (["g"], {"run_config": {"type": "LocalRun", "labels": []}}, []),
        (["g"], {"labels": ["b", "a"], "run_config": {"labels": ["r"]}}, ["a", "b"]),
    ],
)
def test_a_run_has_its_own_labels_or_those_of_its_run_config_group_or_flow(
    api: Api, flow: Registered, group: Any, input: Any, labels: list
) -> None:
    api.mutate(
        "set_flow_group_labels",
        flow_group_id=flow.row("flow_group_id")["flow_group_id"],
        labels=group,
    )

    assert run_row(api, flow.run(**input), "labels") == {"labels": labels}


def test_parameters_of_a_run_override_the_groups_and_those_the_flows(
    api: Api, flow: Registered
) -> None:
    assert run_row(api, flow.run(), "parameters") == {"parameters": {"by": 4}}
    group = flow.row("flow_group_id")["flow_group_id"]
    api.mutate(
        "set_flow_group_default_parameters", flow_group_id=group, parameters={"by": 5, "more": 1}
    )

    assert run_row(api, flow.run(), "parameters") == {"parameters": {"by": 5, "more": 1}}
    assert run_row(api, flow.run(parameters={"by": 6}), "parameters") == {
        "parameters": {"by": 6, "more": 1}
    }
    assert run_row(api, flow.run(parameters={"by": None}), "parameters") == {
        "parameters": {"by": None, "more": 1}
    }
    api.mutate("set_flow_group_default_parameters", flow_group_id=group, parameters={"by": None})
    assert run_row(api, flow.run(), "parameters") == {"parameters": {"by": None}}


def test_a_run_without_a_required_parameter_is_refused(api: Api, register: Register) -> None:
    flow = register(two_tasks(required=True))

    assert (
        api.refusal("create_flow_run", flow_id=flow.id)
        == "Required parameters were not supplied: {'by'}"
    )


def test_heartbeats_can_be_switched_off_for_a_flow(api: Api, flow: Registered) -> None:
    api.mutate("disable_flow_heartbeat", flow_id=flow.id)
    settings = {"heartbeat_enabled": False, "lazarus_enabled": True}
    assert flow.row("settings") == {"settings": settings}

    api.mutate("enable_flow_heartbeat", flow_id=flow.id)
    assert flow.row("settings") == {"settings": {**settings, "heartbeat_enabled": True}}


def test_a_new_version_has_the_settings_of_its_group(api: Api, register: Register) -> None:
    api.mutate("disable_flow_heartbeat", flow_id=register().id)

    settings = {"heartbeat_enabled": False, "lazarus_enabled": True}
    assert register().row("settings") == {"settings": settings}


def test_deleting_a_run_deletes_its_task_runs_and_logs(api: Api, flow: Registered) -> None:
    run_id = flow.run()
    api.mutate("write_run_logs", logs=[{"flow_run_id": run_id, "message": "m"}])

    assert api.mutate("delete_flow_run", flow_run_id=run_id) == {"success": True}
    assert api.mutate("delete_flow_run", flow_run_id=run_id) == {"success": False}
    assert api.data("query { log { id } }") == api.data("query { task_run { id } }") == []


def test_the_same_key_gives_the_same_run_also_after_the_flow_was_registered_again(
    api: Api, register: Register
) -> None:
    first = register()
    group = first.row("version_group_id")
    run_id = first.run(idempotency_key="k")
    second = register()

    assert api.mutate("create_flow_run", **group, idempotency_key="k") == {"id": run_id}
    assert api.mutate("create_flow_run", flow_id=first.id, idempotency_key="k") == {"id": run_id}
    other = api.mutate("create_flow_run", **group, idempotency_key="other")["id"]
    assert run_row(api, other, "flow_id") == {"flow_id": second.id}
    assert api.mutate("create_flow_run", **group)["id"] not in (run_id, other)


def copy_run(connection: Connection, copies: int) -> None:
    """Copy the only run of a database with what belongs to it."""
    run, *others = connection.execute(select(tables.flow_run)).mappings()
    assert not others
    of_run = (tables.flow_run_state, tables.task_run, tables.log)
    rows = {table: connection.execute(select(table)).mappings().all() for table in of_run}
    for _ in range(copies):
        run_id = str(uuid4())
        connection.execute(insert(tables.flow_run), {**run, "id": run_id})
        for table, each in rows.items():
            copied = [{**row, "flow_run_id": run_id, "id": None} for row in each]
            if table is tables.task_run:
                copied = [{**row, "id": str(uuid4())} for row in copied]
            connection.execute(insert(table), copied)


@pytest.fixture
def many_runs(api: Api, register: Register, settings: ServerSettings) -> Registered:
    """Return a flow with 201 runs and lines in their logs."""
    flow = register()
    run_id = flow.run()
    api.mutate("write_run_logs", logs=[{"flow_run_id": run_id, "message": "m"}] * 50)
    with closing(Database(settings.database, 5)) as database:
        database.write(partial(copy_run, copies=200)).result()
    return flow


@pytest.mark.parametrize("name", ["flow", "flow_group", "project"])
def test_other_writes_come_between_the_parts_of_a_deletion(
    api: Api, many_runs: Registered, name: str
) -> None:
    ids = many_runs.row("id flow_group_id project_id")
    key = ids["id" if name == "flow" else f"{name}_id"]
    assert len(many_runs.row("flow_runs { id }")["flow_runs"]) == 201
    writes = 0
    with ThreadPoolExecutor(1) as pool:
        deletion = pool.submit(api.mutate, f"delete_{name}", **{f"{name}_id": key})
        while not deletion.done():
            api.mutate("register_agent", type="LocalAgent", name=str(writes))
            writes += 1

    assert deletion.result() == {"success": True}
    assert writes > 5
    left = api.post("{ flow { id } flow_run { id } task_run { id } log { id } task { id } }")
    assert not any(left.json()["data"].values())


def test_a_flow_has_no_new_runs_while_it_is_being_deleted(
    settings: ServerSettings, api: Api, many_runs: Registered
) -> None:
    deletion = Deletion(tables.flow, many_runs.id)
    left = []
    with closing(Database(settings.database, 5)) as database:
        assert database.write(deletion.begin).result()
        while database.write(deletion.delete_part).result():
            left.append(len(many_runs.row("flow_runs { id }")["flow_runs"]))
            assert "is archived" in api.refusal("create_flow_run", flow_id=many_runs.id)

    assert left == [201 - 20 * (number + 1) for number in range(10)]
    assert api.data("{ flow { id } }") == []


def test_a_run_with_a_long_log_is_deleted_in_parts(
    settings: ServerSettings, api: Api, flow: Registered
) -> None:
    run_id = flow.run()
    api.mutate("write_run_logs", logs=[{"flow_run_id": run_id, "message": "m"}] * 5_000)
    deletion, left = Deletion(tables.flow_run, run_id), []
    with closing(Database(settings.database, 5)) as database:
        while database.write(deletion.delete_part).result():
            left.append(api.data("{ log_aggregate { aggregate { count } } }")["aggregate"]["count"])

    assert left == [3_000, 1_000]
    assert run_row(api, run_id, "id") is None
