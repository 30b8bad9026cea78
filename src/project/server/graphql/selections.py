"""What a query selects from the tables, as values made from its syntax tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Sequence, Tuple, TypeVar, Union, cast

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    get_named_type,
    value_from_ast_untyped,
)
from graphql.execution.values import get_argument_values, get_directive_values
from sqlalchemy import Table
from typing_extensions import TypeAlias

from project.server.errors import InputError
from project.server.graphql.relations import Relation, relations_of
from project.server.graphql.table_types import AGGREGATE, types_of

Info: TypeAlias = "GraphQLResolveInfo[Any]"  # generic from graphql-core 3.3 on

T = TypeVar("T")

_MAX_CONDITIONS = 5_000
_TYPE_NAME = "__typename"
_PATH_PART = re.compile(r"""\.?([\w-]+)|\[(\d+)\]|\["([^"]+)"\]|\['([^']+)'\]""")


def _check_size(where: Mapping[str, Any] | None) -> None:
    """Raise InputError for too many conditions, of which SQLite can join only some, and late."""
    count, left = 0, [where]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left.extend(value)
        elif isinstance(value, dict):
            count += 1
            left.extend(value.values())
        if count > _MAX_CONDITIONS:
            raise InputError(
                f"A filter has more than {_MAX_CONDITIONS} conditions: use _in with a list."
            )


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
    aggregate, has there the column that leads to them. `paths` lead to parts of JSON values.
    """

    table: Table
    arguments: Arguments
    columns: dict[str, str] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    related: dict[str, tuple[Relation, Selection]] = field(default_factory=dict)
    aggregated: dict[str, tuple[Relation, Aggregate]] = field(default_factory=dict)
    type_names: list[str] = field(default_factory=list)


class AggregateFunction(NamedTuple):
    """`count`, `max`, ... of columns; without columns, of rows."""

    name: str
    columns: tuple[str, ...] = ()
    is_distinct: bool = False


@dataclass(frozen=True)
class Aggregate:
    """What to compute from the selected rows of a table.

    `parts` is what the response has: a type name, or what takes its place until it is read.
    """

    table: Table
    arguments: Arguments
    parts: AggregateParts

    def functions(self) -> list[AggregateFunction]:
        """Return the functions to compute, each once."""
        return list(dict.fromkeys(_leaves(self.parts, AggregateFunction)))

    def nodes(self) -> list[Selection]:
        """Return the selections of the rows themselves, one for each key in the response."""
        return list(_leaves(self.parts, Selection))

    def response(
        self, values: Mapping[AggregateFunction, Any], rows: Sequence[Any]
    ) -> dict[str, Any]:
        """Return the aggregate as the response has it, given `rows` for each of its nodes."""
        return _filled(self.parts, values, iter(rows))


AggregateParts = Dict[str, Any]
"""By key: a type name (str), an AggregateFunction, a Selection, or parts again."""

Path = Tuple[Union[str, int], ...]
"""Keys of objects and positions in lists."""


def selection_of(info: Info, table: Table, arguments: Arguments) -> Selection:
    """Return what the field that is being resolved selects from a table."""
    return _select(info, table, info.field_nodes, arguments)


def aggregate_of(info: Info, table: Table, arguments: Arguments) -> Aggregate:
    """Return what the field that is being resolved selects from a table's aggregate."""
    return _aggregate(info, table, info.field_nodes, arguments)


def root_arguments(info: Info, values: Mapping[str, Any]) -> Arguments:
    """Return the arguments of the field that is being resolved.

    Raises InputError for a negative limit or offset, and if `distinct_on` does not lead `order_by`.
    """
    return _arguments_from(_with_written_order(info, info.field_nodes[0], values))


def _arguments_from(values: Mapping[str, Any]) -> Arguments:
    # Null is the same as no argument.
    for name in ("limit", "offset"):
        if (values.get(name) or 0) < 0:
            raise InputError(f"{name} is {values[name]}: give a number that is not negative.")
    _check_size(values.get("where"))
    order_by, distinct_on = values.get("order_by") or (), values.get("distinct_on") or ()
    ordered = [name for keys in order_by for name in keys]
    if ordered and set(ordered[: len(distinct_on)]) != set(distinct_on):
        raise InputError('"distinct_on" columns must match initial "order_by" columns')
    return Arguments(
        where=values.get("where"),
        order_by=order_by,
        distinct_on=distinct_on,
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
            path = _arguments(info, types_of(table).row, fields[0]).get("path")
            if path is not None:
                selection.paths[key] = _parse_path(path)
        elif name == _TYPE_NAME:  # any column keeps its place in the order of the response
            selection.columns[key] = table.columns.keys()[0]
            selection.type_names.append(key)
        else:
            _add_related(info, selection, key, fields)
    return selection


def _add_related(info: Info, selection: Selection, key: str, fields: list[FieldNode]) -> None:
    table, name = selection.table, fields[0].name.value
    relation = relations_of(table)[name.replace(AGGREGATE, "")]
    arguments = _arguments_from(_arguments(info, types_of(table).row, fields[0]))
    selection.columns[key] = relation.local
    if name.endswith(AGGREGATE):
        aggregate = _aggregate(info, relation.target, fields, arguments)
        selection.aggregated[key] = relation, aggregate
    else:
        selection.related[key] = relation, _select(info, relation.target, fields, arguments)


def _aggregate(
    info: Info, table: Table, nodes: Sequence[FieldNode], arguments: Arguments
) -> Aggregate:
    types = types_of(table).aggregate
    parts: AggregateParts = {}
    for key, name, fields in _fields(info, nodes):
        if name == _TYPE_NAME:
            parts[key] = types.name
        elif name == "nodes":
            parts[key] = _select(info, table, fields, arguments)
        else:
            parts[key] = _aggregate_parts(info, _object_type(types, name), fields)
    return Aggregate(table, arguments, parts)


def _aggregate_parts(
    info: Info, type_: GraphQLObjectType, nodes: Sequence[FieldNode]
) -> AggregateParts:
    parts: AggregateParts = {}
    for key, name, fields in _fields(info, nodes):
        if name == _TYPE_NAME:
            parts[key] = type_.name
        elif name == "count":
            values = _arguments(info, type_, fields[0])
            columns = tuple(values.get("columns") or ())
            parts[key] = AggregateFunction("count", columns, bool(values.get("distinct")))
        else:
            results = _object_type(type_, name)
            parts[key] = {
                column_key: results.name
                if column == _TYPE_NAME
                else AggregateFunction(name, (column,))
                for column_key, column, _ in _fields(info, fields)
            }
    return parts


def _arguments(info: Info, type_: GraphQLObjectType, node: FieldNode) -> dict[str, Any]:
    # Most fields have none, and looking for their values takes long.
    if not node.arguments:
        return {}
    values = get_argument_values(type_.fields[node.name.value], node, info.variable_values)
    return _with_written_order(info, node, values)


def _with_written_order(info: Info, node: FieldNode, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a field with the keys of `order_by` as they are in the request.

    In the values that GraphQL makes of arguments, keys are in the order of their type.
    """
    for argument in node.arguments or ():
        if argument.name.value == "order_by" and values.get("order_by"):
            variables = {**_written_defaults(info), **info.context.variables}
            written = value_from_ast_untyped(argument.value, variables)
            return {**values, "order_by": _reordered(values["order_by"], written)}
    return dict(values)


def _written_defaults(info: Info) -> dict[str, Any]:
    """Return the default values of the variables, as they are in the request."""
    return {
        node.variable.name.value: value_from_ast_untyped(node.default_value)
        for node in info.operation.variable_definitions or ()
        if node.default_value
    }


def _reordered(value: Any, written: Any) -> Any:
    if isinstance(value, list):
        items = written if isinstance(written, list) else [written]
        return [_reordered(each, item) for each, item in zip(value, items)]
    if isinstance(value, dict) and isinstance(written, dict):
        return {key: _reordered(value[key], written[key]) for key in written if key in value}
    return value


def _object_type(type_: GraphQLObjectType, name: str) -> GraphQLObjectType:
    return cast(GraphQLObjectType, get_named_type(type_.fields[name].type))


def _parse_path(text: str) -> Path:
    """Return the parts of a path in JSON, as Hasura writes it: `a.b`, `$.a[0]`."""
    parts: list[str | int] = []
    position = 1 if text.startswith("$") else 0
    while position < len(text):
        match = _PATH_PART.match(text, position)
        if match is None:
            raise InputError(f"{text!r} is not a path in JSON: give it as key.other_key[0].")
        key, index, *quoted = match.groups()
        parts.append(int(index) if index else key or quoted[0] or quoted[1])
        position = match.end()
    return tuple(parts)


def _leaves(parts: AggregateParts, type_: type[T]) -> Iterator[T]:
    for part in parts.values():
        if isinstance(part, type_):
            yield part
        elif isinstance(part, dict):
            yield from _leaves(part, type_)


def _filled(
    parts: AggregateParts, values: Mapping[AggregateFunction, Any], rows: Iterator[Any]
) -> dict[str, Any]:
    filled = {}
    for key, part in parts.items():
        if isinstance(part, dict):
            filled[key] = _filled(part, values, rows)
        elif isinstance(part, AggregateFunction):
            filled[key] = values[part]
        else:
            filled[key] = next(rows) if isinstance(part, Selection) else part
    return filled


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
