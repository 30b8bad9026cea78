"""GraphQL scalars: Hasura's in queries, and their counterparts in mutations."""

from __future__ import annotations

import re
import uuid
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
)

from project.server.store.timestamps import to_timestamp

_INTERVAL = re.compile(r"(?:(-?\d+) days?)?\s*(?:(\d+):(\d+):(\d+(?:\.\d+)?))?", re.ASCII)


def _parse_uuid(value: Any) -> str:
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError) as error:
        raise GraphQLError(f"invalid input syntax for type uuid: {value!r}") from error


def _parse_uuids(value: Any) -> list[str]:
    """Return the ids in a list, or in an array as PostgreSQL writes it: `{id,id}`."""
    if isinstance(value, str) and value[:1] == "{" and value[-1:] == "}":
        value = [part.strip(' "') for part in value[1:-1].split(",") if part.strip()]
    if not isinstance(value, list):
        raise GraphQLError(f"malformed array literal: {value!r}")
    return [_parse_uuid(each) for each in value]


def _parse_timestamp(value: Any) -> str:
    try:
        return to_timestamp(value)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise GraphQLError(f"{value!r} is not a timestamp: give it as ISO-8601.") from error


def _parse_interval(value: Any) -> float:
    match = _INTERVAL.fullmatch(str(value).strip())
    if match is None or not match[0]:
        raise GraphQLError(
            f"{value!r} is not an interval: give it as hh:mm:ss, or as '2 days hh:mm:ss'."
        )
    days, hours, minutes, seconds = (float(each or 0) for each in match.groups())
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds


SCALARS = {
    scalar.name: scalar
    for scalar in (
        *(GraphQLString, GraphQLInt, GraphQLFloat, GraphQLBoolean),
        *(GraphQLScalarType(name, parse_value=_parse_uuid) for name in ("uuid", "UUID")),
        GraphQLScalarType("_uuid", parse_value=_parse_uuids),
        *(
            GraphQLScalarType(name, parse_value=_parse_timestamp)
            for name in ("timestamptz", "DateTime")
        ),
        GraphQLScalarType("interval", parse_value=_parse_interval),
        *(GraphQLScalarType(name) for name in ("jsonb", "JSON")),
    )
}
