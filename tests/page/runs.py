"""Flow runs and agents without processes: the tests write what those would report."""

from __future__ import annotations

from typing import Any, Iterable

from prefect import Flow

from tests.page.kit import Site
from tests.server.kit import run_row, set_flow_state, set_task_state, state, two_tasks


class SimulatedRun:
    """A run of a flow, whose states and log lines a test writes."""

    def __init__(self, site: Site, flow: Flow, **options: Any) -> None:
        self.api = site.api
        self.id = site.register(flow).run(**options)
        self.address = site(f"/default/flow-run/{self.id}")
        rows = run_row(self.api, self.id, "task_runs { id task { name } }")["task_runs"]
        self.tasks: dict[str, str] = {row["task"]["name"]: row["id"] for row in rows}

    def set_state(self, type_: str, **more: Any) -> None:
        set_flow_state(self.api, self.id, type_, **more)

    def set_task_state(self, name: str, *types: str, **more: Any) -> None:
        """Give a task run one or more states, one after another."""
        for type_ in types:
            set_task_state(self.api, self.tasks[name], type_, **more)

    def set_task_states(self, names: Iterable[str], type_: str) -> None:
        """Give many task runs one state, in one request."""
        states = [{"task_run_id": self.tasks[name], "state": state(type_)} for name in names]
        self.api.mutate("set_task_run_states", states=states)

    def log(self, *messages: str, task: str | None = None, level: str = "INFO") -> None:
        task_run_id = self.tasks[task] if task else None
        line = {"flow_run_id": self.id, "task_run_id": task_run_id, "name": "kedro", "level": level}
        logs = [{**line, "message": message} for message in messages]
        self.api.mutate("write_run_logs", logs=logs)


def finished_run(site: Site, flow_id: str, state: str = "Success", **options: Any) -> str:
    """Create a run that has started and ended, and return its id."""
    run = str(site.api.mutate("create_flow_run", flow_id=flow_id, **options)["id"])
    set_flow_state(site.api, run, "Running")
    set_flow_state(site.api, run, state)
    return run


def many_runs(site: Site, flow_id: str, count: int) -> None:
    """Create many runs of a flow, with few requests."""
    for first in range(0, count, 250):
        runs = " ".join(
            f"run{number}: create_flow_run(input: $input) {{ id }}"
            for number in range(first, min(count, first + 250))
        )
        query = f"mutation($input: create_flow_run_input!) {{ {runs} }}"
        site.api.data(query, {"input": {"flow_id": flow_id}})


def late_run(site: Site, *labels: str) -> str:
    """Create a run that should have started long ago, and return its id."""
    due: dict[str, Any] = {"scheduled_start_time": "2024-01-01T00:00:00Z", "labels": labels}
    return site.register(two_tasks()).run(**due)


def live_agent(site: Site, name: str, *labels: str) -> None:
    """Register an agent that has just asked for work."""
    agent = site.api.mutate("register_agent", type="LocalAgent", name=name, labels=labels)["id"]
    query = "mutation { get_runs_in_queue(input: {labels: []}) { flow_run_ids } }"
    site.api.data(query, X_PREFECT_AGENT_ID=agent)
