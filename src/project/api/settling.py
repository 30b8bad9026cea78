"""Waiting for what a request has written whose answer did not arrive."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Callable, List, Sequence, TypeVar

T = TypeVar("T")

SETTLE_SECONDS = 2.0
SETTLE_PAUSE_SECONDS = 0.5


def settle(unclear: Sequence[T], find: Callable[[List[T]], List[T]]) -> None:
    """Let ``find`` look for items in the API until it has found all, or finds no more of them.

    Prefect Server may still be writing them: it continues with a request after the client has
    given up.
    """
    missing, last_find = list(unclear), monotonic()
    while missing:
        found = find(missing)
        missing = [item for item in missing if item not in found]
        if found:
            last_find = monotonic()
        elif monotonic() - last_find > SETTLE_SECONDS:
            return
        if missing:
            sleep(SETTLE_PAUSE_SECONDS)
