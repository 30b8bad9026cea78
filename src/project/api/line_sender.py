"""Sending log lines in order, none of them twice."""

from __future__ import annotations

import logging
from collections import deque
from itertools import islice
from threading import Lock
from time import monotonic
from typing import Deque, List, Optional

import pendulum

from project.api.batches import batches, json_size
from project.api.graphql import GraphQL
from project.api.lines import Line, make_line, timestamp
from project.api.queries.logs import log_timestamps, write_run_logs
from project.api.settling import settle
from project.errors import (
    ApiRefusedError,
    ApiUncertainError,
    ApiUnreachableError,
)

logger = logging.getLogger(__name__)

MAX_LINES = 500


class LineSender:
    """Queue of one flow run's log lines, which are sent in order."""

    def __init__(self, api: GraphQL, flow_run_id: str):
        self.last_progress = monotonic()
        self.added = self.removed = 0
        self._api = api
        self._flow_run_id = flow_run_id
        self._waiting: Deque[Line] = deque()
        self._unclear: List[Line] = []
        self._newest = 0
        self._size = MAX_LINES
        self._lock = Lock()

    def put(self, record: logging.LogRecord, task_run_id: Optional[str]) -> None:
        """Add a line to the queue."""
        # Without the lock: a value that is formatted into the message may log a line itself.
        line = make_line(record, task_run_id)
        with self._lock:
            # No two lines of a run have the same time: the API is asked for a line by its time.
            self._newest = max(line.time, self._newest + 1)
            self._waiting.append(line._replace(time=self._newest))
            self.added += 1

    def waiting(self) -> int:
        """Return the number of lines in the queue."""
        with self._lock:
            return len(self._waiting)

    def send_round(self) -> None:
        """Send one request with as many lines as it should have.

        Raises:
            ApiError: try again later.
        """
        self._settle_unclear()
        batch = self._next_batch()
        if batch:
            self._write(batch)

    def _next_batch(self) -> List[Line]:
        with self._lock:
            lines = list(islice(self._waiting, self._size))
        sized = batches(lines, self._size, size=lambda line: json_size(line.message) + 300)
        return next(sized, [])

    def _write(self, batch: List[Line]) -> None:
        try:
            rows = [line.as_input(self._flow_run_id) for line in batch]
            write_run_logs(self._api, rows)
        except ApiUnreachableError:
            raise
        except ApiRefusedError as error:
            self._size = max(1, len(batch) // 2)
            if len(batch) == 1:
                logger.warning("A log line is not reported to the API: %s", error)
                self._remove(batch)
        except ApiUncertainError:
            self._unclear = batch
            raise
        else:
            self._remove(batch)
            self._size = min(MAX_LINES, self._size * 2)

    def _settle_unclear(self) -> None:
        """Remove from the queue what the API has of the batch with an uncertain answer."""
        settle(self._unclear, self._remove_written)
        self._unclear = []

    def _remove_written(self, lines: List[Line]) -> List[Line]:
        first, last = timestamp(lines[0].time), timestamp(lines[-1].time)
        rows = log_timestamps(self._api, self._flow_run_id, first, last)
        times = {_microseconds(row) for row in rows}
        written = [line for line in lines if line.time in times]
        self._remove(written)
        return written

    def _remove(self, lines: List[Line]) -> None:
        if lines:
            self.last_progress = monotonic()
        times = {line.time for line in lines}
        with self._lock:
            while self._waiting and self._waiting[0].time in times:
                times.remove(self._waiting.popleft().time)
            if times:  # the API had written only a part of the batch
                self._waiting = deque(line for line in self._waiting if line.time not in times)
            self.removed = self.added - len(self._waiting)


def _microseconds(text: str) -> int:
    time = pendulum.parse(text)
    return int(time.timestamp()) * 1_000_000 + int(time.microsecond)
