"""Flow runs whose states and log lines the tests write themselves, as a run's process would."""

from __future__ import annotations

from typing import Any, Iterable

from prefect import Flow, Parameter, Task

from tests.page.kit import Site
from tests.server.kit import run_row, set_flow_state, set_task_state, state


class PlayedRun:
    """A run of a flow, and what a process does to it."""

    def __init__(self, site: Site, flow: Flow, **asked: Any) -> None:
        self.api = site.api
        self.id = site.register(flow).run(**asked)
        self.address = site(f"/default/flow-run/{self.id}")
        rows = run_row(self.api, self.id, "task_runs { id task { name } }")["task_runs"]
        self.tasks: dict[str, str] = {row["task"]["name"]: row["id"] for row in rows}

    def is_(self, type_: str, **more: Any) -> None:
        set_flow_state(self.api, self.id, type_, **more)

    def task(self, name: str, *types: str, **more: Any) -> None:
        """Give a task run some states, one after another."""
        for type_ in types:
            set_task_state(self.api, self.tasks[name], type_, **more)

    def tasks_are(self, names: Iterable[str], type_: str) -> None:
        states = [{"task_run_id": self.tasks[name], "state": state(type_)} for name in names]
        self.api.mutate("set_task_run_states", states=states)

    def says(self, *messages: str, task: str | None = None, level: str = "INFO") -> None:
        task_run_id = self.tasks[task] if task else None
        line = {"flow_run_id": self.id, "task_run_id": task_run_id, "name": "kedro", "level": level}
        self.api.mutate("write_run_logs", logs=[{**line, "message": each} for each in messages])


def chain(*names: str) -> Flow:
    """Return a flow of tasks one after another, and a parameter."""
    with Flow("chain") as flow:
        previous: Task = Parameter("env", default=None)
        for name in names:
            task = Task(name=name, tags=["nightly"])
            flow.add_edge(previous, task)
            previous = task
    return flow


def fan(size: int) -> Flow:
    """Return a flow of tasks that do not depend on each other."""
    with Flow("fan") as flow:
        for number in range(size):
            flow.add_task(Task(name=f"node_{number}"))
    return flow
