"""Which rows belong to which: the steps a query can take from one table to another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Alias, Column, FromClause, Table

from project.server import tables


@dataclass(frozen=True)
class Relation:
    """A step to the rows of `target` whose `remote` column equals this row's `local` one."""

    name: str
    target: Table
    local: str
    remote: str
    many: bool


@lru_cache(maxsize=1_000)
def aliased(target: Table, outer: FromClause | None = None) -> FromClause:
    """Return the alias under which a statement reads a table, within what it reads from `outer`.

    To make an alias takes longer than to build the rest of a statement, so they are kept.
    """
    found = target.alias()
    found.columns.keys()  # they are filled in now, before another thread can see the alias
    return found


def relations_of(source: FromClause) -> dict[str, Relation]:
    """Return the steps that lead away from a table, or from an alias of it, by name."""
    table = source.element if isinstance(source, Alias) else source
    return _RELATIONS[str(table)]


def _derive() -> dict[str, dict[str, Relation]]:
    found: dict[str, dict[str, Relation]] = {name: {} for name in tables.metadata.tables}
    for table in tables.metadata.tables.values():
        for column in table.columns:
            for step_from, relation in _steps(table, column):
                found[step_from][relation.name] = relation
    return found


def _steps(table: Table, column: Column[object]) -> list[tuple[str, Relation]]:
    """Return both directions of a reference: run.flow_id gives run.flow and flow.runs."""
    parent = _referred(column)
    if parent is None:
        return []
    forth = column.name[: -len("_id")]
    back = _plural(table, column, parent)
    return [
        (table.name, Relation(forth, parent, column.name, "id", many=False)),
        (parent.name, Relation(back, table, "id", column.name, many=True)),
    ]


def _referred(column: Column[object]) -> Table | None:
    if "refers_to" in column.info:
        return tables.metadata.tables[column.info["refers_to"]]
    return next((key.column.table for key in column.foreign_keys), None)


def _plural(table: Table, column: Column[object], parent: Table) -> str:
    if table.name.endswith("_state"):
        return "states"
    if table is tables.edge and parent is tables.task:
        return column.name.replace("_task_id", "_edges")
    return "artifacts" if table is tables.task_run_artifact else f"{table.name}s"


_RELATIONS = _derive()
