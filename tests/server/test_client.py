"""Each operation of the contract, called by Prefect's unmodified client."""

from __future__ import annotations

import pendulum
import pytest
from prefect import Client
from prefect.backend import FlowRunView, FlowView, TenantView
from prefect.engine.state import Cancelled, Failed, Running, Scheduled, Submitted, Success
from prefect.exceptions import ClientError, ObjectNotFoundError
from prefect.run_configs import LocalRun

from tests.server.kit import Api, run_row, two_tasks


@pytest.fixture
def flow_id(client: Client) -> str:
    client.create_project("demo", "for tests")
    return str(client.register(two_tasks(), "demo", no_url=True))


def test_registering_an_unchanged_flow_again_leaves_it_as_it_is(client: Client, api: Api) -> None:
    fields = "version updated tasks { id } edges { id } serialized_flow"
    rows = []
    client.create_project("demo")
    for _ in range(2):
        client.register(two_tasks(), "demo", idempotency_key="k", no_url=True)
        rows.append(api.data(f"query {{ flow {{ {fields} }} }}"))

    assert rows[0] == rows[1]


def test_creating_an_existing_project_returns_its_id(client: Client, api: Api) -> None:
    first = client.create_project("demo")

    assert client.create_project("demo") == first
    assert api.data("query { project_aggregate { aggregate { count } } }") == {
        "aggregate": {"count": 1}
    }


def test_deleting_a_project_deletes_its_flows(client: Client, api: Api, flow_id: str) -> None:
    assert client.delete_project("demo") is True

    with pytest.raises(ValueError, match="not found"):
        client.delete_project("demo")
    assert api.data("query { flow { id } }") == api.data("query { flow_group { id } }") == []


def test_a_tenant_can_be_created(client: Client) -> None:
    client.create_tenant(name="Other one")

    assert [each.slug for each in client.get_available_tenants()] == ["default", "other-one"]


def test_the_default_tenant_is_part_of_the_address_of_the_ui(client: Client, flow_id: str) -> None:
    assert client.get_default_tenant_slug() == "default"
    assert client.get_cloud_url("flow", flow_id).endswith(f"/default/flow/{flow_id}")
    assert TenantView.from_current_tenant().slug == "default"


@pytest.mark.parametrize("compressed", [True, False])
def test_a_registered_flow_can_be_viewed(client: Client, compressed: bool) -> None:
    client.create_project("demo")
    flow_id = client.register(two_tasks(), "demo", compressed=compressed, no_url=True)

    view = FlowView.from_flow_name("two", project_name="demo")

    assert (view.flow_id, view.name, view.project_name, view.archived) == (
        flow_id,
        "two",
        "demo",
        False,
    )
    assert {task.slug for task in view.flow.tasks} == {"by", "one-1", "increment-1"}
    assert FlowView.from_id(flow_id).serialized_flow == view.serialized_flow


def test_a_flow_run_has_what_it_was_created_with(client: Client, api: Api, flow_id: str) -> None:
    start = pendulum.datetime(2030, 1, 1, 12, tz="America/New_York")
    run_id = client.create_flow_run(
        flow_id=flow_id,
        parameters={"by": 5},
        run_config=LocalRun(env={"A": "b"}),
        labels=["b", "a"],
        context={"x": 1},
        scheduled_start_time=start,
        run_name="named",
        idempotency_key="k",
    )

    info = client.get_flow_run_info(run_id)
    view = FlowRunView.from_flow_run_id(run_id)

    assert (info.name, info.parameters, info.context, info.version) == (
        "named",
        {"by": 5},
        {"x": 1},
        1,
    )
    assert info.scheduled_start_time == start
    assert isinstance(info.state, Scheduled)
    assert info.state.start_time == start
    assert {each.task_slug for each in info.task_runs} == {"by", "one-1", "increment-1"}
    assert {(each.version, type(each.state).__name__) for each in info.task_runs} == {
        (1, "Pending")
    }
    assert view.labels == ["a", "b"]
    assert view.run_config.env == {"A": "b"}
    assert client.create_flow_run(flow_id=flow_id, idempotency_key="k") == run_id


def test_a_run_of_a_version_group_is_a_run_of_its_newest_flow(
    client: Client, api: Api, flow_id: str
) -> None:
    newest = client.register(two_tasks(), "demo", version_group_id="", no_url=True)
    group = api.data(f'query {{ flow_by_pk(id: "{newest}") {{ version_group_id }} }}')[
        "version_group_id"
    ]

    run_id = client.create_flow_run(version_group_id=group)

    assert client.get_flow_run_info(run_id).flow_id == newest


def test_states_are_written_and_read_back(client: Client, flow_id: str) -> None:
    run_id = client.create_flow_run(flow_id=flow_id)
    for state in (Submitted("s"), Running("r")):
        assert client.set_flow_run_state(run_id, state=state) == state
    task_run = client.get_flow_run_info(run_id).task_runs[0]
    client.set_task_run_state(task_run.id, state=Running("t"))
    client.set_task_run_state(task_run.id, state=Failed("oh"))

    assert client.get_flow_run_state(run_id).is_running()
    assert client.get_task_run_state(task_run.id).message == "oh"
    assert client.get_task_run_info(run_id, task_run.task_id).version == 3


def test_an_unknown_run_is_an_error(client: Client) -> None:
    with pytest.raises(ClientError, match="State update failed"):
        client.set_flow_run_state("00000000-0000-0000-0000-000000000000", state=Success())
    with pytest.raises(ClientError, match="not found"):
        client.get_flow_run_info("00000000-0000-0000-0000-000000000000")
    with pytest.raises(ObjectNotFoundError):
        client.get_flow_run_state("00000000-0000-0000-0000-000000000000")


def test_a_mapped_child_is_created_when_it_is_first_requested(client: Client, flow_id: str) -> None:
    run_id = client.create_flow_run(flow_id=flow_id)
    task_id = client.get_flow_run_info(run_id).task_runs[0].task_id

    child = client.get_task_run_info(run_id, task_id, map_index=3)

    assert (child.version, child.state.is_pending()) == (0, True)
    assert client.get_task_run_info(run_id, task_id, map_index=3).id == child.id


def test_names_can_be_changed(client: Client, api: Api, flow_id: str) -> None:
    run_id = client.create_flow_run(flow_id=flow_id)
    task_run_id = client.get_flow_run_info(run_id).task_runs[0].id

    assert client.set_flow_run_name(run_id, "a") is True
    assert client.set_task_run_name(task_run_id, "b") is True

    assert client.get_flow_run_info(run_id).name == "a"
    assert api.data(f'query {{ task_run_by_pk(id: "{task_run_id}") {{ name }} }}') == {"name": "b"}


def test_a_waiting_run_is_cancelled_at_once(client: Client, flow_id: str) -> None:
    run_id = client.create_flow_run(flow_id=flow_id)

    assert client.cancel_flow_run(run_id) == "Cancelled"
    assert isinstance(client.get_flow_run_state(run_id), Cancelled)
    assert {type(each.state) for each in client.get_flow_run_info(run_id).task_runs} == {Cancelled}


def test_a_running_run_becomes_cancelling(client: Client, flow_id: str) -> None:
    run_id = client.create_flow_run(flow_id=flow_id)
    client.set_flow_run_state(run_id, state=Running())

    assert client.cancel_flow_run(run_id) == "Cancelling"
    client.set_flow_run_state(run_id, state=Cancelled())
    assert client.cancel_flow_run(run_id) == "Cancelled"


def test_heartbeats_and_logs_are_stored(client: Client, api: Api, flow_id: str) -> None:
    run_id = client.create_flow_run(flow_id=flow_id)
    line = {
        "flow_run_id": run_id,
        "timestamp": "2026-01-01T00:00:00Z",
        "name": "n",
        "level": "INFO",
    }

    client.update_flow_run_heartbeat(run_id)
    client.write_run_logs(
        [{**line, "message": "a"}, {"flow_run_id": run_id, "message": "b", "level": "ERROR"}]
    )

    assert api.data(f'query {{ flow_run_by_pk(id: "{run_id}") {{ heartbeat }} }}')["heartbeat"]
    logs = run_row(api, run_id, "logs(order_by: {timestamp: asc}) { message level }")
    assert logs == {"logs": [{"message": "a", "level": "INFO"}, {"message": "b", "level": "ERROR"}]}
    assert [each.message for each in FlowRunView.from_flow_run_id(run_id).get_logs()] == ["a", "b"]


def test_an_agent_keeps_its_id_and_finds_the_runs_that_are_due(
    client: Client, api: Api, flow_id: str
) -> None:
    first = client.register_agent("LocalAgent", "a", ["x"])
    run_id = client.create_flow_run(flow_id=flow_id, labels=["x"])
    client.create_flow_run(
        flow_id=flow_id, labels=["x"], scheduled_start_time=pendulum.now().add(hours=1)
    )

    assert client.register_agent("LocalAgent", "a", ["x"]) == first
    queue = {"before": pendulum.now("utc").isoformat(), "labels": ["x", "y"]}
    assert api.mutate("get_runs_in_queue", **queue) == {"flow_run_ids": [run_id]}


def test_artifacts_are_stored_updated_and_deleted(client: Client, api: Api, flow_id: str) -> None:
    run_id = client.create_flow_run(flow_id=flow_id)
    task_run_id = client.get_flow_run_info(run_id).task_runs[0].id
    artifacts = f'query {{ task_run_by_pk(id: "{task_run_id}") {{ artifacts {{ kind data }} }} }}'

    artifact = client.create_task_run_artifact(task_run_id, "markdown", {"markdown": "# a"})
    client.update_task_run_artifact(artifact, {"markdown": "# b"})
    assert api.data(artifacts) == {"artifacts": [{"kind": "markdown", "data": {"markdown": "# b"}}]}

    client.delete_task_run_artifact(artifact)
    assert api.data(artifacts) == {"artifacts": []}


def test_cached_states_are_found_by_task_and_by_key(client: Client, api: Api, flow_id: str) -> None:
    from prefect.engine.state import Cached

    run_id = client.create_flow_run(flow_id=flow_id)
    client.set_flow_run_state(run_id, state=Running())
    task_run = client.get_flow_run_info(run_id).task_runs[0]
    client.set_task_run_state(task_run.id, state=Cached("kept"))
    since = pendulum.now("utc").subtract(hours=1).naive()

    cached = client.get_latest_cached_states(task_run.task_id, None, since)

    assert [each.message for each in cached] == ["kept"]
    other = client.get_flow_run_info(run_id).task_runs[1]
    assert client.get_latest_cached_states(other.task_id, None, since) == []


def test_a_query_that_only_prefect_cloud_has_is_refused(client: Client) -> None:
    with pytest.raises(ClientError, match="Cannot query field"):
        client.graphql("query { auth_info { tenant_id } }")
