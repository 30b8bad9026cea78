"""The addresses of web pages about flows and flow runs, which can still be opened after a run."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Callable
from urllib.parse import urlsplit

import prefect
import requests

from project.api.embedded import find_server
from project.api.transport import is_on_this_machine

# Where 'kedro prefect server' listens unless told otherwise, and where the UI of a Prefect Server
# does.
SERVER_PORT = 4200
_UI_URL = "http://localhost:8080"
_PROBE_SECONDS = 2.0

MakeAddress = Callable[[str], str]


def embedded_page(project_path: Path) -> MakeAddress:
    """Return the function for the pages of a project's embedded API.

    If no lasting server is running, the address is the one that it will have by default. Another
    server on that port knows nothing of the flow run.
    """

    def address(path: str) -> str:
        server = find_server(project_path)
        if server is not None:
            return f"{server.url}/{path}"
        if _is_in_use(SERVER_PORT):
            return (
                f"{path} on the page of 'kedro prefect server' (start it with another --port: "
                f"another server uses {SERVER_PORT})"
            )
        running = "(available while 'kedro prefect server' is running)"
        return f"http://127.0.0.1:{SERVER_PORT}/{path} {running}"

    return address


def _is_in_use(port: int) -> bool:
    with socket.socket() as connection:
        connection.settimeout(_PROBE_SECONDS)
        return connection.connect_ex(("127.0.0.1", port)) == 0


def remote_page(api_url: str) -> MakeAddress:
    """Return the function for the pages about an API with this address.

    They are on the API itself if that is an embedded one, else on the UI of Prefect Server.
    """
    return lambda path: f"{_find_ui(api_url).rstrip('/')}/{path}"


def _find_ui(api_url: str) -> str:
    configured: str = prefect.config.server.ui.endpoint
    if configured.rstrip("/") != _UI_URL:
        return configured
    if _serves_page(api_url):
        return api_url
    host = urlsplit(api_url).hostname or ""
    return _UI_URL.replace("localhost", f"[{host}]" if ":" in host else host)


def _serves_page(api_url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = not is_on_this_machine(api_url)
        try:
            response = session.get(f"{api_url.rstrip('/')}/static/icon.svg", timeout=_PROBE_SECONDS)
        except requests.RequestException:
            return False
    return response.headers.get("Content-Type", "").startswith("image/svg")
