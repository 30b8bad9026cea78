"""``kedro run`` as a process, of a pipeline whose first node waits to be let go on."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import Any, Iterator

from tests.kits.projects import REPOSITORY, KedroProject
from tests.kits.waiting import eventually

WAITING = """
from pathlib import Path
from time import sleep
from kedro.pipeline import Pipeline, node

def wait():
    Path("data").mkdir(exist_ok=True)
    Path("data/started").touch()
    while not Path("data/go").exists():
        sleep(0.02)
    return 1

def after(n): return n

def register_pipelines():
    return {"__default__": Pipeline([
        node(wait, None, "n", name="wait"), node(after, "n", "m", name="after"),
    ])}
"""


@contextmanager
def started(project: KedroProject, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start kedro run and yield it once its first node runs; ``options`` are those of Popen."""
    (project.folder / "data/started").unlink(missing_ok=True)
    command = [sys.executable, "-m", "kedro", "run", "--runner=project.runner.PrefectRunner"]
    with subprocess.Popen(
        command,
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "DO_NOT_TRACK": "1", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    ) as process:
        try:
            eventually((project.folder / "data/started").exists)
            yield process
        finally:
            process.kill()


def go_on(project: KedroProject) -> None:
    """Let the first node end."""
    (project.folder / "data/go").touch()
