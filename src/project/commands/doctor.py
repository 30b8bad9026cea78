"""``kedro prefect doctor``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Optional

import click

from project.commands.options import env_option, pipeline_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

_COLORS = {"ok": "green", "warn": "yellow", "FAIL": "red"}


@click.command()
@pipeline_option
@env_option
@click.option("--dask", is_flag=True, help="Also examine each worker of the Dask cluster.")
@click.pass_obj
def doctor(project: ProjectMetadata, pipeline: Optional[str], env: str, dask: bool) -> None:
    """Say what 'kedro run' with PrefectRunner would do; exit with 1 if it would not succeed.

    A line that begins with "warn" does not prevent success, but is worth knowing.
    """
    from project.commands.examination import Examination
    from project.commands.kedro_project import KedroProject
    from project.terminal import show

    examination = Examination(KedroProject(project.project_path, env), pipeline, with_dask=dask)
    for result in examination.run():
        mark = click.style(f"{result.status.value:5}", _COLORS[result.status.value])
        show(f"{mark} {result.subject}: {result.text}")
    if examination.failures:
        show(f"'{examination.command}' would not succeed.")
        sys.exit(1)
    show(f"'{examination.command}' would: {examination.plan}.")
