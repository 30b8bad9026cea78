"""Tables on the terminal."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

import pendulum
from rich.table import Table
from rich.text import Text

from project.api.queries import FlowRunRow

SUMMARY_ROWS = 40

_COLORS = {
    "Success": "green",
    "Failed": "red",
    "TimedOut": "red",
    "TriggerFailed": "yellow",
    "Cancelled": "yellow",
    "Running": "blue",
}


class NodeReport(NamedTuple):
    """How a node ended; ``seconds`` is ``None`` if it never started."""

    name: str
    state: str
    seconds: Optional[float]

    @property
    def duration(self) -> str:
        """The duration as it is shown."""
        return "" if self.seconds is None else f"{self.seconds:.2f} s"


def summary_table(reports: List[NodeReport]) -> Table:
    """Return a table of the nodes in the order in which they ended.

    Of more than ``SUMMARY_ROWS`` nodes, it shows those that did not succeed and the slowest.
    """
    table = Table("Node", "State", "Duration", title=f"{len(reports)} nodes")
    by_interest = sorted(reports, key=lambda r: (r.state == "Success", -(r.seconds or 0)))
    shown = set(by_interest[:SUMMARY_ROWS])
    for report in filter(shown.__contains__, reports):
        colour = _COLORS.get(report.state, "default")
        table.add_row(Text(report.name), f"[{colour}]{report.state}[/]", report.duration)
    return table


def runs_table(runs: List[FlowRunRow]) -> Table:
    """Return a table of flow runs."""
    table = Table("Id", "Name", "Flow", "State", "Start", "Duration")
    for column in table.columns:  # ids are copied from the terminal, so they stay in one piece
        column.no_wrap = column.header == "Id"
    for run in runs:
        state = f"[{_COLORS.get(run.state, 'default')}]{run.state}[/]"
        flow = f"{run.flow_name} {run.flow_version}"
        start = run.start_time or run.scheduled_start_time
        table.add_row(run.id, run.name, flow, state, _local(start), _duration(run))
    return table


def _local(time: Optional[str]) -> str:
    if time is None:
        return ""
    return str(pendulum.parse(time).in_timezone("local").format("YYYY-MM-DD HH:mm:ss"))


def _duration(run: FlowRunRow) -> str:
    if not run.start_time:
        return ""
    end = pendulum.parse(run.end_time) if run.end_time else pendulum.now("utc")
    return f"{(end - pendulum.parse(run.start_time)).total_seconds():.1f} s"
