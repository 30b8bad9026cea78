"""What a terminal shows of a run."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Callable

from tests.kits.projects import PIPELINE, KedroProject

REPOSITORY = Path(__file__).parents[2]


def seen_on_a_terminal(project: KedroProject) -> str:
    """Return what kedro run writes to a terminal, without its control sequences."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--runner=project.runner.PrefectRunner"],
        cwd=project.folder,
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "DO_NOT_TRACK": "1",
            "TERM": "xterm",
            "COLUMNS": "120",
        },
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    written = b""
    while chunk := _read(leader):
        written += chunk
    os.close(leader)
    process.wait(timeout=60)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.decode())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody writes any more
        return b""


def test_a_bar_while_it_runs_and_a_table_of_nodes_at_the_end(
    make_project: Callable[..., KedroProject],
) -> None:
    shown = seen_on_a_terminal(make_project(PIPELINE))
    rows = re.findall(r"│ (\w+) +│ (\w+) +│ (\d+\.\d\d) s +│", shown)

    assert "2/2" in shown
    assert [(name, state) for name, state, _ in rows] == [("one", "Success"), ("two", "Success")]


def test_a_failure_is_in_the_table_with_the_nodes_that_did_not_start(
    make_project: Callable[..., KedroProject],
) -> None:
    shown = seen_on_a_terminal(make_project(PIPELINE.replace("return 1", "raise OSError('full')")))
    rows = re.findall(r"│ (\w+) +│ (\w+) +│", shown)

    assert rows == [("one", "Failed"), ("two", "TriggerFailed")]
    assert shown.rindex("OSError: full") > shown.rindex("TriggerFailed")
