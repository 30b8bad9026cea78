"""Points in time as users write and read them."""

from __future__ import annotations

import re
from typing import Optional

import pendulum

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_since(text: str) -> str:
    """Return the timestamp of a point in time: a date, a time, or how long ago it was (``12h``).

    Raises:
        ValueError: it is none of these.
    """
    moment = _parse(text, "mhdw")
    if moment is None:
        raise ValueError(
            f"'{text}' is not a point in time. Use 30m, 12h or 7d, or a date and time such as "
            "2026-11-26 or 2026-11-26T18:00."
        )
    return str(moment.isoformat())


def parse_age(text: str) -> str:
    """Return the timestamp of the time that was an age ago (``30d``), or of a date in the past.

    There are no minutes: ``1m`` could be meant as a month.

    Raises:
        ValueError: it is neither.
    """
    moment = _parse(text, "hdw")
    examples = "Use 12h, 30d or 8w, or a date such as 2026-11-26."
    if moment is None:
        raise ValueError(f"'{text}' is not an age. {examples}")
    if moment > pendulum.now("utc"):
        raise ValueError(f"'{text}' is in the future. {examples}")
    return str(moment.isoformat())


def _parse(text: str, units: str) -> Optional[pendulum.DateTime]:
    """Return a point in time, in UTC; ``None`` if it is none, or has another unit."""
    ago = re.fullmatch(rf"(\d+)([{units}])", text)
    try:
        if ago:
            return pendulum.now("utc").subtract(**{_UNITS[ago[2]]: int(ago[1])})
        return pendulum.parse(text, tz="local").in_timezone("utc")
    # AttributeError: it is a duration or an interval. OverflowError: it was before the year 1.
    except (ValueError, AttributeError, OverflowError):
        return None


def local_time(timestamp: Optional[str]) -> str:
    """Return a timestamp as a date and time of this machine's time zone."""
    if timestamp is None:
        return ""
    return str(pendulum.parse(timestamp).in_timezone("local").format("YYYY-MM-DD HH:mm:ss"))
