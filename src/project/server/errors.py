"""What the API says when it cannot do as asked."""

from __future__ import annotations

from pathlib import Path


class ServerError(Exception):
    """The embedded server cannot start or go on."""


class DatabaseUnusableError(ServerError):
    """The file is not a database that this server can read."""

    def __init__(self, database: Path, reason: object) -> None:
        super().__init__(
            f"{database} cannot be used as the embedded API's database: {reason}. "
            "Move the file away to start with an empty one, or restore a backup."
        )


class DatabaseUnavailableError(ServerError):
    """The file cannot be opened for writing at present."""

    def __init__(self, database: Path, reason: object) -> None:
        super().__init__(
            f"{database} cannot be opened for writing: {reason}. Look at the disk, at the rights "
            "on the folder, and for a process that holds the file."
        )


class DatabaseTooNewError(ServerError):
    """A newer release of this package has migrated the database."""

    def __init__(self, database: Path, version: int, known: int) -> None:
        super().__init__(
            f"{database} has schema version {version}, but this release knows only {known}. "
            "Upgrade this package, or use another database."
        )


class ServerRunningError(ServerError):
    """One server per directory: another process has it."""

    def __init__(self, directory: Path, url: str | None) -> None:
        where = f"at {url}" if url else "and has not told its address yet"
        super().__init__(
            f"A server for {directory} is already running {where}. Use that one, or stop it first."
        )


class ApiError(Exception):
    """A request is understood and refused; the message goes to the client."""

    code = "INTERNAL_SERVER_ERROR"


class NotFoundError(ApiError):
    """Something the request names does not exist."""

    def __init__(self, noun: str, key: object) -> None:
        super().__init__(f"{noun} {key} not found.")


class UniquenessViolationError(ApiError):
    """The message is part of the protocol: Prefect's client compares the whole of it."""

    def __init__(self) -> None:
        super().__init__("Uniqueness violation.")


class StateRejectedError(ApiError):
    """An agent that reads these words leaves the run to another."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"State update failed: {reason}")


class BadRequestError(Exception):
    """The request itself is wrong: HTTP 400, nothing has been executed."""

    def __init__(self, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.code = code
