"""The import contracts refuse breaches of the architecture."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="only the development environment has import-linter")

REPOSITORY = Path(__file__).parents[2]

BREACHES = {
    "a new module of a room imports the server": (
        "execution/remote.py",
        "from project.server.settings import ServerSettings",
    ),
    "the server imports the patches": ("server/extra.py", "import project.compat.prefect_patches"),
    "a new top-level module is in no layer": ("utils.py", "import project.errors"),
    "a command imports the server": ("commands/extra.py", "import project.server.process"),
    "the console imports the server": ("console/extra.py", "import project.server.errors"),
    "a lower layer imports a higher one": ("flow/extra.py", "import project.api.client"),
    "a Dask worker imports the process of the run": (
        "execution/remote/values.py",
        "import project.execution.remote.graph_run",
    ),
    "the server imports Kedro": ("server/extra.py", "import kedro"),
    "the example imports Prefect": ("pipelines/extra.py", "import prefect"),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_refused(breach: str, tmp_path: Path) -> None:
    name, text = BREACHES[breach]
    shutil.copytree(
        REPOSITORY / "src/project",
        tmp_path / "project",
        ignore=shutil.ignore_patterns("__pycache__", "static"),
    )
    (tmp_path / "project" / name).write_text(text + "\n")
    command = shutil.which("lint-imports", path=Path(sys.executable).parent)
    assert command
    checked = subprocess.run(
        [command, "--config", str(REPOSITORY / "pyproject.toml"), "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert "BROKEN" in checked.stdout
