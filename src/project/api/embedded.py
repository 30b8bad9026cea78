"""The embedded API of a project: its server, or the API in this process while none runs."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional, Tuple

from project.api.page_functions import page_functions
from project.api.project_folder import FOLDER, folder_errors, prepare_folder
from project.api.transport import Post
from project.compat.collector import collector_paused, present_objects_kept
from project.compat.run_options import describe_run_options
from project.errors import ApiError

# Only what starts a server, or owns a run on it, imports the server's libraries.
if TYPE_CHECKING:
    from project.server.record import RunningServer
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


def find_server(project_path: Path) -> Optional[RunningServer]:
    """Return the server that 'kedro prefect server' runs for a project, if it does.

    Raises:
        ApiError: the libraries of the embedded API are not installed.
    """
    folder = project_path / FOLDER
    with _start_errors(folder):
        from project.server.record import running_server

        return running_server(folder)


@contextmanager
def temporary_server(project_path: Path) -> Iterator[RunningServer]:
    """Serve the API in a thread, for processes that this one starts.

    Raises:
        ApiError: it cannot be started.
    """
    with ExitStack() as stack:
        with _start_errors(project_path / FOLDER), collector_paused():
            from project.server.record import RunningServer, new_token
            from project.server.thread import ServerThread

            # Other users of this machine can reach its address, too.
            settings = server_settings(project_path, token=new_token())
            server = stack.enter_context(ServerThread(settings))
            stack.enter_context(present_objects_kept())
        yield RunningServer(server.url, server.token)


@contextmanager
def local_api(project_path: Path) -> Iterator[Tuple[Post, str]]:
    """Yield what answers requests within this process, and the path of its database.

    Raises:
        ApiError: the database cannot be used.
    """
    with ExitStack() as stack:
        # Imports leave no garbage, but looking for it took a third of the time.
        with _start_errors(project_path / FOLDER), collector_paused():
            from project.server.local import local_api as open_api

            settings = server_settings(project_path)
            answer = stack.enter_context(open_api(settings))
            stack.enter_context(present_objects_kept())
        yield lambda body, headers, seconds: answer(body, headers), str(settings.database)


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
