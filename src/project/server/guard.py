"""The guard refuses requests from pages of other sites, and without the token if there is one."""

from __future__ import annotations

import hmac
import re

from starlette.datastructures import Headers, QueryParams
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from project.server.graphql.execution import error_response
from project.server.page import is_page
from project.server.settings import LOOPBACK_HOSTS, ServerSettings

# The paths that Prefect's client uses, according to how its endpoint is written.
GRAPHQL_PATHS = ("/", "/graphql", "/graphql/")

# For a browser, the same site is also another port of this machine.
_OTHER_SITES = ("cross-site", "same-site")

# No user information (`name@host`), which would make a foreign host out of what looks like ours.
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\s:@/?#\[\]]+)(:\d*)?")


def is_query(scope: Scope) -> bool:
    """Return whether a GET request is a GraphQL query in the address: `/?query={hello}`."""
    if scope["method"] not in ("GET", "HEAD") or scope["path"] not in GRAPHQL_PATHS:
        return False
    return "query" in QueryParams(scope["query_string"])


class Guard:
    """Middleware that refuses requests before anything reads their body.

    A browser may have loaded a page from elsewhere that reaches for a server on this machine:
    by a name that its owner lets resolve to 127.0.0.1 (the Host is foreign), by a plain cross-site
    post (the Origin is), or by the address of an image (there is no Origin, but Sec-Fetch-Site).
    Links to the page are welcome.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        # Other machines may use any name for this one; there, the token replaces the check.
        self._checks_host = settings.host in LOOPBACK_HOSTS
        self._token = settings.token
        self._allowed_origin = settings.allow_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused, or pass it on."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._checks_host and _hostname(host) not in LOOPBACK_HOSTS:
            return _refuse(403, f"Host {host!r} is not this server's.", "FORBIDDEN")
        # https is this server behind a proxy that ends TLS.
        own_origins = (f"http://{host}", f"https://{host}", self._allowed_origin)
        if origin is not None and origin not in own_origins:
            return _refuse(403, f"Origin {origin!r} is not this server's.", "FORBIDDEN")
        is_for_page = is_page(scope["method"], scope["path"]) and not is_query(scope)
        is_public = scope["path"] == "/health" or is_for_page
        site = headers.get("sec-fetch-site")
        if origin is None and site in _OTHER_SITES and not is_public:
            return _refuse(403, f"A {site} request needs an allowed Origin.", "FORBIDDEN")
        if self._token and not is_public:
            # Compared in constant time, which tells nothing about how much of a guess is right.
            expected = f"Bearer {self._token}".encode()
            if not hmac.compare_digest(headers.get("authorization", "").encode(), expected):
                message = "Give the server's token as your Prefect API key."
                return _refuse(401, message, "UNAUTHENTICATED")
        return None


def _hostname(host: str) -> str | None:
    match = _HOST.fullmatch(host)
    return match["name"].strip("[]").lower() if match else None


def _refuse(status: int, message: str, code: str) -> Response:
    return JSONResponse(error_response(message, code), status_code=status)
