"""The record that a running server leaves in its folder: where it answers.

It is read by every command that uses the API, so nothing here imports what serves.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple

from project.server.errors import ServerRunningError
from project.server.store.locks import ProcessLock

_LOCK = "server.lock"
_RECORD = "server.json"
_LOCK_TIMEOUT_SECONDS = 0.5  # `running_server` briefly holds the lock, too


class RunningServer(NamedTuple):
    """The address of a server, and its token, if it keeps one for this user's processes."""

    url: str
    token: str | None


def running_server(directory: Path) -> RunningServer | None:
    """Return the server that `serve` runs for a directory, if there is one."""
    if not (directory / _LOCK).exists():
        return None
    lock = ProcessLock(directory / _LOCK)
    if lock.acquire():
        # A server that was killed has left its address.
        with suppress(OSError):
            _forget_address(directory)
        lock.release()
        return None
    record = _read_record(directory)
    return RunningServer(record["url"], record.get("token")) if "url" in record else None


def kept_token(directory: Path) -> str:
    """Return the token that the last server of a directory has kept, or a new one.

    As it stays the same, agents and runs outlive a restart of the server.
    """
    return _read_record(directory).get("token") or new_token()


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


@contextmanager
def directory_lock(directory: Path, kept: Mapping[str, Any]) -> Iterator[None]:
    """Hold the lock of a directory, and leave only what is `kept` in its record."""
    lock = ProcessLock(directory / _LOCK)
    if not lock.acquire(_LOCK_TIMEOUT_SECONDS):
        raise ServerRunningError(directory, _read_record(directory).get("url"))
    _replace_record(directory, kept)  # perhaps of a server that was killed
    try:
        yield
    finally:
        _replace_record(directory, kept)
        lock.release()


def _forget_address(directory: Path) -> None:
    record = _read_record(directory)
    if "url" in record:
        _replace_record(directory, {"token": record["token"]} if record.get("token") else {})


def _replace_record(directory: Path, kept: Mapping[str, Any]) -> None:
    if kept:
        write_record(directory, kept)
    else:
        (directory / _RECORD).unlink(missing_ok=True)


def write_record(directory: Path, record: Mapping[str, Any]) -> None:
    """Replace the record of a directory."""
    # Written aside and renamed: a reader never sees half a record.
    draft = directory / f"{_RECORD}.{os.getpid()}"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(record, file)
    draft.replace(directory / _RECORD)


def _read_record(directory: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((directory / _RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # there is no server, or it is still starting
        return {}
    return record
