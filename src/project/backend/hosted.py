"""A flow in the process that an agent has started for a run of it."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from threading import Lock
from typing import Any, Callable, Mapping

import prefect
from prefect.engine.state import State
from prefect.utilities.logging import LOG_MANAGER, CloudHandler

from project import compat
from project.backend.lines import lines_told_to
from project.backend.patience import wait_for_an_api_that_is_away
from project.flow.flow import KedroFlow
from project.flow.hosting import close_run, open_run
from project.flow.source import Source
from project.flow.task import InitTask, NodeTask

Trigger = Callable[[Mapping[Any, State]], bool]


def host(flow: KedroFlow) -> KedroFlow:
    """Let a flow keep its Kedro session until its end, and tell the API all that is said in it."""
    wait_for_an_api_that_is_away()
    lines = _Lines()
    flow.state_handlers += [lines.open, close_run, lines.close]
    (init,) = (task for task in flow.tasks if isinstance(task, InitTask))
    again = _TakingUp(init.source, lines)
    init.state_handlers += [lines.open, again.is_no_need]
    for task in flow.tasks:
        if isinstance(task, NodeTask):
            task.trigger = again.before(task.trigger)
    return flow


class _TakingUp:
    """Open the Kedro run of a flow run whose init task has succeeded in a process before this.

    So it is when a run is restarted, or was taken from a process that died.
    """

    def __init__(self, source: Source, lines: _Lines):
        self._source = source
        self._lines = lines
        self._is_needed = True
        self._lock = Lock()

    def is_no_need(self, init: InitTask, old_state: State, new_state: State) -> None:
        """Leave it to the init task, which runs in this process."""
        self._is_needed = False

    def before(self, trigger: Trigger) -> Trigger:
        """Return a trigger that finds a Kedro run that is open."""

        def open_then_ask(upstream_states: Mapping[Any, State]) -> bool:
            with self._lock:
                self._open_if_needed()
            return trigger(upstream_states)

        return open_then_ask

    def _open_if_needed(self) -> None:
        if self._is_needed:
            self._is_needed = False
            given = prefect.context.get("parameters", {})
            asked = {name: given.get(name) for name in compat.RUN_PARAMETERS}
            open_run(prefect.context.flow_run_id, self._source, asked)
            self._lines.take_anew()


class _Lines:
    """Send what Kedro's loggers and ``print`` say to the API, as Prefect sends what its own say."""

    def __init__(self) -> None:
        self._handler = CloudHandler()
        self._stack = ExitStack()

    def open(self, subject: Any, old_state: State, new_state: State) -> None:
        """Take what is said from here on; again once Kedro has configured logging anew."""
        is_end = isinstance(subject, KedroFlow) and new_state.is_finished()
        if not is_end:
            self.take_anew()

    def take_anew(self) -> None:
        """Take what is said, from loggers that Kedro may have configured."""
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
