"""How many tasks with a tag may run at once."""

from __future__ import annotations

from threading import Lock
from typing import Callable, Collection, Dict, FrozenSet, List, Mapping, NamedTuple


class _Waiting(NamedTuple):
    tags: FrozenSet[str]
    start: Callable[[], None]


class Limiter:
    """Holds tasks back while as many with one of their tags run as ``limits`` allows.

    A task that waits takes no thread, and those behind it that need none of its tags go ahead.
    """

    def __init__(self, limits: Mapping[str, int]):
        self._free: Dict[str, int] = dict(limits)
        self._waiting: List[_Waiting] = []
        self._lock = Lock()

    def submit(self, tags: Collection[str], start: Callable[[], None]) -> None:
        """Call ``start`` now or, in the thread that ends another task, later."""
        task = _Waiting(frozenset(self._free) & frozenset(tags), start)
        with self._lock:
            can_start = self._take(task)
            if not can_start:
                self._waiting.append(task)
        if can_start:
            start()

    def end(self, tags: Collection[str]) -> None:
        """Start what waited for the end of a task with these tags."""
        with self._lock:
            for tag in frozenset(self._free) & frozenset(tags):
                self._free[tag] += 1
            ready = [task for task in self._waiting if self._take(task)]
            self._waiting = [task for task in self._waiting if task not in ready]
        for task in ready:
            task.start()

    def _take(self, task: _Waiting) -> bool:
        if any(self._free[tag] < 1 for tag in task.tags):
            return False
        for tag in task.tags:
            self._free[tag] -= 1
        return True
