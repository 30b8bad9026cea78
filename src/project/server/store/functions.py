"""Functions that SQLite does not have, which its connections get: regular expressions, JSON."""

from __future__ import annotations

import json
import re
import sqlite3
from functools import lru_cache
from typing import Any


def add_functions(connection: sqlite3.Connection) -> None:
    """Add the functions to a connection.

    They are `matches(text, pattern)`, `json_contains(json, part)` and `json_has_key(json, key)`.
    """
    connection.create_function("matches", 2, _matches, deterministic=True)
    connection.create_function("json_contains", 2, _json_contains, deterministic=True)
    connection.create_function("json_has_key", 2, _json_has_key, deterministic=True)


def _matches(text: str | None, pattern: str) -> bool | None:
    return None if text is None else bool(_compiled(pattern).search(text))


@lru_cache(maxsize=32)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _json_contains(text: str | None, part: str | None) -> bool | None:
    if text is None or part is None:
        return None
    # Most rows are ruled out before they are parsed.
    if not all(piece in text for piece in _pieces(part)):
        return False
    whole, wanted = _parsed(text), _parsed(part)
    # To PostgreSQL, a list contains what its items are equal to, also without a list around it.
    is_item = isinstance(whole, list) and not isinstance(wanted, (list, dict))
    return _contains(whole, [wanted] if is_item else wanted)


def _json_has_key(text: str | None, key: str) -> bool | None:
    if text is None:
        return None
    value = _parsed(text)
    return key in value if isinstance(value, (dict, list)) else key == value


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
