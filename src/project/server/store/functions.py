"""Functions that SQLite does not have, which its connections get."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache
from typing import Any


def add_functions(connection: sqlite3.Connection) -> None:
    """Add `json_contains(json, part)`, PostgreSQL's `@>`, to a connection."""
    connection.create_function("json_contains", 2, _json_contains, deterministic=True)


def _json_contains(text: str | None, part: str | None) -> bool | None:
    if text is None or part is None:
        return None
    # Most rows are ruled out before they are parsed.
    if not all(piece in text for piece in _pieces(part)):
        return False
    return _contains(_parsed(text), _parsed(part))


# Consecutive calls are for the same row, or for the same part.
@lru_cache(maxsize=32)
def _parsed(text: str) -> Any:
    return json.loads(text)


@lru_cache(maxsize=32)
def _pieces(part: str) -> tuple[str, ...]:
    """Return texts that are in all JSON that contains this part: its keys and its strings."""

    def pieces(value: Any) -> list[str]:
        if isinstance(value, dict):
            keys = [json.dumps(key) for key in value]
            return [*keys, *(piece for inner in value.values() for piece in pieces(inner))]
        if isinstance(value, list):
            return [piece for inner in value for piece in pieces(inner)]
        return [json.dumps(value)] if isinstance(value, str) else []

    return tuple(pieces(json.loads(part)))


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and _contains(whole[key], value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(_contains(each, item) for each in whole) for item in part)
    # A Python True is equal to 1, a JSON one is not.
    is_same_kind = isinstance(whole, bool) == isinstance(part, bool)
    return is_same_kind and not isinstance(whole, (dict, list)) and bool(whole == part)
