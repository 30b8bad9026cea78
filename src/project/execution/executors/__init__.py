"""Where tasks run."""

from __future__ import annotations

from prefect.executors import Executor

from project.config.model import Settings
from project.execution.executors.local import LocalExecutor
from project.execution.executors.threads import ThreadsExecutor


def make_executor(settings: Settings) -> Executor:
    """Return the executor that ``prefect.yml`` names."""
    if settings.executor.type == "threads":
        return ThreadsExecutor(settings.executor.workers, settings.limits)
    return LocalExecutor()
