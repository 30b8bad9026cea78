"""The types of a column: what SQLite holds and what the API shows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from project.server.timestamps import canonical


class Identifier(TypeDecorator[str]):
    """A UUID in its lower-case text form."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what SQLite holds."""
        return None if value is None else encodable(str(value)).lower()


class String(TypeDecorator[str]):
    """Text; what UTF-8 cannot hold (a lone surrogate, from a file name say) is escaped."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what SQLite holds."""
        return None if value is None else encodable(value)


class Instant(TypeDecorator[str]):
    """A timestamp in the canonical form."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | datetime | None, dialect: Dialect) -> str | None:
        """Return what SQLite holds."""
        return None if value is None else canonical(value)


class Json(TypeDecorator[Any]):
    """Any JSON value; None is SQL's NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return what SQLite holds."""
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return what the API shows."""
        return None if value is None else json.loads(value)


class JsonText(TypeDecorator[orjson.Fragment]):
    """A JSON value on its way to a response, where its text is put as it is."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> orjson.Fragment | None:
        """Return what the API shows."""
        return None if value is None else orjson.Fragment(value)


def encodable(value: str) -> str:
    """Return a text that UTF-8 can hold."""
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
