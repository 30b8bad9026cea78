"""What nodes log and print, on its way to the API."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager, nullcontext
from threading import get_ident
from typing import Any, Callable, Dict, Iterator, List, TextIO

import prefect

Take = Callable[[logging.LogRecord], None]

# What these say is about the reports themselves.
_OWN = ("project.backend", "prefect.Diagnostics", "urllib3", "uvicorn", "asyncio")

# A line that goes on beyond it is told in parts.
LONG = 10_000


class _Line:
    """Hold what a task has printed of a line, as a terminal shows it after carriage returns."""

    def __init__(self, task: Dict[str, Any]) -> None:
        self.task = task
        self.pieces: List[str] = []
        self._length = 0
        self._is_returned = False

    @property
    def is_long(self) -> bool:
        return self._length >= LONG

    def add(self, text: str) -> None:
        first, *anew = text.split("\r")
        self._append(first)
        for piece in anew:
            self._is_returned = True
            self._append(piece)

    def _append(self, piece: str) -> None:
        if not piece:
            return
        if self._is_returned:
            self.pieces, self._length, self._is_returned = [], 0, False
        self.pieces.append(piece)
        self._length += len(piece)


class _Handler(logging.Handler):
    """Hand over log records, and each line that a task prints."""

    def __init__(self, take: Take):
        super().__init__(logging.INFO)
        self._take = take
        self._begun: Dict[int, _Line] = {}  # by thread

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.endswith("TaskRunner"):  # Prefect's tell the begin and the end of a task
            self._end_line(get_ident())
        if not record.name.startswith(_OWN):
            self._tell(record)

    def printed(self, text: str) -> None:
        """Take note of what a task has printed."""
        *ended, begun = text.split("\n")
        for end in ended:
            self._go_on(end)
            self._end_line(get_ident())
        self._go_on(begun)

    def end_lines(self) -> None:
        """Hand over the lines that no newline came for."""
        for thread in list(self._begun):
            self._end_line(thread)

    def _go_on(self, text: str) -> None:
        if not text:
            return
        thread, task = get_ident(), _task()
        line = self._begun.get(thread)
        if line is None or line.is_long or line.task != task:
            self._end_line(thread)
            line = self._begun[thread] = _Line(task)
        line.add(text)

    def _end_line(self, thread: int) -> None:
        line = self._begun.pop(thread, None)
        text = "".join(line.pieces) if line else ""
        if line and text.strip():
            with nullcontext() if line.task == _task() else prefect.context(line.task):
                self._tell(logging.makeLogRecord(_printed(text)))

    def _tell(self, record: logging.LogRecord) -> None:
        try:
            self._take(record)
        except Exception:  # as of all handlers: no log call is an error of the node
            self.handleError(record)


class _Tee:
    """Be ``sys.stdout`` and let a handler hear what tasks print."""

    def __init__(self, stream: TextIO, handler: _Handler):
        self._stream = stream
        self._handler = handler

    def write(self, text: str) -> int:
        if prefect.context.get("task_slug"):
            self._handler.printed(text)
        return self._stream.write(text)

    @property
    def rich_proxied_file(self) -> TextIO:
        """Return the stream to which rich writes, and with it Kedro's log on the console."""
        stream: TextIO = getattr(self._stream, "rich_proxied_file", self._stream)
        return stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _task() -> Dict[str, Any]:
    return {name: prefect.context.get(name) for name in ("task_slug", "task_run_id")}


def _printed(text: str) -> dict[str, Any]:
    return {"name": "stdout", "msg": text, "levelno": logging.INFO, "levelname": "INFO"}


@contextmanager
def lines_told_to(take: Take) -> Iterator[None]:
    """Hand over every log record from INFO on, and every line that a task prints."""
    handler = _Handler(take)
    loggers = _loggers_that_reach_no_other()
    stdout = sys.stdout
    for one in loggers:
        one.addHandler(handler)
    sys.stdout = _Tee(stdout, handler)
    try:
        yield
    finally:
        sys.stdout = stdout
        for one in loggers:
            one.removeHandler(handler)
        handler.end_lines()


def _loggers_that_reach_no_other() -> List[logging.Logger]:
    # The root hears of all loggers, but for those that do not pass on what they hear.
    named = [logging.getLogger(name) for name in ("kedro", "prefect")]
    return [logging.getLogger(), *(one for one in named if not one.propagate)]
