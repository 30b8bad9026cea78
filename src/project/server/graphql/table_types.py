"""GraphQL types of the tables, derived from their columns and relations, named as Hasura does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
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

from project.server.graphql.relations import relations_of
from project.server.graphql.scalars import SCALARS
from project.server.store.columns import Identifier, Json, String, Timestamp

AGGREGATE = "_aggregate"

_SCALAR_OF = {
    Identifier: SCALARS["uuid"],
    Timestamp: SCALARS["timestamptz"],
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
        aggregate=GraphQLObjectType(
            f"{name}{AGGREGATE}", {"aggregate": _field(GraphQLNonNull(_COUNT))}
        ),
        where=GraphQLInputObjectType(f"{name}_bool_exp", lambda: _where_fields(table)),
        order_by=GraphQLInputObjectType(f"{name}_order_by", lambda: _order_fields(table)),
        column=GraphQLEnumType(f"{name}_select_column", columns),
    )


def scalar_of(column: Column[Any]) -> GraphQLScalarType:
    """Return the scalar type of a column."""
    return next(scalar for type_, scalar in _SCALAR_OF.items() if isinstance(column.type, type_))


def _row_fields(table: Table) -> dict[str, GraphQLField]:
    fields = {}
    for column in table.columns:
        scalar = scalar_of(column)
        fields[column.name] = _field(scalar if column.nullable else GraphQLNonNull(scalar))
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
    parents = (relation for relation in relations_of(table).values() if not relation.many)
    return {
        **{column.name: GraphQLInputField(_DIRECTION) for column in table.columns},
        **{each.name: GraphQLInputField(types_of(each.target).order_by) for each in parents},
    }


@lru_cache(maxsize=None)
def _comparison(scalar: GraphQLScalarType) -> GraphQLInputObjectType:
    """Return the comparisons with values of a type."""
    types: dict[str, Any] = {"_is_null": GraphQLBoolean}
    if scalar is not SCALARS["jsonb"]:
        types.update(dict.fromkeys(("_eq", "_neq", "_gt", "_gte", "_lt", "_lte"), scalar))
        types.update(dict.fromkeys(("_in", "_nin"), _list_of(scalar)))
    else:
        types["_contains"] = scalar
    if scalar is GraphQLString:
        types["_ilike"] = GraphQLString
    fields = {name: GraphQLInputField(type_) for name, type_ in types.items()}
    return GraphQLInputObjectType(f"{scalar.name}_comparison_exp", fields)


def _list_of(type_: Any) -> Any:
    return GraphQLList(GraphQLNonNull(type_))


_DIRECTION = GraphQLEnumType("order_by", {each: each for each in _DIRECTIONS})
_COUNT = GraphQLObjectType("aggregate_count", {"count": _field(GraphQLNonNull(GraphQLInt))})
