"""One SQLite file: many readers, and one writer at a time, also among several processes."""

from __future__ import annotations

import sqlite3
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Callable, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError, OperationalError

from project.server import tables
from project.server.errors import DatabaseUnavailableError, DatabaseUnusableError
from project.server.migrations import migrate
from project.server.timestamps import now
from project.server.writer import Writer

T = TypeVar("T")

_READERS = 4


class Database:
    """Run jobs on the database, each in a transaction of its own.

    Raises DatabaseTooNewError or DatabaseUnusableError when the file cannot be served.
    """

    def __init__(self, path: Path, busy_timeout_seconds: float) -> None:
        self.path = path
        prepare_database(path, busy_timeout_seconds)
        write_engine = _engine(path, busy_timeout_seconds, begin="BEGIN IMMEDIATE")
        self._read_engine = _engine(path, busy_timeout_seconds, begin="BEGIN", read_only=True)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="api-reader")
        self._writer = Writer(write_engine)

    def read(self, job: Callable[[Connection], T]) -> Future[T]:
        """Run a job that changes nothing on one consistent view of the data."""
        return self._readers.submit(self._run_read, job)

    def write(self, job: Callable[[Connection], T]) -> Future[T]:
        """Run a job in the writer; when the future is done, its changes are on the disk."""
        return self._writer.submit(job)

    def close(self) -> None:
        """Finish what has been submitted and let go of the file."""
        self._writer.close()
        self._readers.shutdown()
        self._read_engine.dispose()

    def _run_read(self, job: Callable[[Connection], T]) -> T:
        with self._read_engine.begin() as connection:
            return job(connection)


def prepare_database(path: Path, busy_timeout_seconds: float) -> None:
    """Create the database at need, and bring its schema up to date.

    Raises DatabaseTooNewError, DatabaseUnusableError or DatabaseUnavailableError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(path, busy_timeout_seconds, begin="BEGIN IMMEDIATE")
    try:
        with engine.begin() as connection:
            migrate(connection, path)
            _ensure_tenant(connection)
    except OperationalError as error:
        raise DatabaseUnavailableError(path, error.orig) from error
    except DatabaseError as error:
        raise DatabaseUnusableError(path, error.orig) from error
    finally:
        engine.dispose()


def _engine(
    path: Path, busy_timeout_seconds: float, *, begin: str, read_only: bool = False
) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": busy_timeout_seconds, "check_same_thread": False},
        pool_size=_READERS,
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        _set_pragmas(connection, read_only=read_only)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _set_pragmas(connection: sqlite3.Connection, *, read_only: bool) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    else:
        connection.execute("PRAGMA journal_mode = WAL")


def _ensure_tenant(connection: Connection) -> None:
    """Prefect's client takes the first tenant there is, and cannot do without one."""
    if connection.scalar(select(tables.tenant.c.id).limit(1)) is None:
        moment = now()
        values = {"id": str(uuid.uuid4()), "created": moment, "updated": moment}
        connection.execute(insert(tables.tenant).values(**values, name="default", slug="default"))
