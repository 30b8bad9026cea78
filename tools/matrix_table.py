"""Print what nox reports of the matrix as a Markdown table; exit with 1 when a cell failed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Mapping

SHOWN = {"success": "passed", "failed": "failed", "skipped": "skipped", "aborted": "aborted"}
CELL = re.compile(r"contract\(python='(.+)', kedro='(.+)'\)")


def read_cells(report: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return what became of each cell, by Kedro and Python."""
    ended = [(CELL.fullmatch(one["signatures"][0]), one) for one in report["sessions"]]
    return {(cell[2], cell[1]): shown(one) for cell, one in ended if cell}


def shown(session: Mapping[str, Any]) -> str:
    """Return one or two words for how a session ended."""
    if "interpreter" in (session["reason"] or ""):
        return "no Python"
    return SHOWN[session["result"]]


def table(cells: dict[tuple[str, str], str]) -> str:
    """Return a table with a row for each Kedro and a column for each Python."""
    kedros = dict.fromkeys(kedro for kedro, _ in cells)
    pythons = sorted({python for _, python in cells}, key=lambda name: int(name.split(".")[1]))
    rows = [
        ["Kedro", *(f"Python {python}" for python in pythons)],
        ["---"] * (len(pythons) + 1),
        *([kedro, *(cells.get((kedro, python), "-") for python in pythons)] for kedro in kedros),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(table(read_cells(report)))
    sys.exit(not report["result"])
