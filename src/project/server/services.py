"""What happens without a request, in one process of those that share a database."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, Iterable

from project.server.database import Database
from project.server.locks import SoleRole
from project.server.reaper import Reaper
from project.server.scheduler import Scheduler
from project.server.settings import ServerSettings

_log = logging.getLogger(__name__)


class Services:
    """Run the scheduler and the reaper at their intervals, as long as no other process does."""

    def __init__(self, database: Database, settings: ServerSettings) -> None:
        self._role = SoleRole(
            settings.database.with_name(settings.database.name + ".services.lock")
        )
        self._scheduler = Scheduler(database, settings.scheduled_runs)
        self._reaper = Reaper(database, settings)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="api-scheduler")
        self._stopped = threading.Event()
        jobs = (
            (self._scheduler.schedule_all, settings.scheduler_seconds),
            (self._reaper.reap, settings.reaper_seconds),
        )
        self._jobs = [_Periodic(job, seconds) for job, seconds in jobs]
        self._thread = threading.Thread(target=self._run, name="api-services", daemon=True)

    def start(self) -> None:
        """Begin; what is known to be left behind is ended before the first request."""
        _Periodic(self._reaper.end_left_behind, 0).run_if_due()
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being done now."""
        self._stopped.set()
        self._thread.join()
        self._worker.shutdown()
        self._role.leave()

    def schedule(self, flow_ids: Iterable[str]) -> Future[None]:
        """Create the next runs of some flows now."""
        return self._worker.submit(self._scheduler.schedule, flow_ids)

    def _run(self) -> None:
        pause = min(1.0, *(job.seconds for job in self._jobs))
        while not self._stopped.wait(pause):
            if self._role.take():
                for job in self._jobs:
                    job.run_if_due()


class _Periodic:
    def __init__(self, job: Callable[[], None], seconds: float) -> None:
        self.seconds = seconds
        self._job = job
        self._next = 0.0

    def run_if_due(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self.seconds
        try:
            self._job()
        except Exception:
            _log.exception(
                "A service of the embedded API failed; it is tried again in %s seconds.",
                self.seconds,
            )
