"""Statements that every table needs: one row by its id, and comparison with many values."""

from __future__ import annotations

import json
import uuid
from typing import Any, Iterable

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    RowMapping,
    Table,
    TableValuedAlias,
    delete,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects import sqlite

from project.server.errors import NotFoundError
from project.server.store.timestamps import now

_DIALECT = sqlite.dialect()


def get_row(connection: Connection, table: Table, key: str | None) -> RowMapping:
    """Return the row with an id, without its large columns. Raises NotFoundError."""
    statement = select(*small_columns(table)).where(table.c.id == key)
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        raise NotFoundError(_noun(table), key)
    return row


def small_columns(table: Table) -> list[ColumnElement[Any]]:
    """Return the columns of a table that are cheap to read."""
    return [column for column in table.columns if not column.info.get("large")]


def new_row(**values: Any) -> dict[str, Any]:
    """Return the values of a row to insert, with a new id and its timestamps."""
    moment = now()
    return {"id": str(uuid.uuid4()), "created": moment, "updated": moment, **values}


def insert_row(connection: Connection, table: Table, **values: Any) -> str:
    """Insert a row and return its id."""
    row = new_row(**values)
    connection.execute(insert(table).values(row))
    return str(row["id"])


def update_row(connection: Connection, table: Table, key: str, **values: Any) -> None:
    """Update the row with an id. Raises NotFoundError."""
    if not was_updated(connection, table, key, **values):
        raise NotFoundError(_noun(table), key)


def was_updated(connection: Connection, table: Table, key: str | None, **values: Any) -> bool:
    """Update the row with an id; return whether it exists."""
    statement = update(table).where(table.c.id == key).values(updated=now(), **values)
    return connection.execute(statement).rowcount > 0


def delete_row(connection: Connection, table: Table, key: str) -> bool:
    """Delete the row with an id and everything that refers to it; return whether it existed."""
    return connection.execute(delete(table).where(table.c.id == key)).rowcount > 0


def is_in(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of some values, however many they are."""
    return column.in_(select(value_rows(column, values).c.value))


def value_rows(column: ColumnElement[Any], values: Iterable[Any]) -> TableValuedAlias:
    """Return values of a column's type as rows with one column, `value`.

    They are sent as one parameter, as SQLite limits the number of parameters.
    """
    bind = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    stored = [bind(value) if bind else value for value in values]
    return func.json_each(json.dumps(stored)).table_valued("value")


def pair_rows(table: Table, pairs: Iterable[tuple[Any, Any]]) -> FromClause:
    """Return pairs of values as rows with the two columns of a table, and its name."""
    rows = func.json_each(json.dumps(list(pairs))).table_valued("value")
    columns = (
        type_coerce(func.json_extract(rows.c.value, f"$[{number}]"), column.type).label(column.name)
        for number, column in enumerate(table.columns)
    )
    return select(*columns).subquery(table.name)


def _noun(table: Table) -> str:
    return table.name.replace("_", " ").capitalize()
