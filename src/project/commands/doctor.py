"""``kedro prefect doctor``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Optional

import click

from project.commands.options import env_option, pipeline_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command()
@pipeline_option
@env_option
@click.pass_obj
def doctor(project: ProjectMetadata, pipeline: Optional[str], env: str) -> None:
    """Check what a flow needs in order to run; exit with 1 if a check fails."""
    from project.commands.checks import check_all
    from project.commands.kedro_project import KedroProject

    has_failed = False
    for result in check_all(KedroProject(project.project_path, env), pipeline):
        mark = click.style("ok   ", "green") if result.ok else click.style("FAIL ", "red")
        click.echo(f"{mark} {result.subject}: {result.text}")
        has_failed = has_failed or not result.ok
    sys.exit(1 if has_failed else 0)
