"""Relations between tables, which a query follows from one row to others."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, cast

from sqlalchemy import Alias, Column, FromClause, Table
from sqlalchemy.sql.selectable import NamedFromClause

from project.server.store import tables


class Relation(NamedTuple):
    """Leads to the rows of `target` whose `remote` column equals the `local` column of a row."""

    name: str
    target: Table
    local: str
    remote: str
    many: bool


@lru_cache(maxsize=1_000)
def aliased(target: Table, outer: FromClause | None = None) -> FromClause:
    """Return the alias of a table in a statement; `outer` is what encloses it there.

    Aliases are kept, because making one takes longer than building the rest of a statement.
    """
    # `outer` only distinguishes a table within itself (flow -> flow_runs -> flow) in the cache.
    alias = target.alias()
    alias.columns.keys()  # filled in now, before another thread can see the alias
    return alias


def relations_of(source: FromClause) -> dict[str, Relation]:
    """Return the relations that start at a table, or at an alias of it, by name."""
    table = cast(NamedFromClause, source.element if isinstance(source, Alias) else source)
    return _RELATIONS[str(table.name)]


def _derive_relations() -> dict[str, dict[str, Relation]]:
    """Return two relations for each foreign key: run.flow_id gives run.flow and flow.runs."""
    relations: dict[str, dict[str, Relation]] = {name: {} for name in tables.metadata.tables}
    for table in tables.metadata.tables.values():
        for column in table.columns:
            parent = column.info.get("refers_to") or next(
                (key.column.table.name for key in column.foreign_keys), None
            )
            if parent is None:
                continue
            one = Relation(
                column.name[: -len("_id")], tables.metadata.tables[parent], column.name, "id", False
            )
            many = Relation(_plural(table, column), table, "id", column.name, True)
            relations[table.name][one.name] = one
            relations[parent][many.name] = many
    relations["traversal"] = {"task": Relation("task", tables.task, "task_id", "id", False)}
    return relations


def _plural(table: Table, column: Column[object]) -> str:
    """Return the name under which Hasura shows the rows of a table that refer to a parent."""
    if table.name.endswith("_state"):
        return "states"
    if table is tables.task_run_artifact:
        return "artifacts"
    if column.name == "upstream_task_id":  # from the task at their upstream end, they lead down
        return "downstream_edges"
    if column.name == "downstream_task_id":
        return "upstream_edges"
    return f"{table.name}s"


_RELATIONS = _derive_relations()
