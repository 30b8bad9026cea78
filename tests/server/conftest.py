"""An embedded server with an empty database, its clients, and a registered flow."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Callable, Iterator

import pytest
from prefect import Client
from sqlalchemy import Connection, update

from project.server.settings import ServerSettings
from project.server.store.database import Database
from project.server.store.tables import flow_run, task_run
from project.server.store.timestamps import seconds_ago
from project.server.thread import ServerThread
from tests.server.kit import Api, Registered, prefect_client, register_flow


@pytest.fixture
def settings(tmp_path: Path) -> ServerSettings:
    return ServerSettings(tmp_path / "api.db", port=0)


@pytest.fixture
def server(settings: ServerSettings) -> Iterator[ServerThread]:
    with ServerThread(settings) as running:
        yield running


@pytest.fixture
def api(server: ServerThread) -> Api:
    return Api(server.url)


@pytest.fixture
def client(server: ServerThread) -> Iterator[Client]:
    """Prefect's own client."""
    with prefect_client(server.url) as client:
        yield client


@pytest.fixture
def project_id(api: Api) -> str:
    return str(api.mutate("create_project", name="demo")["id"])


@pytest.fixture
def register(api: Api, project_id: str) -> Callable[..., Registered]:
    """Return a function that registers a flow as `prefect register` does."""
    return partial(register_flow, api, project_id)


@pytest.fixture
def flow(register: Callable[..., Registered]) -> Registered:
    return register()


@pytest.fixture
def pass_an_hour(settings: ServerSettings) -> Callable[..., None]:
    """Return a function that makes the last signs of life of a run an hour older.

    Time passes only where a test lets it: a slow machine cannot make a run silent.
    """

    def pass_an_hour(run_id: str, *, heartbeats: bool = True) -> None:
        columns = ("state_timestamp", "heartbeat") if heartbeats else ("state_timestamp",)

        def write(connection: Connection) -> None:
            for key in (flow_run.c.id, task_run.c.flow_run_id):
                for column in (key.table.c[name] for name in columns):
                    times = update(key.table).where(key == run_id, column.is_not(None))
                    connection.execute(times.values({column: seconds_ago(3600)}))

        with closing(Database(settings.database, 5)) as database:
            database.write(write).result()

    return pass_an_hour
