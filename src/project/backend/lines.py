"""What nodes log and print, on its way to the API."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from threading import local
from typing import Any, Callable, Iterator, List, TextIO

import prefect

Take = Callable[[logging.LogRecord], None]

# What these say is about the reports themselves.
_OWN = ("project.backend", "prefect.Diagnostics", "urllib3", "uvicorn", "asyncio")


class _Handler(logging.Handler):
    def __init__(self, take: Take):
        super().__init__(logging.INFO)
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(_OWN):
            self._take(record)


class _Tee:
    """Be ``sys.stdout`` and take note of each line that a task prints."""

    def __init__(self, stream: TextIO, take: Take):
        self._stream = stream
        self._take = take
        self._begun = local()

    def write(self, text: str) -> int:
        if prefect.context.get("task_slug"):
            *lines, self._begun.line = (getattr(self._begun, "line", "") + text).split("\n")
            for line in filter(str.strip, lines):
                self._take(logging.makeLogRecord(_printed(line)))
        return self._stream.write(text)

    @property
    def rich_proxied_file(self) -> TextIO:
        """Return the stream to which rich writes, and with it Kedro's log on the console."""
        stream: TextIO = getattr(self._stream, "rich_proxied_file", self._stream)
        return stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


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
    sys.stdout = _Tee(stdout, take)
    try:
        yield
    finally:
        sys.stdout = stdout
        for one in loggers:
            one.removeHandler(handler)


def _loggers_that_reach_no_other() -> List[logging.Logger]:
    # The root hears of all loggers, but for those that do not pass on what they hear.
    named = [logging.getLogger(name) for name in ("kedro", "prefect")]
    return [logging.getLogger(), *(one for one in named if not one.propagate)]
