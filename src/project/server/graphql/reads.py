"""Selections read from the database: one statement each, however many parents there are."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Dict, Iterable, Mapping, Sequence

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    UnaryExpression,
    and_,
    func,
    select,
    true,
    type_coerce,
)

from project.server.errors import InputError
from project.server.graphql.filters import aggregated, child_condition, condition, ordering
from project.server.graphql.relations import Relation, aliased
from project.server.graphql.selections import (
    Aggregate,
    AggregateFunction,
    Arguments,
    Path,
    Selection,
)
from project.server.store.columns import Json, JsonFragment, ShownTimestamp, Timestamp
from project.server.store.rows import is_in, pair_rows, value_rows
from project.server.store.tables import edge, task, task_run, traversal

ResponseRow = Dict[str, Any]


class Reader:
    """Reads selections on one connection, for a response of at most `max_rows` rows in all.

    It is the context of queries, with the `variables` as they were sent.
    """

    def __init__(self, connection: Connection, max_rows: int, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self._connection = connection
        self._max_rows = max_rows
        self._rows_left = max_rows

    def rows(self, selection: Selection, source: FromClause | None = None) -> list[ResponseRow]:
        """Return the rows of a selection as the response has them, with related rows inside.

        They are rows of the selection's table, unless there is another source with its columns.
        Raises InputError for too many rows.
        """
        source = aliased(selection.table) if source is None else source
        arguments = selection.arguments
        statement = _statement(source, selection).where(_selected(source, arguments, true()))
        rows = self._fetch(_limited(statement, arguments))
        self._count(len(rows))
        return self._to_response(selection, rows, [1] * len(rows))

    def aggregate(self, aggregate: Aggregate) -> ResponseRow:
        """Return an aggregate as the response has it. Raises InputError for too many rows."""
        functions = aggregate.functions()
        values: Sequence[Any] = ()
        if functions:
            source, arguments = aliased(aggregate.table), aggregate.arguments
            names = {"id", *(name for function in functions for name in function.columns)}
            rows = select(*(source.c[name] for name in sorted(names)))
            rows = rows.where(_selected(source, arguments, true()))
            selected = _limited(rows.order_by(*_order(source, arguments)), arguments).subquery()
            results = (_shown(aggregated(selected, function)) for function in functions)
            values = self._connection.execute(select(*results)).one()
        nodes = [self.rows(selection) for selection in aggregate.nodes()]
        return aggregate.response(dict(zip(functions, values)), nodes)

    def downstream_tasks(self, task_ids: Sequence[str]) -> FromClause:
        """Return tasks and all that come after them in their flows as rows of `traversal`."""
        flows = select(task.c.flow_id).where(is_in(task.c.id, task_ids))
        edges = select(edge.c.upstream_task_id, edge.c.downstream_task_id).where(
            edge.c.flow_id.in_(flows)
        )
        downstream: dict[str, list[str]] = {}
        for upstream_id, downstream_id in self._connection.execute(edges):
            downstream.setdefault(upstream_id, []).append(downstream_id)
        depths: dict[str, int] = dict.fromkeys(task_ids, 0)
        found = list(depths)
        for task_id in found:  # grows meanwhile: the nearest first
            for next_id in downstream.get(task_id, []):
                if next_id not in depths:
                    depths[next_id] = depths[task_id] + 1
                    found.append(next_id)
        return pair_rows(traversal, depths.items())

    def mapped_children(self, task_run_id: str) -> ResponseRow:
        """Return the times and the states of a mapped task run's children."""
        parent, child = aliased(task_run), aliased(task_run, aliased(task_run))
        children = and_(
            parent.c.id == task_run_id,
            child.c.flow_run_id == parent.c.flow_run_id,
            child.c.task_id == parent.c.task_id,
            child.c.map_index >= 0,
        )
        times = _shown(func.min(child.c.start_time)), _shown(func.max(child.c.end_time))
        first, last = self._connection.execute(select(*times).where(children)).one()
        counts = select(child.c.state, func.count()).where(children).group_by(child.c.state)
        states = {row[0]: row[1] for row in self._connection.execute(counts)}
        return {"min_start_time": first, "max_end_time": last, "state_counts": states}

    def _fetch(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        # One row more than is left shows that there are too many, without reading them all.
        return self._connection.execute(statement).fetchmany(self._rows_left + 1)

    def _count(self, rows: int) -> None:
        """Count rows of the response. Raises InputError for too many."""
        self._rows_left -= rows
        if self._rows_left < 0:
            raise InputError(
                f"The query asks for more than {self._max_rows} rows: "
                "use limit and offset, or a filter."
            )

    def _to_response(
        self, selection: Selection, rows: Sequence[Row[Any]], times: Sequence[int]
    ) -> list[ResponseRow]:
        """Return rows as the response has them, each of them a number of `times`.

        A row that belongs to several others is read once, but is in the response for each of them.
        """
        response = [dict(zip(selection.columns, row)) for row in rows]
        for key, (relation, inner) in selection.related.items():
            related = self._related(relation, inner, _times_of(key, response, times))
            for row in response:
                row[key] = related.get(row[key], [] if relation.many else None)
        for key, (relation, aggregate) in selection.aggregated.items():
            aggregates = self._aggregates(relation, aggregate, _times_of(key, response, times))
            for row in response:
                row[key] = aggregates[row[key]]
        for row in response if selection.paths else ():
            row.update({key: _part(row[key], path) for key, path in selection.paths.items()})
        names = dict.fromkeys(selection.type_names, selection.table.name)
        return [{**row, **names} for row in response] if names else response

    def _related(
        self, relation: Relation, selection: Selection, parent_times: Mapping[Any, int]
    ) -> dict[Any, Any]:
        """Return the related rows by parent: a list each, or the one row."""
        source = aliased(selection.table)
        statement = _statement(source, selection).add_columns(source.c[relation.remote])
        arguments = selection.arguments
        rows = self._fetch(_of_parents(statement, source, relation, arguments, parent_times))
        parents = [row[-1] for row in rows]
        times = [parent_times[parent] for parent in parents]
        self._count(sum(times))
        response = self._to_response(selection, rows, times)
        if not relation.many:
            return dict(zip(parents, response))
        related: dict[Any, list[ResponseRow]] = {}
        for parent, row in zip(parents, response):
            related.setdefault(parent, []).append(row)
        return related

    def _aggregates(
        self, relation: Relation, aggregate: Aggregate, parent_times: Mapping[Any, int]
    ) -> dict[Any, ResponseRow]:
        """Return the aggregates of related rows by parent."""
        functions, arguments = aggregate.functions(), aggregate.arguments
        values: dict[Any, dict[AggregateFunction, Any]] = {}
        if functions:
            source = aliased(relation.target)
            remote = source.c[relation.remote]
            results = (_shown(aggregated(source, function)) for function in functions)
            statement = select(remote, *results).group_by(remote)
            statement = _of_parents(statement, source, relation, arguments, parent_times)
            rows = self._connection.execute(statement)
            values = {parent: dict(zip(functions, results)) for parent, *results in rows}
        nodes = [
            self._related(relation, selection, parent_times) for selection in aggregate.nodes()
        ]
        of_nothing = {function: 0 if function.name == "count" else None for function in functions}
        return {
            key: aggregate.response(
                values.get(key, of_nothing), [rows.get(key, []) for rows in nodes]
            )
            for key in parent_times
        }


def _times_of(key: str, rows: Sequence[ResponseRow], times: Sequence[int]) -> Mapping[Any, int]:
    """Return how many times the response has each value that the rows have under a key."""
    totals: Counter[Any] = Counter()
    for row, number in zip(rows, times):
        totals[row[key]] += number
    return totals


def _statement(source: FromClause, selection: Selection) -> Select[Any]:
    columns = [
        source.c[name] if key in selection.paths else _shown(source.c[name])
        for key, name in selection.columns.items()
    ]
    # A selection whose fields are all left out (@skip) still has rows.
    return select(*columns or list(source.c)[:1]).order_by(*_order(source, selection.arguments))


def _order(source: FromClause, arguments: Arguments) -> list[UnaryExpression[Any]]:
    return ordering(source, arguments.order_by)


def _shown(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as the response shows it; stored JSON goes into it as the text that it is."""
    if isinstance(column.type, Json):
        return type_coerce(column, JsonFragment)
    return type_coerce(column, ShownTimestamp) if isinstance(column.type, Timestamp) else column


def _part(value: Any, path: Path) -> orjson.Fragment | None:
    """Return the part of a JSON value at a path, or None."""
    for key in path:
        is_in_list = isinstance(value, list) and isinstance(key, int) and key < len(value)
        if not is_in_list and not (isinstance(value, dict) and key in value):
            return None
        value = value[key]
    return orjson.Fragment(json.dumps(value))


def _limited(statement: Select[Any], arguments: Arguments) -> Select[Any]:
    return statement.limit(arguments.limit).offset(arguments.offset or None)


def _of_parents(
    statement: Select[Any],
    source: FromClause,
    relation: Relation,
    arguments: Arguments,
    keys: Iterable[Any],
) -> Select[Any]:
    """Return a statement restricted to the rows of some parents, with a limit for each of them."""
    parents = {key for key in keys if key is not None}
    remote = source.c[relation.remote]
    if arguments.limit is None and not arguments.offset:
        return statement.where(_selected(source, arguments, is_in(remote, parents), remote))
    # A subquery for each parent: an index gives its first rows without reading its others.
    outer, inner = value_rows(remote, parents), aliased(relation.target, source)
    inner_remote = inner.c[relation.remote]
    selected = _selected(inner, arguments, is_in(inner_remote, parents), inner_remote)
    own = select(inner.c.id).where(inner_remote == outer.c.value, selected)
    first = _limited(own.order_by(*_order(inner, arguments)), arguments)
    return statement.select_from(outer).join(source, source.c.id.in_(first.correlate(outer)))


def _selected(
    source: FromClause,
    arguments: Arguments,
    within: ColumnElement[bool],
    *parent: ColumnElement[Any],
) -> ColumnElement[bool]:
    """Return the condition for the selected rows; `distinct_on` applies to each parent."""
    selected = and_(within, (child_condition if parent else condition)(source, arguments.where))
    if not arguments.distinct_on:
        return selected
    values = (source.c[name] for name in arguments.distinct_on)
    number = func.row_number().over(
        partition_by=(*parent, *values), order_by=_order(source, arguments) or None
    )
    numbered = select(source.c.id, number.label("number")).where(selected).subquery()
    return source.c.id.in_(select(numbered.c.id).where(numbered.c.number == 1))
