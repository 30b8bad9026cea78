"""The plugin of a flow run on a Dask worker, and the functions that a run calls there."""

from __future__ import annotations

import pickle
from typing import Dict, List, Optional, cast

from distributed import Worker, WorkerPlugin, get_worker

from project.execution.remote.run_spec import Permission, RunSpec
from project.execution.remote.values import Received, Value
from project.execution.remote.worker_run import WorkerRun


class RunPlugin(WorkerPlugin):
    """Plugin of a Dask worker for one flow run, which ends with it."""

    def __init__(self, spec: RunSpec):
        self.spec = spec
        self.name = spec.name

    def setup(self, worker: Worker) -> None:
        """Prepare the worker; the Kedro project is opened for the first node."""
        self.run = WorkerRun(self.spec, worker)

    def teardown(self, worker: Worker) -> None:
        """Close what is open."""
        self.run.close()


def run_unit(plugin_name: str, pickled_unit: bytes, *received: Received) -> Dict[str, Value]:
    """Run a unit in the worker that calls this."""
    run = cast(RunPlugin, get_worker().plugins[plugin_name]).run
    return run.run_unit(pickle.loads(pickled_unit), received)  # noqa: S301 - the run's own


def grant_slot(plugin_name: str, node: str, dask_worker: Worker) -> None:
    """Let a node start that waits on a worker."""
    cast(RunPlugin, dask_worker.plugins[plugin_name]).run.grant_slot(node)


def permit_rerun(
    plugin_name: str, attempt: str, permission: Permission, dask_worker: Worker
) -> None:
    """Let a unit begin again that waits on a worker."""
    cast(RunPlugin, dask_worker.plugins[plugin_name]).run.permit_rerun(attempt, permission)


def stop_run(
    plugin_name: str, failed_node: Optional[str], is_interrupt: bool, dask_worker: Worker
) -> List[str]:
    """Stop a run on a worker, and return the nodes of the units that it still runs."""
    plugin = cast(Optional[RunPlugin], dask_worker.plugins.get(plugin_name))
    return plugin.run.stop(failed_node, is_interrupt) if plugin else []


def resources_of_worker(dask_worker: Worker) -> Dict[str, float]:
    """Return the resources of a worker."""
    state = getattr(dask_worker, "state", dask_worker)  # its own before distributed 2022.6
    return dict(state.total_resources)
