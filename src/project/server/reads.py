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
)

from project.server.errors import ApiError
from project.server.filters import condition, listed, ordering
from project.server.relations import Relation
from project.server.selections import Arguments, Selection

Shown = Dict[str, Any]
_PARENT = "parent key"


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
        source, arguments = selection.table.alias(), selection.arguments
        statement = _statement(source, selection).where(_chosen(source, arguments, true(), ()))
        return self._show(selection, self._fetch(_cut(statement, arguments)))

    def count(self, table: Table, arguments: Arguments) -> int:
        """Return how many rows the arguments leave."""
        source = table.alias()
        chosen = _cut(select(source.c.id).where(_chosen(source, arguments, true(), ())), arguments)
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

    def _show(self, selection: Selection, rows: Sequence[Row[Any]]) -> list[Shown]:
        names = _column_names(selection)
        places = [(key, names.index(name)) for key, name in selection.columns.items()]
        shown = [{key: row[place] for key, place in places} for row in rows]
        for key, (relation, inner) in selection.related.items():
            keys = [row[names.index(relation.local)] for row in rows]
            found = self._related(relation, inner, keys)
            for each, parent in zip(shown, keys):
                each[key] = (
                    found.get(parent, [])
                    if relation.many
                    else next(iter(found.get(parent, [])), None)
                )
        for key, (relation, arguments) in selection.counted.items():
            keys = [row[names.index(relation.local)] for row in rows]
            counts = self._counts(relation, arguments, keys)
            for each, parent in zip(shown, keys):
                each[key] = {"aggregate": {"count": counts.get(parent, 0)}}
        return shown

    def _related(
        self, relation: Relation, selection: Selection, keys: Sequence[Any]
    ) -> dict[Any, list[Shown]]:
        source = selection.table.alias()
        remote = source.c[relation.remote]
        chosen = _chosen(source, selection.arguments, _child_of(remote, keys), (remote,))
        rows = self._fetch(
            _statement(source, selection).add_columns(remote.label(_PARENT)).where(chosen)
        )
        found: dict[Any, list[Shown]] = {}
        for row, each in zip(rows, self._show(selection, rows)):
            found.setdefault(row[-1], []).append(each)
        return found

    def _counts(
        self, relation: Relation, arguments: Arguments, keys: Sequence[Any]
    ) -> dict[Any, int]:
        source = relation.target.alias()
        remote = source.c[relation.remote]
        chosen = _chosen(source, arguments, _child_of(remote, keys), (remote,))
        statement = select(remote, func.count()).where(chosen).group_by(remote)
        return {row[0]: row[1] for row in self._connection.execute(statement)}


def _column_names(selection: Selection) -> list[str]:
    steps = [
        relation.local for relation, _ in (*selection.related.values(), *selection.counted.values())
    ]
    return sorted({"id", *selection.columns.values(), *steps})


def _statement(source: FromClause, selection: Selection) -> Select[Any]:
    columns = (source.c[name] for name in _column_names(selection))
    return select(*columns).order_by(*ordering(source, selection.arguments.order_by))


def _cut(statement: Select[Any], arguments: Arguments) -> Select[Any]:
    return statement.limit(arguments.limit).offset(arguments.offset or None)


def _child_of(remote: ColumnElement[Any], keys: Sequence[Any]) -> ColumnElement[bool]:
    return remote.in_(listed(remote, {key for key in keys if key is not None}))


def _chosen(
    source: FromClause,
    arguments: Arguments,
    within: ColumnElement[bool],
    parent: tuple[ColumnElement[Any], ...],
) -> ColumnElement[bool]:
    """Return the condition for the rows to show: filtered, distinct, and cut for each parent."""
    chosen = and_(within, condition(source, arguments.where))
    if arguments.distinct_on:
        values = (source.c[name] for name in arguments.distinct_on)
        chosen = _numbered(source, arguments, chosen, (*parent, *values), 0, 1)
    if parent and (arguments.limit is not None or arguments.offset):
        chosen = _numbered(source, arguments, chosen, parent, arguments.offset, arguments.limit)
    return chosen


def _numbered(
    source: FromClause,
    arguments: Arguments,
    chosen: ColumnElement[bool],
    partition: tuple[ColumnElement[Any], ...],
    offset: int,
    limit: int | None,
) -> ColumnElement[bool]:
    """Return the condition for `limit` rows after `offset` in each part of the chosen ones."""
    order = ordering(source, arguments.order_by)
    number = func.row_number().over(partition_by=partition, order_by=order or None)
    numbered = select(source.c.id, number.label("number")).where(chosen).subquery()
    part = numbered.c.number > offset
    last = true() if limit is None else numbered.c.number <= offset + limit
    return source.c.id.in_(select(numbered.c.id).where(part, last))
