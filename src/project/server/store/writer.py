"""The thread that writes: jobs that wait at the same time share one transaction."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import Any, Callable, Iterator, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")
Job = Callable[[Connection], Any]

_MAX_GROUP = 32


class Writer:
    """Runs jobs one after the other; a job that raises has no effect, on other jobs neither.

    To share a transaction is to share the wait for the disk, which takes most of the time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[tuple[Job, Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="prefect-api-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """Queue a job; its future is done when its transaction has been committed."""
        if self._closed:
            raise RuntimeError("The database is closed.")
        future: Future[T] = Future()
        self._queue.put((job, future))
        return future

    def close(self) -> None:
        """Run the jobs in the queue, then stop."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        closing = False
        while not closing:
            group, closing = self._next_group()
            group = [entry for entry in group if entry[1].set_running_or_notify_cancel()]
            if group:
                self._write(group)

    def _next_group(self) -> tuple[list[tuple[Job, Future[Any]]], bool]:
        """Wait for jobs; return them, and whether they are the last."""
        group: list[tuple[Job, Future[Any]]] = []
        entry = self._queue.get()
        while entry is not None:
            group.append(entry)
            if self._queue.empty() or len(group) == _MAX_GROUP:
                return group, False
            entry = self._queue.get()
        return group, True

    def _write(self, group: list[tuple[Job, Future[Any]]]) -> None:
        """Write a group in one transaction; if a job raises, each job in its own."""
        try:
            with self._engine.begin() as connection:
                results = [_result(job, connection) for job, _ in group]
        except _JobError as error:
            # What all of them wrote is rolled back.
            if len(group) == 1:
                _fail(group, error.__cause__)
            else:
                self._write_alone(group)
        except Exception as error:
            # It did not begin, or not end, after a long wait. Neither each job alone nor those that
            # are queued may wait for the same again: their clients would give up.
            _fail([*group, *self._take_waiting()], error)
        else:
            for (_, future), result in zip(group, results):
                future.set_result(result)

    def _take_waiting(self) -> Iterator[tuple[Job, Future[Any]]]:
        """Remove the jobs from the queue, up to the end of all jobs, and yield them."""
        while not self._queue.empty():
            entry = self._queue.get()
            if entry is None:
                self._queue.put(None)
                return
            if entry[1].set_running_or_notify_cancel():
                yield entry

    def _write_alone(self, group: list[tuple[Job, Future[Any]]]) -> None:
        for entry in group:
            self._write([entry])


class _JobError(Exception):
    """Job of a group that has raised; the cause is what it raised."""


def _fail(group: list[tuple[Job, Future[Any]]], error: BaseException | None) -> None:
    for _, future in group:
        future.set_exception(error)


def _result(job: Job, connection: Connection) -> Any:
    try:
        return job(connection)
    except Exception as error:
        raise _JobError from error
