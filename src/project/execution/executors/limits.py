"""How many tasks with a tag may run at once."""

from __future__ import annotations

from collections import deque
from itertools import count
from threading import Lock
from typing import Callable, Collection, Deque, Dict, FrozenSet, Iterator, Mapping, NamedTuple


class _Waiting(NamedTuple):
    number: int
    start: Callable[[], None]


class Limiter:
    """Holds tasks back while as many with one of their tags run as ``limits`` allows.

    A task that waits takes no thread, and those behind it that need none of its tags go ahead.
    """

    def __init__(self, limits: Mapping[str, int]):
        self._free: Dict[str, int] = dict(limits)
        self._waiting: Dict[FrozenSet[str], Deque[_Waiting]] = {}  # by limited tags
        self._numbers = count()
        self._lock = Lock()

    def submit(self, tags: Collection[str], start: Callable[[], None]) -> None:
        """Call ``start`` now or, in the thread that ends another task, later."""
        limited = frozenset(self._free) & frozenset(tags)
        with self._lock:
            can_start = self._is_free(limited)
            if can_start:
                self._take(limited)
            else:
                task = _Waiting(next(self._numbers), start)
                self._waiting.setdefault(limited, deque()).append(task)
        if can_start:
            start()

    def end(self, tags: Collection[str]) -> None:
        """Start what waited for the end of a task with these tags."""
        with self._lock:
            for tag in frozenset(self._free) & frozenset(tags):
                self._free[tag] += 1
            ready = list(self._take_ready())
        for task in ready:
            task.start()

    def _take_ready(self) -> Iterator[_Waiting]:
        """Yield the tasks that may start, in the order in which they came."""
        while True:
            free = [tags for tags, queue in self._waiting.items() if queue and self._is_free(tags)]
            if not free:
                return
            first = min(free, key=lambda tags: self._waiting[tags][0].number)
            self._take(first)
            yield self._waiting[first].popleft()

    def _is_free(self, tags: FrozenSet[str]) -> bool:
        return all(self._free[tag] > 0 for tag in tags)

    def _take(self, tags: FrozenSet[str]) -> None:
        for tag in tags:
            self._free[tag] -= 1
