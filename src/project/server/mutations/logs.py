"""Log lines of runs."""

from __future__ import annotations

import logging
from enum import Enum
from typing import Any, List, NamedTuple, Optional

from sqlalchemy import Connection, Table, insert, select, update

from project.server.mutations.declarations import Json, MutationContext, Uuid
from project.server.store.rows import is_in
from project.server.store.tables import flow_run, log, task_run
from project.server.store.timestamps import now, to_timestamp

_log = logging.getLogger(__name__)


class LogLevel(Enum):
    """The levels that Prefect's client can show: those of the standard library."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class RunLogInput(NamedTuple):
    """A log line; without a valid time, it is of now."""

    flow_run_id: Optional[Uuid] = None
    task_run_id: Optional[Uuid] = None
    timestamp: Optional[str] = None
    name: Optional[str] = None
    level: Optional[LogLevel] = None
    message: Optional[str] = None
    info: Optional[Json] = None


def write_run_logs(context: MutationContext, logs: List[RunLogInput]) -> bool:
    """Store log lines; lines of unknown runs are dropped.

    Those are not refused: the client would send the whole batch again, forever.
    """
    connection = context.connection
    flow_runs = _existing(connection, flow_run, {line.flow_run_id for line in logs})
    task_runs = _existing(connection, task_run, {line.task_run_id for line in logs})
    moment = now()
    rows = [_row(line, task_runs, moment) for line in logs if line.flow_run_id in flow_runs]
    dropped = len(logs) - len(rows)
    if dropped:
        _log.warning("Dropped %s log lines of flow runs that do not exist.", dropped)
    if rows:
        connection.execute(insert(log), rows)
        # Prefect's client shows the lines up to the last update of their run.
        updated = update(flow_run).where(is_in(flow_run.c.id, flow_runs)).values(updated=moment)
        connection.execute(updated)
    return True


def _existing(connection: Connection, table: Table, keys: set[str | None]) -> set[str]:
    statement = select(table.c.id).where(is_in(table.c.id, keys - {None}))
    return set(connection.scalars(statement))


def _row(line: RunLogInput, task_runs: set[str], moment: str) -> dict[str, Any]:
    return {
        **line._asdict(),
        "created": moment,
        "task_run_id": line.task_run_id if line.task_run_id in task_runs else None,
        "timestamp": _timestamp(line.timestamp) or moment,
        "level": (line.level or LogLevel.INFO).value,
    }


def _timestamp(text: str | None) -> str | None:
    try:
        return to_timestamp(text or "")
    except (ValueError, OverflowError):
        return None
