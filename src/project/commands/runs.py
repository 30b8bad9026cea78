"""``kedro prefect runs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from project.commands.options import env_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command()
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(1),
    help="Number of flow runs to list.",
)
@env_option
@click.pass_obj
def runs(project: ProjectMetadata, limit: int, env: str) -> None:
    """List the latest flow runs."""
    from rich import get_console

    from project.api.queries import latest_flow_runs
    from project.commands.kedro_project import KedroProject
    from project.console.tables import runs_table

    with KedroProject(project.project_path, env).connect() as api:
        get_console().print(runs_table(latest_flow_runs(api, api.tenant_id, limit)))
