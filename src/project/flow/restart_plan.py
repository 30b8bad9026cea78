"""Which tasks must run again so that a flow run can continue from where it failed."""

from __future__ import annotations

from collections import defaultdict
from typing import DefaultDict, Iterable, List, NamedTuple, Set, Tuple

Edges = Iterable[Tuple[str, str]]


class RestartPlan(NamedTuple):
    """Keys of the tasks that run after a restart.

    ``unfinished`` have not succeeded, or depend on such a task. ``again`` have succeeded, but what
    they left in memory is lost, and a task that runs needs it.
    """

    unfinished: Set[str]
    again: Set[str]


def plan_restart(unfinished: Iterable[str], edges: Edges, lost_edges: Edges) -> RestartPlan:
    """Return which tasks must run, given those that have not succeeded.

    Edges lead from a task to one that depends on it; the lost ones are those along which a value
    would go that no process has any more.
    """
    after, needs = _neighbours(edges), _neighbours((end, start) for start, end in lost_edges)
    first = _reachable(unfinished, after)
    return RestartPlan(first, _reachable(first, needs) - first)


def _neighbours(edges: Edges) -> DefaultDict[str, List[str]]:
    neighbours: DefaultDict[str, List[str]] = defaultdict(list)
    for start, end in edges:
        neighbours[start].append(end)
    return neighbours


def _reachable(starts: Iterable[str], neighbours: DefaultDict[str, List[str]]) -> Set[str]:
    found = set(starts)
    waiting = list(found)
    while waiting:
        for one in neighbours[waiting.pop()]:
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found
