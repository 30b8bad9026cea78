"""The embedded API of a project: the running server, or one that lasts as long as a run."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, NamedTuple, Optional

from project.api.page_functions import page_functions
from project.api.project_folder import FOLDER, folder_errors, prepare_folder
from project.compat.collector import collector_paused, present_objects_kept
from project.compat.run_options import describe_run_options
from project.errors import ApiError

# Only what starts a server, or owns a run on it, imports the server's libraries.
if TYPE_CHECKING:
    from project.server.settings import ServerSettings

AUTO_TOKEN = "auto"  # noqa: S105 - it stands for one
REGISTRATION_SECONDS = 60.0

NO_SERVER = (
    "No embedded server is running. Agents and Prefect's own commands need one that keeps running: "
    "start 'kedro prefect server' in another terminal, or name a Prefect API in prefect.yml "
    "('api')."
)

NO_LIBRARIES = (
    "The embedded API needs the libraries of the extra 'server' ({error}). Install this package's "
    "wheel again, with the extra: uv pip install 'PATH/TO/THE.whl[server]'. Or name another "
    "Prefect API in prefect.yml ('api')."
)


class EmbeddedApi(NamedTuple):
    """Address of an embedded API, and its token if it has one that this user may know."""

    url: str
    token: Optional[str]


def server_settings(project_path: Path, **options: Any) -> ServerSettings:
    """Return the settings of a project's server, whose data is in the project's ``.prefect/``.

    Raises:
        ApiError: that folder cannot be written.
        ValueError: the options contradict each other.
    """
    from project.server.settings import ServerSettings

    folder = prepare_folder(project_path)
    data = {"run-options": describe_run_options()}
    functions = page_functions(project_path)
    return ServerSettings(
        database=folder / "prefect.db", page_data=data, page_functions=functions, **options
    )


def serve(
    project_path: Path, on_start: Callable[[str], None], *, token: Optional[str], **options: Any
) -> None:
    """Serve a project's API until Ctrl-C; ``on_start`` is called with its address.

    The token ``auto`` is a random one, which this user's commands and agents find.

    Raises:
        ApiError: it cannot be started.
        ValueError: the options contradict each other.
    """
    folder = project_path / FOLDER
    with _start_errors(folder):
        from project.server.process import serve as serve_settings
        from project.server.record import kept_token

        is_auto = token == AUTO_TOKEN
        settings = server_settings(
            project_path,
            token=kept_token(folder) if is_auto else token,
            records_token=is_auto,
            **options,
        )
        with present_objects_kept():
            serve_settings(settings, on_start)


def served_url(project_path: Path) -> Optional[str]:
    """Return the address at which 'kedro prefect server' serves a project, if one does."""
    from project.server.record import running_server

    running = running_server(project_path / FOLDER)
    return running and running.url


@contextmanager
def own_flow_run(project_path: Path, key: str) -> Iterator[None]:
    """Own the flow run with this idempotency key: if this process dies, a server ends it.

    Raises:
        ApiError: the lock cannot be written.
    """
    with ExitStack() as stack:
        with _start_errors(project_path / FOLDER):
            from project.server.store.locks import owned_run

            database = server_settings(project_path).database
            stack.enter_context(owned_run(database, key))
        yield


@contextmanager
def exclusive_registration(project_path: Path) -> Iterator[None]:
    """Let only one process of a project register flows at a time.

    It takes several requests. Otherwise, processes that start together would each create the
    project, and the second one would start a run of a flow that does not have its tasks yet.

    Raises:
        ApiError: the lock cannot be written.
    """
    with _start_errors(project_path / FOLDER):
        from project.server.store.locks import ProcessLock

        lock = ProcessLock(prepare_folder(project_path) / "register.lock")
        lock.acquire(REGISTRATION_SECONDS)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def embedded_api(project_path: Path, must_outlive_process: bool = False) -> Iterator[EmbeddedApi]:
    """Yield the project's server, started in this process if none is running.

    Raises:
        ApiError: it cannot be started, or ``must_outlive_process`` and none is running.
    """
    folder = project_path / FOLDER
    with _start_errors(folder):
        from project.server.record import new_token, running_server

        running = running_server(folder)
    if running is not None:
        yield EmbeddedApi(running.url, running.token)
        return
    if must_outlive_process:
        raise ApiError(NO_SERVER)
    with ExitStack() as stack:
        # Imports leave no garbage, but looking for it took a third of the time.
        with _start_errors(folder), collector_paused():
            from project.server.process import EmbeddedServer

            # Other users of this machine can reach its address, too.
            settings = server_settings(project_path, token=new_token())
            server = stack.enter_context(EmbeddedServer(settings))
            stack.enter_context(present_objects_kept())
        yield EmbeddedApi(server.url, server.token)


@contextmanager
def _start_errors(folder: Path) -> Iterator[None]:
    from project.server.errors import ServerError

    try:
        with folder_errors(folder):
            yield
    except ImportError as error:  # also of a release that another package holds back
        raise ApiError(NO_LIBRARIES.format(error=error)) from error
    except ServerError as error:
        raise ApiError(str(error)) from error
