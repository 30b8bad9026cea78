"""The progress of a run on the terminal."""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack, contextmanager
from threading import Lock
from time import perf_counter
from typing import Callable, Dict, Iterable, Iterator, List, Protocol, TextIO, TypeVar

from prefect.engine.state import State
from prefect.engine.task_runner import TaskRunner
from rich import get_console
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from project.console.bar_stream import streams_above_bar
from project.console.tables import NodeReport, summary_table
from project.execution.output import LOGGERS, is_console
from project.flow.tasks import NodeTask
from project.terminal import writable

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Display(Protocol):
    """Protocol of a display of the progress; called by one of the threads that run nodes."""

    def started(self, name: str) -> None:
        """Show that a node has started."""

    def ended(self, report: NodeReport) -> None:
        """Show how a node ended."""

    def close(self, reports: List[NodeReport]) -> None:
        """Show the end of the run."""


class NodeProgress:
    """State handler of Prefect's task runners that reports nodes to a display.

    A display that cannot write, as on a full disk or a closed pipe, does not fail the run.
    """

    def __init__(self, node_names: Iterable[str], display: Display):
        self.reports: Dict[str, NodeReport] = {}
        self._names = set(node_names)
        self._started: Dict[str, float] = {}
        self._display = display
        self._has_warned = False
        self._lock = Lock()

    def __call__(self, task_runner: TaskRunner, old_state: State, new_state: State) -> None:
        """Show a task's new state."""
        name = task_runner.task.name
        if isinstance(task_runner.task, NodeTask) and name in self._names:
            with self._lock:  # nodes on threads end at the same time
                self._show_state(name, new_state)

    def _show_state(self, name: str, new_state: State) -> None:
        if new_state.is_running():
            self._started[name] = perf_counter()
            self._show(self._display.started, name)
        elif new_state.is_finished() or new_state.is_retrying():
            started = self._started.get(name)
            seconds = None if started is None else perf_counter() - started
            self.reports[name] = NodeReport(name, type(new_state).__name__, seconds)
            self._show(self._display.ended, self.reports[name])

    def close(self) -> None:
        """Show the end of the run."""
        self._show(self._display.close, list(self.reports.values()))

    def _show(self, show: Callable[[T], None], subject: T) -> None:
        try:
            show(subject)
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            if not self._has_warned:
                logger.warning("The progress of the nodes cannot be shown: %r", error)
            self._has_warned = True


class Lines:
    """Display of one plain line per finished node, for pipes, files and CI."""

    def __init__(self, total: int):
        self._total = total
        self._ended = 0
        self._stream = sys.stdout  # sys.stdout may be redirected by the time a node ends

    def started(self, name: str) -> None:
        """Write nothing: Kedro logs it."""

    def ended(self, report: NodeReport) -> None:
        """Write the node's state and duration."""
        self._ended += report.is_final
        count = f"[{self._ended:>{len(str(self._total))}}/{self._total}]"
        line = f"{count} {report.name}: {report.state} {report.duration}".rstrip()
        print(writable(line, self._stream), file=self._stream, flush=True)

    def close(self, reports: List[NodeReport]) -> None:
        """Write nothing more."""


class Bar:
    """Display of a bar with the running nodes, and at the end a table of all."""

    def __init__(self, total: int, console: Console):
        self._console = console
        self._running: Dict[str, None] = {}
        self._progress = Progress(
            TextColumn("[bold]nodes"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            # Long names are cut, so that the bar and the numbers stay in their line.
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            ),
            console=console,
            expand=True,
            redirect_stdout=False,  # see BarStream
            redirect_stderr=False,
        )
        self._bar = self._progress.add_task("", total=total)
        self._progress.start()
        self._shown = ExitStack()
        self._shown.callback(self._progress.stop)
        self._shown.enter_context(streams_above_bar(console))

    def started(self, name: str) -> None:
        """Show the node beside the bar."""
        self._running[name] = None
        self._show()

    def ended(self, report: NodeReport) -> None:
        """Move the bar."""
        self._running.pop(report.name, None)
        if report.is_final:
            self._progress.advance(self._bar)
        self._show()

    def _show(self) -> None:
        names = ", ".join(list(self._running)[:3])
        self._progress.update(self._bar, description=writable(names, self._console))

    def close(self, reports: List[NodeReport]) -> None:
        """Replace the bar with the table."""
        self._shown.close()
        shown = [one._replace(name=writable(one.name, self._console)) for one in reports]
        self._console.print(summary_table(shown))


@contextmanager
def follow_progress(node_names: Iterable[str]) -> Iterator[NodeProgress]:
    """Show the progress of these nodes until the block ends: a bar on a terminal, else lines."""
    names = list(node_names)
    console = get_console()
    with ExitStack() as stack:
        stack.enter_context(_prefect_logs_once())
        # Before rich 14.1 a console has one live display, which a node's own bar may need.
        can_share = console.is_terminal and hasattr(console, "_live_stack")
        display = Bar(len(names), console) if can_share else Lines(len(names))
        progress = NodeProgress(names, display)
        stack.callback(progress.close)
        # Only now has the bar replaced sys.stdout; handlers that bypass it would break the bar.
        stack.enter_context(_handlers_write_to(sys.stdout))
        yield progress


@contextmanager
def _prefect_logs_once() -> Iterator[None]:
    """Keep off the console what the display shows, and what two handlers would both print."""
    root_handlers = list(filter(is_console, logging.getLogger().handlers))
    own_handlers = list(filter(is_console, logging.getLogger("prefect").handlers))
    # Prefect's records also reach the handlers of the root logger.
    keep_own = (lambda record: False) if root_handlers else _is_not_progress
    filters = [(handler, _is_not_progress) for handler in root_handlers]
    filters += [(handler, keep_own) for handler in own_handlers]
    for handler, keep in filters:
        handler.addFilter(keep)
    try:
        yield
    finally:
        for handler, keep in filters:
            handler.removeFilter(keep)


def _is_not_progress(record: logging.LogRecord) -> bool:
    # The display shows these states, and a node's error is raised at the end.
    return record.name not in {"prefect.KedroTaskRunner", "prefect.KedroFlowRunner"}


@contextmanager
def _handlers_write_to(stream: TextIO) -> Iterator[None]:
    """Make console handlers write to the stream that the bar has installed."""
    handlers = [
        handler
        for name in ("", *LOGGERS)
        for handler in logging.getLogger(name).handlers
        # Not a subclass: a FileHandler is one.
        if type(handler) is logging.StreamHandler and handler.stream is sys.__stdout__
    ]
    before = [handler.setStream(stream) for handler in handlers]
    try:
        yield
    finally:
        for handler, old in zip(handlers, before):
            handler.setStream(old or stream)
