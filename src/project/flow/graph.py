"""A Prefect flow that takes linear, not quadratic, time to build."""

from __future__ import annotations

from itertools import count
from typing import Any, Callable, Dict, Iterator, Optional, Set, Tuple, TypeVar

import prefect
from graphlib import TopologicalSorter
from prefect import Task
from prefect.core import Edge

from project.compat.collector import collector_paused
from project.flow.pipeline_ref import PipelineRef
from project.flow.tasks import NodeRuns

T = TypeVar("T")

TaskEdges = Dict[Task, Set[Edge]]


class KedroFlow(prefect.Flow):
    """Flow that keeps its tasks in the order in which they were added, as far as edges permit.

    Prefect's own flow compares all tasks and edges whenever its graph is read, and searches all
    slugs for each new task. Here, a change of the flow clears the cache instead.

    ``ref`` names the pipeline, ``runs`` has the Kedro runs of this process. ``dataset_types`` are
    the class names of datasets, for readers of the registered flow; they differ between
    environments, and are not part of the flow's version.
    """

    def __init__(self, name: str, ref: PipelineRef, runs: NodeRuns, **kwargs: Any):
        self.ref = ref
        self.runs = runs
        self.dataset_types: Dict[str, Optional[str]] = {}
        self._taken_slugs: Set[str] = set()
        super().__init__(name, **kwargs)

    def copy(self) -> KedroFlow:
        """Return a copy to which tasks can be added without changing this flow."""
        new: KedroFlow = super().copy()
        new._taken_slugs = set(self._taken_slugs)
        return new

    def add_task(self, task: Task) -> Task:
        """Add a task, unless the flow has it."""
        added: Task = super().add_task(task)
        self._taken_slugs.add(self.slugs[task])  # a parameter has a slug already
        return added

    def serialize(self, build: bool = False) -> Dict[str, Any]:
        """Return the flow as JSON, with the descriptions of its tasks."""
        with collector_paused():
            serialized: Dict[str, Any] = super().serialize(build)
            descriptions = {
                slug: task.describe(self.dataset_types)
                for task, slug in self.slugs.items()
                if hasattr(task, "describe")
            }
        for task in serialized["tasks"]:
            task.update(descriptions.get(task["slug"], {}))
        return serialized

    def dataset_names(self) -> Set[str]:
        """Return the names of all datasets that tasks read or write."""
        return {
            name
            for task in self.tasks
            for name in (*getattr(task, "reads", ()), *getattr(task, "writes", ()))
        }

    def all_upstream_edges(self) -> TaskEdges:
        """Return the edges that lead to each task."""
        return self._cached("upstream", lambda: self._edges_by("downstream_task"))

    def all_downstream_edges(self) -> TaskEdges:
        """Return the edges that lead from each task."""
        return self._cached("downstream", lambda: self._edges_by("upstream_task"))

    def _edges_by(self, end: str) -> TaskEdges:
        edges: TaskEdges = {task: set() for task in self.tasks}
        for edge in self.edges:
            edges[getattr(edge, end)].add(edge)
        return edges

    def _sorted_tasks(self, root_tasks: Tuple[Task, ...] = ()) -> Tuple[Task, ...]:
        if root_tasks:
            below: Tuple[Task, ...] = super()._sorted_tasks(root_tasks=root_tasks)
            return below
        return self._cached("sorted", lambda: tuple(self._levels()))

    def _levels(self) -> Iterator[Task]:
        # Kedro's order of nodes: level by level, in each level by the order of the pipeline.
        rank = {task: position for position, task in enumerate(self.slugs)}
        sorter = TopologicalSorter({task: self.upstream_tasks(task) for task in self.slugs})
        sorter.prepare()
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=rank.__getitem__)
            yield from ready
            sorter.done(*ready)

    def _cached(self, key: str, make: Callable[[], T]) -> T:
        if key not in self._cache:  # Prefect empties it when the flow changes
            self._cache[key] = make()
        value: T = self._cache[key]
        return value

    def _generate_task_slug(self, task: Task) -> str:
        # Prefect numbers all slugs ("load-1"); here a node's slug is its name, which Kedro requires
        # to be unique. Only the init task and parameters can have the name of a node.
        slug: str = task.name
        numbered = (f"{task.name}-{number}" for number in count(1))
        while slug in self._taken_slugs:
            slug = next(numbered)
        return slug
