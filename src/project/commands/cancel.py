"""``kedro prefect cancel``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from project.commands.options import env_option, flow_run_argument

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command()
@flow_run_argument
@env_option
@click.pass_obj
def cancel(project: ProjectMetadata, flow_run_id: str, env: str) -> None:
    """Cancel a flow run; the beginning of its ID is enough."""
    from project.api.find_run import find_flow_run
    from project.api.queries.flow_runs import cancel_flow_run
    from project.api.states import FINISHED
    from project.commands.kedro_project import KedroProject

    with KedroProject(project.project_path, env).connect() as api:
        run = find_flow_run(api, flow_run_id)
        if run.state in FINISHED:
            click.echo(f"Flow run {run.id} had already ended: it is {run.state}.")
            return
        state = cancel_flow_run(api, run.id)
    click.echo(f"Flow run {run.id} is {state}.")
