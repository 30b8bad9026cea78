"""Instants as ISO-8601 text in UTC, of one length, so that the order of texts is that of times."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from dateutil.parser import isoparse

_LENGTH = len("2026-11-22T06:28:09.599888+00:00")


def now() -> str:
    """Return the present instant."""
    return _text(datetime.now(timezone.utc))


def ago(seconds: float) -> str:
    """Return the instant that was so many seconds before now."""
    return _text(datetime.now(timezone.utc) - timedelta(seconds=seconds))


def canonical(value: str | datetime) -> str:
    """Return an instant given with any offset, or none (which means UTC), in the canonical form.

    Raises ValueError for what is not ISO-8601.
    """
    if isinstance(value, str) and _is_canonical(value):
        return value
    moment = value if isinstance(value, datetime) else isoparse(value.strip())
    return _text(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))


def _is_canonical(value: str) -> bool:
    return (
        len(value) == _LENGTH and value[10] == "T" and value[19] == "." and value.endswith("+00:00")
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")
