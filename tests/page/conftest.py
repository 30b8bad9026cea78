"""A real browser, and servers with flows to look at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from project.server.process import EmbeddedServer
from project.server.settings import ServerSettings
from tests.page.drawings import draw, graph_address
from tests.page.kit import Faults, Site, find_chromium, launch
from tests.server import example_flows
from tests.server.command_line import CommandLine
from tests.server.conftest import api, flow, project_id, register, server, settings
from tests.server.kit import Registered

__all__ = ["api", "draw", "flow", "graph_address", "project_id", "register", "server", "settings"]

EXAMPLES = Path(example_flows.__file__)
_PATIENCE_MILLISECONDS = 15_000
_MISSING = (
    "No Chromium: install the system's (apt-get install chromium), "
    "or Playwright's own (python -m playwright install chromium)."
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start one Chromium for all tests; without one, skip them, or fail if one is required."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(_MISSING)
        expect.set_options(timeout=_PATIENCE_MILLISECONDS)
        with launch(playwright, path) as browser:
            yield browser


@pytest.fixture
def faults(page: Page) -> Faults:
    """Return what went wrong in the page so far, for tests that expect some of it."""
    found: Faults = page.faults  # type: ignore[attr-defined]
    return found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a window of its own; whatever goes wrong in it fails the test."""
    with browser.new_context(locale="en-GB", timezone_id="UTC") as context:
        context.set_default_timeout(_PATIENCE_MILLISECONDS)
        page = context.new_page()
        page.faults = Faults(page)  # type: ignore[attr-defined]
        yield page
        assert page.faults.found == []  # type: ignore[attr-defined]


@pytest.fixture
def site(server: EmbeddedServer, register: Callable[..., Registered]) -> Site:
    """Return a server of its own, without flows: `site.register(flow)` adds one."""
    return Site(server.url, register)


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Return a server with the example flows and a running agent, shared by all tests.

    `agent.api.url` is its address, `agent.runs(flow, fields)` are its runs.
    """
    folder = tmp_path_factory.mktemp("agent")
    with EmbeddedServer(ServerSettings(folder / "api.db")) as server:
        prefect = CommandLine(server.url, folder)
        with prefect.project_on_the_server(), prefect.agent():
            prefect("register", "--project", prefect.project, "-p", str(EXAMPLES))
            _label(prefect)
            yield prefect


def _label(prefect: CommandLine) -> None:
    """Let runs that are started in the page be those of the agent."""
    for group in prefect.api.data("query { flow_group { id } }"):
        labels = {"flow_group_id": group["id"], "labels": [prefect.label]}
        prefect.api.mutate("set_flow_group_labels", **labels)
