"""What the tests of the page share: a browser that is there, and pages that tell of every fault."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request
from prefect import Flow, Parameter, Task
from prefect.storage import Module

from tests.server.kit import Api, Registered, eventually, set_flow_state

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)


def heard(page: Page, probe: Callable[[], Any]) -> None:
    """Wait for what a page's listeners collect: Playwright calls them only while it is busy."""

    def listen_and_probe() -> Any:
        page.wait_for_timeout(20)
        return probe()

    eventually(listen_and_probe)


class Site:
    """A server with flows, as a browser sees it."""

    def __init__(self, url: str, register: Callable[..., Registered]) -> None:
        self.url = url
        self.api = Api(url)
        self.register = register

    def __call__(self, path: str = "/") -> str:
        """Return the full address of a path."""
        return self.url + path


def find_chromium(playwright: Playwright) -> str | None:
    """Return the path of a Chromium, the system's before Playwright's own."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def launch(playwright: Playwright, path: str) -> Browser:
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS, *as_root])


class Faults:
    """What went wrong in a page: errors on its console, broken policies, requests to others."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("request", self._see)

    def expect(self, text: str) -> None:
        """Take away the faults that contain a text, of which there must be some."""
        kept = [each for each in self.found if text not in each]
        assert len(kept) < len(self.found), (text, self.found)
        self.found = kept

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(f"{message.type}: {message.text}")

    def _see(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.found.append(f"request to {request.url}")


def graphql(request: Request) -> Any:
    """Return the body of a request to the API; None for any other."""
    return request.post_data_json if request.url.endswith("/graphql") else None


KEDRO_PARAMETERS = (
    *("env", "params", "load_versions", "is_async", "only_missing_outputs", "tags", "namespaces"),
    *("nodes", "from_nodes", "to_nodes", "from_inputs", "to_outputs"),
)


class InitTask(Task):
    """Opens the run, as the first task of a pipeline's flow does."""


def kedro_like(*names: str) -> Flow:
    """Return a flow that takes what the flow of a Kedro pipeline takes, of tasks in a chain."""
    with Flow("pipeline", storage=Module("tests.page.kit:kedro_like")) as flow:
        previous: Task = InitTask(name="init")
        for name in KEDRO_PARAMETERS:
            flow.add_edge(Parameter(name, default=None), previous, validate=False)
        for name in names:
            task = Task(name=name)
            flow.add_edge(previous, task)
            previous = task
    return flow


def many_runs(site: Site, flow_id: str, count: int) -> None:
    """Create many runs of a flow in one request."""
    runs = " ".join(
        f"run{place}: create_flow_run(input: $input) {{ id }}" for place in range(count)
    )
    query = f"mutation($input: create_flow_run_input!) {{ {runs} }}"
    site.api.data(query, {"input": {"flow_id": flow_id}})


def finished_run(site: Site, flow_id: str, state: str = "Success", **given: Any) -> str:
    """Create a run of a flow that has run and ended, and return its id."""
    run = str(site.api.mutate("create_flow_run", flow_id=flow_id, **given)["id"])
    set_flow_state(site.api, run, "Running")
    set_flow_state(site.api, run, state)
    return run
