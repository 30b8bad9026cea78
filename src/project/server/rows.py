"""Single rows: find, add, change, remove."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, delete, insert, select, update

from project.server.errors import NotFoundError
from project.server.timestamps import now


def find(connection: Connection, table: Table, key: str | None) -> RowMapping:
    """Return the row with an id, without its large columns. Raises NotFoundError."""
    columns = (column for column in table.columns if not column.info.get("large"))
    row = connection.execute(select(*columns).where(table.c.id == key)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(table.name.replace("_", " ").capitalize(), key)
    return row


def new_row(**values: Any) -> dict[str, Any]:
    """Return a row's values with an id and the times."""
    moment = now()
    return {"id": str(uuid.uuid4()), "created": moment, "updated": moment, **values}


def add(connection: Connection, table: Table, **values: Any) -> str:
    """Insert a row and return its id."""
    row = new_row(**values)
    connection.execute(insert(table).values(row))
    return str(row["id"])


def change(connection: Connection, table: Table, key: str, **values: Any) -> None:
    """Update the row with an id. Raises NotFoundError."""
    statement = update(table).where(table.c.id == key).values(updated=now(), **values)
    if connection.execute(statement).rowcount == 0:
        raise NotFoundError(table.name.replace("_", " ").capitalize(), key)


def remove(connection: Connection, table: Table, key: str) -> bool:
    """Delete the row with an id, and what belongs to it; tell whether there was one."""
    return connection.execute(delete(table).where(table.c.id == key)).rowcount > 0
