"""A flow in the process that an agent has started for a run of it."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Any

from prefect.engine.state import State
from prefect.utilities.logging import LOG_MANAGER, CloudHandler

from project.backend.lines import lines_told_to
from project.flow.flow import KedroFlow
from project.flow.hosting import close_run
from project.flow.task import InitTask


def host(flow: KedroFlow) -> KedroFlow:
    """Let a flow keep its Kedro session until its end, and tell the API all that is said in it."""
    lines = _Lines()
    flow.state_handlers += [lines.open, close_run, lines.close]
    for task in flow.tasks:
        if isinstance(task, InitTask):
            task.state_handlers.append(lines.open)
    return flow


class _Lines:
    """Send what Kedro's loggers and ``print`` say to the API, as Prefect sends what its own say."""

    def __init__(self) -> None:
        self._handler = CloudHandler()
        self._stack = ExitStack()

    def open(self, subject: Any, old_state: State, new_state: State) -> None:
        """Take what is said from here on; again once Kedro has configured logging anew."""
        is_end = isinstance(subject, KedroFlow) and new_state.is_finished()
        if not is_end:
            self._stack.close()
            self._stack.enter_context(lines_told_to(self._take))

    def close(self, flow: KedroFlow, old_state: State, new_state: State) -> None:
        """Send all that was said before the flow's end is told."""
        if new_state.is_finished():
            self._stack.close()
            LOG_MANAGER.stop()

    def _take(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("prefect"):
            self._handler.handle(record)
