"""Selections read from the database: one statement each, however many parents there are."""

from __future__ import annotations

from typing import Any, Dict, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Table,
    and_,
    func,
    select,
    true,
    type_coerce,
)

from project.server.errors import ApiError
from project.server.graphql.filters import child_condition, condition, ordering
from project.server.graphql.relations import Relation, aliased
from project.server.graphql.selections import Arguments, Selection, fill_shape
from project.server.store.columns import Json, JsonFragment
from project.server.store.rows import is_in, value_rows

ResponseRow = Dict[str, Any]


class Reader:
    """Reads selections on one connection, and at most `max_rows` rows in all."""

    def __init__(self, connection: Connection, max_rows: int) -> None:
        self._connection = connection
        self._max_rows = max_rows
        self._rows_left = max_rows

    def rows(self, selection: Selection) -> list[ResponseRow]:
        """Return the rows of a selection as the response has them, with related rows inside.

        Raises ApiError for too many rows.
        """
        source, arguments = aliased(selection.table), selection.arguments
        statement = _statement(source, selection).where(_selected(source, arguments, true()))
        return self._to_response(selection, self._fetch(_limited(statement, arguments)))

    def count(self, table: Table, arguments: Arguments) -> int:
        """Return how many rows the arguments select."""
        source = aliased(table)
        rows = select(source.c.id).where(_selected(source, arguments, true()))
        count = select(func.count()).select_from(_limited(rows, arguments).subquery())
        return self._connection.scalar(count) or 0

    def _fetch(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        # One row more than is left shows that there are too many, without reading them all.
        rows = self._connection.execute(statement).fetchmany(self._rows_left + 1)
        self._rows_left -= len(rows)
        if self._rows_left < 0:
            raise ApiError(
                f"The query asks for more than {self._max_rows} rows: "
                "use limit and offset, or a filter."
            )
        return rows

    def _to_response(self, selection: Selection, rows: Sequence[Row[Any]]) -> list[ResponseRow]:
        response = [dict(zip(selection.columns, row)) for row in rows]
        for key, (relation, inner) in selection.related.items():
            related = self._related(relation, inner, [row[key] for row in response])
            for row in response:
                row[key] = related.get(row[key], [] if relation.many else None)
        for key, (relation, arguments, shape) in selection.counted.items():
            counts = self._counts(relation, arguments, [row[key] for row in response])
            for row in response:
                row[key] = fill_shape(shape, counts.get(row[key], 0))
        names = dict.fromkeys(selection.type_names, selection.table.name)
        return [{**row, **names} for row in response] if names else response

    def _related(
        self, relation: Relation, selection: Selection, keys: Sequence[Any]
    ) -> dict[Any, Any]:
        """Return the related rows by parent: a list each, or the one row."""
        source = aliased(selection.table)
        statement = _statement(source, selection).add_columns(source.c[relation.remote])
        rows = self._fetch(_of_parents(statement, source, relation, selection.arguments, keys))
        parents = [row[-1] for row in rows]
        response = self._to_response(selection, rows)
        if not relation.many:
            return dict(zip(parents, response))
        related: dict[Any, list[ResponseRow]] = {}
        for parent, row in zip(parents, response):
            related.setdefault(parent, []).append(row)
        return related

    def _counts(
        self, relation: Relation, arguments: Arguments, keys: Sequence[Any]
    ) -> dict[Any, int]:
        source = aliased(relation.target)
        remote = source.c[relation.remote]
        statement = select(remote, func.count()).group_by(remote)
        rows = self._connection.execute(_of_parents(statement, source, relation, arguments, keys))
        return {row[0]: row[1] for row in rows}


def _statement(source: FromClause, selection: Selection) -> Select[Any]:
    columns = (source.c[name] for name in selection.columns.values())
    # Stored JSON goes into the response as the text that it is.
    as_sent = (type_coerce(c, JsonFragment) if isinstance(c.type, Json) else c for c in columns)
    return select(*as_sent).order_by(*ordering(source, selection.arguments.order_by))


def _limited(statement: Select[Any], arguments: Arguments) -> Select[Any]:
    return statement.limit(arguments.limit).offset(arguments.offset or None)


def _of_parents(
    statement: Select[Any],
    source: FromClause,
    relation: Relation,
    arguments: Arguments,
    keys: Sequence[Any],
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
    first = _limited(own.order_by(*ordering(inner, arguments.order_by)), arguments)
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
        partition_by=(*parent, *values), order_by=ordering(source, arguments.order_by) or None
    )
    numbered = select(source.c.id, number.label("number")).where(selected).subquery()
    return source.c.id.in_(select(numbered.c.id).where(numbered.c.number == 1))
