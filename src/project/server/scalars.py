"""GraphQL's scalars beyond the built-in ones, as Hasura and the mutations name them."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError, GraphQLScalarType

from project.server.timestamps import canonical


def scalars() -> list[GraphQLScalarType]:
    """Return the scalars that the schema builds on, in their reading and their writing spelling."""
    return [
        *(GraphQLScalarType(name, parse_value=_identifier) for name in ("uuid", "UUID")),
        *(GraphQLScalarType(name, parse_value=_instant) for name in ("timestamptz", "DateTime")),
        *(GraphQLScalarType(name) for name in ("jsonb", "JSON")),
    ]


def _identifier(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"{value!r} is not an id: give a UUID as a string.")
    return value.lower()


def _instant(value: Any) -> str:
    try:
        return canonical(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise GraphQLError(
            f"{value!r} is not a timestamp: give it in the form of ISO-8601."
        ) from error
