"""Aggregates, the filters of PostgreSQL, and paths in JSON, as Hasura has them."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from project.server.store import database, functions
from tests.server.kit import Api, Registered, set_flow_state, two_tasks

NAMES = ["Alpha", "beta", "gamma_1", "gamma%1"]


@pytest.fixture
def projects(api: Api) -> list:
    return [
        api.mutate("create_project", name=name, description=None if name == "beta" else "same")[
            "id"
        ]
        for name in NAMES
    ]


@pytest.fixture
def flows(api: Api, register: Callable[..., Registered]) -> dict:
    """Return a flow with three runs (two names) and one with one run."""
    many, one = register(two_tasks("many")), register(two_tasks("one"))
    for day, name in (("01", "x"), ("02", "x"), ("03", "y")):
        many.run(scheduled_start_time=f"2030-01-{day}T00:00:00Z", flow_run_name=name)
    one.run(scheduled_start_time="2030-01-04T00:00:00Z", flow_run_name="z")
    return {"many": many, "one": one}


FIELDS = """aggregate {
    count  names: count(columns: name)  different: count(columns: [name], distinct: true)
    pairs: count(columns: [name, state], distinct: true)
    max { name scheduled_start_time id }  min { name start_time __typename }  sum { version }
    avg { version }
}"""
OF_MANY = {
    "count": 3,
    "names": 3,
    "different": 2,
    "pairs": 2,
    "max": {"name": "y", "scheduled_start_time": "2030-01-03T00:00:00+00:00"},
    "min": {"name": "x", "start_time": None, "__typename": "flow_run_min_fields"},
    "sum": {"version": 3},
    "avg": {"version": 1.0},
}


def test_functions_of_all_rows_or_of_those_of_each_parent(api: Api, flows: dict) -> None:
    flow = flows["many"]
    of_flow = f'where: {{flow_id: {{_eq: "{flow.id}"}}}}'

    of_all = api.data(f"{{ flow_run_aggregate({of_flow}) {{ {FIELDS} }} }}")["aggregate"]
    of_parent = flow.row(f"flow_runs_aggregate {{ {FIELDS} }}")["flow_runs_aggregate"]["aggregate"]
    assert of_all["max"].pop("id") == of_parent["max"].pop("id")
    assert of_all == of_parent == OF_MANY


def test_functions_of_no_rows_are_null(api: Api) -> None:
    answer = api.data("{ flow_run_aggregate { aggregate { count max { name } } nodes { id } } }")

    assert answer == {"aggregate": {"count": 0, "max": {"name": None}}, "nodes": []}


def test_nodes_are_the_rows_of_the_aggregate(api: Api, flows: dict) -> None:
    arguments = "order_by: {scheduled_start_time: desc}, limit: 2"
    aggregate = "aggregate { count } nodes { name flow { name } } again: nodes { state }"
    fields = f"a: flow_runs_aggregate({arguments}) {{ {aggregate} }}"
    query = f"{{ flow(order_by: {{name: asc}}) {{ {fields} }} }}"

    many, one = (row["a"] for row in api.data(query))
    assert [node["name"] for node in many["nodes"]] == ["y", "x"]
    assert (many["aggregate"], many["again"]) == ({"count": 2}, [{"state": "Scheduled"}] * 2)
    assert one["nodes"] == [{"name": "z", "flow": {"name": "one"}}]
    of_all = api.data(f"{{ flow_run_aggregate({arguments}) {{ {aggregate} }} }}")
    assert [node["name"] for node in of_all["nodes"]] == ["z", "y"]


def test_the_tasks_of_a_flow_are_counted(flows: dict) -> None:
    assert flows["one"].row("tasks_aggregate { aggregate { count } }") == {
        "tasks_aggregate": {"aggregate": {"count": 3}}
    }


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("{flow_runs_aggregate: {count: asc}}", ["one", "many"]),
        ("{flow_runs_aggregate: {count: desc}}", ["many", "one"]),
        ("{flow_runs_aggregate: {max: {scheduled_start_time: desc}}}", ["one", "many"]),
        (
            "[{tasks_aggregate: {count: asc}}, {flow_runs_aggregate: {min: {name: asc}}}]",
            ["many", "one"],
        ),
    ],
)
def test_rows_are_ordered_by_aggregates_of_their_related_rows(
    api: Api, flows: dict, order: str, expected: list
) -> None:
    assert [
        row["name"] for row in api.data(f"{{ flow(order_by: {order}) {{ name }} }}")
    ] == expected


def test_aggregates_can_be_read_together_with_the_schema(api: Api, flows: dict) -> None:
    query = f"{{ a: flow_run_aggregate {{ {FIELDS} }} __schema {{ queryType {{ name }} }} }}"
    of_all = api.post(query).json()["data"]["a"]["aggregate"]

    assert (of_all["count"], of_all["different"], of_all["sum"]) == (4, 3, {"version": 4})


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        ('_like: "%a"', ["Alpha", "beta"]),
        ('_like: "a%"', []),
        ('_like: "gamma_1"', ["gamma_1", "gamma%1"]),
        ('_like: "gamma\\\\_1"', ["gamma_1"]),
        ('_like: "gamma\\\\%1"', ["gamma%1"]),
        ('_nlike: "%a"', ["gamma_1", "gamma%1"]),
        ('_ilike: "a%"', ["Alpha"]),
        ('_nilike: "a%"', ["beta", "gamma_1", "gamma%1"]),
        ('_ilike: "GAMMA\\\\_1"', ["gamma_1"]),
        ('_regex: "^[a-z]+$"', ["beta"]),
        ('_nregex: "^[a-z]"', ["Alpha"]),
        ('_iregex: "^AL"', ["Alpha"]),
        ('_niregex: "^AL"', ["beta", "gamma_1", "gamma%1"]),
        ('_similar: "(Alpha|beta)"', ["Alpha", "beta"]),
        ('_similar: "%mma__"', ["gamma_1", "gamma%1"]),
        ('_similar: "gamma"', []),
        ('_similar: "[a-f]%"', ["beta"]),
        ('_similar: "[^A-b]%"', ["gamma_1", "gamma%1"]),
        ('_nsimilar: "gamma%"', ["Alpha", "beta"]),
    ],
)
def test_texts_match_patterns(api: Api, projects: list, comparison: str, expected: list) -> None:
    query = (
        f"{{ project(where: {{name: {{{comparison}}}}}, order_by: {{created: asc}}) {{ name }} }}"
    )

    assert [row["name"] for row in api.data(query)] == expected


VALUE = {"a": {"b": [1, {"c": "x"}, True]}, "list": ["p", "q"], "big": 10**30, "odd key": None}


@pytest.mark.parametrize(
    ("comparison", "matches"),
    [
        ({"_contains": {"a": {"b": [1]}}}, True),
        ({"_contains": {"a": {"b": [{"c": "x"}, 1]}}}, True),
        ({"_contains": {"a": {"b": [True]}}}, True),
        ({"_contains": {"a": {"b": [False]}}}, False),
        ({"_contains": {"list": ["q"]}}, True),
        ({"_contains": {"list": "q"}}, False),
        ({"_contains": {"odd key": None}}, True),
        ({"_contains": {"other": None}}, False),
        ({"_contained_in": {**VALUE, "more": 1}}, True),
        ({"_contained_in": {"a": 1}}, False),
        ({"_has_key": "list"}, True),
        ({"_has_key": "p"}, False),
        ({"_has_keys_any": ["x", "a"]}, True),
        ({"_has_keys_any": []}, False),
        ({"_has_keys_all": ["list", "a"]}, True),
        ({"_has_keys_all": ["list", "x"]}, False),
        ({"_eq": VALUE}, True),
        ({"_eq": {}}, False),
        ({"_eq": {**VALUE, "list": ["q", "p"]}}, False),
        ({"_eq": {**VALUE, "list": ["p", "q", "p"]}}, False),
        ({"_eq": {**VALUE, "a": {"b": [1.0, {"c": "x"}, True]}}}, True),
        ({"_eq": {**VALUE, "a": {"b": [1, {"c": "x"}, 1]}}}, False),
        ({"_in": [{**VALUE, "list": ["p", "p", "q"]}]}, False),
        ({"_neq": {**VALUE, "list": ["q", "p"]}}, True),
        ({"_neq": VALUE}, False),
        ({"_in": [1, VALUE]}, True),
        ({"_nin": [VALUE]}, False),
        ({"_nin": []}, True),
        ({"_is_null": False}, True),
    ],
)
def test_json_is_compared_as_in_postgres(
    api: Api, flows: dict, comparison: Any, matches: bool
) -> None:
    run = flows["one"].run(context=VALUE)
    query = "query ($w: flow_run_bool_exp) { flow_run(where: $w) { id } }"
    where = {"id": {"_eq": run}, "context": comparison}

    assert (api.data(query, {"w": where}) == [{"id": run}]) is matches


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("a.b[1].c", "x"),
        ("$.a.b[0]", 1),
        ("a['b'][2]", True),
        ('["odd key"]', None),
        ("list", ["p", "q"]),
        ("big", 10**30),
        ("$", VALUE),
        ("a.b[9]", None),
        ("a.b.c", None),
        ("nothing.at.all", None),
    ],
)
def test_a_path_leads_to_a_part_of_json(api: Api, flows: dict, path: str, part: Any) -> None:
    run = flows["one"].run(context=VALUE)
    query = """query ($id: uuid!, $p: String) {
        flow_run_by_pk(id: $id) { context part: context(path: $p) }
    }"""

    assert api.data(query, {"id": run, "p": path}) == {"context": VALUE, "part": part}


def test_states_of_runs_are_counted_as_a_dashboard_does(api: Api, flows: dict) -> None:
    run = flows["one"].run()
    set_flow_state(api, run, "Running")
    counts = " ".join(
        f'{state}: flow_runs_aggregate(where: {{state: {{_eq: "{state}"}}}}) '
        "{ aggregate { count max { state_timestamp } } }"
        for state in ("Running", "Scheduled")
    )

    row = flows["one"].row(counts)
    assert {name: each["aggregate"]["count"] for name, each in row.items()} == {
        "Running": 1,
        "Scheduled": 1,
    }


def test_lists_are_equal_only_in_the_same_order(api: Api, flows: dict) -> None:
    run = flows["one"].run(labels=["a", "b"])
    query = "query ($labels: jsonb) { flow_run(where: {labels: {_eq: $labels}}) { id } }"

    assert api.data(query, {"labels": ["a", "b"]}) == [{"id": run}]
    for other in (["b", "a", "a"], ["b", "a"], ["a"], []):
        assert {"id": run} not in api.data(query, {"labels": other})


@pytest.mark.parametrize("pattern", ["été", "ÉTÉ", "%T_", "_té", "É%"])
def test_case_is_ignored_beyond_ascii(api: Api, pattern: str) -> None:
    api.mutate("create_project", name="Été")
    query = "query ($p: String) { project(where: {name: {_ilike: $p}}) { name } }"

    assert api.data(query, {"p": pattern}) == [{"name": "Été"}]


PATTERNS = [
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}",
    "(Alpha|beta)( again)?",
    "https?://[^/]+/.*",
    r"\(a+\)+",
    "[*+?(|]*",
    # With Python's own regular expressions, some of these take minutes for 30 characters.
    "(a+)+b",
    "^(a|a)*$b",
    "(a?){25}a{25}",
    ".*.*.*.*.*.*x",
    r"(\w+\s?)*!",
]


@pytest.mark.parametrize("name", ["_regex", "_iregex", "_similar"])
def test_patterns_are_searched_for(api: Api, flow: Registered, name: str) -> None:
    api.mutate("write_run_logs", logs=[{"flow_run_id": flow.run(), "message": "a" * 100}])
    query = f"query ($p: String) {{ log(where: {{message: {{{name}: $p}}}}) {{ id }} }}"

    for pattern in PATTERNS:
        assert "errors" not in api.post(query, {"p": pattern}).json(), pattern


def test_a_search_that_takes_too_long_is_refused(
    api: Api, flow: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "time_limit", lambda seconds: functions.time_limit(0.2))
    lines = [{"flow_run_id": flow.run(), "message": "a" * 3_000} for _ in range(100)]
    api.mutate("write_run_logs", logs=lines)
    query = "query ($p: String) { log(where: {message: {_regex: $p}}) { id } }"

    endless = "((a{1,1000}){1,1000}){1,1000}b"
    assert "The query is too complex: a pattern takes too long" in api.error(query, {"p": endless})
    assert len(api.data(query, {"p": "a.*a.*a"})) == 100
