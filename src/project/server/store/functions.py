"""Functions that SQLite does not have, which its connections get: regular expressions, JSON."""

from __future__ import annotations

import json
import math
import sqlite3
import threading
import time
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Iterator

_limits = threading.local()


def add_functions(connection: sqlite3.Connection) -> None:
    """Add the functions to a connection.

    They are `matches(text, pattern)`, `lower_case(text)`, `json_contains(json, part)`,
    `json_equals(json, other)` and `json_has_key(json, key)`.
    """
    connection.create_function("matches", 2, _matches, deterministic=True)
    connection.create_function("lower_case", 1, _lower_case, deterministic=True)
    connection.create_function("json_equals", 2, _json_equals, deterministic=True)
    connection.create_function("json_contains", 2, _json_contains, deterministic=True)
    connection.create_function("json_has_key", 2, _json_has_key, deterministic=True)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let searches in this thread end in time; what else takes long, SQLite can interrupt."""
    _limits.end = time.monotonic() + seconds
    try:
        yield
    finally:
        del _limits.end


def _matches(text: str | None, pattern: str) -> bool | None:
    """Return whether a pattern matches somewhere in a text. Raises TimeoutError."""
    if text is None:
        return None
    left = getattr(_limits, "end", math.inf) - time.monotonic()
    if left <= 0:
        raise TimeoutError
    # Other threads run meanwhile: a text of 30 characters can keep some patterns busy for minutes.
    timeout = None if math.isinf(left) else left
    return bool(compiled(pattern).search(text, timeout=timeout, concurrent=True))


def _lower_case(text: str | None) -> str | None:
    return None if text is None else text.lower()


@lru_cache(maxsize=32)
def compiled(pattern: str) -> Any:
    """Return a compiled regular expression, whose searches can have a time limit."""
    import regex  # here, as few queries need it

    return regex.compile(pattern)


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


def _json_equals(text: str | None, other: str) -> bool | None:
    if text is None:
        return None
    return all(piece in text for piece in _pieces(other)) and _equal(_parsed(text), _parsed(other))


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


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return _same_scalar(one, other)


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and _contains(whole[key], value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(_contains(each, item) for each in whole) for item in part)
    return _same_scalar(whole, part)


def _same_scalar(one: Any, other: Any) -> bool:
    # A Python True is equal to 1, a JSON one is not.
    is_same_kind = isinstance(one, bool) == isinstance(other, bool)
    return is_same_kind and not isinstance(one, (dict, list)) and bool(one == other)
