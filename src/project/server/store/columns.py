"""Column types: how a value is stored in SQLite, and how it is read back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from project.server.store.timestamps import to_timestamp


class String(TypeDecorator[str]):
    """Text, with lone surrogates escaped."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the value as it is stored."""
        return None if value is None else escape_surrogates(value)


class Identifier(TypeDecorator[str]):
    """A UUID as a lower-case string."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the value as it is stored."""
        return None if value is None else escape_surrogates(value).lower()


class Timestamp(TypeDecorator[str]):
    """A time in the form of `timestamps`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | datetime | None, dialect: Dialect) -> str | None:
        """Return the value as it is stored."""
        return None if value is None else to_timestamp(value)


class Json(TypeDecorator[Any]):
    """Any JSON value; None is SQL's NULL.

    It is text, because SQLite would convert what looks like a number in a column of type JSON.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the value as it is stored."""
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return the stored value parsed."""
        return None if value is None else json.loads(value)


class JsonFragment(TypeDecorator[orjson.Fragment]):
    """A JSON value that is copied into a response without being parsed."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> orjson.Fragment | None:
        """Return the stored text for orjson."""
        return None if value is None else orjson.Fragment(value)


def escape_surrogates(text: str) -> str:
    r"""Return a string that UTF-8 can encode.

    A lone surrogate (from an undecodable file name, for example) becomes `\udcff`.
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
