"""Unsupported versions of Prefect and Kedro are refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from tests.kits.projects import (
    PIPELINE,
    PLAIN_SETTINGS,
    KedroProject,
    assert_one_clear_error,
    kedro_run,
)

MakeProject = Callable[..., KedroProject]


def install_fake(folder: Path, distribution: str, version: str) -> Path:
    """Write a package with the metadata of another version, but none of its modules."""
    metadata = folder / f"{distribution}-{version}.dist-info/METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    package = folder / distribution / "__init__.py"
    package.parent.mkdir()
    package.write_text(f'__version__ = "{version}"\n')
    return folder


@pytest.mark.parametrize("version", ["0.15.13", "2.20.3", "3.4.0"])
def test_another_prefect_is_refused_by_name(
    make_project: MakeProject, tmp_path: Path, version: str
) -> None:
    project = make_project(PIPELINE)
    project.write(f"src/{project.package}/settings.py", PLAIN_SETTINGS)
    run = kedro_run(project, pythonpath=install_fake(tmp_path / "fake", "prefect", version))

    if "VersionConflict" in run.stdout:  # Kedro 0.17 checks the versions that its plugins need
        assert run.returncode != 0
        return
    assert_one_clear_error(
        run,
        f"This package needs Prefect 1.1.0, but Prefect {version} is installed. "
        'Install it: uv pip install "prefect==1.1.0".',
    )
