"""Capture of the log records and printed lines of tasks, for the API."""

from __future__ import annotations

import io
import logging
import os
import sys
from contextlib import contextmanager, nullcontext
from threading import Lock, get_ident
from typing import (
    Any,
    Callable,
    ContextManager,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    TextIO,
    Tuple,
)

import prefect

TakeRecord = Callable[[logging.LogRecord], None]

# These loggers write about reporting itself, so reporting their lines would never end.
UNREPORTED = (
    "project.api.",
    "project.server.",
    "prefect.Diagnostics.",
    "urllib3.",
    "uvicorn.",
    "asyncio.",
    "distributed.",  # Dask's own news, which would flood the run's lines
)

# So do all loggers in threads of the embedded API, SQLAlchemy's for example, which are otherwise
# those of a node.
_UNREPORTED_THREADS = ("prefect request", "prefect reporter", "prefect-api-")

LOGGERS = ("kedro", "prefect")  # which may have handlers of their own

MAX_LINE_LENGTH = 10_000  # characters; a longer printed line is reported in parts

_stdout_lock = Lock()  # runs in several threads may start and end captures at the same time


def is_console(handler: logging.Handler) -> bool:
    """Return whether a handler writes to the terminal; rich's handlers have a console."""
    return type(handler) is logging.StreamHandler or hasattr(handler, "console")


class OutputCapture:
    """Context manager that forwards log records, from INFO up, and lines that tasks print.

    ``take`` is called with each record, in the thread that caused it; a printed line becomes a
    record of the logger ``stdout``. Records of loggers below ``unreported`` are left out.
    """

    def __init__(
        self,
        take: TakeRecord,
        level: int = logging.INFO,
        unreported: Tuple[str, ...] = UNREPORTED,
    ):
        self._handler = _Handler(take, level, unreported)
        self._loggers: List[logging.Logger] = []

    def __enter__(self) -> OutputCapture:
        self._add_to_loggers()
        with _stdout_lock:
            _captures.append(self)
            if not isinstance(sys.stdout, TaskStdout):
                sys.stdout = TaskStdout(sys.stdout)
            self._stdout = sys.stdout
            self._stdout.handlers.append(self._handler)
        return self

    def __exit__(self, *error: object) -> None:
        with _stdout_lock:
            _captures.remove(self)
            self._remove_from_loggers()
            self._stdout.handlers.remove(self._handler)
            # Another capture may still use it, or other code may have replaced it.
            if sys.stdout is self._stdout and not self._stdout.handlers:
                sys.stdout = self._stdout.stream
        self._handler.end_lines()

    def reattach(self) -> None:
        """Attach again to the loggers that Kedro has reconfigured since."""
        self._remove_from_loggers()
        self._add_to_loggers()

    def _add_to_loggers(self) -> None:
        # The root logger receives all records except those of loggers that do not propagate.
        named = [logging.getLogger(name) for name in LOGGERS]
        isolated = [logger for logger in named if not logger.propagate]
        self._loggers = [logging.getLogger(), *isolated]
        for logger in self._loggers:
            logger.addHandler(self._handler)

    def _remove_from_loggers(self) -> None:
        for logger in self._loggers:
            logger.removeHandler(self._handler)


_captures: List[OutputCapture] = []  # of all runs in this process


@contextmanager
def captures_kept() -> Iterator[None]:
    """Keep all captures attached while a project is opened, which configures logging again."""
    try:
        yield
    finally:
        with _stdout_lock:
            for capture in _captures:
                capture.reattach()


class WrappedStream(io.TextIOBase):
    """Text stream that passes everything on to another one."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def write(self, text: str) -> int:
        """Write text to the stream."""
        return self.stream.write(text)

    @property
    def rich_proxied_file(self) -> TextIO:
        """The stream to which rich writes, and with it Kedro's log on the console."""
        stream: TextIO = getattr(self.stream, "rich_proxied_file", self.stream)
        return stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The stream's encoding."""
        return self.stream.encoding

    @property
    def errors(self) -> Optional[str]:  # type: ignore[override]
        """How the stream handles characters that it cannot encode."""
        return self.stream.errors

    @property
    def closed(self) -> bool:
        """Whether the stream is closed."""
        return self.stream.closed

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """Return the stream's file descriptor."""
        return self.stream.fileno()

    def writable(self) -> bool:
        """Return whether the stream can be written."""
        return self.stream.writable()

    def close(self) -> None:
        """Leave the stream open: Python also closes this object when it is garbage-collected."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class TaskStdout(WrappedStream):
    """Replacement of ``sys.stdout`` that also passes what tasks print to handlers."""

    def __init__(self, stream: TextIO):
        super().__init__(stream)
        self.handlers: List[_Handler] = []

    def write(self, text: str) -> int:
        """Write text to the stream."""
        if prefect.context.get("task_slug"):
            for handler in list(self.handlers):
                handler.write_printed(text)
        return super().write(text)


class _Handler(logging.Handler):
    """Handler that forwards log records, and each line that a task prints."""

    def __init__(self, take: TakeRecord, level: int, unreported: Tuple[str, ...]):
        super().__init__(level)
        self._take = take
        self._unreported = unreported
        self._process = os.getpid()
        self._unfinished: Dict[int, _Line] = {}  # by thread id

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.endswith("TaskRunner"):  # logged when a task starts and when it ends
            self._end_line(get_ident())
        is_unreported = f"{record.name}.".startswith(self._unreported)
        if not is_unreported and not str(record.threadName).startswith(_UNREPORTED_THREADS):
            self._forward(record)

    def write_printed(self, text: str) -> None:
        *ended, unfinished = text.split("\n")
        for part in ended:
            self._continue_line(part)
            self._end_line(get_ident())
        self._continue_line(unfinished)

    def end_lines(self) -> None:
        """Forward the lines that did not end with a newline."""
        for thread in list(self._unfinished):
            self._end_line(thread)

    def _continue_line(self, text: str) -> None:
        if not text:
            return
        thread, task = get_ident(), _current_task()
        line = self._unfinished.get(thread)
        if line is None or line.is_long or line.task != task:
            self._end_line(thread)
            line = self._unfinished[thread] = _Line(task)
        line.add(text)

    def _end_line(self, thread: int) -> None:
        line = self._unfinished.pop(thread, None)
        text = "".join(line.pieces) if line else ""
        if line and text.strip():
            fields = {"name": "stdout", "msg": text, "levelno": logging.INFO, "levelname": "INFO"}
            # The thread may run another task by now, whose log lines must not get this one.
            context = nullcontext() if line.task == _current_task() else line.task.entered()
            with context:
                self._forward(logging.makeLogRecord(fields))

    def _forward(self, record: logging.LogRecord) -> None:
        if os.getpid() != self._process:  # a forked child has no thread that would send it
            return
        try:
            self._take(record)
        except Exception:  # as in every handler: a log call must not fail the node
            self.handleError(record)


class _TaskIds(NamedTuple):
    task_slug: Optional[str]
    task_run_id: Optional[str]

    def entered(self) -> ContextManager[object]:
        context: ContextManager[object] = prefect.context(self._asdict())
        return context


class _Line:
    """Unfinished line of a task, as a terminal shows it after carriage returns."""

    def __init__(self, task: _TaskIds) -> None:
        self.task = task
        self.pieces: List[str] = []
        self._length = 0
        self._is_returned = False

    @property
    def is_long(self) -> bool:
        return self._length >= MAX_LINE_LENGTH

    def add(self, text: str) -> None:
        first, *overwriting = text.split("\r")
        self._append(first)
        for piece in overwriting:
            self._is_returned = True
            self._append(piece)

    def _append(self, piece: str) -> None:
        if not piece:
            return
        if self._is_returned:
            self.pieces, self._length, self._is_returned = [], 0, False
        self.pieces.append(piece)
        self._length += len(piece)


def _current_task() -> _TaskIds:
    return _TaskIds(prefect.context.get("task_slug"), prefect.context.get("task_run_id"))
