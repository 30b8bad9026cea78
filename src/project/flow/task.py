"""The tasks of a flow: they hold names, and find the Kedro run of the process they are in."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Tuple

import prefect
from prefect import Task
from prefect.engine.signals import TRIGGERFAIL
from prefect.engine.state import State, TriggerFailed
from prefect.triggers import all_successful

from project.flow.groups import Group
from project.flow.run import KedroRun, held_run


class InitTask(Task):
    """Open the Kedro run before any node, and log its id."""

    def __init__(self, package_name: str):
        super().__init__(name=f"{package_name}_init", checkpoint=False)

    def run(self) -> None:
        """Find the Kedro run of this flow run."""
        run = _current_run()
        self.logger.info("Kedro run %s: %d nodes", run.run_id, len(run.nodes))


class NodeTask(Task):
    """Run the nodes of one group, in order.

    The result is what the nodes leave in memory for others: a dictionary from dataset name to
    the in-memory dataset that holds the value.
    """

    def __init__(self, group: Group):
        self.node_names: Tuple[str, ...] = tuple(node.name for node in group.nodes)
        super().__init__(
            name=group.name,
            tags={tag for node in group.nodes for tag in node.tags},
            trigger=kedro_would_start,
            state_handlers=[remember_failure],
        )

    def run(self, **upstream: Mapping[str, Any]) -> Dict[str, Any]:
        """Run the nodes; each argument is the result of one task upstream."""
        received = {
            name: dataset for result in upstream.values() for name, dataset in result.items()
        }
        return _current_run().execute(self.node_names, received)


def kedro_would_start(upstream_states: Mapping[Any, Any]) -> bool:
    """Be the trigger of nodes: start when all upstream succeeded, and no node has failed.

    As Kedro's runners do, a run starts no further node once one has failed.
    """
    failed = _current_run().failed_node
    if failed is not None:
        raise TRIGGERFAIL(f"Not started: node '{failed}' had failed before.")
    return bool(all_successful(upstream_states))


def remember_failure(task: NodeTask, old_state: State, new_state: State) -> None:
    """Be the state handler of nodes: the first one that fails for good ends the Kedro run."""
    is_failure = new_state.is_failed() and not isinstance(new_state, TriggerFailed)
    if is_failure and prefect.context.get("task_run_count", 1) > task.max_retries:
        _current_run().fail(task.name, new_state.result)


def _current_run() -> KedroRun:
    return held_run(prefect.context.flow_run_id)
