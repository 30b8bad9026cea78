"""Commands on a terminal, of which the tests read what it shows."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Mapping

from tests.kits.projects import REPOSITORY


def seen_on_a_terminal(
    folder: Path, *arguments: str, columns: int = 120, env: Mapping[str, str] = os.environ
) -> str:
    """Return what a ``kedro`` command writes to a terminal, without its control sequences."""
    return re.sub(
        r"\x1b\[[0-9;?]*[a-zA-Z]",
        "",
        written_to_a_terminal(folder, *arguments, columns=columns, env=env),
    )


def written_to_a_terminal(
    folder: Path, *arguments: str, columns: int = 120, env: Mapping[str, str] = os.environ
) -> str:
    """Return all that a ``kedro`` command writes to a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "kedro", *arguments],
        cwd=folder,
        env={
            **env,
            "PYTHONPATH": str(REPOSITORY),
            "DO_NOT_TRACK": "1",
            "TERM": "xterm",
            "COLUMNS": str(columns),
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
    return written.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody writes any more
        return b""
