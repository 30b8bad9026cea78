"""Log lines of runs."""

from __future__ import annotations

import logging
from typing import Any, Mapping

from sqlalchemy import Connection, Table, insert, select, update

from project.server.call import Call, Values
from project.server.filters import listed
from project.server.tables import flow_run, log, task_run
from project.server.timestamps import canonical, now

_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
_ALIASES = {"WARN": "WARNING", "FATAL": "CRITICAL"}

_log = logging.getLogger(__name__)


def write_run_logs(call: Call, given: Values) -> Values:
    """Keep log lines, and refuse none: a client would repeat a refused batch for ever."""
    lines = given["logs"]
    runs = _known(call.connection, flow_run, {line.get("flow_run_id") for line in lines})
    tasks = _known(call.connection, task_run, {line.get("task_run_id") for line in lines})
    rows = [_row(line, tasks) for line in lines if line.get("flow_run_id") in runs]
    if len(rows) < len(lines):
        _log.warning("Dropped %s log lines of flow runs that do not exist.", len(lines) - len(rows))
    if rows:
        call.connection.execute(insert(log), rows)
        _touch(call.connection, runs)
    return {"success": True}


def _touch(connection: Connection, flow_runs: set[str]) -> None:
    """Prefect's client shows the lines up to the time when the run was last updated."""
    mine = flow_run.c.id.in_(listed(flow_run.c.id, flow_runs))
    connection.execute(update(flow_run).where(mine).values(updated=now()))


def _known(connection: Connection, table: Table, keys: set[Any]) -> set[str]:
    wanted = {key for key in keys if key}
    return set(
        connection.scalars(select(table.c.id).where(table.c.id.in_(listed(table.c.id, wanted))))
    )


def _row(line: Mapping[str, Any], tasks: set[str]) -> dict[str, Any]:
    task_run_id = line.get("task_run_id")
    return {
        "created": now(),
        "flow_run_id": line["flow_run_id"],
        "task_run_id": task_run_id if task_run_id in tasks else None,
        "timestamp": _time_of(line),
        "name": line.get("name"),
        "level": _level(line.get("level")),
        "message": line.get("message"),
        "info": line.get("info"),
    }


def _time_of(line: Mapping[str, Any]) -> str:
    try:
        return canonical(line["timestamp"])
    except (KeyError, ValueError, AttributeError):
        return now()


def _level(name: str | None) -> str:
    """Prefect's client can show only the five levels of the standard library."""
    upper = (name or "INFO").upper()
    known = _ALIASES.get(upper, upper)
    return known if known in _LEVELS else "INFO"
