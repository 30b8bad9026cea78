"""What a query selects from the tables, as values made from its syntax tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Sequence

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
)
from graphql.execution.values import get_argument_values, get_directive_values
from sqlalchemy import Table
from typing_extensions import TypeAlias

from project.server.errors import ApiError
from project.server.graphql.relations import Relation, relations_of
from project.server.graphql.table_types import AGGREGATE, types_of

Info: TypeAlias = "GraphQLResolveInfo[Any]"  # generic from graphql-core 3.3 on

Shape = Dict[str, Any]
"""An aggregate as the response has it, with None where the count belongs."""

_TYPE_NAME = "__typename"


class Arguments(NamedTuple):
    """Which rows of a table, in which order, and how many."""

    where: Mapping[str, Any] | None = None
    order_by: Sequence[Mapping[str, Any]] = ()
    distinct_on: Sequence[str] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True)
class Selection:
    """What to read of one table, each part under its key in the response.

    `columns` has every key, in the order of the response. A key of related rows, or of their
    count, has there the column that leads to them.
    """

    table: Table
    arguments: Arguments
    columns: dict[str, str] = field(default_factory=dict)
    related: dict[str, tuple[Relation, Selection]] = field(default_factory=dict)
    counted: dict[str, tuple[Relation, Arguments, Shape]] = field(default_factory=dict)
    type_names: list[str] = field(default_factory=list)


def selection_of(info: Info, table: Table, arguments: Arguments) -> Selection:
    """Return what the field that is being resolved selects from a table."""
    return _select(info, table, info.field_nodes, arguments)


def count_shape_of(info: Info, table: Table) -> Shape:
    """Return what the field that is being resolved selects from a table's aggregate."""
    return _count_shape(info, info.field_nodes, f"{table.name}{AGGREGATE}")


def fill_shape(shape: Shape, count: int) -> Shape:
    """Return an aggregate with its count."""
    filled = {key: count if value is None else value for key, value in shape.items()}
    nested = {key: value for key, value in shape.items() if isinstance(value, dict)}
    return {**filled, **{key: fill_shape(value, count) for key, value in nested.items()}}


def arguments_from(values: Mapping[str, Any]) -> Arguments:
    """Return the arguments of a field; null is the same as no argument.

    Raises ApiError for a negative limit or offset.
    """
    for name in ("limit", "offset"):
        if (values.get(name) or 0) < 0:
            raise ApiError(f"{name} is {values[name]}: give a number that is not negative.")
    return Arguments(
        where=values.get("where"),
        order_by=values.get("order_by") or (),
        distinct_on=values.get("distinct_on") or (),
        limit=values.get("limit"),
        offset=values.get("offset") or 0,
    )


def _select(
    info: Info, table: Table, nodes: Sequence[FieldNode], arguments: Arguments
) -> Selection:
    selection = Selection(table, arguments)
    for key, name, fields in _fields(info, nodes):
        if name in table.c:
            selection.columns[key] = name
        elif name == _TYPE_NAME:  # any column keeps its place in the order of the response
            selection.columns[key] = "id"
            selection.type_names.append(key)
        else:
            _add_related(info, selection, key, fields)
    return selection


def _add_related(info: Info, selection: Selection, key: str, fields: list[FieldNode]) -> None:
    table, name = selection.table, fields[0].name.value
    relation = relations_of(table)[name.replace(AGGREGATE, "")]
    values = get_argument_values(types_of(table).row.fields[name], fields[0], info.variable_values)
    arguments = arguments_from(values)
    selection.columns[key] = relation.local
    if name.endswith(AGGREGATE):
        shape = _count_shape(info, fields, f"{relation.target.name}{AGGREGATE}")
        selection.counted[key] = relation, arguments, shape
    else:
        selection.related[key] = relation, _select(info, relation.target, fields, arguments)


def _count_shape(info: Info, nodes: Sequence[FieldNode], type_name: str) -> Shape:
    shape: Shape = {}
    for key, name, fields in _fields(info, nodes):
        if name == "aggregate":
            shape[key] = _count_shape(info, fields, "aggregate_count")
        else:
            shape[key] = type_name if name == _TYPE_NAME else None
    return shape


def _fields(info: Info, nodes: Sequence[FieldNode]) -> Iterator[tuple[str, str, list[FieldNode]]]:
    """Yield key, name and nodes of the fields below some nodes; several nodes may share a key."""
    merged: dict[str, list[FieldNode]] = {}
    for node in nodes:
        for child in _flatten(info, node.selection_set.selections if node.selection_set else ()):
            merged.setdefault((child.alias or child.name).value, []).append(child)
    for key, fields in merged.items():
        yield key, fields[0].name.value, fields


def _flatten(info: Info, selections: Sequence[SelectionNode]) -> Iterator[FieldNode]:
    """Yield the fields of a selection set: those in its fragments, but not the skipped ones."""
    for node in selections:
        variables = info.variable_values
        skip = get_directive_values(GraphQLSkipDirective, node, variables) or {}
        include = get_directive_values(GraphQLIncludeDirective, node, variables) or {}
        if skip.get("if", False) or not include.get("if", True):
            continue
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _flatten(info, node.selection_set.selections)
        elif isinstance(node, FragmentSpreadNode):
            fragment = info.fragments[node.name.value]
            yield from _flatten(info, fragment.selection_set.selections)
