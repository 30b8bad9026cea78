"""Tables on the terminal."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

import pendulum
from rich import get_console
from rich.table import Table
from rich.text import Text

from project.api.queries.flow_run_lists import FlowRunRow
from project.console.times import local_time
from project.terminal import printable, show

SUMMARY_ROWS = 40
WIDE_COLUMNS = 120  # a table of runs needs about as many

_HEADERS = ["Id", "Name", "Flow", "State", "Start", "Duration"]

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
    def is_final(self) -> bool:
        """Whether the node has no further attempt."""
        return self.state != "Retrying"

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
        state = Text(report.state, _color(report.state))
        table.add_row(Text(report.name), state, report.duration)
    return table


def print_runs(runs: List[FlowRunRow]) -> None:
    """Print flow runs: as a table on a wide terminal, two lines for each on a narrow one.

    Elsewhere, one line for each with nothing cut off, for programs such as grep.
    """
    console = get_console()
    if not console.is_terminal:
        _print_lines([_cells(run) for run in runs])
    elif console.width < WIDE_COLUMNS:
        for run in runs:
            id_, name, flow, state, start, duration = _cells(run)
            console.print(Text.assemble((id_, "bold"), "  ", (state, _color(run.state))))
            details = ", ".join(filter(None, [flow, name, start, duration]))
            console.print(Text(f"  {details}"), overflow="fold")
    else:
        console.print(_runs_table(runs))


def _runs_table(runs: List[FlowRunRow]) -> Table:
    table = Table(*_HEADERS)
    for column in table.columns:
        column.no_wrap = column.header not in {"Name", "Flow"}
        column.overflow = "fold"
    for run in runs:
        id_, name, flow, state, start, duration = map(Text, _cells(run))
        state.stylize(_color(run.state))
        table.add_row(id_, name, flow, state, start, duration)
    return table


def _print_lines(rows: List[List[str]]) -> None:
    lines = [_HEADERS, *rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        show("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def _cells(run: FlowRunRow) -> List[str]:
    flow = f"{run.flow_name} {run.flow_version}"
    start = local_time(run.start_time or run.scheduled_start_time)
    cells = [run.id, run.name, flow, run.state, start, _duration(run)]
    return list(map(printable, cells))


def _color(state: str) -> str:
    return _COLORS.get(state, "default")


def _duration(run: FlowRunRow) -> str:
    if not run.start_time:
        return ""
    end = pendulum.parse(run.end_time) if run.end_time else pendulum.now("utc")
    return f"{(end - pendulum.parse(run.start_time)).total_seconds():.1f} s"
