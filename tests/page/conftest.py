"""A real browser, and servers with flows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from project.server.settings import ServerSettings
from project.server.thread import ServerThread
from tests.acceptance.conftest import served, staffed
from tests.page.drawings import draw, graph_address
from tests.page.flows import PAGE
from tests.page.kit import Faults, Site, embedded_server, find_chromium, launch
from tests.server import example_flows
from tests.server.command_line import CommandLine
from tests.server.conftest import api, flow, project_id, register, server
from tests.server.kit import Registered

__all__ = ["api", "draw", "flow", "graph_address", "project_id", "register", "server"]
__all__ += ["served", "staffed"]

EXAMPLES = Path(example_flows.__file__)
TIMEOUT_MILLISECONDS = 15_000
NO_CHROMIUM = (
    "No Chromium: install the system's (apt-get install chromium), "
    "or Playwright's own (python -m playwright install chromium)."
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start one Chromium for all tests; without one, skip them, or fail if one is required."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(NO_CHROMIUM)
        expect.set_options(timeout=TIMEOUT_MILLISECONDS)
        with launch(playwright, path) as browser:
            yield browser


@pytest.fixture
def settings(tmp_path: Path) -> ServerSettings:
    """Return the settings of a server with what a Kedro project hands to the page."""
    return ServerSettings(tmp_path / "api.db", port=0, **PAGE)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a window without cookies or storage; any fault in it fails the test."""
    with browser.new_context(locale="en-GB", timezone_id="UTC") as context:
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        page = context.new_page()
        page.faults = Faults(page)  # type: ignore[attr-defined]
        yield page
        assert page.faults.found == []  # type: ignore[attr-defined]


@pytest.fixture
def faults(page: Page) -> Faults:
    """Return the faults in the page, for tests that expect some."""
    faults: Faults = page.faults  # type: ignore[attr-defined]
    return faults


@pytest.fixture
def site(server: ServerThread, register: Callable[..., Registered]) -> Site:
    """Return a new server without flows: `site.register(flow)` adds one."""
    return Site(server.url, register)


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Return the command line of a server with the example flows and a running agent.

    All tests share it: `agent.api.url` is the server's address.
    """
    folder = tmp_path_factory.mktemp("agent")
    with embedded_server(folder) as server:
        prefect = CommandLine(server.url, folder)
        with prefect.project_on_the_server(), prefect.agent():
            prefect("register", "--project", prefect.project, "-p", str(EXAMPLES))
            # Runs that are started in the page get the label of the agent.
            for group in prefect.api.data("query { flow_group { id } }"):
                labels = {"flow_group_id": group["id"], "labels": [prefect.label]}
                prefect.api.mutate("set_flow_group_labels", **labels)
            yield prefect
