"""Where tasks run."""

from __future__ import annotations

from prefect.executors import Executor

from project.config.model import ExecutorSettings
from project.execution.executors.local import LocalExecutor
from project.execution.executors.threads import ThreadsExecutor


def make_executor(settings: ExecutorSettings) -> Executor:
    """Return the executor that ``prefect.yml`` names."""
    if settings.type == "threads":
        return ThreadsExecutor(settings.workers)
    return LocalExecutor()
