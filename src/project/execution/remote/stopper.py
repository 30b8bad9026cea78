"""The stop of a run on Dask, after which no further node starts."""

from __future__ import annotations

import logging
from time import monotonic, sleep
from typing import Dict, List, Optional

from prefect.engine.state import Failed, TriggerFailed

from project.execution.kedro_run import KedroRun
from project.execution.remote.cluster import RunCluster
from project.execution.remote.node_states import NodeStates
from project.execution.remote.slots import Slots

logger = logging.getLogger(__name__)

# How long reports of nodes that still run may take, before their workers are asked again.
ASK_SECONDS = 5.0
INTERRUPT_SECONDS = 3.0
INTERRUPT_POLL_SECONDS = 0.1


class Stopper:
    """Stop of a run that has failed or is interrupted: no node starts, and those that run end."""

    def __init__(self, run: KedroRun, cluster: RunCluster, states: NodeStates, slots: Slots):
        self.is_stopped = False
        self._run = run
        self._cluster = cluster
        self._states = states
        self._slots = slots
        self._workers: Dict[str, str] = {}  # of the nodes that still ran when they were asked
        self._ask_at = 0.0

    def stop(self, failed_node: Optional[str], *, is_interrupt: bool = False) -> List[str]:
        """Let no further node start, and return the nodes that still run."""
        self.is_stopped = True
        self._ask_at = monotonic() + ASK_SECONDS
        self._slots.stop()
        try:
            workers = self._cluster.stop(failed_node, is_interrupt)
        except TimeoutError:
            workers = dict.fromkeys(self._states.running(), "an unknown worker")
        if workers is not None:
            self._workers = workers
        return self._running()

    def interrupt(self) -> None:
        """Interrupt the nodes that still run, and wait a moment for their end."""
        left = self.stop(None, is_interrupt=True)
        deadline = monotonic() + INTERRUPT_SECONDS
        while left and monotonic() < deadline:
            sleep(INTERRUPT_POLL_SECONDS)
            left = self.stop(None)
        if left:
            logger.warning("Nodes that still run, and cannot be interrupted: %s", ", ".join(left))

    def running_on(self, worker: str) -> List[str]:
        """Return the nodes that still run on a worker, once the run is stopped."""
        return [node for node in self._running() if self._workers[node] == worker]

    def end_unstarted(self) -> None:
        """Once the nodes that still ran have ended, end those that will not start."""
        if self._running():
            if monotonic() > self._ask_at:  # one may have ended without a report
                self.stop(self._run.failed_node)
            return
        failed_node = self._run.failed_node
        not_started = TriggerFailed(f"Not started: node '{failed_node}' had already failed.")
        running = self._states.running()
        for node in self._states.unended():
            lost = Failed("The end of the node was lost.")
            self._states.end(node, lost if node in running else not_started)

    def _running(self) -> List[str]:
        return [node for node in self._workers if not self._states.has_ended(node)]
