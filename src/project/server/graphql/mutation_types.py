"""GraphQL fields of the mutations, derived from the signatures of their functions."""

from __future__ import annotations

import re
from enum import Enum, EnumMeta
from functools import lru_cache
from inspect import Parameter, signature
from typing import Any, Callable, NamedTuple, Optional, Union

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
    GraphQLResolveInfo,
    GraphQLString,
    Undefined,
)
from typing_extensions import Annotated, TypeAlias, get_args, get_origin, get_type_hints

from project.server.graphql.scalars import SCALARS
from project.server.mutations.declarations import MutationContext, Uuid
from project.server.mutations.registry import MUTATIONS

Info: TypeAlias = "GraphQLResolveInfo[MutationContext]"  # generic from graphql-core 3.3 on

_BUILT_IN = {str: GraphQLString, int: GraphQLInt, bool: GraphQLBoolean}


class SuccessPayload(NamedTuple):
    """The payload of a mutation that returns a bool; Prefect's client reads `success`."""

    success: bool
    error: Optional[str] = None


class IdPayload(NamedTuple):
    """The payload of a mutation that returns an id."""

    id: Uuid


def mutation_fields() -> dict[str, GraphQLField]:
    """Return the fields of the Mutation type."""
    return {mutation.__name__: _field(mutation) for mutation in MUTATIONS}


def _field(mutation: Callable[..., Any]) -> GraphQLField:
    hints = get_type_hints(mutation, include_extras=True)
    payload_class = {bool: SuccessPayload, Uuid: IdPayload}.get(hints["return"])
    groups = {
        name: hint for name, hint in hints.items() if name != "return" and _is_named_tuple(hint)
    }

    def grouped(values: dict[str, Any]) -> dict[str, Any]:
        arguments = dict(values)
        for name, class_ in groups.items():
            given = set(class_._fields) & set(values)
            arguments[name] = class_(**{field: arguments.pop(field) for field in given})
        return arguments

    def resolve(_root: None, info: Info, input: dict[str, Any]) -> Any:
        with info.context.connection.begin_nested():  # a mutation that fails has no effect
            payload = mutation(info.context, **input)
        return payload_class(payload) if payload_class else payload

    input_type = GraphQLInputObjectType(
        f"{mutation.__name__}_input", _input_fields(mutation), out_type=grouped
    )
    return GraphQLField(
        _payload_type(payload_class or hints["return"]),
        {"input": GraphQLArgument(GraphQLNonNull(input_type))},
        resolve,
    )


def _input_fields(callable_: Callable[..., Any]) -> dict[str, GraphQLInputField]:
    """Return the fields for the parameters of a function, or for the fields of a NamedTuple."""
    hints = get_type_hints(callable_, include_extras=True)
    fields: dict[str, GraphQLInputField] = {}
    for name, parameter in signature(callable_).parameters.items():
        if _is_named_tuple(hints[name]):
            fields.update(_input_fields(hints[name]))
        elif hints[name] is not MutationContext:
            default = parameter.default
            fields[name] = GraphQLInputField(
                _type_of(hints[name], _nested_input_type),
                Undefined if default in (None, Parameter.empty) else default,
            )
    return fields


def _is_named_tuple(hint: Any) -> bool:
    return hasattr(hint, "_fields")


@lru_cache(maxsize=None)
def _nested_input_type(class_: Any) -> GraphQLInputObjectType:
    return GraphQLInputObjectType(
        _snake_case(class_.__name__),
        _input_fields(class_),
        out_type=lambda values: class_(**values),
    )


@lru_cache(maxsize=None)
def _payload_type(class_: Any) -> GraphQLObjectType:
    hints = get_type_hints(class_, include_extras=True)
    fields = {name: GraphQLField(_type_of(hint, _payload_type)) for name, hint in hints.items()}
    return GraphQLObjectType(_snake_case(class_.__name__), fields)


def _type_of(hint: Any, object_type: Callable[[Any], Any]) -> Any:
    """Return the GraphQL type of a type hint; `object_type` returns that of a NamedTuple."""
    if get_origin(hint) is Union:  # Optional[...]
        return _nullable_type(get_args(hint)[0], object_type)
    return GraphQLNonNull(_nullable_type(hint, object_type))


def _nullable_type(hint: Any, object_type: Callable[[Any], Any]) -> Any:
    if get_origin(hint) is Annotated:
        return SCALARS[get_args(hint)[1]]
    if isinstance(hint, EnumMeta):
        return _enum_type(hint)
    if get_origin(hint) is list:
        return GraphQLList(_type_of(get_args(hint)[0], object_type))
    return _BUILT_IN.get(hint) or object_type(hint)


@lru_cache(maxsize=None)
def _enum_type(class_: type[Enum]) -> GraphQLEnumType:
    return GraphQLEnumType(_snake_case(class_.__name__), class_, names_as_values=None)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
