"""Who may talk to the server: no page of a foreign site, and with a token nobody without it."""

from __future__ import annotations

import hmac
from typing import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from project.server.execution import failure
from project.server.page import is_page
from project.server.settings import LOOPBACK_HOSTS


class Guard:
    """Refuse requests before anything reads them.

    A page that a browser loaded from elsewhere can reach a loopback server: by a name that its
    owner lets point at 127.0.0.1 (then Host is foreign), or by a plain cross-site post (then
    Origin is).
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None, token: str | None) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(hosts)
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._hosts is not None and _hostname(host) not in self._hosts:
            return _refuse(403, f"Host {host!r} is not this server's.", "FORBIDDEN")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return _refuse(403, f"Origin {origin!r} is not this server's.", "FORBIDDEN")
        if (
            self._token
            and not _is_open(scope)
            and not self._is_known(headers.get("authorization", ""))
        ):
            return _refuse(
                401, "Give the server's token as your Prefect API key.", "UNAUTHENTICATED"
            )
        return None

    def _is_known(self, authorization: str) -> bool:
        expected = f"Bearer {self._token}"
        return hmac.compare_digest(authorization.encode(), expected.encode())


def hosts_of(host: str) -> frozenset[str] | None:
    """Return the names of a server; None for any, when a token stands in for the check."""
    return LOOPBACK_HOSTS if host in LOOPBACK_HOSTS else None


def _is_open(scope: Scope) -> bool:
    """Tell of what needs no token: it shows nothing of what the API knows."""
    return scope["path"] == "/health" or is_page(scope["method"], scope["path"])


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _refuse(status: int, message: str, code: str) -> Response:
    return JSONResponse(failure(message, code), status_code=status)
