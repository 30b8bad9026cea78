"""Errors of the server and of single requests."""

from __future__ import annotations

from pathlib import Path


class ServerError(Exception):
    """The embedded API cannot start or continue."""


class DatabaseUnusableError(ServerError):
    """The file is not a database that this server can read."""

    def __init__(self, database: Path, reason: object) -> None:
        super().__init__(
            f"{database} cannot be used as the embedded API's database: {reason}. "
            "Move the file away to start with an empty one, or restore a backup."
        )


class SqliteTooOldError(ServerError):
    """Python was built with a release of SQLite that lacks something."""

    def __init__(self, version: str, oldest: str) -> None:
        super().__init__(
            f"The embedded API needs SQLite {oldest} or newer, and this Python has {version}. Use "
            "another Python, or name another Prefect API in prefect.yml ('api')."
        )


class DatabaseUnavailableError(ServerError):
    """The file cannot be opened for writing at the moment."""

    def __init__(self, database: Path, reason: object) -> None:
        super().__init__(
            f"{database} cannot be opened for writing: {reason}. Look at the disk, at the "
            "permissions of the folder, and for a process that holds the file."
        )


class FolderUnusableError(ServerError):
    """The folder of the database cannot be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"{path} cannot be written: {error.strerror or error}. Look at the disk, and at the "
            "permissions of the folder."
        )


class DatabaseTooNewError(ServerError):
    """A newer release of this package has migrated the database."""

    def __init__(self, database: Path, version: int, newest: int) -> None:
        super().__init__(
            f"{database} has schema version {version}, but this release knows only {newest}. "
            "Upgrade this package, or use another database."
        )


class ServerRunningError(ServerError):
    """Another process serves this directory."""

    def __init__(self, directory: Path, url: str | None) -> None:
        where = f"at {url}" if url else "(it is starting and has no address yet)"
        super().__init__(
            f"A server for {directory} is already running {where}. Use that one, or stop it first."
        )


class ApiError(Exception):
    """A request that is valid but refused; the client gets the message."""

    code = "INTERNAL_SERVER_ERROR"


class InputError(ApiError):
    """A request that asks for what makes no sense; the client gets the message."""

    code = "BAD_USER_INPUT"


class NotFoundError(InputError):
    """The request names something that does not exist."""

    def __init__(self, noun: str, key: object) -> None:
        super().__init__(f"{noun} {key} not found.")


class UniquenessViolationError(InputError):
    """The name is taken; Prefect's client compares the whole message."""

    def __init__(self) -> None:
        super().__init__("Uniqueness violation.")


class StateRejectedError(InputError):
    """A state is not accepted; an agent that reads these words leaves the run to another agent."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"State update failed: {reason}")


class BadRequestError(Exception):
    """A request that is not valid and not executed: HTTP 400, unless there is a better status."""

    def __init__(self, message: str, code: str = "BAD_REQUEST", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
