"""Slots for nodes on workers whose tags have a limit."""

from __future__ import annotations

from typing import Callable, Collection, Dict, Mapping, Set

from project.execution.executors.limits import Limiter


class Slots:
    """Slots that nodes request from their workers, and that the process of the run grants.

    ``tags`` are those of each node. ``grant`` is called with a worker's address and a node, once
    the limits of its tags allow it.
    """

    def __init__(
        self,
        limits: Mapping[str, int],
        tags: Mapping[str, Collection[str]],
        grant: Callable[[str, str], None],
    ):
        self._limiter = Limiter(limits)
        self._tags = tags
        self._grant = grant
        self._requests: Dict[str, object] = {}  # by node, each one that still counts
        self._granted: Set[str] = set()
        self._is_stopped = False

    def request(self, node: str, worker: str) -> None:
        """Grant a slot now, or when another node ends."""
        request = self._requests[node] = object()
        tags = self._tags[node]

        def grant() -> None:
            if self._requests.get(node) is not request:  # the node's unit has begun again since
                self._limiter.end(tags)
            elif not self._is_stopped:
                self._granted.add(node)
                self._grant(worker, node)

        self._limiter.submit(tags, grant)

    def end(self, node: str) -> None:
        """Take back what a node has, or forget what it has requested."""
        self._requests.pop(node, None)
        if node in self._granted:
            self._granted.remove(node)
            self._limiter.end(self._tags[node])

    def stop(self) -> None:
        """Grant nothing more."""
        self._is_stopped = True
