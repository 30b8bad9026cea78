"""The latest flow runs that an API has, as a table."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pendulum
from rich.table import Table

from project.backend.api import Api

_COLOURS = {"Success": "green", "Failed": "red", "Cancelled": "yellow", "Running": "blue"}


def latest_runs(api: Api, limit: int) -> List[Dict[str, Any]]:
    """Return the runs that were created last, the newest first."""
    runs: List[Dict[str, Any]] = api.query(
        "query($limit: Int) { flow_run(order_by: {created: desc}, limit: $limit) "
        "{ id name state start_time end_time scheduled_start_time flow { name version } } }",
        limit=limit,
    )
    return runs


def runs_table(runs: List[Dict[str, Any]]) -> Table:
    """Return a table of flow runs."""
    table = Table("Id", "Name", "Flow", "State", "Start", "Duration")
    for column in table.columns:
        column.no_wrap = column.header == "Id"
    for run in runs:
        state = f"[{_COLOURS.get(run['state'], 'default')}]{run['state']}[/]"
        flow = f"{run['flow']['name']} {run['flow']['version']}"
        start = run["start_time"] or run["scheduled_start_time"]
        table.add_row(run["id"], run["name"], flow, state, _local(start), _duration(run))
    return table


def _local(time: Optional[str]) -> str:
    if time is None:
        return ""
    return str(pendulum.parse(time).in_timezone("local").format("YYYY-MM-DD HH:mm:ss"))


def _duration(run: Dict[str, Any]) -> str:
    if not run["start_time"]:
        return ""
    end = pendulum.parse(run["end_time"]) if run["end_time"] else pendulum.now("utc")
    return f"{(end - pendulum.parse(run['start_time'])).total_seconds():.1f} s"
