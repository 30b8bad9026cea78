"""The patterns of PostgreSQL's LIKE, SIMILAR TO and regular expressions, in SQLite's terms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from typing import Any, Callable, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, func, literal

from project.server.errors import InputError
from project.server.store.columns import String

_MAX_LENGTH = 500
_ESCAPED = {"%": ".*", "_": "."}
# Special in SIMILAR TO as they are in regular expressions.
_SHARED = frozenset("|*+?{}()[]")

_MAX_REPETITIONS = 3
_MAX_WAYS = 100
# Of regular expressions: escapes, sets, starts of groups, quantifiers (`*`, `*?`), characters.
_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|\(\??"
    r"|(?:[*+?]|\{(?:\d+(?:,\d*)?|,\d*)\})[?+]?|.",
    re.DOTALL,
)
# Comments, and spaces that are none, may come between a group and its quantifier.
_OBSCURE = re.compile(r"\(\?(?:#|[a-zA-Z]*x)")


def _matches(column: Any, regex: str) -> ColumnElement[bool]:
    return func.matches(column, literal(regex, String), _repetitions(_TOKEN.findall(regex)))


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

    Raises InputError for one that cannot be compiled, or that could be expensive: a text of 30
    characters can keep `(a+)+b` busy for minutes, and meanwhile nothing else runs.
    """
    if len(pattern) > _MAX_LENGTH:
        raise InputError(f"A pattern has more than {_MAX_LENGTH} characters.")
    if not _is_cheap(pattern):
        raise InputError(
            f"The pattern {pattern!r} could take too long: use at most {_MAX_REPETITIONS} "
            "repetitions, few alternatives (| and ?), no comments, and repeat no group that "
            "contains one of these."
        )
    flagged = f"(?i){pattern}" if ignore_case else pattern
    try:
        re.compile(flagged)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(f"{pattern!r} is not a regular expression: {error}.") from error
    return flagged


@dataclass
class _Group:
    """A group that is being read: its alternatives, and whether it has a repetition in it."""

    branches: int = 1
    repeats: bool = False


def _is_cheap(pattern: str) -> bool:
    """Return whether there are few ways in which the parts of a pattern could match a text.

    They multiply: those of a part that comes after another are tried for each of that one's.
    """
    if _OBSCURE.search(pattern):
        return False
    parts = _TOKEN.findall(pattern)
    optional = sum(part[0] == "?" for part in parts)
    groups = list(_groups(parts))
    ways = 2**optional * prod(group.branches for group, _ in groups)
    repeats_choice = any(
        following[:1] in ("*", "+", "{") and (group.repeats or group.branches > 1)
        for group, following in groups
    )
    return _repetitions(parts) <= _MAX_REPETITIONS and ways <= _MAX_WAYS and not repeats_choice


def _repetitions(parts: Sequence[str]) -> int:
    return sum(part[0] in "*+" or (part[0] == "{" and "," in part) for part in parts)


def _groups(parts: Sequence[str]) -> Iterator[tuple[_Group, str]]:
    """Yield each group with what comes after it, and at last the pattern as a group."""
    open_groups = [_Group()]
    for part, following in zip(parts, [*parts[1:], ""]):
        if part[0] == "(":
            open_groups.append(_Group())
        elif part == ")" and len(open_groups) > 1:
            group = open_groups.pop()
            open_groups[-1].repeats |= group.repeats or group.branches > 1
            yield group, following
        elif part == "|":
            open_groups[-1].branches += 1
        elif part[0] in "*+?{":
            open_groups[-1].repeats = True
    yield open_groups[0], ""


# The comparisons of a text with a pattern. SQLite's LIKE ignores case, as PostgreSQL's ILIKE does;
# its escape character must be named.
PATTERNS: Mapping[str, Callable[[Any, str], ColumnElement[bool]]] = {
    "like": lambda column, value: column.bool_op("GLOB")(_glob_of(value)),
    "ilike": _ilike,
    "similar": lambda column, value: _matches(column, _regex_of_similar(value)),
    "regex": lambda column, value: _matches(column, _checked_regex(value)),
    "iregex": lambda column, value: _matches(column, _checked_regex(value, ignore_case=True)),
}
