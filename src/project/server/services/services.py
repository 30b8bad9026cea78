"""The background services of the processes that share a database: one of them runs them."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, Iterable

from project.server.services.reaper import Reaper
from project.server.services.scheduler import Scheduler
from project.server.settings import ServerSettings
from project.server.store.database import Database
from project.server.store.locks import ProcessLock

_log = logging.getLogger(__name__)


class Services:
    """Runs the scheduler and the reaper at their intervals, unless another process does."""

    def __init__(self, database: Database, settings: ServerSettings) -> None:
        path = settings.database
        self._lock = ProcessLock(path.with_name(f"{path.name}.services.lock"))
        self._scheduler = Scheduler(database, settings.scheduled_runs)
        self._reaper = Reaper(database, settings)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="prefect-api-scheduler")
        self._stopped = threading.Event()
        self._jobs = (
            _PeriodicJob(self._scheduler.schedule_all, settings.scheduler_seconds),
            _PeriodicJob(self._reaper.reap, settings.reaper_seconds),
        )
        self._thread = threading.Thread(target=self._run, name="prefect-api-services", daemon=True)

    def start(self) -> None:
        """Start; runs of ended processes are ended before the first request is answered."""
        _run_logged(self._reaper.end_orphaned_runs)
        self._thread.start()

    def stop(self) -> None:
        """Stop once the current job is done."""
        self._stopped.set()
        self._thread.join()
        self._worker.shutdown()
        self._lock.release()

    def schedule(self, flow_ids: Iterable[str]) -> Future[None]:
        """Create the next scheduled runs of some flows now."""
        return self._worker.submit(self._scheduler.schedule, flow_ids)

    def _run(self) -> None:
        # At least once a second, to take over soon from a process that has ended.
        pause_seconds = min(1.0, *(job.seconds for job in self._jobs))
        while not self._stopped.wait(pause_seconds):
            if self._has_lock():
                for job in self._jobs:
                    job.run_if_due()

    def _has_lock(self) -> bool:
        try:
            return self._lock.acquire()
        except Exception as error:  # no file descriptors are left, for example
            _log.error("The embedded API cannot run its services, and tries again: %s", error)
            return False


class _PeriodicJob:
    def __init__(self, run: Callable[[], None], seconds: float) -> None:
        self.seconds = seconds
        self._run = run
        self._due = 0.0

    def run_if_due(self) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self.seconds
        _run_logged(self._run)


def _run_logged(job: Callable[[], None]) -> None:
    try:
        job()
    except Exception:
        _log.exception("A service of the embedded API failed, and will run again.")
