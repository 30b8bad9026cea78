"""The time from the start of ``kedro run`` to the first node."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from time import time
from typing import Iterator

FILES = {
    "pyproject.toml": """
        [tool.kedro]
        package_name = "tiny"
        project_name = "tiny"
        kedro_init_version = "1.0.0"
    """,
    "conf/base/catalog.yml": "{}",
    "conf/local/.gitkeep": "",
    "src/tiny/__init__.py": "",
    "src/tiny/settings.py": "",
}

REGISTRY = """
    from time import time
    from kedro.pipeline import Pipeline, node

    def tell(): print("started at", time()); return 1

    def register_pipelines(): return {"__default__": Pipeline([node(tell, None, "told")])}
"""


def write_project(folder: Path, registry: str) -> None:
    """Write a Kedro project whose ``pipeline_registry.py`` has the given text."""
    for name, text in {**FILES, "src/tiny/pipeline_registry.py": registry}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))


def first_node_after(runner: str, *, is_served: bool = False, is_new: bool = False) -> float:
    """Return the seconds from starting the command until the first node runs.

    ``is_served``: ``kedro prefect server`` is running. ``is_new``: the project has no database yet,
    and the pipeline is not registered.
    """
    with TemporaryDirectory() as folder, ExitStack() as stack:
        write_project(Path(folder), REGISTRY)
        if is_served:
            stack.enter_context(serving(Path(folder)))
        if not is_new:
            _seconds_to_first_node(folder, runner)
        return _seconds_to_first_node(folder, runner)


def _seconds_to_first_node(folder: str, runner: str) -> float:
    start = time()
    run = subprocess.run(
        [sys.executable, "-m", "kedro", "run", f"--runner={runner}"],
        cwd=folder,
        env={**os.environ, "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = (line for line in run.stdout.splitlines() if line.startswith("started at"))
    return float(line.split()[-1]) - start


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run ``kedro prefect server`` for a project, and yield its address."""
    command = [sys.executable, "-m", "kedro", "prefect", "server", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        line = next(line for line in server.stdout or () if "Prefect API" in line)
        yield re.findall(r"http://\S+", line)[0]
        server.terminate()
