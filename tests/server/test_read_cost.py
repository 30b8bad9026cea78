"""What queries cost: statements, indexes, and the limits of one request."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator

import pytest
from sqlalchemy import event

from project.server.graphql.documents import parse_document
from project.server.graphql.execution import Request, run_query
from project.server.settings import ServerSettings
from project.server.store.database import Database
from tests.server.kit import NO_ID, Api, Registered, two_tasks

LATER = '{_gt: "2030-01-01T00:00:00.000000+00:00"}'
LONG_SCAN = r"SCAN (task|flow_run|task_run|edge|log|\w+_state)_\d+"
RUNS = "flow_runs(limit: 20, order_by: {created: desc}) { id name state agent { name } }"


class Watched:
    """A database whose statements are noted as it executes queries."""

    def __init__(self, database: Database) -> None:
        self.statements: list = []
        self._database = database
        event.listen(database._read_engine, "before_cursor_execute", self._note)

    def run(self, query: str, max_rows: int = 1_000) -> dict:
        self.statements.clear()
        request = Request(parse_document(query.replace('"x"', f'"{NO_ID}"')), {})
        return self._database.read(lambda each: run_query(each, request, max_rows)).result()

    def plans(self) -> list:
        """Return the steps by which SQLite executes the statements of the last query."""
        return [step for statement in tuple(self.statements) for step in self._plan(*statement)]

    def _plan(self, statement: str, parameters: Any) -> list:
        explain = f"EXPLAIN QUERY PLAN {statement}"
        rows = self._database.read(lambda each: each.exec_driver_sql(explain, parameters).all())
        return [row[-1] for row in rows.result()]

    def _note(
        self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any
    ) -> None:
        if statement.startswith("SELECT"):
            self.statements.append((statement, parameters))


@pytest.fixture
def watched(settings: ServerSettings) -> Iterator[Watched]:
    database = Database(settings.database, 5)
    yield Watched(database)
    database.close()


def test_nested_rows_take_one_statement_per_level_whatever_their_number(
    watched: Watched, register: Callable[..., Registered]
) -> None:
    for name in ("a", "b", "c"):
        for _ in range(3):
            register(two_tasks(name)).run()
    tasks = "tasks { slug upstream_edges { key } downstream_edges { key } } edges { id }"
    runs = "flow_runs(limit: 2) { agent { name } logs { id } states { state } task_runs { id } }"
    newest = "flows(limit: 1, order_by: {version: desc})"
    flows = f"{newest} {{ version project {{ name }} {tasks} {runs} }}"

    response = watched.run(
        f"{{ flow_group {{ {flows} flows_aggregate {{ aggregate {{ count }} }} }} }}"
    )

    assert [len(each["flows"]) for each in response["data"]["flow_group"]] == [1, 1, 1]
    assert {each["flows"][0]["version"] for each in response["data"]["flow_group"]} == {3}
    assert len(watched.statements) == 13


def test_rows_count_as_often_as_they_are_in_the_response(
    watched: Watched, flow: Registered
) -> None:
    for _ in range(12):
        flow.run()
    query = "{ flow { flow_runs { flow { flow_runs { id } } } } }"

    assert "errors" not in watched.run(query, max_rows=1 + 12 + 12 + 144)
    refusal = watched.run(query, max_rows=1 + 12 + 12 + 143)["errors"][0]["message"]
    assert refusal.startswith("The query asks for more than 168 rows")


@pytest.mark.parametrize(
    "query",
    [
        f"{{ flow_group {{ flows(limit: 1, order_by: {{version: desc}}) {{ name {RUNS} }} }} }}",
        f"{{ flow(where: {{archived: {{_eq: false}}}}) {{ name {RUNS} }} }}",
        f"{{ agent {{ name {RUNS} }} }}",
        "{ flow_run(order_by: {created: desc}, limit: 20) { flow { name } agent { name } } }",
        "{ flow_run(order_by: {updated: desc}, limit: 1) { updated } }",
        f"{{ flow_run(where: {{updated: {LATER}}}, order_by: {{updated: asc}}) {{ id }} }}",
        '{ flow_run(where: {flow: {flow_group_id: {_eq: "x"}}}, limit: 25) { id } }',
        '{ flow_run(where: {state: {_in: ["Running", "Submitted"]}}) { id } }',
        '{ flow_run(where: {idempotency_key: {_eq: "x"}}) { id } }',
        f'{{ task_run(where: {{flow_run_id: {{_eq: "x"}}, updated: {LATER}}}) {{ id state }} }}',
        '{ log(where: {flow_run_id: {_eq: "x"}, id: {_gt: "x"}}, order_by: {id: asc}) { id } }',
        f'{{ log(where: {{flow_run_id: {{_eq: "x"}}, timestamp: {LATER}}}) {{ id }} }}',
        f'{{ flow_run_by_pk(id: "x") {{ task_runs(where: {{updated: {LATER}}}) {{ id }} }} }}',
        f'{{ flow_run_by_pk(id: "x") {{ logs(where: {{timestamp: {LATER}}}) {{ id }} }} }}',
        '{ flow { flow_runs(where: {task_runs: {state: {_eq: "x"}}, flow: {name: {_eq: "y"}}}, '
        "order_by: {flow: {name: asc}}, limit: 2) { id } } }",
        # a flow's grid, and a node over all runs
        '{ flow_run(where: {flow: {flow_group_id: {_eq: "x"}}, _not: {state: {_eq: "Scheduled"}}}, '
        "order_by: {scheduled_start_time: desc}, limit: 30) { id } }",
        f'{{ task_run(where: {{flow_run_id: {{_in: ["x", "x"]}}, updated: {LATER}}}) {{ id }} }}',
        '{ task(where: {slug: {_eq: "x"}, flow: {flow_group_id: {_eq: "x"}}}) { task_runs('
        f'where: {{state: {{_neq: "Pending"}}, updated: {LATER}}}, order_by: {{created: desc}}, '
        "limit: 50) { id flow_run { name } } } }",
        # runs that have just ended, and what a deletion takes with it
        f"{{ flow_run(where: {{updated: {LATER}, end_time: {LATER}}}, order_by: {{updated: asc}}, "
        "limit: 50) { id } }",
        '{ log_aggregate(where: {flow_run: {flow: {flow_group_id: {_eq: "x"}}}}) '
        "{ aggregate { count } } }",
        '{ task_run_artifact_aggregate(where: {task_run: {flow_run: {id: {_in: ["x"]}}}}) '
        "{ aggregate { count } } }",
        '{ flow_by_pk(id: "x") { tasks { slug task_runs(limit: 20) { state } } edges { key } } }',
    ],
)
def test_no_long_table_is_scanned(watched: Watched, api: Api, query: str) -> None:
    assert "errors" not in watched.run(query)

    scans = [step for step in watched.plans() if re.fullmatch(LONG_SCAN, step)]
    assert scans == []


PAST = (
    '{_or: [{state: {_neq: "Scheduled"}}, '
    '{scheduled_start_time: {_lte: "2030-01-01T00:00:00.000000+00:00"}}]}'
)


@pytest.mark.parametrize(
    "where",
    [
        PAST,
        '{state: {_in: ["Failed", "TimedOut"]}}',
        f'{{state: {{_in: ["Scheduled", "Retrying"]}}, state_start_time: {LATER}}}',
        f"{{_and: [{PAST}, {{scheduled_start_time: {LATER}}}]}}",
        f'{{_and: [{PAST}, {{flow: {{name: {{_eq: "x"}}}}}}]}}',
        f'{{_and: [{PAST}, {{parameters: {{_contains: {{env: "x"}}}}}}]}}',
        f'{{_and: [{PAST}, {{_or: [{{name: {{_ilike: "%x%"}}}}, '
        '{flow: {name: {_ilike: "%x%"}}}, {id: {_in: ["x"]}}]}]}',
        f'{{_and: [{PAST}, {{state: {{_in: ["Failed"]}}}}, {{end_time: {LATER}}}]}}',
    ],
)
def test_every_filter_of_the_pages_list_of_runs_uses_an_index(
    watched: Watched, api: Api, where: str
) -> None:
    rows = 'id failed: task_runs(where: {state: {_in: ["Failed"]}}, limit: 1) { id }'
    order = "order_by: {scheduled_start_time: desc}, limit: 50"
    assert "errors" not in watched.run(f"{{ flow_run(where: {where}, {order}) {{ {rows} }} }}")

    scans = [step for step in watched.plans() if re.fullmatch(LONG_SCAN, step)]
    assert scans == []


@pytest.mark.parametrize("column", ["created", "scheduled_start_time", "start_time"])
def test_the_last_runs_of_a_flow_are_read_without_sorting_all(
    watched: Watched, api: Api, column: str
) -> None:
    last = f"flow_runs(order_by: {{{column}: desc}}, limit: 1) {{ id }}"
    watched.run(f"{{ flow {{ {last} }} }}")

    sorted_ = [step for step in watched.plans() if "FOR ORDER BY" in step]
    assert len(sorted_) == 1  # of what is shown


def test_a_null_deep_in_a_filter_adds_no_condition(watched: Watched, api: Api) -> None:
    nothing = "{flow: {_and: {name: {_eq: null}, project: {name: {_eq: null}}}}}"
    watched.run(f"{{ flow_run(where: {nothing}, order_by: {{created: desc}}, limit: 9) {{ id }} }}")

    assert [re.sub(r"_\d+", "", step) for step in watched.plans()] == [
        "SCAN flow_run USING INDEX ix_flow_run_created"
    ]


def test_a_filter_by_state_does_not_read_the_rows_of_all_runs(watched: Watched, api: Api) -> None:
    succeeded = 'task_runs(where: {state: {_eq: "Success"}}) { id }'
    watched.run(f'{{ flow_run_by_pk(id: "x") {{ {succeeded} }} }}')

    assert [step for step in watched.plans() if "ix_task_run_state" in step] == []


@pytest.mark.parametrize(
    "query",
    [
        "{" + "project { tenant {" * 15 + "projects { name }" + "}}" * 15 + "}",
        "{" + "".join(f"a{number}: hello " for number in range(2_001)) + "}",
        "{ ...a } fragment a on Query { ...b ...b } fragment b on Query {"
        + "".join(f"c{number}: hello " for number in range(1_001))
        + "}",
        "{" * 100_000,
        "{ project(where: " + "{_not: " * 5_000 + "{}" + "}" * 5_000 + ") { name } }",
    ],
)
def test_a_query_that_costs_too_much_is_refused(api: Api, query: str) -> None:
    answer = api.post(query)

    assert answer.status_code == 400
    assert api.data("query { hello }")


def test_a_query_for_too_many_rows_is_refused(watched: Watched, api: Api) -> None:
    for name in "abcd":
        api.mutate("create_project", name=name)

    answer = watched.run("{ project { name } }", max_rows=3)

    assert answer["errors"][0]["message"] == (
        "The query asks for more than 3 rows: use limit and offset, or a filter."
    )
