"""Where a flow comes from, in names."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """Name a pipeline of a Kedro project, so that another process can find it."""

    project_path: Path
    package_name: str
    pipeline_name: str
