"""Log lines as the API stores them, made in one way for runs here and under an agent."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, NamedTuple, Optional

from project.api.batches import json_size

MAX_MESSAGE_BYTES = 1_000_000  # the limit of Prefect's own handler, too
MAX_BYTES_PER_CHARACTER = 14  # two surrogates, escaped twice

# Prefect Server refuses other levels.
_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_formatter = logging.Formatter("%(message)s")


class Line(NamedTuple):
    """A log line of a flow run; ``time`` is in microseconds since 1970."""

    task_run_id: Optional[str]
    time: int
    name: str
    level: str
    message: str

    def as_input(self, flow_run_id: str) -> Dict[str, Any]:
        """Return the line as the input of the mutation."""
        return {
            "flow_run_id": flow_run_id,
            "task_run_id": self.task_run_id,
            "timestamp": timestamp(self.time),
            "name": self.name,
            "level": self.level,
            "message": self.message,
        }


def timestamp(time: int) -> str:
    """Return a time in microseconds as a timestamp."""
    return (_EPOCH + timedelta(microseconds=time)).isoformat()


def make_line(record: logging.LogRecord, task_run_id: Optional[str]) -> Line:
    """Return the line of a record, with the traceback of its exception."""
    time = int(record.created * 1_000_000)
    level = record.levelname if record.levelname in _LEVELS else "INFO"
    return Line(task_run_id, time, record.name, level, shorten(_formatter.format(record)))


def shorten(text: str, max_bytes: int = MAX_MESSAGE_BYTES) -> str:
    """Return a text, without its middle if it would take more bytes in a request."""
    if len(text) <= max_bytes // MAX_BYTES_PER_CHARACTER or json_size(text) <= max_bytes:
        return text
    kept = int(len(text) * max_bytes / json_size(text) * 0.9) // 2
    left_out = len(text[kept : len(text) - kept].encode("utf-8", "replace")) / 1_000_000
    return f"{text[:kept]}\n... {left_out:.1f} MB left out ...\n{text[len(text) - kept :]}"
