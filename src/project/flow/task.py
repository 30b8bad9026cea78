"""The tasks of a flow: they hold names, and find the Kedro run of the process they are in."""

from __future__ import annotations

from itertools import chain
from typing import Any, Dict, Iterable, Mapping, Optional, Tuple

import prefect
from kedro.pipeline.node import Node
from prefect import Task
from prefect.engine.signals import SKIP, TRIGGERFAIL
from prefect.engine.state import State, TriggerFailed
from prefect.triggers import all_successful

from project.errors import FlowRunError
from project.flow.groups import Group
from project.flow.hosting import open_run
from project.flow.run import KedroRun, find_run
from project.flow.source import Source


class InitTask(Task):
    """Open the Kedro run before any node, and log its id."""

    def __init__(self, source: Source):
        self.source = source
        super().__init__(name=f"{source.package_name}_init", checkpoint=False)

    def run(self, **asked: Any) -> None:
        """Open the Kedro run of this flow run, unless this process has it already.

        ``asked`` are the flow run's parameters, which ``compat.RUN_PARAMETERS`` names.
        """
        flow_run_id = prefect.context.flow_run_id
        run = find_run(flow_run_id) or open_run(flow_run_id, self.source, asked)
        self.logger.info("Kedro run %s: %d nodes", run.run_id, len(run.nodes))


class NodeTask(Task):
    """Run the nodes of one group, in order.

    The result is what the nodes leave in memory for others: a dictionary from dataset name to
    the in-memory dataset that holds the value.
    """

    # Prefect's own is the same, but in Python, and a flow asks for it some fifty times a task.
    __hash__ = object.__hash__

    def __init__(self, group: Group):
        self.node_names: Tuple[str, ...] = tuple(node.name for node in group.nodes)
        self.description = ", ".join(_function_name(node) for node in group.nodes)
        self.writes = tuple(chain.from_iterable(node.outputs for node in group.nodes))
        needed = chain.from_iterable(node.inputs for node in group.nodes)
        self.reads = tuple(name for name in needed if name not in self.writes)
        super().__init__(
            name=group.name,
            tags={tag for node in group.nodes for tag in node.tags},
            trigger=kedro_would_start,
            skip_on_upstream_skip=False,
            state_handlers=[remember_failure],
            nout=1,  # else Prefect reads it from the signature of run, each time
        )

    def described(self, dataset_types: Mapping[str, Optional[str]]) -> Dict[str, Any]:
        """Return what a page shows of the task beyond what Prefect serializes."""

        def typed(names: Iterable[str]) -> Dict[str, Any]:
            return {name: {"type": dataset_types.get(name), "required": True} for name in names}

        inputs, outputs = typed(self.reads), typed(self.writes)
        return {"description": self.description, "inputs": inputs, "outputs": outputs}

    def run(self, **upstream: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
        """Run the nodes; each argument is the result of one task upstream."""
        run = current_run()
        selected = [name for name in self.node_names if name in run.nodes]
        if not selected:
            raise SKIP("The run was not asked for it.", result=None)
        left = (result or {} for result in upstream.values())  # a task that was skipped leaves None
        return run.execute(selected, {name: one for each in left for name, one in each.items()})


def _function_name(node: Node) -> str:
    function = getattr(node.func, "func", node.func)  # behind a functools.partial
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def kedro_would_start(upstream_states: Mapping[Any, Any]) -> bool:
    """Be the trigger of nodes: start when all upstream succeeded, and no node has failed.

    As Kedro's runners do, a run starts no further node once one has failed. There is no Kedro run
    where its opening, which is upstream of all nodes, has failed.
    """
    run = find_run(prefect.context.flow_run_id)
    if run is not None and run.failed_node is not None:
        raise TRIGGERFAIL(f"Not started: node '{run.failed_node}' had failed before.")
    return bool(all_successful(upstream_states))


def remember_failure(task: NodeTask, old_state: State, new_state: State) -> None:
    """Be the state handler of nodes: the first one that fails for good ends the Kedro run."""
    is_failure = new_state.is_failed() and not isinstance(new_state, TriggerFailed)
    if is_failure and prefect.context.get("task_run_count", 1) > task.max_retries:
        current_run().fail(task.name, new_state.result)


def current_run() -> KedroRun:
    """Return the Kedro run of the flow run that the calling task belongs to."""
    run = find_run(prefect.context.flow_run_id)
    if run is None:
        raise FlowRunError(
            "No Kedro run is open in this process: the flow's init task must run in it first."
        )
    return run
