"""The thread that writes: waiting jobs share a transaction, and so one wait for the disk."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import Any, Callable, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")
Job = Callable[[Connection], Any]

_GROUP = 32


class Writer:
    """Run jobs one after the other; a job that raises changes nothing and harms no other."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[tuple[Job, Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="api-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """Queue a job; its future is done when its transaction has been committed."""
        if self._closed:
            raise RuntimeError("The database is closed.")
        future: Future[T] = Future()
        self._waiting.put((job, future))
        return future

    def close(self) -> None:
        """Write what is queued, then end."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while True:
            group, ended = self._next_group()
            self._write(
                [(job, future) for job, future in group if future.set_running_or_notify_cancel()]
            )
            if ended:
                return

    def _next_group(self) -> tuple[list[tuple[Job, Future[Any]]], bool]:
        group: list[tuple[Job, Future[Any]]] = []
        entry = self._waiting.get()
        while entry is not None:
            group.append(entry)
            if self._waiting.empty() or len(group) == _GROUP:
                return group, False
            entry = self._waiting.get()
        return group, True

    def _write(self, group: list[tuple[Job, Future[Any]]]) -> None:
        """Write a group in one transaction; when that fails, each of its jobs by itself."""
        try:
            results = self._transact([job for job, _ in group]) if group else []
        except Exception as error:
            if len(group) == 1:
                group[0][1].set_exception(error)
            else:
                for entry in group:
                    self._write([entry])
        else:
            for (_, future), result in zip(group, results):
                future.set_result(result)

    def _transact(self, jobs: list[Job]) -> list[Any]:
        with self._engine.begin() as connection:
            return [job(connection) for job in jobs]
