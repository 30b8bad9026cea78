"""The GraphQL schema: the tables to read, and the mutations."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any, Mapping

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)
from sqlalchemy import Table
from typing_extensions import TypeAlias

from project.server.graphql.mutation_types import mutation_fields
from project.server.graphql.reads import Reader, ResponseRow
from project.server.graphql.reference_data import reference_data
from project.server.graphql.scalars import SCALARS
from project.server.graphql.selections import (
    Arguments,
    Selection,
    aggregate_of,
    root_arguments,
    selection_of,
)
from project.server.graphql.table_types import AGGREGATE, scalar_of, types_of
from project.server.store import tables

Info: TypeAlias = "GraphQLResolveInfo[Reader]"  # generic from graphql-core 3.3 on

API_INFO = {
    "backend": "SERVER",
    "version": "1.1.0",
    "mode": "normal",
    "core_version": "1.1.0",
    "release_timestamp": "2022-03-10T16:31:55+00:00",  # of Prefect 1.1.0
}
_TASK_RUN = ("id", "version", "state", "serialized_state")


@lru_cache(maxsize=None)
def api_schema() -> GraphQLSchema:
    """Return the schema; the context of a query is a Reader, of a mutation a MutationContext."""
    return GraphQLSchema(
        GraphQLObjectType("Query", {**_other_fields(), **_table_fields()}),
        GraphQLObjectType("Mutation", mutation_fields()),
        assume_valid=True,  # which a test makes sure of
    )


@lru_cache(maxsize=None)
def row_schema() -> GraphQLSchema:
    """Return the schema with which valid queries are executed, unless they ask for the schema.

    Its resolvers return rows as the response has them. Here they are leaves to graphql-core,
    which would spend most of the time on completing each value of each row.
    """
    rows = GraphQLScalarType("rows")
    fields = {
        name: GraphQLField(rows, field.args, field.resolve)
        for name, field in _table_fields().items()
    }
    query = GraphQLObjectType("Query", {**_other_fields(), **fields})
    return GraphQLSchema(query, assume_valid=True)


@lru_cache(maxsize=None)
def _table_fields() -> dict[str, GraphQLField]:
    fields = {}
    for name, table in tables.metadata.tables.items():
        types = types_of(table)
        rows = GraphQLList(GraphQLNonNull(types.row))
        key = {"id": GraphQLArgument(GraphQLNonNull(scalar_of(table.c.id)))}
        fields[name] = GraphQLField(rows, types.arguments(), partial(_rows, table))
        fields[f"{name}_by_pk"] = GraphQLField(types.row, key, partial(_row_by_id, table))
        fields[f"{name}{AGGREGATE}"] = GraphQLField(
            types.aggregate, types.arguments(), partial(_aggregate, table)
        )
    fields["utility_downstream_tasks"] = _downstream_tasks_field()
    return fields


def _downstream_tasks_field() -> GraphQLField:
    task_ids = GraphQLInputField(SCALARS["_uuid"])
    args = GraphQLInputObjectType("utility_downstream_tasks_args", {"start_task_ids": task_ids})
    types = types_of(tables.traversal)
    arguments = {**types.arguments(), "args": GraphQLArgument(GraphQLNonNull(args))}
    del arguments["distinct_on"]  # which needs rows with ids
    rows = GraphQLNonNull(GraphQLList(GraphQLNonNull(types.row)))
    return GraphQLField(rows, arguments, _downstream_tasks)


@lru_cache(maxsize=None)
def _other_fields() -> dict[str, GraphQLField]:
    text = GraphQLNonNull(GraphQLString)
    api_info = GraphQLObjectType("api_info", {name: GraphQLField(text) for name in API_INFO})
    types = {name: GraphQLNonNull(scalar_of(tables.task_run.c[name])) for name in _TASK_RUN}
    task_run_info = GraphQLObjectType(
        "task_run_info", {name: GraphQLField(type_) for name, type_ in types.items()}
    )
    mapped_children = GraphQLObjectType(
        "mapped_children",
        {
            "min_start_time": GraphQLField(SCALARS["DateTime"]),
            "max_end_time": GraphQLField(SCALARS["DateTime"]),
            "state_counts": GraphQLField(SCALARS["JSON"]),
        },
    )
    json = GraphQLNonNull(SCALARS["JSON"])
    reference = GraphQLObjectType(
        "reference_data",
        {"state_hierarchy": GraphQLField(json), "state_info": GraphQLField(json)},
    )
    of_task_run = {"task_run_id": GraphQLArgument(GraphQLNonNull(SCALARS["UUID"]))}
    return {
        "hello": GraphQLField(text, resolve=lambda *_: "Hello from the embedded Prefect API."),
        "api": GraphQLField(GraphQLNonNull(api_info), resolve=lambda *_: API_INFO),
        "reference_data": GraphQLField(reference, resolve=lambda *_: reference_data()),
        "get_task_run_info": GraphQLField(task_run_info, of_task_run, _task_run_info),
        "mapped_children": GraphQLField(mapped_children, of_task_run, _mapped_children),
    }


def _rows(table: Table, _root: None, info: Info, **values: Any) -> list[ResponseRow]:
    return info.context.rows(selection_of(info, table, root_arguments(info, values)))


def _row_by_id(table: Table, _root: None, info: Info, id: str) -> ResponseRow | None:
    return next(iter(info.context.rows(selection_of(info, table, _by_id(id)))), None)


def _aggregate(table: Table, _root: None, info: Info, **values: Any) -> ResponseRow:
    return info.context.aggregate(aggregate_of(info, table, root_arguments(info, values)))


def _downstream_tasks(
    _root: None, info: Info, args: Mapping[str, Any], **values: Any
) -> list[ResponseRow]:
    source = info.context.downstream_tasks(args.get("start_task_ids") or ())
    selection = selection_of(info, tables.traversal, root_arguments(info, values))
    return info.context.rows(selection, source)


def _mapped_children(_root: None, info: Info, task_run_id: str) -> ResponseRow:
    return info.context.mapped_children(task_run_id)


def _task_run_info(_root: None, info: Info, task_run_id: str) -> ResponseRow | None:
    selection = Selection(tables.task_run, _by_id(task_run_id), {name: name for name in _TASK_RUN})
    return next(iter(info.context.rows(selection)), None)


def _by_id(key: str) -> Arguments:
    return Arguments(where={"id": {"_eq": key}})
