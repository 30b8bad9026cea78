"""What one process at a time may be; the operating system ends it with the process."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout


class SoleRole:
    """A role that at most one process has; a file stands for it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(str(path), thread_local=False)

    def take(self, wait_seconds: float = 0) -> bool:
        """Take the role if no other process has it, and tell whether this one has it now."""
        try:
            self._lock.acquire(timeout=wait_seconds)
        except Timeout:
            return False
        return True

    def leave(self) -> None:
        """Let another process take the role."""
        self._lock.release(force=True)
