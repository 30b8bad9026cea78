"""What a query asks of the tables, as values made from GraphQL's syntax tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence, cast

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

_AGGREGATE = "_aggregate"


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
    """Columns and related rows of one table, each under the key that the response gives it."""

    table: Table
    arguments: Arguments
    columns: Mapping[str, str]
    related: Mapping[str, tuple[Relation, Selection]] = field(default_factory=dict)
    counted: Mapping[str, tuple[Relation, Arguments]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Request:
    """The parts of GraphQL's resolve info that reading a syntax tree needs."""

    info: Info

    def type_of(self, table: Table) -> GraphQLObjectType:
        return cast(GraphQLObjectType, self.info.schema.get_type(table.name))

    def arguments(self, type_: GraphQLObjectType, node: FieldNode) -> Arguments:
        values = get_argument_values(type_.fields[node.name.value], node, self.info.variable_values)
        return arguments_from(values)

    def fields(self, nodes: Sequence[FieldNode]) -> Iterator[tuple[str, list[FieldNode]]]:
        """Yield the fields below some nodes by response key, which may occur several times."""
        merged: dict[str, list[FieldNode]] = {}
        for node in nodes:
            for each in self._flat(node.selection_set.selections if node.selection_set else ()):
                merged.setdefault((each.alias or each.name).value, []).append(each)
        yield from merged.items()

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
    columns: dict[str, str] = {}
    related: dict[str, tuple[Relation, Selection]] = {}
    counted: dict[str, tuple[Relation, Arguments]] = {}
    type_ = request.type_of(table)
    for key, fields in request.fields(nodes):
        name = fields[0].name.value
        if name in table.c:
            columns[key] = name
        elif name.endswith(_AGGREGATE):
            relation = relations_of(table)[name[: -len(_AGGREGATE)]]
            counted[key] = relation, request.arguments(type_, fields[0])
        elif name in relations_of(table):
            relation = relations_of(table)[name]
            inner = request.arguments(type_, fields[0])
            related[key] = relation, _select(request, relation.target, fields, inner)
    return Selection(table, arguments, columns, related, counted)
