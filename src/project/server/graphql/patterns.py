"""The patterns of PostgreSQL's LIKE, SIMILAR TO and regular expressions, in SQLite's terms."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping

from sqlalchemy import ColumnElement, func, literal

from project.server.errors import InputError
from project.server.store.columns import String

_MAX_LENGTH = 500
_ESCAPED = {"%": ".*", "_": "."}
# Special in SIMILAR TO as they are in regular expressions.
_SHARED = frozenset("|*+?{}()[]")


def _matches(column: Any, regex: str) -> ColumnElement[bool]:
    return func.matches(column, literal(regex, String))


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
    regex, characters = "", iter(pattern)
    for character in characters:
        if character == "\\":
            regex += re.escape(next(characters, "\\"))
        elif character in _SHARED:
            regex += character
        else:
            regex += _ESCAPED.get(character) or re.escape(character)
    return _checked_regex(rf"(?s)\A(?:{regex})\Z")


def _checked_regex(pattern: str, *, ignore_case: bool = False) -> str:
    """Return a regular expression that can be searched for in reasonable time.

    Raises InputError for one that cannot be compiled, is too long, or repeats a repetition: a text
    of 30 characters can keep `(a+)+b` busy for minutes.
    """
    if len(pattern) > _MAX_LENGTH:
        raise InputError(f"A pattern has more than {_MAX_LENGTH} characters.")
    if _repeats_repetition(pattern):
        raise InputError(f"The pattern {pattern!r} repeats a group that contains a repetition.")
    flagged = f"(?i){pattern}" if ignore_case else pattern
    try:
        re.compile(flagged)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(f"{pattern!r} is not a regular expression: {error}.") from error
    return flagged


def _repeats_repetition(pattern: str) -> bool:
    parts = re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|.", pattern, re.DOTALL)
    open_groups = [False]  # for each, whether there is a repetition in it
    for part, following in zip(parts, [*parts[1:], ""]):
        if part == "(":
            open_groups.append(False)
        elif part == ")" and len(open_groups) > 1:
            has_repetition = open_groups.pop()
            if has_repetition and following in ("*", "+", "{"):
                return True
            open_groups[-1] = open_groups[-1] or has_repetition
        elif part in ("*", "+", "{"):
            open_groups[-1] = True
    return False


# The comparisons of a text with a pattern. SQLite's LIKE ignores case, as PostgreSQL's ILIKE does;
# its escape character must be named.
PATTERNS: Mapping[str, Callable[[Any, str], ColumnElement[bool]]] = {
    "like": lambda column, value: column.bool_op("GLOB")(_glob_of(value)),
    "ilike": lambda column, value: column.like(value, escape="\\"),
    "similar": lambda column, value: _matches(column, _regex_of_similar(value)),
    "regex": lambda column, value: _matches(column, _checked_regex(value)),
    "iregex": lambda column, value: _matches(column, _checked_regex(value, ignore_case=True)),
}
