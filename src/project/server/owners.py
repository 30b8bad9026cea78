"""Whose a flow run is: the process that runs it holds a lock for as long as it lives."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from project.server.locks import SoleRole

_WAIT_SECONDS = 5  # `left_behind` holds a lock for a moment, too


@contextmanager
def owned(database: Path, flow_run_id: str) -> Iterator[None]:
    """Own a flow run of a database on this machine.

    The file stays: whoever looks for runs that were left behind removes it.
    """
    role = SoleRole(_folder(database) / flow_run_id)
    role.take(_WAIT_SECONDS)
    try:
        yield
    finally:
        role.leave()


def left_behind(database: Path) -> Iterator[str]:
    """Yield the flow runs whose owner has gone; one that was yielded is forgotten after that."""
    for file in _folder(database).glob("*"):
        role = SoleRole(file)
        if not role.take():
            continue
        try:
            yield file.name
            file.unlink(missing_ok=True)
        finally:
            role.leave()


def _folder(database: Path) -> Path:
    return database.with_name(f"{database.name}.owners")
