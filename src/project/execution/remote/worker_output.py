"""What the nodes of a flow run print and log in a worker, for the process of the run."""

from __future__ import annotations

import logging
import os
import sys
from typing import Optional, Set, TextIO

import prefect

from project.execution.output import LOGGERS, OutputCapture, TaskStdout, WrappedStream
from project.execution.remote.reports import ReportSender, make_line
from project.execution.remote.run_spec import RunSpec

_busy: Set[WorkerOutput] = set()  # of the runs in this process that run a unit now


class WorkerOutput:
    """Output of one flow run in a worker, whose process may have other runs, too."""

    def __init__(self, spec: RunSpec, reports: ReportSender):
        self._spec = spec
        self._reports = reports

    def capture(self) -> OutputCapture:
        """Return a capture that reports the run's lines; a quiet run shows them nowhere else."""
        if not self._spec.is_quiet:
            return OutputCapture(self._take_record)
        _silence_process()
        return OutputCapture(self._take_record, logging.DEBUG, ("distributed.",))

    def mark_busy(self, is_busy: bool) -> None:
        """Record whether the run has a unit that runs in this process now."""
        if is_busy:
            _busy.add(self)
        else:
            _busy.discard(self)

    def _take_record(self, record: logging.LogRecord) -> None:
        # Other runs on this worker have captures of their own.
        if self._is_own(prefect.context.get("flow_run_id")):
            self._reports.put(make_line(record))

    def _is_own(self, flow_run_id: Optional[str]) -> bool:
        if flow_run_id is None:  # in a thread that a node has started: of some run's node
            return _busy <= {self}
        return bool(flow_run_id == self._spec.flow_run_id)


class _StdoutWithoutTasks(WrappedStream):
    """Stream that leaves out what tasks print, except in children that a task forks."""

    def __init__(self, stream: TextIO):
        super().__init__(stream)
        self._process = os.getpid()

    def write(self, text: str) -> int:
        """Write what nothing else writes to the terminal."""
        is_reported = prefect.context.get("task_slug") and os.getpid() == self._process
        return len(text) if is_reported else super().write(text)


def _silence_process() -> None:
    """Print and log nothing here: the process of the run has the same terminal and log files."""
    if not isinstance(sys.stdout, TaskStdout):
        sys.stdout = _StdoutWithoutTasks(sys.stdout)
    captured = {"", *LOGGERS}  # and all loggers that pass on their records
    for logger in [logging.getLogger(), *logging.getLogger().manager.loggerDict.values()]:
        if isinstance(logger, logging.Logger) and (logger.propagate or logger.name in captured):
            for handler in list(logger.handlers):
                logger.removeHandler(handler)
