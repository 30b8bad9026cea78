"""Continuing a flow run that an earlier process has begun."""

from __future__ import annotations

import logging
from typing import Dict, MutableMapping

from prefect import Task
from prefect.engine.state import Pending, State

from project.compat import kedro as compat
from project.errors import FlowRunError
from project.execution.kedro_run import KedroRun
from project.flow.graph import KedroFlow
from project.flow.restart_plan import plan_restart
from project.flow.tasks import InitTask, NodeTask, has_failed

logger = logging.getLogger(__name__)


def prepare_restart(
    flow: KedroFlow, run: KedroRun, states: MutableMapping[Task, State], flow_run_id: str
) -> Dict[Task, State]:
    """Set back what must run so that the flow run can continue, and return the changed states.

    Whoever restarts a flow run sets only failed tasks back. What these need from the memory of a
    process that has ended must be produced again, unless it is stored as a result. A task that is
    still Failed ran in a process that was lost, and its node may have had effects already: the run
    fails without starting a node.
    """
    tasks = {
        task.name: task
        for task in flow.tasks
        if isinstance(task, NodeTask) and task.name in run.nodes
    }
    failed = sorted(name for name, task in tasks.items() if has_failed(states[task]))
    if failed:
        error = FlowRunError(
            f"Node '{failed[0]}' failed in an earlier process of this flow run. To run it again: "
            f"kedro prefect restart {flow_run_id}"
        )
        logger.error(error.message)
        run.fail(failed[0], error)
        return {}
    done = {name for name, task in tasks.items() if states[task].is_successful()}
    edges = [
        (edge.upstream_task.name, edge.downstream_task.name)
        for edge in flow.edges
        if edge.upstream_task.name in tasks and edge.downstream_task.name in tasks
    ]
    lost = {name for name in done if not _is_stored(tasks[name], states[tasks[name]], flow)}
    lost_edges = [
        (start, end) for start, end in edges if start in lost and _in_memory(start, end, run)
    ]
    # What has succeeded stays so: a task before it may be set back for its values alone.
    plan = plan_restart(set(tasks) - done, (), lost_edges)
    kept = sorted(done - plan.unfinished - plan.again)
    run.is_restarted = True
    run.skip(kept, flow_run_id)
    logger.info(
        "Restarted Kedro run %s: %d nodes to run, %d have already succeeded", run.run_id,
        len(tasks) - len(kept), len(kept),
    )  # fmt: skip
    if plan.again:
        logger.info(
            "These have already succeeded, but their outputs were only in memory: %s",
            ", ".join(sorted(plan.again)),
        )
    changed = {
        **{tasks[name]: Pending("Not finished before the restart.") for name in plan.unfinished},
        **{tasks[name]: Pending("Its outputs were only in memory.") for name in plan.again},
        **{task: Pending() for task in flow.get_tasks(task_type=InitTask)},
    }
    changed = {task: new for task, new in changed.items() if not _is_new(states[task])}
    states.update(changed)
    return changed


def _is_new(state: State) -> bool:
    return type(state) is Pending


def _is_stored(task: NodeTask, state: State, flow: KedroFlow) -> bool:
    location = state._result.location
    reader = task.result or flow.result
    return location is not None and reader is not None and reader.exists(location)


def _in_memory(producer: str, reader: str, run: KedroRun) -> bool:
    names = set(run.nodes[producer].outputs).intersection(run.nodes[reader].inputs)
    return any(compat.is_in_memory(compat.get_dataset(run.catalog, name)) for name in names)
