"""When ``make`` sets up the development environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the Makefile and an environment that is up to date."""
    for name in ("pyproject.toml", "requirements-dev.txt", "Makefile"):
        shutil.copy(REPOSITORY / name, tmp_path)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / ".venv/.installed").touch()
    return tmp_path


def sets_up_environment(folder: Path, *arguments: str) -> bool:
    planned = subprocess.run(
        ["make", "--dry-run", "run", *arguments],  # noqa: S607
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return "-m venv" in planned.stdout


def test_an_environment_that_is_up_to_date_is_kept(folder: Path) -> None:
    assert not sets_up_environment(folder)
    assert not sets_up_environment(folder, f"PYTHON={sys.executable}")


def test_another_python_than_that_of_the_environment_replaces_it(folder: Path) -> None:
    other = folder / "other-python"
    other.write_text("#!/bin/sh\necho another Python\n")
    other.chmod(0o755)

    assert sets_up_environment(folder, f"PYTHON={other}")
