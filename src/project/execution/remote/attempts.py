"""Attempts of nodes on workers, of which some are lost with their worker."""

from __future__ import annotations

from collections import Counter
from typing import Callable, Dict, Set

from prefect.engine.state import Retrying

from project.config.model import TaskPolicy
from project.errors import WorkerLostError
from project.execution.runners import make_retrying, retries_on


class Attempts:
    """The attempt of each node that counts, and how many of its attempts have failed.

    A worker that Dask has given up may still run an attempt and report it.
    """

    def __init__(self, policy_of: Callable[[str], TaskPolicy]):
        self._policy_of = policy_of
        self._current: Dict[str, str] = {}
        self._superseded: Set[str] = set()
        self._failures: Counter[str] = Counter()

    def begin(self, node: str, attempt: str) -> bool:
        """Return whether this attempt is the first of a node to report, or that one again."""
        return self._current.setdefault(node, attempt) == attempt

    def replace(self, node: str, attempt: str) -> None:
        """Let another attempt count, and nothing that the old one still reports."""
        self._superseded.add(self._current.get(node, ""))
        self._current[node] = attempt

    def is_superseded(self, attempt: str) -> bool:
        """Return whether another attempt has replaced this one."""
        return attempt in self._superseded

    def record_failures(self, node: str, count: int) -> None:
        """Record how many attempts of a node have failed so far."""
        self._failures[node] = count

    def may_rerun(self, node: str) -> bool:
        """Return whether the policy of a node allows another attempt after the loss of a worker."""
        policy = self._policy_of(node)
        return self._failures[node] < policy.retries and retries_on(WorkerLostError(""), policy)

    def count_lost(self, node: str) -> None:
        """Count an attempt that was lost."""
        self._failures[node] += 1

    def retry(self, node: str) -> Retrying:
        """Count an attempt that was lost, and return the state of the node until the next one."""
        self.count_lost(node)
        lost = "ended, or lost its value, when its worker was lost"
        return make_retrying(self._policy_of(node), self._failures[node], lost)
