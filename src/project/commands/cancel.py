"""``kedro prefect cancel``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from project.commands.options import env_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command()
@click.argument("flow_run_id")
@env_option
@click.pass_obj
def cancel(project: ProjectMetadata, flow_run_id: str, env: str) -> None:
    """Cancel a flow run."""
    from project.api.queries import cancel_flow_run
    from project.commands.kedro_project import KedroProject

    with KedroProject(project.project_path, env).connect() as api:
        state = cancel_flow_run(api, flow_run_id)
    click.echo(f"Flow run {flow_run_id} is {state}.")
