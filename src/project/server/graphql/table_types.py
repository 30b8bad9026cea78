"""GraphQL types of the tables, derived from their columns and relations, named as Hasura does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
)
from sqlalchemy import Boolean, Column, Integer, Table

from project.server.graphql.patterns import PATTERNS
from project.server.graphql.relations import Relation, relations_of
from project.server.graphql.scalars import SCALARS
from project.server.store.columns import (
    Identifier,
    Interval,
    Json,
    SerialIdentifier,
    String,
    Timestamp,
)

AGGREGATE = "_aggregate"

_SCALAR_OF = {
    Identifier: SCALARS["uuid"],
    SerialIdentifier: SCALARS["uuid"],
    Timestamp: SCALARS["timestamptz"],
    Interval: SCALARS["interval"],
    Json: SCALARS["jsonb"],
    String: GraphQLString,
    Integer: GraphQLInt,
    Boolean: GraphQLBoolean,
}
_DIRECTIONS = (
    *("asc", "asc_nulls_first", "asc_nulls_last"),
    *("desc", "desc_nulls_first", "desc_nulls_last"),
)


class TableTypes(NamedTuple):
    """The types of one table: its rows, their aggregate, and the arguments that select them."""

    row: GraphQLObjectType
    aggregate: GraphQLObjectType
    where: GraphQLInputObjectType
    order_by: GraphQLInputObjectType
    aggregate_order_by: GraphQLInputObjectType
    column: GraphQLEnumType

    def arguments(self) -> dict[str, GraphQLArgument]:
        """Return the arguments of a field that gives rows of the table."""
        return {
            "where": GraphQLArgument(self.where),
            "order_by": GraphQLArgument(_list_of(self.order_by)),
            "distinct_on": GraphQLArgument(_list_of(self.column)),
            "limit": GraphQLArgument(GraphQLInt),
            "offset": GraphQLArgument(GraphQLInt),
        }


@lru_cache(maxsize=None)
def types_of(table: Table) -> TableTypes:
    """Return the types of a table; their fields are made when the schema is."""
    name, columns = table.name, {column.name: column.name for column in table.columns}
    return TableTypes(
        row=GraphQLObjectType(name, lambda: _row_fields(table)),
        aggregate=GraphQLObjectType(f"{name}{AGGREGATE}", lambda: _aggregate_fields(table)),
        where=GraphQLInputObjectType(f"{name}_bool_exp", lambda: _where_fields(table)),
        order_by=GraphQLInputObjectType(f"{name}_order_by", lambda: _order_fields(table)),
        aggregate_order_by=GraphQLInputObjectType(
            f"{name}{AGGREGATE}_order_by", lambda: _aggregate_order_fields(table)
        ),
        column=GraphQLEnumType(f"{name}_select_column", columns),
    )


def scalar_of(column: Column[Any]) -> GraphQLScalarType:
    """Return the scalar type of a column."""
    return next(scalar for type_, scalar in _SCALAR_OF.items() if isinstance(column.type, type_))


def _row_fields(table: Table) -> dict[str, GraphQLField]:
    fields = {}
    for column in table.columns:
        scalar = scalar_of(column)
        fields[column.name] = _field(
            scalar if column.nullable else GraphQLNonNull(scalar),
            {"path": GraphQLArgument(GraphQLString)} if isinstance(column.type, Json) else None,
        )
    for relation in relations_of(table).values():
        target, arguments = types_of(relation.target), types_of(relation.target).arguments()
        if relation.many:
            rows = GraphQLNonNull(_list_of(target.row))
            fields[relation.name] = _field(rows, arguments)
            aggregate = GraphQLNonNull(target.aggregate)
            fields[f"{relation.name}{AGGREGATE}"] = _field(aggregate, arguments)
        else:
            fields[relation.name] = _field(target.row)
    return fields


def _aggregate_fields(table: Table) -> dict[str, GraphQLField]:
    name, types = table.name, types_of(table)
    count_arguments = {
        "columns": GraphQLArgument(_list_of(types.column)),
        "distinct": GraphQLArgument(GraphQLBoolean),
    }
    fields = {"count": _field(GraphQLNonNull(GraphQLInt), count_arguments)}
    for function, columns in _functions_of(table).items():
        results = {
            column.name: _field(GraphQLFloat if function == "avg" else scalar_of(column))
            for column in columns
        }
        fields[function] = _field(GraphQLObjectType(f"{name}_{function}_fields", results))
    aggregate = GraphQLObjectType(f"{name}{AGGREGATE}_fields", fields)
    nodes = GraphQLNonNull(_list_of(types.row))
    return {"aggregate": _field(aggregate), "nodes": _field(nodes)}


def _functions_of(table: Table) -> dict[str, list[Column[Any]]]:
    """Return the functions of an aggregate beside the count, each with its columns."""
    comparable = [each for each in table.columns if not isinstance(each.type, (Json, Boolean))]
    numbers = [each for each in comparable if isinstance(each.type, Integer)]
    return {
        **{"max": comparable, "min": comparable},
        **({"sum": numbers, "avg": numbers} if numbers else {}),
    }


def _field(type_: Any, arguments: dict[str, GraphQLArgument] | None = None) -> GraphQLField:
    # Rows are read under the keys of the response, so that a field and its alias are the same.
    return GraphQLField(type_, arguments, lambda row, info, **_: row[str(info.path.key)])


def _where_fields(table: Table) -> dict[str, GraphQLInputField]:
    own = types_of(table).where
    types = {
        "_and": _list_of(own),
        "_or": _list_of(own),
        "_not": own,
        **{column.name: _comparison(scalar_of(column)) for column in table.columns},
        **{each.name: types_of(each.target).where for each in relations_of(table).values()},
    }
    return {name: GraphQLInputField(type_) for name, type_ in types.items()}


def _order_fields(table: Table) -> dict[str, GraphQLInputField]:
    columns = {column.name: GraphQLInputField(_DIRECTION) for column in table.columns}
    relations = dict(_order_field(relation) for relation in relations_of(table).values())
    return {**columns, **relations}


def _order_field(relation: Relation) -> tuple[str, GraphQLInputField]:
    types = types_of(relation.target)
    if relation.many:
        return f"{relation.name}{AGGREGATE}", GraphQLInputField(types.aggregate_order_by)
    return relation.name, GraphQLInputField(types.order_by)


def _aggregate_order_fields(table: Table) -> dict[str, GraphQLInputField]:
    fields = {"count": GraphQLInputField(_DIRECTION)}
    for function, columns in _functions_of(table).items():
        directions = {column.name: GraphQLInputField(_DIRECTION) for column in columns}
        type_ = GraphQLInputObjectType(f"{table.name}_{function}_order_by", directions)
        fields[function] = GraphQLInputField(type_)
    return fields


@lru_cache(maxsize=None)
def _comparison(scalar: GraphQLScalarType) -> GraphQLInputObjectType:
    """Return the comparisons with values of a type."""
    types: dict[str, Any] = {"_is_null": GraphQLBoolean}
    types.update(dict.fromkeys(("_eq", "_neq"), scalar))
    types.update(dict.fromkeys(("_in", "_nin"), _list_of(scalar)))
    if scalar is SCALARS["jsonb"]:
        types.update(dict.fromkeys(("_contains", "_contained_in"), scalar))
        types["_has_key"] = GraphQLString
        types.update(dict.fromkeys(("_has_keys_any", "_has_keys_all"), _list_of(GraphQLString)))
    else:
        types.update(dict.fromkeys(("_gt", "_gte", "_lt", "_lte"), scalar))
    if scalar is GraphQLString:
        names = (f"_{no}{name}" for name in PATTERNS for no in ("", "n"))
        types.update(dict.fromkeys(names, GraphQLString))
    fields = {name: GraphQLInputField(type_) for name, type_ in types.items()}
    return GraphQLInputObjectType(f"{scalar.name}_comparison_exp", fields)


def _list_of(type_: Any) -> Any:
    return GraphQLList(GraphQLNonNull(type_))


_DIRECTION = GraphQLEnumType("order_by", {each: each for each in _DIRECTIONS})
