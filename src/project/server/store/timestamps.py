"""Timestamps as ISO-8601 strings in UTC, all of one length, so that they sort as strings."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from dateutil.parser import isoparse

# For example 2026-11-22T06:28:09.599888+00:00.
_STORED_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", re.ASCII)


def now() -> str:
    """Return the current time."""
    return _format(datetime.now(timezone.utc))


def seconds_ago(seconds: float) -> str:
    """Return the time that is `seconds` before now."""
    return _format(datetime.now(timezone.utc) - timedelta(seconds=seconds))


def seconds_between(earlier: str, later: str) -> float:
    """Return the seconds from one stored time to another."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def to_timestamp(value: str | datetime) -> str:
    """Return a time in the stored form; a time without an offset is taken as UTC.

    Raises ValueError for a string that is not ISO-8601.
    """
    if isinstance(value, datetime):
        moment = value
    elif _STORED_FORM.fullmatch(value):  # as most are
        datetime.fromisoformat(value)  # raises ValueError
        return value
    else:
        moment = isoparse(value.strip())
    return _format(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))


def _format(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")
