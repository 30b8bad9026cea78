"""How one embedded server is set up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class ServerSettings:
    """Say where a server listens, where its data is, and when its services act.

    A host that is not a loopback address needs a token. The reaper begins `reaper_grace_seconds`
    after the server, so that a run that is alive has had the time for a heartbeat.
    """

    database: Path
    host: str = "127.0.0.1"
    port: int = 4200
    token: str | None = None
    scheduler_seconds: float = 60.0
    scheduled_runs: int = 10
    reaper_seconds: float = 30.0
    reaper_grace_seconds: float = 90.0
    heartbeat_timeout_seconds: float = 600.0
    busy_timeout_seconds: float = 8.0
    max_body_bytes: int = 40 * 1024 * 1024
    max_rows: int = 100_000

    def __post_init__(self) -> None:
        if self.host not in LOOPBACK_HOSTS and not self.token:
            raise ValueError(
                f"Host {self.host!r} can be reached from other machines, and whoever reaches "
                "this API can run code: give a token (clients send it as their Prefect API key), "
                "or listen on 127.0.0.1."
            )
