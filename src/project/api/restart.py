"""Restarting a flow run from what failed: the plan, and the states that make it happen."""

from __future__ import annotations

import re
from typing import Iterable, List, Mapping, NamedTuple, Sequence

import pendulum
from prefect.engine.state import Pending, Scheduled

from project.api.batches import batches
from project.api.graphql import GraphQL
from project.api.queries.flow_runs import set_flow_run_labels, set_flow_run_state
from project.api.queries.restart import EdgeRow, RestartRows, TaskRow, TaskRunRow
from project.api.queries.task_runs import TaskRunState, set_task_run_states
from project.api.states import FINISHED, SUCCESSFUL
from project.errors import FlowRunError
from project.flow.restart_plan import plan_restart

# No agent has this label, so none picks up a run that belongs to a `kedro run` process.
HERE_LABEL = "kedro-run"

# Prefect keeps these in the state itself, so that another process finds them there.
_KEPT_IN_STATE = frozenset(("PrefectResult", "ConstantResult"))
_MEMORY_DATASET = re.compile(r"(.*\.)?MemoryDataset", re.IGNORECASE)


class FlowRunPlan(NamedTuple):
    """Which tasks of a flow run will run, by their ids, and the task runs to set back.

    ``again`` are tasks that have succeeded, but whose values in memory others need.
    """

    unfinished: List[str]
    again: List[str]
    task_run_ids: List[str]

    def describe(self, names: Mapping[str, str]) -> str:
        """Return the plan in words, given the names of the tasks."""
        lines = [_listed("did not succeed, or did not start", self.unfinished, names)]
        if self.again:
            reason = "succeeded, but kept output in memory that other tasks need"
            lines.append(_listed(reason, self.again, names))
        return "\n".join(lines)


def plan_of_run(rows: RestartRows, flow_run_id: str) -> FlowRunPlan:
    """Return what a restart of a flow run would run.

    Raises:
        FlowRunError: it has not ended, or it has succeeded.
    """
    if rows.state not in FINISHED:
        raise FlowRunError(
            f"Flow run {flow_run_id} has not ended: it is {rows.state}. Cancel it first: "
            f"kedro prefect cancel {flow_run_id}"
        )
    plan = plan_flow_run(rows.tasks, rows.edges, rows.task_runs)
    if rows.state in SUCCESSFUL or not plan.task_run_ids:
        raise FlowRunError(
            f"Flow run {flow_run_id} has nothing to restart: all its tasks have succeeded. Start a "
            "new run to run them again."
        )
    return plan


def plan_flow_run(
    tasks: Iterable[TaskRow], edges: Sequence[EdgeRow], task_runs: Iterable[TaskRunRow]
) -> FlowRunPlan:
    """Return what a restart runs, for a flow of this package or any other of Prefect's."""
    by_id = {task["id"]: task for task in tasks}
    runs = list(task_runs)
    skipped = {run["task_id"] for run in runs if _is_not_selected(run, by_id)}
    pairs = [
        (edge["from"], edge["to"])
        for edge in edges
        if edge["from"] not in skipped and edge["to"] not in skipped
    ]
    lost = {run["task_id"] for run in runs if _is_lost(run)}
    lost_edges = [
        (edge["from"], edge["to"])
        for edge in edges
        if edge["from"] in lost and _carries_value(edge, by_id)
    ]
    failed = {run["task_id"] for run in runs if run["state"] not in SUCCESSFUL}
    plan = plan_restart(failed, pairs, lost_edges)
    running = plan.unfinished | plan.again
    needed = {producer for producer, reader in lost_edges if reader in running}

    def is_reset(run: TaskRunRow) -> bool:
        # A mapped task stays Mapped, so that its children keep their own states.
        if run["state"] == "Mapped":
            return False
        is_done_child = run["task_id"] in failed and run["state"] in SUCCESSFUL
        return run["task_id"] in needed or (run["task_id"] in running and not is_done_child)

    return FlowRunPlan(
        sorted(plan.unfinished), sorted(plan.again), [run["id"] for run in runs if is_reset(run)]
    )


def schedule_restart(
    api: GraphQL, flow_run_id: str, plan: FlowRunPlan, labels: Sequence[str]
) -> None:
    """Set the planned task runs back, then schedule the flow run for agents with these labels."""
    set_flow_run_labels(api, flow_run_id, labels)
    pending = Pending("Reset by a restart of the flow run.").serialize()
    for batch in batches([TaskRunState(id_, pending) for id_ in plan.task_run_ids]):
        set_task_run_states(api, batch)
    scheduled = Scheduled("Restarted from the failed tasks.", start_time=pendulum.now("utc"))
    set_flow_run_state(api, flow_run_id, scheduled.serialize())


def agent_labels(labels: Sequence[str], flow_labels: Sequence[str]) -> List[str]:
    """Return the labels that a restarted run needs: the flow's, if it has run without an agent."""
    return list(flow_labels if HERE_LABEL in labels else labels)


def _listed(reason: str, ids: Sequence[str], names: Mapping[str, str]) -> str:
    tasks = "1 task" if len(ids) == 1 else f"{len(ids)} tasks"
    return f"{tasks} {reason}: {', '.join(sorted(names[id_] for id_ in ids))}"


def _is_not_selected(run: TaskRunRow, tasks: Mapping[str, TaskRow]) -> bool:
    is_node = str(tasks[run["task_id"]]["type"]).endswith(".NodeTask")
    return is_node and run["state"] == "Skipped"


def _carries_value(edge: EdgeRow, tasks: Mapping[str, TaskRow]) -> bool:
    """Return whether a value goes along an edge in memory.

    Between Kedro nodes the classes in the catalog decide; one that is not known may be in memory.
    """
    if edge["key"] is None:
        return False
    outputs, inputs = tasks[edge["from"]]["outputs"], tasks[edge["to"]]["inputs"]
    if not isinstance(outputs, dict) or not isinstance(inputs, dict):
        return True
    types = [(dataset or {}).get("type") for name, dataset in outputs.items() if name in inputs]
    return any(type_ is None or _MEMORY_DATASET.fullmatch(type_) for type_ in types)


def _is_lost(run: TaskRunRow) -> bool:
    """Return whether another process cannot find what a task returned."""
    if run["state"] not in SUCCESSFUL or run["state"] in ("Mapped", "Skipped"):
        return False
    result = run["result"] or {}
    return result.get("location") is None and result.get("type") not in _KEPT_IN_STATE
