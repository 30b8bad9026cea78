"""What a query asks of the tables, as values made from GraphQL's syntax tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, Iterator, Mapping, Sequence, cast

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
)
from graphql.execution.values import get_argument_values, get_directive_values
from sqlalchemy import Table

from project.server.errors import ApiError
from project.server.relations import Relation, relations_of

if TYPE_CHECKING:
    from typing_extensions import TypeAlias

Info: TypeAlias = "GraphQLResolveInfo[Any]"  # generic from graphql-core 3.3 on
Shape = Dict[str, Any]

_AGGREGATE = "_aggregate"
_TYPE_NAME = "__typename"


@dataclass(frozen=True)
class Arguments:
    """Which rows, in which order, and how many."""

    where: Mapping[str, Any] | None = None
    order_by: Sequence[Mapping[str, Any]] = ()
    distinct_on: Sequence[str] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True)
class Selection:
    """What to show of one table, each part under the key that the response gives it.

    `columns` has all keys in their order. Where related rows or their count belong, it names the
    column that leads to them.
    """

    table: Table
    arguments: Arguments
    columns: dict[str, str] = field(default_factory=dict)
    related: dict[str, tuple[Relation, Selection]] = field(default_factory=dict)
    counted: dict[str, tuple[Relation, Arguments, Shape]] = field(default_factory=dict)
    type_names: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Request:
    """The parts of GraphQL's resolve info that reading a syntax tree needs."""

    info: Info

    def type_of(self, table: Table) -> GraphQLObjectType:
        return cast(GraphQLObjectType, self.info.schema.get_type(table.name))

    def arguments(self, type_: GraphQLObjectType, node: FieldNode) -> Arguments:
        values = get_argument_values(type_.fields[node.name.value], node, self.info.variable_values)
        return arguments_from(values)

    def fields(self, nodes: Sequence[FieldNode]) -> Iterator[tuple[str, str, list[FieldNode]]]:
        """Yield key, name and nodes of the fields below some nodes; a key may have several."""
        merged: dict[str, list[FieldNode]] = {}
        for node in nodes:
            for each in self._flat(node.selection_set.selections if node.selection_set else ()):
                merged.setdefault((each.alias or each.name).value, []).append(each)
        for key, found in merged.items():
            yield key, found[0].name.value, found

    def _flat(self, selections: Sequence[SelectionNode]) -> Iterator[FieldNode]:
        for node in selections:
            if not self._is_wanted(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from self._flat(node.selection_set.selections)
            elif isinstance(node, FragmentSpreadNode):
                yield from self._flat(self.info.fragments[node.name.value].selection_set.selections)

    def _is_wanted(self, node: SelectionNode) -> bool:
        variables = self.info.variable_values
        skip = get_directive_values(GraphQLSkipDirective, node, variables) or {}
        include = get_directive_values(GraphQLIncludeDirective, node, variables) or {}
        return not skip.get("if", False) and bool(include.get("if", True))


def selection_of(info: Info, table: Table, arguments: Arguments) -> Selection:
    """Return what the field that is being resolved asks of a table."""
    return _select(_Request(info), table, info.field_nodes, arguments)


def count_shape_of(info: Info, table: Table) -> Shape:
    """Return what the field that is being resolved asks of a table's aggregate."""
    return _count_shape(_Request(info), info.field_nodes, table.name + _AGGREGATE)


def counted(shape: Shape, count: int) -> Shape:
    """Return an aggregate as the response has it."""
    return {
        key: count if each is None else counted(each, count) if isinstance(each, dict) else each
        for key, each in shape.items()
    }


def arguments_from(values: Mapping[str, Any]) -> Arguments:
    """Return the arguments as given, where a null is the same as nothing.

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
    request: _Request, table: Table, nodes: Sequence[FieldNode], arguments: Arguments
) -> Selection:
    found = Selection(table, arguments)
    for key, name, fields in request.fields(nodes):
        if name in table.c:
            found.columns[key] = name
        elif name == _TYPE_NAME:
            found.columns[key] = "id"
            found.type_names.append(key)
        else:
            _add_step(request, found, key, fields)
    return found


def _add_step(request: _Request, found: Selection, key: str, fields: Sequence[FieldNode]) -> None:
    name = fields[0].name.value
    relation = relations_of(found.table)[name.replace(_AGGREGATE, "")]
    arguments = request.arguments(request.type_of(found.table), fields[0])
    found.columns[key] = relation.local
    if name.endswith(_AGGREGATE):
        shape = _count_shape(request, fields, relation.target.name + _AGGREGATE)
        found.counted[key] = relation, arguments, shape
    else:
        found.related[key] = relation, _select(request, relation.target, fields, arguments)


def _count_shape(request: _Request, nodes: Sequence[FieldNode], type_name: str) -> Shape:
    """Return an aggregate as the response has it, with None where the count belongs."""
    shape: Shape = {}
    for key, name, fields in request.fields(nodes):
        if name == "aggregate":
            shape[key] = _count_shape(request, fields, "aggregate_count")
        else:
            shape[key] = type_name if name == _TYPE_NAME else None
    return shape
