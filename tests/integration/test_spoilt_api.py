"""Runs on an API that is reachable, but does not answer correctly."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest

import project.api.client as client_module
from project.api.client import connect
from project.errors import ApiError
from project.server.settings import ServerSettings
from project.server.thread import ServerThread
from tests.kits.projects import RUNNERS, KedroProject, Outcome
from tests.kits.proxy import Proxy, http

MakeProject = Callable[..., KedroProject]

PIPELINE = """
from kedro.pipeline import Pipeline, node

ran = []

def one():
    ran.append("one")
    return 1

def two(n): return n + 1

def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "n", name="one"), node(two, "n", "m", name="two"),
    ])}
"""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    database = tmp_path_factory.mktemp("spoilt") / "prefect.db"
    with ServerThread(ServerSettings(database)) as server, Proxy(server.url) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def sound(proxy: Proxy) -> None:
    proxy.answer = lambda: None


def run(make_project: MakeProject, proxy: Proxy, how: str) -> Outcome:
    return make_project(PIPELINE, prefect=f"{{api: '{proxy.url}', run: {how}}}").run(
        RUNNERS["local"]()
    )


NO_API = "The server at {} is not a Prefect API"
ANSWERS = {
    "never": (None, "The Prefect API at {} did not answer within 15 seconds. "),
    "500": (http(500, b"{}"), "The Prefect API at {} returned 500"),
    "404": (http(404, b"not here"), "The Prefect API at {} returned 404"),
    "a page": (http(200, b"<html>Please log in</html>"), NO_API),
    "other JSON": (http(200, b'{"status": "ok"}'), NO_API),
    "null": (http(200, b"null"), NO_API),
}


@pytest.mark.parametrize("how", ["here", "agent"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_at_the_start_it_is_one_clear_error(
    make_project: MakeProject,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    how: str,
) -> None:
    monkeypatch.setattr(client_module, "RETRY_SECONDS", 1.0)
    content, message = ANSWERS[answer]
    proxy.answer = proxy.never if content is None else lambda: content
    error = run(make_project, proxy, how).error

    assert isinstance(error, ApiError)  # the command line prints only its message
    assert error.message.startswith(message.format(proxy.url))
    assert "in prefect.yml" in error.message


def test_a_slow_api_is_waited_for(make_project: MakeProject, proxy: Proxy) -> None:
    proxy.answer = proxy.slowly
    outcome = run(make_project, proxy, "here")

    assert outcome.result == {"m": 2}
    with connect(proxy.url, Path()) as api:
        assert api.query("query { flow_run { state } }") == [{"state": "Success"}]
