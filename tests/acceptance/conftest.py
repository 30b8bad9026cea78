"""A project with a server and an agent for the tests of one module."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from typing import Iterator

import kedro.utils
import pytest

from tests.kits.shop import Shop, stop
from tests.kits.strict_server import StrictServer
from tests.kits.waiting import eventually


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Return a project in which no command has run."""
    shop = Shop(tmp_path_factory.mktemp("acceptance"))
    yield shop
    shop.end()


@pytest.fixture(scope="module")
def served(shop: Shop) -> Iterator[Shop]:
    """Return the project with its server running.

    With TEST_STRICT, the project uses a strict stand-in for a Prefect Server, before that server.
    """
    server = shop.start("prefect", "server", "--port", "0")
    assert server.stdout
    line = next(line for line in server.stdout if "Prefect API" in line)
    shop.url = re.findall(r"http://\S+", line)[0]
    with ExitStack() as stack:
        if os.environ.get("TEST_STRICT"):
            shop.use_api(stack.enter_context(StrictServer(shop.url)).url)
        yield shop
    assert stop(server).code == 0


@pytest.fixture(scope="module")
def staffed(served: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Return the project with its server, and an agent that was started in another folder."""
    # Kedro before 0.19 has a project's commands in the folder of the project alone.
    elsewhere = served.folder / "src" if hasattr(kedro.utils, "find_kedro_project") else None
    agent = served.start("prefect", "agent", cwd=elsewhere)
    eventually(served.has_agent)
    yield served
    said = stop(agent)
    assert said.code == 0, said.text
