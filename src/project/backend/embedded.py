"""The embedded API of a project: the one that is up, or one for the time of a run."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any, ContextManager, Iterator

from project.errors import ApiError

FOLDER = ".prefect"
NO_SERVER = (
    "No embedded server is up, and an agent needs one that stays: start 'kedro prefect server' in "
    "another terminal, or name a Prefect API in prefect.yml (api)."
)


def server_settings(project_path: Path, **given: Any) -> Any:
    """Return how the server of a project is set up: its data is in the project's ``.prefect/``."""
    from project.server.settings import ServerSettings

    folder = project_path / FOLDER
    folder.mkdir(exist_ok=True)
    return ServerSettings(database=folder / "prefect.db", **given)


def owned_run(project_path: Path, flow_run_id: str) -> ContextManager[None]:
    """Own a flow run while the context lasts: a server ends it if this process does not."""
    from project.server.store.locks import owned_run as owned

    return owned(server_settings(project_path).database, flow_run_id)


@contextmanager
def embedded_api(project_path: Path, lasting: bool = False) -> Iterator[str]:
    """Yield the address of the project's server, started in this process if none is up.

    ``lasting``: do not start one, which would end with this process.
    """
    from project.server.errors import ServerError
    from project.server.process import EmbeddedServer, running_server

    url = running_server(project_path / FOLDER)
    if url is not None:
        yield url
        return
    if lasting:
        raise ApiError(NO_SERVER)
    server = EmbeddedServer(server_settings(project_path))
    try:
        server.__enter__()
    except ServerError as error:
        raise ApiError(str(error)) from error
    try:
        yield server.url
    finally:
        server.__exit__(None, None, None)
