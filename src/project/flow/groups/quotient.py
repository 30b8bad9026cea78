"""A graph of groups of nodes that stays free of cycles."""

from __future__ import annotations

from typing import Iterable, Iterator, List, Set


class Quotient:
    """Groups of the nodes of an acyclic graph; each node starts as a group of its own.

    A node has the number of nodes that were added before it, its parents among them. Two groups
    are joined unless that would create a cycle of groups, each waiting for the others.

    The groups upstream of each group are kept as the bits of an integer, so that a cycle is found
    without a search. With 10,000 nodes that is about a kilobyte per group.
    """

    def __init__(self) -> None:
        self._leaders: List[int] = []
        self._parents: List[Set[int]] = []
        self._children: List[Set[int]] = []
        self._upstream: List[int] = []

    def add(self, parents: Iterable[int]) -> int:
        """Add a node with the given parents and return its number."""
        node = len(self._leaders)
        groups = {self.group_of(parent) for parent in parents}
        upstream = 0
        for group in groups:
            self._children[group].add(node)
            upstream |= self._upstream[group] | 1 << group
        self._leaders.append(node)
        self._parents.append(groups)
        self._children.append(set())
        self._upstream.append(upstream)
        return node

    def group_of(self, node: int) -> int:
        """Return the group of a node: the number of one of its nodes."""
        leaders = self._leaders
        while leaders[node] != node:
            leaders[node] = leaders[leaders[node]]
            node = leaders[node]
        return node

    def parents_of(self, group: int) -> Set[int]:
        """Return the groups that a group needs."""
        return self._parents[group]

    def join(self, one: int, other: int) -> bool:
        """Join the groups of two nodes; return whether that is possible without a cycle."""
        upper, lower = self.group_of(one), self.group_of(other)
        if upper == lower:
            return True
        if self._is_upstream(lower, of=upper):
            upper, lower = lower, upper
        if any(True for _ in self._between(upper, lower)):
            return False
        self._merge(upper, lower)
        return True

    def detour(self, first: int, last: int) -> List[int]:
        """Return the groups of a path that keeps two groups apart, from ``first`` to ``last``."""
        path = [last, min(self._between(first, last))]
        while first not in self._parents[path[-1]]:
            path.append(min(self._between(first, path[-1])))
        return [first, *reversed(path)]

    def _is_upstream(self, group: int, of: int) -> bool:
        return bool(self._upstream[of] >> group & 1)

    def _between(self, upper: int, lower: int) -> Iterator[int]:
        """Yield the parents of ``lower`` that are downstream of ``upper``."""
        parents = self._parents[lower]
        return (group for group in parents if group != upper and self._is_upstream(upper, of=group))

    def _merge(self, one: int, other: int) -> None:
        # The group with fewer neighbours goes, so that no neighbour is renamed often.
        if self._count_neighbours(one) > self._count_neighbours(other):
            kept, gone = one, other
        else:
            kept, gone = other, one
        self._leaders[gone] = kept
        for mine, theirs in (
            (self._parents, self._children),
            (self._children, self._parents),
        ):
            for neighbour in mine[gone]:
                theirs[neighbour].discard(gone)
                if neighbour != kept:
                    theirs[neighbour].add(kept)
                    mine[kept].add(neighbour)
            mine[gone] = set()
        upstream = self._upstream[kept] | self._upstream[gone]
        self._upstream[kept] = upstream & ~(1 << kept | 1 << gone)
        self._upstream[gone] = 0
        self._pass_on(kept)

    def _count_neighbours(self, group: int) -> int:
        return len(self._parents[group]) + len(self._children[group])

    def _pass_on(self, group: int) -> None:
        """Let all groups downstream know what is upstream of this one."""
        upstream = self._upstream[group] | 1 << group
        left = list(self._children[group])
        while left:
            child = left.pop()
            if upstream & ~self._upstream[child]:
                self._upstream[child] |= upstream
                left.extend(self._children[child])
