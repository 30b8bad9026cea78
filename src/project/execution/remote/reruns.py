"""Units that Dask starts a second time, because it has lost the worker that had them."""

from __future__ import annotations

from typing import Any, Collection

from distributed import SchedulerPlugin, get_worker

_MARK = "kedro_rerun"


class RerunMarker(SchedulerPlugin):
    """Plugin of a scheduler that marks the units of a run which may have begun before.

    Dask itself starts them on another worker at once, and does not report it to the run. The mark
    travels with the task.
    """

    def __init__(self, tasks: Any, keys: Collection[str]):
        self._tasks = tasks  # of the scheduler, by key
        self._keys = keys

    def transition(self, key: Any, start: str, finish: str, *args: Any, **kwargs: Any) -> None:
        """Mark a unit that a worker had been given, or whose values are lost."""
        if finish == "released" and start in ("processing", "memory") and key in self._keys:
            task = self._tasks[key]
            # A property without a setter before distributed 2022.3
            name = "_annotations" if hasattr(task, "_annotations") else "annotations"
            setattr(task, name, {**(task.annotations or {}), _MARK: True})


def mark_reruns(name: str, keys: Collection[str], dask_scheduler: Any) -> None:
    """Mark units of a run from now on, whenever the scheduler sends them to a worker again."""
    dask_scheduler.add_plugin(RerunMarker(dask_scheduler.tasks, frozenset(keys)), name=name)


def forget_reruns(name: str, dask_scheduler: Any) -> None:
    """End what ``mark_reruns`` began, if it did."""
    if name in dask_scheduler.plugins:
        dask_scheduler.remove_plugin(name=name)


def is_rerun(key: str) -> bool:
    """Return whether a unit that this worker is about to run may have begun before."""
    worker: Any = get_worker()
    state = getattr(worker, "state", worker)  # its own before distributed 2022.6
    task = state.tasks.get(key)
    return bool(task is not None and (task.annotations or {}).get(_MARK))
