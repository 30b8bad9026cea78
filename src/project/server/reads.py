"""Selections answered from the database: one statement each, however many parents there are."""

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

from project.server.columns import Json, JsonText
from project.server.errors import ApiError
from project.server.filters import child_condition, condition, listed, ordering, rows_of
from project.server.relations import Relation, aliased
from project.server.selections import Arguments, Selection, counted

Shown = Dict[str, Any]


class Reader:
    """Read on one connection, and no more than so many rows in all.

    Raises ApiError when a query asks for more.
    """

    def __init__(self, connection: Connection, max_rows: int) -> None:
        self._connection = connection
        self._max_rows = max_rows
        self._rows_left = max_rows

    def rows(self, selection: Selection) -> list[Shown]:
        """Return the rows that a selection asks for, related rows inside them."""
        source, arguments = aliased(selection.table), selection.arguments
        statement = _statement(source, selection).where(_chosen(source, arguments, true()))
        return self._shown(selection, self._fetch(_cut(statement, arguments)))

    def count(self, table: Table, arguments: Arguments) -> int:
        """Return how many rows the arguments leave."""
        source = aliased(table)
        chosen = _cut(select(source.c.id).where(_chosen(source, arguments, true())), arguments)
        return self._connection.scalar(select(func.count()).select_from(chosen.subquery())) or 0

    def _fetch(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        rows = self._connection.execute(statement).fetchmany(self._rows_left + 1)
        self._rows_left -= len(rows)
        if self._rows_left < 0:
            raise ApiError(
                f"The query asks for more than {self._max_rows} rows: "
                "use limit and offset, or a filter."
            )
        return rows

    def _shown(self, selection: Selection, rows: Sequence[Row[Any]]) -> list[Shown]:
        shown = [dict(zip(selection.columns, row)) for row in rows]
        for key, (relation, inner) in selection.related.items():
            found = self._related(relation, inner, [each[key] for each in shown])
            for each in shown:
                each[key] = found.get(each[key], [] if relation.many else None)
        for key, (relation, arguments, shape) in selection.counted.items():
            counts = self._counts(relation, arguments, [each[key] for each in shown])
            for each in shown:
                each[key] = counted(shape, counts.get(each[key], 0))
        names = dict.fromkeys(selection.type_names, selection.table.name)
        return [{**each, **names} for each in shown] if names else shown

    def _related(
        self, relation: Relation, selection: Selection, keys: Sequence[Any]
    ) -> dict[Any, Any]:
        """Return the rows of each parent, or its one row."""
        source = aliased(selection.table)
        statement = _statement(source, selection).add_columns(source.c[relation.remote])
        rows = self._fetch(_of_parents(statement, source, relation, selection.arguments, keys))
        parents = (row[-1] for row in rows)
        if not relation.many:
            return dict(zip(parents, self._shown(selection, rows)))
        found: dict[Any, list[Shown]] = {}
        for parent, each in zip(parents, self._shown(selection, rows)):
            found.setdefault(parent, []).append(each)
        return found

    def _counts(
        self, relation: Relation, arguments: Arguments, keys: Sequence[Any]
    ) -> dict[Any, int]:
        source = aliased(relation.target)
        remote = source.c[relation.remote]
        statement = select(remote, func.count()).group_by(remote)
        rows = self._connection.execute(_of_parents(statement, source, relation, arguments, keys))
        return {row[0]: row[1] for row in rows}


def _statement(source: FromClause, selection: Selection) -> Select[Any]:
    columns = (_as_shown(source.c[name]) for name in selection.columns.values())
    return select(*columns).order_by(*ordering(source, selection.arguments.order_by))


def _as_shown(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, JsonText) if isinstance(column.type, Json) else column


def _cut(statement: Select[Any], arguments: Arguments) -> Select[Any]:
    return statement.limit(arguments.limit).offset(arguments.offset or None)


def _of_parents(
    statement: Select[Any],
    source: FromClause,
    relation: Relation,
    arguments: Arguments,
    keys: Sequence[Any],
) -> Select[Any]:
    """Return a statement limited to the rows of some parents, and cut for each of them."""
    parents = {key for key in keys if key is not None}
    remote = source.c[relation.remote]
    within = remote.in_(listed(remote, parents))
    if arguments.limit is None and not arguments.offset:
        return statement.where(_chosen(source, arguments, within, remote))
    # Parent by parent, so that an index gives the first rows of each without a look at the others.
    outer, inner = rows_of(remote, parents), aliased(relation.target, source)
    mine = inner.c[relation.remote]
    chosen = _chosen(inner, arguments, mine.in_(listed(mine, parents)), mine)
    own = select(inner.c.id).where(mine == outer.c.value, chosen)
    cut = _cut(own.order_by(*ordering(inner, arguments.order_by)), arguments).correlate(outer)
    return statement.select_from(outer).join(source, source.c.id.in_(cut))


def _chosen(
    source: FromClause,
    arguments: Arguments,
    within: ColumnElement[bool],
    *parent: ColumnElement[Any],
) -> ColumnElement[bool]:
    """Return the condition for the rows to show: filtered, and distinct for each parent."""
    chosen = and_(within, (child_condition if parent else condition)(source, arguments.where))
    if not arguments.distinct_on:
        return chosen
    values = (source.c[name] for name in arguments.distinct_on)
    number = func.row_number().over(
        partition_by=(*parent, *values), order_by=ordering(source, arguments.order_by) or None
    )
    numbered = select(source.c.id, number.label("number")).where(chosen).subquery()
    return source.c.id.in_(select(numbered.c.id).where(numbered.c.number == 1))
