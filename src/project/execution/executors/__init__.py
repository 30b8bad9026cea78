"""Where tasks run."""

from __future__ import annotations

from typing import Optional

from prefect.executors import Executor

from project.config.model import Settings
from project.errors import FlowRunError
from project.execution.executors.local import LocalExecutor
from project.execution.executors.threads import ThreadsExecutor
from project.flow.pipeline_ref import PipelineRef


def make_executor(settings: Settings, ref: Optional[PipelineRef]) -> Executor:
    """Return the executor that ``prefect.yml`` names.

    Raises:
        FlowRunError: Dask's workers could not open the project, as ``ref`` is not given.
        SettingsError: the class of the Dask cluster cannot be loaded.
    """
    if settings.executor.type == "threads":
        return ThreadsExecutor(settings.executor.workers, settings.limits)
    if settings.executor.type == "dask":
        if ref is None:
            raise FlowRunError(
                "executor.type: 'dask' needs a Kedro session, because workers open the project by "
                "its name. Use session.run(), or the executor 'local' or 'threads'."
            )
        from project.execution.executors.dask import KedroDaskExecutor

        return KedroDaskExecutor(settings, ref)
    return LocalExecutor()
