"""The page: static files that show in a browser what the API knows."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

STATIC = Path(__file__).parent / "static"

# An address is /slug/view/id, as Prefect prints it: the page itself says which of them it knows.
_ADDRESS = re.compile(r"/((?!(graphql|health|static)(/|$))[^/.]+(/[^/.]+){0,2}/?)?")
_FILE = re.compile(r"/static/(@(?P<version>\w+)/)?(?P<name>.+)")
_INDEX = "index.html"
# The style sheets are sent as one, because a browser draws nothing until it has all of them.
_STYLES = "styles.css"
_FIRST_SHEETS = ("tokens", "base", "frame")

_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# The address of such a file changes with the files.
_FOR_GOOD = {"Cache-Control": "max-age=31536000, immutable"}


@dataclass(frozen=True)
class _File:
    body: bytes
    zipped: bytes
    media_type: str
    etag: str


def page_routes() -> list[Route]:
    """Return the routes of the page; they take every GET that no route before them takes."""
    return [Route("/{path:path}", _answer, methods=["GET"])]


def is_page(method: str, path: str) -> bool:
    """Tell whether a request is for the page, which says nothing of what the API knows."""
    is_read = method in ("GET", "HEAD")
    return is_read and bool(_FILE.fullmatch(path) or _ADDRESS.fullmatch(path))


async def _answer(http: Request) -> Response:
    path = http.url.path
    asked = _FILE.fullmatch(path)
    name = asked["name"] if asked else _INDEX if _ADDRESS.fullmatch(path) else ""
    files, version = _files()
    file = files.get(name)
    of = asked["version"] if asked else None
    # A page that was open as the package was upgraded asks for files that are no more.
    if file is None or of not in (None, version):
        return PlainTextResponse("Not found", 404, headers=_HEADERS)
    return _sent(http, file, {**_HEADERS, **(_FOR_GOOD if of else {})})


def _sent(http: Request, file: _File, headers: Mapping[str, str]) -> Response:
    headers = {**headers, "ETag": file.etag}
    if http.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in http.headers.get("accept-encoding", ""):
        return Response(file.body, headers=headers, media_type=file.media_type)
    headers["Content-Encoding"] = "gzip"
    return Response(file.zipped, headers=headers, media_type=file.media_type)


@lru_cache(maxsize=None)
def _files() -> tuple[Mapping[str, _File], str]:
    """Return all files by name, and their version; read once: a browser asks for many at a time."""
    paths = sorted(path for path in STATIC.rglob("*") if path.is_file())
    bodies = {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in paths}
    sheets = [name for name in bodies if name.endswith(".css")]
    sheets.sort(key=lambda name: (*(Path(name).stem != first for first in _FIRST_SHEETS), name))
    bodies[_STYLES] = b"".join(bodies.pop(name) for name in sheets)
    version = hashlib.sha256(b"".join(bodies.values())).hexdigest()[:12]
    own = f'"/static/@{version}/'.encode()
    bodies[_INDEX] = bodies[_INDEX].replace(b'"/static/', own)
    return {name: _file(name, body) for name, body in bodies.items()}, version


def _file(name: str, body: bytes) -> _File:
    media_type = _TYPES.get(Path(name).suffix, "text/plain")
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return _File(body, gzip.compress(body, mtime=0), media_type, etag)
