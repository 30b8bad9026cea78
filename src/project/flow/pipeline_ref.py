"""A pipeline of a Kedro project, by its names."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class PipelineRef(NamedTuple):
    """Names by which another process finds a pipeline."""

    project_path: Path
    package_name: str
    pipeline_name: str
