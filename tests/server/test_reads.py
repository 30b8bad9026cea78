"""Queries: filters, order, nested rows, counts, and what one query may cost."""

from __future__ import annotations

import json
from typing import Callable

import pytest

from project.server.settings import ServerSettings
from project.server.store.database import Database
from tests.server.kit import NO_ID, Api, Registered, mutation, run_row, set_flow_state, two_tasks

NAMES = ["a", "b", "c", "d"]


@pytest.fixture
def projects(api: Api) -> list:
    """Projects a (no description), b, c, d."""
    return [
        api.mutate(
            "create_project", name=name, description=None if name == "a" else f"about {name}"
        )["id"]
        for name in NAMES
    ]


def names(api: Api, arguments: str) -> str:
    return "".join(
        each["name"] for each in api.data(f"query {{ project({arguments}) {{ name }} }}")
    )


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{}", "abcd"),
        ('{name: {_eq: "b"}}', "b"),
        ('{name: {_neq: "b"}}', "acd"),
        ('{name: {_gt: "b"}}', "cd"),
        ('{name: {_gte: "b", _lt: "d"}}', "bc"),
        ('{name: {_lte: "b"}}', "ab"),
        ('{name: {_in: ["b", "d", "x"]}}', "bd"),
        ("{name: {_in: []}}", ""),
        ('{name: {_nin: ["b", "d"]}}', "ac"),
        ("{name: {_nin: []}}", "abcd"),
        ('{name: {_ilike: "%B%"}}', "b"),
        ('{description: {_ilike: "about__"}}', "bcd"),
        ('{description: {_ilike: "about\\\\_%"}}', ""),
        ("{description: {_is_null: true}}", "a"),
        ("{description: {_is_null: false}}", "bcd"),
        ('{_and: {name: {_gt: "a"}, description: {_eq: "about c"}}}', "c"),
        ('{_and: [{name: {_gt: "a"}}, {name: {_lt: "c"}}]}', "b"),
        ("{_and: []}", "abcd"),
        ('{_or: [{name: {_eq: "a"}}, {description: {_eq: "about d"}}]}', "ad"),
        ("{_or: []}", ""),
        ('{_not: {name: {_eq: "a"}}}', "bcd"),
        ('{tenant: {slug: {_eq: "default"}}}', "abcd"),
        ('{tenant: {slug: {_eq: "other"}}}', ""),
        ("{flows: {}}", ""),
    ],
)
def test_where_filters_rows(api: Api, projects: list, where: str, expected: str) -> None:
    assert names(api, f"where: {where}, order_by: {{name: asc}}") == expected


@pytest.mark.parametrize(
    "where",
    [
        "null",
        "{name: null}",
        "{name: {_eq: null}}",
        "{name: {_in: null, _is_null: null}}",
        "{_and: {name: {_eq: null}, tenant: {slug: {_eq: null}}}}",
        '{_or: [{name: {_eq: null}}, {name: {_eq: "x"}}]}',
        "{_not: null}",
    ],
)
def test_a_null_in_a_filter_is_ignored(api: Api, projects: list, where: str) -> None:
    assert names(api, f"where: {where}, order_by: {{name: asc}}") == "abcd"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("{description: asc}", "bcda"),
        ("{description: desc}", "adcb"),
        ("{description: asc_nulls_first}", "abcd"),
        ("{description: desc_nulls_last}", "dcba"),
        ("[{tenant: {slug: asc}}, {name: desc}]", "dcba"),
        ("{tenant: {slug: asc}, name: asc}", "abcd"),
        ("{tenant_id: asc, description: desc, created: asc}", "adcb"),
        ("{name: desc, created: asc}", "dcba"),
        ("{created: desc, name: asc}", "dcba"),
    ],
)
def test_nulls_are_ordered_as_in_postgres(
    api: Api, projects: list, order: str, expected: str
) -> None:
    assert names(api, f"order_by: {order}") == expected


def test_limit_and_offset_select_a_range(api: Api, projects: list) -> None:
    assert names(api, "order_by: {name: asc}, limit: 2, offset: 1") == "bc"
    assert names(api, "order_by: {name: asc}, offset: 3") == "d"
    assert names(api, "limit: 0") == ""
    assert "not negative" in api.error("query { project(limit: -1) { name } }")


def test_distinct_on_returns_the_first_row_of_each_value(
    api: Api, register: Callable[..., Registered]
) -> None:
    for name in ("x", "y", "x"):
        register(two_tasks(name))
    newest = "order_by: {name: asc, version: desc}, distinct_on: name"

    assert api.data(f"query {{ flow({newest}) {{ name version }} }}") == [
        {"name": "x", "version": 2},
        {"name": "y", "version": 1},
    ]
    assert api.data("query { flow(distinct_on: null, limit: 5) { id } }").__len__() == 3
    assert api.data(
        "query { project { flows_aggregate(distinct_on: name) { aggregate { count } } } }"
    ) == [{"flows_aggregate": {"aggregate": {"count": 2}}}]
    assert api.data(
        'query { flow_aggregate(where: {name: {_eq: "x"}}) { aggregate { count } } }'
    ) == {"aggregate": {"count": 2}}


def test_related_rows_are_filtered_ordered_and_limited_for_each_parent(
    api: Api, register: Callable[..., Registered]
) -> None:
    for name in ("x", "y"):
        flow = register(two_tasks(name))
        for day in ("03", "01", "02"):
            flow.run(scheduled_start_time=f"2030-01-{day}T00:00:00Z", flow_run_name=f"{name}{day}")
    arguments = (
        'where: {name: {_nin: ["x01"]}}, order_by: {scheduled_start_time: asc}, limit: 1, offset: 1'
    )

    runs = f"flow_runs({arguments}) {{ name flow {{ name }} }}"
    query = f"query {{ flow(order_by: {{name: asc}}) {{ {runs} }} }}"
    assert api.data(query) == [
        {"flow_runs": [{"name": "x03", "flow": {"name": "x"}}]},
        {"flow_runs": [{"name": "y02", "flow": {"name": "y"}}]},
    ]


def test_aliases_fragments_and_directives_work(api: Api, projects: list) -> None:
    query = """
        query q($no: Boolean = false) {
          first: project(order_by: {name: asc}, limit: 1) { ...f  hidden: id @include(if: $no) }
        }
        query other { hello }
        fragment f on project {
          called: name  tenant { a: slug }  ... on project { tenant { b: slug } }
        }
    """
    body = {"query": query, "operationName": "q"}
    import requests

    answer = requests.post(api.url, json=body, timeout=10).json()
    assert answer == {
        "data": {"first": [{"called": "a", "tenant": {"a": "default", "b": "default"}}]}
    }


ROWS = """
    first: project(order_by: {name: asc}, limit: 1) {
        kind: __typename  name  tenant { __typename slug }  about: description
        flows { id }  count: flows_aggregate { __typename a: aggregate { c: count __typename } }
    }
    all: project_aggregate { a: aggregate { c: count } }
    none: project_by_pk(id: "00000000-0000-4000-8000-000000000000") { name __typename }
    __typename
"""
SHOWN = {
    "first": [
        {
            "kind": "project",
            "name": "a",
            "tenant": {"__typename": "tenant", "slug": "default"},
            "about": None,
            "flows": [],
            "count": {
                "__typename": "flow_aggregate",
                "a": {"c": 0, "__typename": "flow_aggregate_fields"},
            },
        }
    ],
    "all": {"a": {"c": 4}},
    "none": None,
    "__typename": "Query",
}


def test_related_rows_are_made_distinct_before_the_limit(
    api: Api, register: Callable[..., Registered]
) -> None:
    flow = register()
    for name in ("x", "y", "x", "z"):
        flow.run(flow_run_name=name)
    arguments = "distinct_on: name, order_by: {name: asc}, limit: 2, offset: 1"
    count = f"flow_runs_aggregate({arguments}) {{ aggregate {{ count }} }}"

    assert flow.row(f"flow_runs({arguments}) {{ name }} {count}") == {
        "flow_runs": [{"name": "y"}, {"name": "z"}],
        "flow_runs_aggregate": {"aggregate": {"count": 2}},
    }


def test_a_run_refers_to_the_agent_that_submitted_it(api: Api, flow: Registered) -> None:
    agent = api.mutate("register_agent", type="LocalAgent", name="a", labels=[])["id"]
    run = flow.run()
    assert run_row(api, run, "agent { name }") == {"agent": None}
    states = [{"flow_run_id": run, "state": {"type": "Submitted", "message": ""}}]
    submit = mutation("set_flow_run_states")
    api.data(submit, {"input": {"states": states}}, x_prefect_agent_id=agent)

    assert run_row(api, run, "agent { name flow_runs { id } }") == {
        "agent": {"name": "a", "flow_runs": [{"id": run}]}
    }


def test_the_response_has_the_keys_of_the_query_in_their_order(api: Api, projects: list) -> None:
    answer = api.post(f"{{ {ROWS} }}").json()

    assert json.dumps(answer) == json.dumps({"data": SHOWN})


def test_rows_can_be_read_together_with_the_schema(api: Api, projects: list) -> None:
    field = '__type(name: "flow_run") { kind }'
    shown = {"data": {**SHOWN, "__type": {"kind": "OBJECT"}}}

    assert api.post(f"{{ {ROWS} {field} }}").json() == shown
    assert api.post(f"{{ {ROWS} ... on Query {{ {field} }} }}").json() == shown


def test_a_root_field_that_fails_does_not_affect_the_others(api: Api, projects: list) -> None:
    answer = api.post("{ a: project(limit: -1) { name } b: project_aggregate { __typename } }")

    message = "limit is -1: give a number that is not negative."
    error = {"message": message, "extensions": {"code": "BAD_USER_INPUT"}, "path": ["a"]}
    assert answer.json() == {
        "data": {"a": None, "b": {"__typename": "project_aggregate"}},
        "errors": [error],
    }


@pytest.mark.parametrize(
    "value",
    [None, {}, [], 0, "x", {"deep": [1.5, None, True, {"é": "\ud800 \U0001f600"}], "n": 10**30}],
)
def test_a_json_value_is_returned_unchanged(api: Api, flow: Registered, value: object) -> None:
    run = flow.run(context={"value": value})

    assert run_row(api, run, "context")["context"] == {"value": value}


def test_queries_that_differ_only_in_ids_and_times_are_not_confused(
    api: Api, projects: list
) -> None:
    query = '{ project(where: {id: {_eq: "%s"}, created: {_gt: "%s"}}) { name } }'
    past, future = "2000-01-01T00:00:00.000000+00:00", "2100-01-01T00:00:00.000000+00:00"

    assert [api.data(query % (each, past)) for each in projects] == [
        [{"name": name}] for name in NAMES
    ]
    assert api.data(query % (projects[0], future)) == []
    wrong = f'{{ project(where: {{name: {{_is_null: "{projects[0]}"}}}}) {{ name }} }}'
    assert projects[0] in api.error(wrong)


def test_a_row_is_found_by_its_key(api: Api, projects: list) -> None:
    assert api.data(f'query {{ project_by_pk(id: "{projects[1].upper()}") {{ name }} }}') == {
        "name": "b"
    }
    assert api.data(f'query {{ project_by_pk(id: "{NO_ID}") {{ name }} }}') is None


def test_the_agents_metadata_query_finds_scheduled_runs_and_overdue_retries(
    api: Api, flow: Registered
) -> None:
    scheduled, submitted, running = (flow.run() for _ in range(3))
    set_flow_state(api, submitted, "Submitted")
    set_flow_state(api, running, "Running")
    task_run_id = run_row(api, running, "task_runs { id }")["task_runs"][0]["id"]
    retrying = {"type": "Retrying", "message": "", "start_time": "2026-01-01T00:00:00+00:00"}
    api.mutate("set_task_run_states", states=[{"task_run_id": task_run_id, "state": retrying}])
    due = '{state_start_time: {_lte: "2026-01-02T00:00:00"}}'
    where = (
        f'{{id: {{_in: ["{scheduled}", "{submitted}", "{running}"]}}, '
        f'_or: [{{state: {{_eq: "Scheduled"}}}}, {{state: {{_eq: "Running"}}, task_runs: {due}}}]}}'
    )

    fields = f"id flow {{ id storage }} task_runs(where: {due}) {{ id }}"
    query = f"query {{ flow_run(where: {where}) {{ {fields} }} }}"
    runs = {run["id"]: run for run in api.data(query)}
    assert set(runs) == {scheduled, running}
    assert runs[running]["task_runs"] == [{"id": task_run_id}]
    assert runs[scheduled]["flow"]["storage"]["type"] == "Module"


def test_a_filter_may_have_a_long_list_of_values(api: Api, projects: list) -> None:
    query = "query($names: [String!]) { project(where: {name: {_in: $names}}) { name } }"

    assert api.data(query, {"names": ["a", *map(str, range(100_000))]}) == [{"name": "a"}]


def test_a_reading_connection_cannot_write(
    settings: ServerSettings, api: Api, projects: list
) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    database = Database(settings.database, 5)
    with pytest.raises(OperationalError, match="readonly"):
        database.read(lambda connection: connection.execute(text("DELETE FROM project"))).result()
    database.close()


def test_a_run_without_an_agent_does_not_meet_a_condition_on_its_agent(
    api: Api, flow: Registered
) -> None:
    agent = api.mutate("register_agent", type="LocalAgent", name="a", labels=[])["id"]
    of_agent, of_none = flow.run(), flow.run()
    states = [{"flow_run_id": of_agent, "state": {"type": "Submitted", "message": ""}}]
    submit = mutation("set_flow_run_states")
    api.data(submit, {"input": {"states": states}}, x_prefect_agent_id=agent)

    def found(where: str) -> list:
        return [row["id"] for row in api.data(f"{{ flow_run(where: {where}) {{ id }} }}")]

    assert found('{agent: {name: {_eq: "a"}}}') == [of_agent]
    assert found('{_not: {agent: {name: {_eq: "a"}}}}') == [of_none]
    assert set(found('{_not: {agent: {name: {_eq: "b"}}}}')) == {of_agent, of_none}
    assert found("{_not: {agent: {}}}") == [of_none]


def test_edges_are_named_after_the_end_to_which_they_lead(flow: Registered) -> None:
    tasks = flow.row(
        "tasks(order_by: {slug: asc}) { slug"
        " upstream_edges { upstream_task { slug } downstream_task { slug } }"
        " downstream_edges(order_by: {key: asc}) { upstream_task { slug } } }"
    )["tasks"]

    by, increment, one = tasks
    assert {each["upstream_task"]["slug"] for each in increment["upstream_edges"]} == {
        "by",
        "one-1",
    }
    assert {each["downstream_task"]["slug"] for each in increment["upstream_edges"]} == {
        "increment-1"
    }
    assert increment["downstream_edges"] == by["upstream_edges"] == one["upstream_edges"] == []
    assert by["downstream_edges"] == [{"upstream_task": {"slug": "by"}}]


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        ("{tenant_id: asc, name: desc}", "dcba"),
        ("[{tenant_id: asc}, {name: desc}]", "dcba"),
        ("[{tenant_id: asc}, {description: desc, created: asc}]", "adcb"),
        ("{description: asc, created: asc}", "bcda"),
    ],
)
def test_the_default_of_a_variable_keeps_all_keys_of_an_order(
    api: Api, projects: list, default: str, expected: str
) -> None:
    rows = "project(order_by: $order) { name }"
    query = f"query ($order: [project_order_by!] = {default}) {{ {rows} }}"
    related = rows.replace("project", "projects")
    nested = f"query ($order: [project_order_by!] = {default}) {{ tenant {{ {related} }} }}"

    assert "".join(row["name"] for row in api.data(query)) == expected
    assert "".join(row["name"] for row in api.data(nested)[0]["projects"]) == expected
    assert api.data(query, {"order": [{"name": "asc"}]})[0] == {"name": "a"}


def test_a_direction_may_be_the_default_of_a_variable(api: Api, projects: list) -> None:
    rows = "project(order_by: [{tenant_id: asc}, {name: $by}]) { name }"
    query = f"query ($by: order_by = desc) {{ {rows} }}"

    assert [row["name"] for row in api.data(query)] == ["d", "c", "b", "a"]


def test_fields_with_the_same_key_and_different_ids_or_times_conflict(
    api: Api, projects: list
) -> None:
    by_id = '{ project_by_pk(id: "%s") { name } project_by_pk(id: "%s") { id } }'
    rows = 'project(where: {created: {_gt: "%s"}})'
    since = f"{{ {rows} {{ name }} {rows} {{ id }} }}"
    times = "2000-01-01T00:00:00.000000+00:00", "2100-01-01T00:00:00.000000+00:00"

    assert api.data(by_id % (projects[0], projects[0])) == {"name": "a", "id": projects[0]}
    assert "'project_by_pk' conflict" in api.error(by_id % (projects[0], projects[1]))
    assert len(api.data(since % (times[0], times[0]))) == 4
    assert "'project' conflict" in api.error(since % times)
