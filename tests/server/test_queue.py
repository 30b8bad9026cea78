"""Which runs are handed out to an agent."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.server.kit import (
    NO_ID,
    Api,
    Registered,
    mutation,
    register_flow,
    run_row,
    set_flow_state,
    set_task_state,
)

SOON = "2030-01-01T00:00:00Z"


def queue(api: Api, *labels: str, before: str = SOON, **headers: str) -> list:
    variables = {"input": {"before": before, "labels": list(labels)}}
    payload = api.data(mutation("get_runs_in_queue"), variables, **headers)
    return list(payload["flow_run_ids"])


@pytest.mark.parametrize(
    ("run", "agent", "is_handed_out"),
    [
        ([], [], True),
        ([], ["a"], False),
        (["a"], [], False),
        (["a"], ["a"], True),
        (["a"], ["a", "b"], True),
        (["a", "b"], ["a"], False),
        (['"'], ['"'], True),
    ],
)
def test_an_agent_gets_the_runs_whose_labels_it_has_all(
    api: Api, flow: Registered, run: list, agent: list, is_handed_out: bool
) -> None:
    run_id = flow.run(labels=run)

    assert queue(api, *agent) == ([run_id] if is_handed_out else [])


def test_the_most_overdue_run_is_first_and_future_runs_are_not_handed_out(
    api: Api, flow: Registered
) -> None:
    later, first, _ = (
        flow.run(scheduled_start_time=f"20{year}-01-01T00:00:00Z") for year in (29, 28, 31)
    )

    assert queue(api) == [first, later]


def test_runs_for_other_agents_do_not_fill_the_queue(api: Api, flow: Registered) -> None:
    for _ in range(30):
        flow.run(labels=["others"], scheduled_start_time="2020-01-01T00:00:00Z")
    mine = [
        flow.run(labels=["mine"], scheduled_start_time=f"20{year}-01-01T00:00:00Z")
        for year in range(21, 30)
    ]

    assert queue(api, "mine") == mine
    assert len(queue(api, "others")) == 25


def test_a_running_flow_run_without_a_process_is_handed_out_again_when_a_retry_is_due(
    api: Api, flow: Registered, pass_an_hour: Callable[..., None]
) -> None:
    run_id = flow.run()
    task_run_id = run_row(api, run_id, "task_runs { id }")["task_runs"][0]["id"]
    set_flow_state(api, run_id, "Running")
    assert queue(api) == []

    set_task_state(
        api, task_run_id, "Retrying", start_time="2029-06-01T00:00:00+00:00", run_count=1
    )
    assert queue(api) == []  # its process is alive, and retries by itself

    pass_an_hour(run_id)
    assert queue(api, before="2029-05-31T00:00:00Z") == []
    assert queue(api) == [run_id]

    api.mutate("update_flow_run_heartbeat", flow_run_id=run_id)
    assert queue(api) == []

    pass_an_hour(run_id)
    set_task_state(api, task_run_id, "Submitted")
    assert queue(api) == []


def test_polling_the_queue_updates_the_agent(api: Api) -> None:
    agent_id = api.mutate("register_agent", type="LocalAgent", name="n", labels=["b", "a"])["id"]
    queue(api, x_prefect_agent_id=agent_id)

    (agent,) = api.data("query { agent { id name type labels last_queried } }")
    assert agent.pop("last_queried")
    assert agent == {"id": agent_id, "name": "n", "type": "LocalAgent", "labels": ["a", "b"]}


def test_an_agent_gets_the_runs_of_its_tenant_or_of_all(api: Api, flow: Registered) -> None:
    tenant = api.data("{ tenant { id } }")[0]["id"]
    other = api.mutate("create_tenant", name="Other")["id"]
    other_project = api.mutate("create_project", name="p", tenant_id=other)["id"]
    runs = {tenant: flow.run(), other: register_flow(api, other_project).run()}

    def taken(**input: str) -> set:
        payload = api.mutate("get_runs_in_queue", before=SOON, labels=[], **input)
        return set(payload["flow_run_ids"])

    assert taken() == set(runs.values())
    assert {each: taken(tenant_id=each) for each in runs} == {
        each: {run} for each, run in runs.items()
    }
    assert taken(tenant_id=NO_ID) == set()
