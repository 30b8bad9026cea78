"""The embedded API of a project: the running server, or one that lasts as long as a run."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, Optional

from project.api.page_functions import page_functions
from project.compat.run_options import describe_run_options
from project.errors import ApiError

# Only what starts a server, or owns a run on it, imports the server's libraries.
if TYPE_CHECKING:
    from project.server.settings import ServerSettings

FOLDER = ".prefect"
NO_SERVER = (
    "No embedded server is running, but this needs one that outlives the command. Start "
    "'kedro prefect server' in another terminal, or name a Prefect API in prefect.yml ('api')."
)

NO_LIBRARIES = (
    "The embedded API needs the libraries of the extra 'server' ({error}). Install them: "
    "uv pip install 'kedro-prefect-runner[server]', or name another Prefect API in prefect.yml "
    "('api')."
)


def server_settings(project_path: Path, **options: Any) -> ServerSettings:
    """Return the settings of a project's server, whose data is in the project's ``.prefect/``."""
    from project.server.settings import ServerSettings

    folder = project_path / FOLDER
    folder.mkdir(exist_ok=True)
    data = {"run-options": describe_run_options()}
    functions = page_functions(project_path)
    return ServerSettings(
        database=folder / "prefect.db", page_data=data, page_functions=functions, **options
    )


def serve(project_path: Path, on_start: Callable[[str], None], **options: Any) -> None:
    """Serve a project's API until Ctrl-C; ``on_start`` is called with its address.

    Raises:
        ApiError: it cannot be started.
        ValueError: the options contradict each other.
    """
    with _explain_missing_libraries():
        from project.server.errors import ServerError
        from project.server.process import serve as serve_settings

    try:
        serve_settings(server_settings(project_path, **options), on_start)
    except ServerError as error:
        raise ApiError(str(error)) from error


def served_url(project_path: Path) -> Optional[str]:
    """Return the address at which 'kedro prefect server' serves a project, if one does."""
    from project.server.process import running_server

    return running_server(project_path / FOLDER)


def own_flow_run(project_path: Path, key: str) -> ContextManager[None]:
    """Own the flow run with this idempotency key: if this process dies, a server ends it."""
    from project.server.store.locks import owned_run

    return owned_run(server_settings(project_path).database, key)


@contextmanager
def embedded_api(project_path: Path, must_outlive_process: bool = False) -> Iterator[str]:
    """Yield the address of the project's server, started in this process if none is running.

    Raises:
        ApiError: it cannot be started, or ``must_outlive_process`` and none is running.
    """
    with _explain_missing_libraries():
        from project.server.errors import ServerError
        from project.server.process import EmbeddedServer, running_server

    url = running_server(project_path / FOLDER)
    if url is not None:
        yield url
        return
    if must_outlive_process:
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


@contextmanager
def _explain_missing_libraries() -> Iterator[None]:
    try:
        yield
    except ImportError as error:  # also of a release that another package holds back
        raise ApiError(NO_LIBRARIES.format(error=error)) from error
