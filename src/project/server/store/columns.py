"""Column types: how a value is stored in SQLite, and how it is read back."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Float, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from project.server.errors import InputError
from project.server.store.timestamps import to_timestamp

# Of the 128 bits of a UUID, those after its version and its variant hold the number.
_NUMBER_BITS = 62
_MAX_NUMBER = 2**_NUMBER_BITS - 1
_MAX_SECONDS = timedelta.max.total_seconds()


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


class SerialIdentifier(TypeDecorator[str]):
    """A UUID for a row that SQLite numbers: its number, and the table as what goes before it.

    The number itself is stored, which is smaller than a UUID and keeps new rows together on disk.
    As the numbers grow, rows sorted by their ids are in the order in which they were written.
    """

    impl = Integer
    cache_ok = True

    def __init__(self, table: str) -> None:
        super().__init__()
        prefix = uuid.uuid5(uuid.NAMESPACE_OID, table).int >> _NUMBER_BITS
        self._first = uuid.UUID(int=prefix << _NUMBER_BITS, version=4).int
        self.table = table  # a part of the key under which SQLAlchemy caches statements

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:
        """Return the number; one outside of all numbers for the id of something else."""
        if value is None:
            return None
        number = uuid.UUID(value).int - self._first
        return int(max(-1, min(number, _MAX_NUMBER)))

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:
        """Return the number as an id."""
        return None if value is None else str(uuid.UUID(int=self._first + value))


class Timestamp(TypeDecorator[str]):
    """A time as a string, as `timestamps` writes it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | datetime | None, dialect: Dialect) -> str | None:
        """Return the value as it is stored."""
        return None if value is None else to_timestamp(value)


class ShownTimestamp(TypeDecorator[str]):
    """A stored time as PostgreSQL shows it: without zeros at the end of the second."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the time without those zeros."""
        if value is None or value[25] != "0":
            return value
        return f"{value[:26].rstrip('0').rstrip('.')}{value[26:]}"


class Interval(TypeDecorator[Any]):
    """A number of seconds, shown as PostgreSQL shows an interval."""

    impl = Float
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """Return the value as it is stored. Raises InputError for one that cannot be shown."""
        if value is not None and not abs(value) < _MAX_SECONDS:  # nor NaN
            raise InputError(f"An interval cannot have {value} seconds.")
        return value

    def process_result_value(self, value: float | None, dialect: Dialect) -> str | None:
        """Return the interval as text: `00:01:30`, `1 day 02:00:00.5`."""
        if value is None:
            return None
        interval = timedelta(seconds=value)
        minutes, seconds = divmod(interval.seconds, 60)
        text = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        if interval.microseconds:
            text += f".{interval.microseconds:06}".rstrip("0")
        days = f"{interval.days} day{'' if interval.days == 1 else 's'} "
        return f"{days}{text}" if interval.days else text


class Json(TypeDecorator[Any]):
    """Any JSON value; None is SQL's NULL.

    It is text, because SQLite would convert what looks like a number in a column of type JSON.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the value as it is stored. Raises InputError for NaN and infinity."""
        if value is None:
            return None
        try:
            return json.dumps(value, separators=(",", ":"), allow_nan=False)
        except ValueError as error:
            message = "A value contains NaN or infinity, which JSON does not have."
            raise InputError(message) from error

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
