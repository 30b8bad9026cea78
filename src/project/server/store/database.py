"""One SQLite file with many readers and one writer at a time, also among several processes."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, select
from sqlalchemy.exc import DatabaseError, OperationalError

from project.server.errors import (
    DatabaseUnavailableError,
    DatabaseUnusableError,
    SqliteTooOldError,
)
from project.server.store.functions import add_functions, time_limit
from project.server.store.locks import ProcessLock
from project.server.store.migrations import migrate
from project.server.store.rows import insert_row
from project.server.store.tables import tenant
from project.server.store.writer import Writer

T = TypeVar("T")

_MIN_SQLITE = (3, 30)  # which has NULLS FIRST
_READERS = 4
_GONE = (
    "the file was moved, deleted or replaced while it was in use. Move it back, or start again to "
    "use what is there now"
)
_STEPS_BETWEEN_CHECKS = 10_000  # of SQLite's virtual machine: less than a millisecond


class Database:
    """An open database; it runs jobs, each in a transaction of its own.

    SQLite interrupts a job that still reads after `read_timeout_seconds`: OperationalError.
    Raises what `prepare_database` raises, unless that has been called before.
    """

    def __init__(
        self,
        path: Path,
        busy_timeout_seconds: float,
        read_timeout_seconds: float = 15,
        *,
        is_prepared: bool = False,
    ) -> None:
        self.path = path
        self._read_timeout_seconds = read_timeout_seconds
        if not is_prepared:
            prepare_database(path, busy_timeout_seconds)
        write_engine = _engine(path, busy_timeout_seconds, begin="BEGIN IMMEDIATE")
        self._read_engine = _engine(path, busy_timeout_seconds, begin="BEGIN", read_only=True)
        for engine in (write_engine, self._read_engine):
            _require_file(engine, path)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="prefect-api-reader")
        self._writer = Writer(write_engine)

    def read(self, job: Callable[[Connection], T]) -> Future[T]:
        """Run a job that only reads, on one consistent view of the data."""
        return self._readers.submit(self._run_read, job)

    def write(self, job: Callable[[Connection], T]) -> Future[T]:
        """Run a job in the writer; when the future is done, its changes are on disk."""
        return self._writer.submit(job)

    def close(self) -> None:
        """Finish the submitted jobs and close the file."""
        self._writer.close()
        self._readers.shutdown()
        self._read_engine.dispose()

    def _run_read(self, job: Callable[[Connection], T]) -> T:
        seconds = self._read_timeout_seconds
        engine = self._read_engine
        with engine.begin() as connection, _deadline(connection, seconds), time_limit(seconds):
            return job(connection)


def _require_file(engine: Engine, path: Path) -> None:
    """Let an engine refuse to go on with a file that is gone, or that another one has replaced.

    SQLite would write to a file without a name, of which nothing is left when the server stops.
    """
    file = _identity(path)

    def check(*_: object) -> None:
        if _identity(path) != file:
            raise OperationalError("BEGIN", None, sqlite3.OperationalError(_GONE))

    event.listen(engine, "do_connect", check)
    event.listen(engine, "begin", check, insert=True)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def _deadline(connection: Connection, seconds: float) -> Iterator[None]:
    """Interrupt what SQLite executes on a connection after some seconds."""
    end = time.monotonic() + seconds
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_CHECKS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def prepare_database(path: Path, busy_timeout_seconds: float) -> None:
    """Create the database if needed, and bring its schema up to date.

    Raises DatabaseTooNewError, DatabaseUnusableError, DatabaseUnavailableError,
    FolderUnusableError or SqliteTooOldError.
    """
    if sqlite3.sqlite_version_info < _MIN_SQLITE:
        raise SqliteTooOldError(sqlite3.sqlite_version, ".".join(map(str, _MIN_SQLITE)))
    # Two processes that switch a new file to the write-ahead log at the same time do not wait for
    # each other: SQLite refuses one of them, whatever its timeout is.
    lock = ProcessLock(path.with_name(f"{path.name}.lock"))
    if not lock.acquire(busy_timeout_seconds):
        raise DatabaseUnavailableError(path, f"another process holds {path.name}.lock")
    engine = _engine(path, busy_timeout_seconds, begin="BEGIN IMMEDIATE")
    try:
        with engine.begin() as connection:
            migrate(connection, path)
            # Prefect's client takes the first tenant, and fails if there is none.
            if connection.scalar(select(tenant.c.id).limit(1)) is None:
                insert_row(connection, tenant, name="default", slug="default")
    except OperationalError as error:
        raise DatabaseUnavailableError(path, error.orig) from error
    except DatabaseError as error:
        raise DatabaseUnusableError(path, error.orig) from error
    finally:
        engine.dispose()
        lock.release()


def _engine(
    path: Path, busy_timeout_seconds: float, *, begin: str, read_only: bool = False
) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # in a string, `?` would end the path
        connect_args={"timeout": busy_timeout_seconds, "check_same_thread": False},
        pool_size=_READERS,
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # `_begin` begins transactions, not the driver
        connection.execute("PRAGMA foreign_keys = ON")  # SQLite's default is OFF, per connection
        connection.execute("PRAGMA synchronous = FULL")  # a commit survives a power failure
        connection.execute(f"PRAGMA {'query_only = ON' if read_only else 'journal_mode = WAL'}")
        add_functions(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A write that began as a read could not wait for another process: SQLite refuses to turn
        # it into a write once the data has changed.
        connection.exec_driver_sql(begin)

    return engine
