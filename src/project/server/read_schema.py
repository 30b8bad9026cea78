"""The reading half of the schema, written from the tables in Hasura's names."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, Table

from project.server import tables
from project.server.columns import Identifier, Instant, Json, String
from project.server.relations import Relation, relations_of

_SCALARS = {
    Identifier: "uuid",
    Instant: "timestamptz",
    Json: "jsonb",
    String: "String",
    Integer: "Int",
    Boolean: "Boolean",
}
_ORDERED = "_eq _neq _gt _gte _lt _lte"

_COMMON = """
schema { query: Query mutation: Mutation }
enum order_by { asc asc_nulls_first asc_nulls_last desc desc_nulls_first desc_nulls_last }
type aggregate_count { count: Int! }
type api_info { backend: String! version: String! mode: String! }
type task_run_info { id: UUID! version: Int! state: String! serialized_state: JSON! }
input jsonb_comparison_exp { _is_null: Boolean }
"""


def read_schema() -> str:
    """Return the types and the Query root as schema text."""
    roots = "\n".join(_roots(table) for table in _all_tables())
    special = "hello: String!\napi: api_info!\nget_task_run_info(task_run_id: UUID!): task_run_info"
    return "\n".join(
        (
            _COMMON,
            _comparisons(),
            *map(_types, _all_tables()),
            f"type Query {{\n{special}\n{roots}\n}}\n",
        )
    )


def _all_tables() -> list[Table]:
    return list(tables.metadata.tables.values())


def _comparisons() -> str:
    return "\n".join(
        _comparison(scalar) for scalar in ("uuid", "timestamptz", "String", "Int", "Boolean")
    )


def _comparison(scalar: str) -> str:
    single = "".join(f"{name}: {scalar}\n" for name in _ORDERED.split())
    pattern = "_ilike: String\n" if scalar == "String" else ""
    lists = f"_in: [{scalar}!]\n_nin: [{scalar}!]\n"
    return f"input {scalar}_comparison_exp {{\n{single}{lists}{pattern}_is_null: Boolean\n}}"


def _types(table: Table) -> str:
    name, columns, steps = table.name, list(table.columns), list(relations_of(table).values())
    fields = [_field(column) for column in columns] + [_step(step) for step in steps]
    tests = [f"{column.name}: {_scalar(column)}_comparison_exp" for column in columns]
    tests += [f"{step.name}: {step.target.name}_bool_exp" for step in steps]
    keys = [f"{column.name}: order_by" for column in columns]
    keys += [f"{step.name}: {step.target.name}_order_by" for step in steps if not step.many]
    return (
        _block(f"type {name}", fields)
        + _block(f"input {name}_bool_exp", [*_connectives(name), *tests])
        + _block(f"input {name}_order_by", keys)
        + _block(f"enum {name}_select_column", [column.name for column in columns])
        + _block(f"type {name}_aggregate", ["aggregate: aggregate_count!"])
    )


def _block(head: str, lines: list[str]) -> str:
    return "\n  ".join((f"{head} {{", *lines)) + "\n}\n"


def _connectives(name: str) -> list[str]:
    return [f"_and: [{name}_bool_exp!]", f"_or: [{name}_bool_exp!]", f"_not: {name}_bool_exp"]


def _field(column: Column[object]) -> str:
    return f"{column.name}: {_scalar(column)}{'' if column.nullable else '!'}"


def _step(step: Relation) -> str:
    target = step.target.name
    if not step.many:
        return f"{step.name}: {target}"
    rows = f"{step.name}({_arguments(target)}): [{target}!]!"
    return f"{rows}\n  {step.name}_aggregate({_arguments(target)}): {target}_aggregate!"


def _roots(table: Table) -> str:
    name, key = table.name, _scalar(table.c.id)
    return (
        f"  {name}({_arguments(name)}): [{name}!]\n"
        f"  {name}_by_pk(id: {key}!): {name}\n"
        f"  {name}_aggregate({_arguments(name)}): {name}_aggregate"
    )


def _arguments(name: str) -> str:
    return (
        f"where: {name}_bool_exp, order_by: [{name}_order_by!], "
        f"distinct_on: [{name}_select_column!], limit: Int, offset: Int"
    )


def _scalar(column: Column[object]) -> str:
    return next(scalar for type_, scalar in _SCALARS.items() if isinstance(column.type, type_))
