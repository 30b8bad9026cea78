"""The GraphQL schema and its resolvers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, cast

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    extend_schema,
    get_named_type,
    parse,
)
from sqlalchemy import Table

from project.server import tables
from project.server.call import Call
from project.server.mutations import MUTATIONS, Mutation, mutation_schema
from project.server.read_schema import read_schema
from project.server.reads import Reader
from project.server.scalars import scalars
from project.server.selections import (
    Arguments,
    Info,
    Selection,
    arguments_from,
    count_shape_of,
    counted,
    selection_of,
)

Resolver = Callable[..., Any]

API_INFO = {"backend": "SERVER", "version": "1.1.0", "mode": "normal"}


@lru_cache(maxsize=None)
def api_schema() -> GraphQLSchema:
    """Return the schema; a query's context is a Reader, a mutation's a Call."""
    source = parse(read_schema() + mutation_schema(), no_location=True)
    schema = extend_schema(GraphQLSchema(types=scalars()), source)
    for name, table in tables.metadata.tables.items():
        _resolve_roots(_fields(schema, "Query"), name, table)
        for type_name in (name, f"{name}_aggregate", "aggregate_count"):
            for field in _fields(schema, type_name).values():
                field.resolve = _by_response_key
    for name, field in _fields(schema, "Mutation").items():
        field.resolve = _mutation(MUTATIONS[name])
    _resolve_special(_fields(schema, "Query"))
    return schema


@lru_cache(maxsize=None)
def row_schema() -> GraphQLSchema:
    """Return the schema to execute checked queries with, introspection apart.

    Its resolvers return rows as the response has them, and to graphql-core these are leaves: it
    would spend most of the time on completing each value of each row.
    """
    schema = api_schema()
    others = [each for name, each in schema.type_map.items() if name not in ("Query", "Mutation")]
    rows = GraphQLScalarType("rows")
    fields = {
        name: GraphQLField(rows, field.args, field.resolve) if _is_read(field) else field
        for name, field in _fields(schema, "Query").items()
    }
    return GraphQLSchema(query=GraphQLObjectType("Query", fields), types=others)


def _is_read(field: GraphQLField) -> bool:
    return get_named_type(field.type).name.replace("_aggregate", "") in tables.metadata.tables


def _fields(schema: GraphQLSchema, name: str) -> dict[str, GraphQLField]:
    fields: dict[str, GraphQLField] = cast(GraphQLObjectType, schema.get_type(name)).fields
    return fields


def _by_response_key(row: dict[str, Any], info: Info, **_: Any) -> Any:
    # A row was read under the keys of the response, so that aliases need no care here.
    return row[str(info.path.key)]


def _resolve_roots(fields: dict[str, GraphQLField], name: str, table: Table) -> None:
    fields[name].resolve = _rows(table)
    fields[f"{name}_by_pk"].resolve = _by_key(table)
    fields[f"{name}_aggregate"].resolve = _count(table)


def _rows(table: Table) -> Resolver:
    def resolve(_root: None, info: Info, **values: Any) -> Any:
        return _reader(info).rows(selection_of(info, table, arguments_from(values)))

    return resolve


def _by_key(table: Table) -> Resolver:
    def resolve(_root: None, info: Info, id: Any) -> Any:
        one = Arguments(where={"id": {"_eq": id}})
        return next(iter(_reader(info).rows(selection_of(info, table, one))), None)

    return resolve


def _count(table: Table) -> Resolver:
    def resolve(_root: None, info: Info, **values: Any) -> Any:
        count = _reader(info).count(table, arguments_from(values))
        return counted(count_shape_of(info, table), count)

    return resolve


def _mutation(change: Mutation) -> Resolver:
    def resolve(_root: None, info: Info, input: dict[str, Any]) -> Any:
        call: Call = info.context
        with call.connection.begin_nested():
            return change(call, input)

    return resolve


def _resolve_special(fields: dict[str, GraphQLField]) -> None:
    fields["hello"].resolve = lambda _root, _info: "Hello from the embedded Prefect API."
    fields["api"].resolve = lambda _root, _info: API_INFO
    fields["get_task_run_info"].resolve = _task_run_info


def _task_run_info(_root: None, info: Info, task_run_id: str) -> Any:
    columns = {name: name for name in ("id", "version", "state", "serialized_state")}
    one = Arguments(where={"id": {"_eq": task_run_id}})
    return next(iter(_reader(info).rows(Selection(tables.task_run, one, columns))), None)


def _reader(info: Info) -> Reader:
    reader: Reader = info.context
    return reader
