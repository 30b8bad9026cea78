"""Settings of an embedded server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping
from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class ServerSettings:
    """Where a server listens, where its data is, and when its services run.

    A host that is not a loopback address needs a token. So does `allow_origin`: the origin
    (`https://host:port`) of another server, whose pages may use this API. With `records_token`,
    `serve` keeps the token in `server.json`, for this user's processes. `page_data` holds JSON
    values that the page fetches: the value under `name` is served at `/name.json`, without a token.
    `page_functions` are called with the JSON value that is posted to `/name.json`, under the same
    checks as the API, since they may run code; a ValueError is for the user. The reaper waits
    `reaper_grace_seconds` after the start, so that living runs have the time for a heartbeat.
    """

    database: Path
    host: str = "127.0.0.1"
    port: int = 4200
    token: str | None = None
    records_token: bool = False
    allow_origin: str | None = None
    page_data: Mapping[str, Any] = field(default_factory=lambda: {"run-options": []})
    page_functions: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    scheduler_seconds: float = 60.0
    scheduled_runs: int = 10
    reaper_seconds: float = 30.0
    reaper_grace_seconds: float = 90.0
    heartbeat_timeout_seconds: float = 600.0
    busy_timeout_seconds: float = 8.0
    query_timeout_seconds: float = 15.0
    body_timeout_seconds: float = 60.0
    max_body_bytes: int = 40 * 1024 * 1024
    max_rows: int = 100_000

    def __post_init__(self) -> None:
        if self.allow_origin is not None:
            self._check_origin(self.allow_origin)
        if self.host not in LOOPBACK_HOSTS and not self.token:
            raise ValueError(
                f"Host {self.host!r} is not a loopback address. Anyone on another machine who "
                "reaches this API can run code: set a token, which clients send as their Prefect "
                "API key, or listen on 127.0.0.1."
            )

    def _check_origin(self, origin: str) -> None:
        parts = urlsplit(origin)
        if origin != f"{parts.scheme}://{parts.netloc}" or parts.scheme not in ("http", "https"):
            raise ValueError(
                f"{origin!r} is not the origin of a web page: write it as https://host:port."
            )
        if not self.token:
            raise ValueError(
                f"Pages of {origin} could use this API through the browser of anyone who opens "
                "them: set a token, which clients send as their Prefect API key."
            )
