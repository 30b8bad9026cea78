"""The embedded API of a folder, for everyone who knows its address."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from project.api.embedded import server_settings
from project.server.thread import ServerThread


@contextmanager
def open_api(folder: Path) -> Iterator[str]:
    """Yield the address of an API without a token, whose data is in a folder."""
    with ServerThread(server_settings(folder)) as server:
        yield server.url
