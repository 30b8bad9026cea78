"""Locks between processes; the operating system releases them when their process ends."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator
from weakref import WeakSet

from filelock import FileLock, Timeout

from project.server.errors import FolderUnusableError, ServerError

_OWNER_TIMEOUT_SECONDS = 5  # `orphaned_runs` briefly holds each lock that it tries


class ProcessLock:
    """A lock file that at most one process holds.

    Raises FolderUnusableError if the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        with _folder_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        # One thread may acquire it, and another release it.
        self._lock: Any = FileLock(str(path), thread_local=False)
        _all_locks.add(self)

    def acquire(self, timeout_seconds: float = 0) -> bool:
        """Acquire the lock unless another process holds it; return whether this one has it."""
        try:
            with _folder_errors(self._path):
                self._lock.acquire(timeout=timeout_seconds)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        """Release the lock."""
        self._lock.release(force=True)

    def forget(self) -> None:
        """Close the lock file in a forked child, which leaves the lock to its parent."""
        context = self._lock._context
        if context.lock_file_fd is not None:
            os.close(context.lock_file_fd)
            context.lock_file_fd = None


_all_locks: WeakSet[ProcessLock] = WeakSet()


def _forget_all() -> None:
    for lock in list(_all_locks):
        lock.forget()


# A child that has the file open would hold the lock after its parent has ended. Later releases of
# filelock close it themselves.
if hasattr(os, "register_at_fork") and not hasattr(FileLock, "_reset_after_fork_in_child"):
    os.register_at_fork(after_in_child=_forget_all)


@contextmanager
def _folder_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except Timeout:  # an OSError, too
        raise
    except OSError as error:
        raise FolderUnusableError(path, error) from error


@contextmanager
def owned_run(database: Path, key: str) -> Iterator[None]:
    """Own the flow run with this idempotency key on this machine while the context lasts.

    The lock file stays behind: only `orphaned_runs` removes it, so that a run whose process was
    killed and one whose process ended normally are treated alike.
    """
    path = _owners_folder(database) / key
    lock = ProcessLock(path)
    if not lock.acquire(_OWNER_TIMEOUT_SECONDS):
        raise ServerError(f"Another process holds {path}.")
    try:
        yield
    finally:
        lock.release()


def orphaned_runs(database: Path) -> Iterator[str]:
    """Yield the keys of the flow runs whose owner has ended, again if the caller fails."""
    for path in _owners_folder(database).glob("*"):
        lock = ProcessLock(path)
        if not lock.acquire():
            continue
        try:
            yield path.name
            # Only after the caller is done: if it fails, the next caller finds the run again.
            path.unlink(missing_ok=True)
        finally:
            lock.release()


def _owners_folder(database: Path) -> Path:
    return database.with_name(f"{database.name}.owners")
