"""The browser of the tests, and what they hear from it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request

from project.server.settings import ServerSettings
from project.server.thread import ServerThread
from tests.kits.waiting import eventually
from tests.page.flows import PAGE
from tests.server.kit import Api, Registered

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium(playwright: Playwright) -> str | None:
    """Return the path of a Chromium; the system's is preferred to Playwright's own."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def launch(playwright: Playwright, path: str) -> Browser:
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS, *as_root])


def embedded_server(folder: Path, token: str | None = None) -> ServerThread:
    """Return a server on a free port, to be started by a with statement."""
    return ServerThread(ServerSettings(folder / "api.db", port=0, token=token, **PAGE))


class Site:
    """A server with flows, as a browser sees it."""

    def __init__(self, url: str, register: Callable[..., Registered]) -> None:
        self.url = url
        self.api = Api(url)
        self.register = register

    def __call__(self, path: str = "/") -> str:
        """Return the full address of a path."""
        return self.url + path


class Faults:
    """Errors on a page's console, breaches of its policies, and requests to other hosts."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("console", self._add_message)
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("request", self._add_foreign_request)

    def expect(self, text: str) -> None:
        """Remove the faults that contain a text; there must be at least one."""
        kept = [fault for fault in self.found if text not in fault]
        assert len(kept) < len(self.found), (text, self.found)
        self.found = kept

    def _add_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(f"{message.type}: {message.text}")

    def _add_foreign_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.found.append(f"request to {request.url}")


def graphql(request: Request) -> Any:
    """Return the body of a request to the API; None for any other request."""
    return request.post_data_json if request.url.endswith("/graphql") else None


def wait_for_events(page: Page, probe: Callable[[], Any]) -> None:
    """Wait until a probe finds what the listeners of a page have collected.

    Playwright calls listeners only while the test waits for something of the page.
    """

    def handle_events_and_probe() -> Any:
        page.wait_for_timeout(20)
        return probe()

    eventually(handle_events_and_probe)


def pass_seconds(page: Page, count: int) -> None:
    """Let time pass for a page whose clock is installed, no faster than the server answers it.

    Otherwise, on a busy machine, the page would give up each request before its response arrives.
    """
    for _ in range(count):
        page.clock.run_for(1000)
        page.evaluate("fetch('/health').then((response) => response.text())")
