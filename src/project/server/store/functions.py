"""Functions that SQLite does not have, which its connections get."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def add_functions(connection: sqlite3.Connection) -> None:
    """Add `json_contains(json, part)`, PostgreSQL's `@>`, to a connection."""
    connection.create_function("json_contains", 2, _json_contains, deterministic=True)


def _json_contains(text: str | None, part: str | None) -> bool | None:
    if text is None or part is None:
        return None
    return _contains(json.loads(text), json.loads(part))


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and _contains(whole[key], value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(_contains(each, item) for each in whole) for item in part)
    # A Python True is equal to 1, a JSON one is not.
    is_same_kind = isinstance(whole, bool) == isinstance(part, bool)
    return is_same_kind and not isinstance(whole, (dict, list)) and bool(whole == part)
