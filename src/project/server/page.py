"""The web page: static files, and the JSON documents that the settings give it."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Awaitable, Callable, Mapping, NamedTuple

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

STATIC = Path(__file__).parent / "static"

# Prefect prints addresses like /slug/view/id. The page itself knows which of them exist.
_ADDRESS = re.compile(r"/((?!(graphql|health|static)(/|$))[^/.]+(/[^/.]+){0,2}/?)?")
_FILE = re.compile(r"/static/(?:@(?P<version>\w+)/)?(?P<name>.+)")
_DOCUMENT = re.compile(r"/(?P<name>[\w-]+\.json)")
_INDEX = "index.html"
# The style sheets are sent as one, because a browser draws nothing until it has all of them.
_STYLES = "styles.css"
_FIRST_SHEETS = ("tokens", "base", "frame")

# Not from `mimetypes`, which asks the operating system: there, .js may be text/plain.
_MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
# No inline script, no code or request to another site; and no other site may frame the page.
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


class _File(NamedTuple):
    body: bytes
    compressed: bytes
    media_type: str
    etag: str


def page_endpoint(documents: Mapping[str, Any]) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of every GET that is for the page.

    With Starlette's StaticFiles and GZipMiddleware, which read and compress a file for each
    request, a file takes 2.5 ms instead of 0.4, and a first view needs twenty of them.
    """
    document_files = {
        f"{name}.json": _file(f"{name}.json", orjson.dumps(value))
        for name, value in documents.items()
    }

    async def answer(http: Request) -> Response:
        path = http.url.path
        document = _DOCUMENT.fullmatch(path)
        if document:
            return _response(http, document_files.get(document["name"]))
        files, current_version = static_files()
        static = _FILE.fullmatch(path)
        if static is None:
            return _response(http, files[_INDEX] if _ADDRESS.fullmatch(path) else None)
        if static["version"] is None:
            return _response(http, files.get(static["name"]))
        # A page that was open during an upgrade asks for files of the version before.
        is_current = static["version"] == current_version
        file = files.get(static["name"]) if is_current else None
        return _response(http, file, "max-age=31536000, immutable")

    return answer


def is_page(method: str, path: str) -> bool:
    """Return whether a request is for the page, which contains nothing of the API's data."""
    patterns = (_ADDRESS, _FILE, _DOCUMENT)
    return method in ("GET", "HEAD") and any(pattern.fullmatch(path) for pattern in patterns)


def _response(http: Request, file: _File | None, cache_control: str = "no-cache") -> Response:
    if file is None:
        return PlainTextResponse("Not found", 404, headers=_HEADERS)
    headers = {**_HEADERS, "Cache-Control": cache_control, "ETag": file.etag}
    if http.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in http.headers.get("accept-encoding", ""):
        return Response(file.body, headers=headers, media_type=file.media_type)
    headers["Content-Encoding"] = "gzip"
    return Response(file.compressed, headers=headers, media_type=file.media_type)


@lru_cache(maxsize=None)
def static_files() -> tuple[Mapping[str, _File], str]:
    """Return all static files by name, and the version that is part of their addresses.

    The first call takes 30 ms, to read and compress them.
    """
    paths = sorted(path for path in STATIC.rglob("*") if path.is_file())
    bodies = {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in paths}
    sheets = [name for name in bodies if name.endswith(".css")]
    sheets.sort(key=lambda name: (*(Path(name).stem != first for first in _FIRST_SHEETS), name))
    bodies[_STYLES] = b"".join(bodies.pop(name) for name in sheets)
    # An address with the version never gets other content, so that browsers need not ask again.
    version = hashlib.sha256(b"".join(bodies.values())).hexdigest()[:12]
    addresses = f'"/static/@{version}/'.encode()
    bodies[_INDEX] = bodies[_INDEX].replace(b'"/static/', addresses)
    return {name: _file(name, body) for name, body in bodies.items()}, version


def _file(name: str, body: bytes) -> _File:
    media_type = _MEDIA_TYPES.get(Path(name).suffix, "text/plain")
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return _File(body, gzip.compress(body, mtime=0), media_type, etag)
