"""GraphQL scalars: Hasura's in queries, and their counterparts in mutations."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLBoolean, GraphQLError, GraphQLInt, GraphQLScalarType, GraphQLString

from project.server.store.timestamps import to_timestamp


def _parse_uuid(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"{value!r} is not an id: give a UUID as a string.")
    return value.lower()


def _parse_timestamp(value: Any) -> str:
    try:
        return to_timestamp(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise GraphQLError(f"{value!r} is not a timestamp: give it as ISO-8601.") from error


SCALARS = {
    scalar.name: scalar
    for scalar in (
        *(GraphQLString, GraphQLInt, GraphQLBoolean),
        *(GraphQLScalarType(name, parse_value=_parse_uuid) for name in ("uuid", "UUID")),
        *(
            GraphQLScalarType(name, parse_value=_parse_timestamp)
            for name in ("timestamptz", "DateTime")
        ),
        *(GraphQLScalarType(name) for name in ("jsonb", "JSON")),
    )
}
