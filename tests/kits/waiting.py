"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from typing import Callable, Optional, TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], Optional[T]], seconds: float = 60.0) -> T:
    """Return what a probe finds, once that is something."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < deadline, f"Not within {seconds} s; the last was {found!r}."
        time.sleep(0.03)
