"""An embedded server with an empty database, its clients, and a registered flow."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Callable, Iterator

import pytest
from prefect import Client

from project.server.process import EmbeddedServer
from project.server.settings import ServerSettings
from tests.server.kit import Api, Registered, prefect_client, register_flow


@pytest.fixture
def settings(tmp_path: Path) -> ServerSettings:
    return ServerSettings(tmp_path / "api.db", port=0)


@pytest.fixture
def server(settings: ServerSettings) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(settings) as running:
        yield running


@pytest.fixture
def api(server: EmbeddedServer) -> Api:
    return Api(server.url)


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[Client]:
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
