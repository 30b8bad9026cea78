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
    ago = re.fullmatch(r"(\d+)([mhdw])", text)
    try:
        if ago:
            duration = {_UNITS[ago[2]]: int(ago[1])}
            return str(pendulum.now("utc").subtract(**duration).isoformat())
        return str(pendulum.parse(text, tz="local").in_timezone("utc").isoformat())
    # AttributeError: it is a duration or an interval. OverflowError: it was before the year 1.
    except (ValueError, AttributeError, OverflowError):
        raise ValueError(
            f"'{text}' is not a point in time. Use 30m, 12h or 7d, or a date and time such as "
            "2026-11-26 or 2026-11-26T18:00."
        ) from None


def local_time(timestamp: Optional[str]) -> str:
    """Return a timestamp as a date and time of this machine's time zone."""
    if timestamp is None:
        return ""
    return str(pendulum.parse(timestamp).in_timezone("local").format("YYYY-MM-DD HH:mm:ss"))
