"""The page: static files that show in a browser what the API knows."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"

# An address is /slug/view/id, as Prefect prints it: the page itself says which of them it knows.
_ADDRESS = re.compile(r"/((?!(graphql|health|static)(/|$))[^/.]+(/[^/.]+){0,2}/?)?")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def page() -> Mount:
    """Return the routes of the page; they take every GET that no route before them takes."""
    routes = [
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/{address:path}", _index, methods=["GET"]),
    ]
    middleware = [Middleware(_PageHeaders), Middleware(GZipMiddleware)]
    return Mount("/", Starlette(routes=routes, middleware=middleware))


def is_page(method: str, path: str) -> bool:
    """Tell whether a request is for the page, which says nothing of what the API knows."""
    is_read = method in ("GET", "HEAD")
    return is_read and (path.startswith("/static/") or bool(_ADDRESS.fullmatch(path)))


async def _index(http: Request) -> Response:
    if not is_page(http.method, http.url.path):
        raise HTTPException(404)
    return await StaticFiles(directory=STATIC).get_response("index.html", http.scope)


class _PageHeaders:
    """Adds what a browser must know to keep others' code, frames and guesses out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)
