"""The patterns of PostgreSQL's LIKE, SIMILAR TO and regular expressions, in SQLite's terms."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping

from sqlalchemy import ColumnElement, func, literal

from project.server.errors import InputError
from project.server.store.columns import String
from project.server.store.functions import compiled

_MAX_LENGTH = 500
_ESCAPED = {"%": ".*", "_": "."}
# Special in SIMILAR TO as they are in regular expressions.
_SHARED = frozenset("|*+?{}()[]")
_SIMILAR_PARTS = re.compile(r"\\.?|\[\^?\]?[^\]]*\]|.", re.DOTALL)


def _matches(column: Any, regex: str) -> ColumnElement[bool]:
    return func.matches(column, literal(regex, String))


def _ilike(column: Any, pattern: str) -> ColumnElement[bool]:
    if pattern.isascii():
        like: ColumnElement[bool] = column.like(pattern, escape="\\")
        return like
    # SQLite's LIKE takes É and é apart.
    return func.lower_case(column).like(func.lower_case(literal(pattern, String)), escape="\\")


def _glob_of(pattern: str) -> str:
    """Return a LIKE pattern as one of GLOB, which takes upper and lower case apart."""
    glob, characters = "", iter(pattern)
    for character in characters:
        if character in "%_":
            glob += "*" if character == "%" else "?"
        else:
            literal = next(characters, "\\") if character == "\\" else character
            glob += f"[{literal}]" if literal in "*?[" else literal
    return glob


def _regex_of_similar(pattern: str) -> str:
    """Return a SIMILAR TO pattern as a regular expression. Raises InputError."""
    regex = "".join(map(_part_of_similar, _SIMILAR_PARTS.findall(pattern)))
    return _checked_regex(rf"(?s)\A(?:{regex})\Z")


def _part_of_similar(part: str) -> str:
    if part[0] == "\\":
        return re.escape(part[1:] or part)
    if part in _SHARED or len(part) > 1:  # a list in brackets is the same in both
        return part
    return _ESCAPED.get(part) or re.escape(part)


def _checked_regex(pattern: str, *, ignore_case: bool = False) -> str:
    """Return a regular expression. Raises InputError for one that cannot be compiled."""
    import regex  # here, as few queries need it

    if len(pattern) > _MAX_LENGTH:
        raise InputError(f"A pattern has more than {_MAX_LENGTH} characters.")
    flagged = f"(?i){pattern}" if ignore_case else pattern
    try:
        compiled(flagged)
    except (regex.error, OverflowError, RecursionError, ValueError) as error:
        raise InputError(f"{pattern!r} is not a regular expression: {error}.") from error
    return flagged


# The comparisons of a text with a pattern. SQLite's LIKE ignores case, as PostgreSQL's ILIKE does;
# its escape character must be named.
PATTERNS: Mapping[str, Callable[[Any, str], ColumnElement[bool]]] = {
    "like": lambda column, value: column.bool_op("GLOB")(_glob_of(value)),
    "ilike": _ilike,
    "similar": lambda column, value: _matches(column, _regex_of_similar(value)),
    "regex": lambda column, value: _matches(column, _checked_regex(value)),
    "iregex": lambda column, value: _matches(column, _checked_regex(value, ignore_case=True)),
}
