"""``kedro prefect watch``."""

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
def watch(project: ProjectMetadata, flow_run_id: str, env: str) -> None:
    """Follow a flow run until it ends; exit with 1 if it did not succeed.

    The beginning of its ID is enough.
    """
    from project.api.find_run import find_flow_run
    from project.api.follow import Follower
    from project.commands.kedro_project import KedroProject

    with KedroProject(project.project_path, env).connect() as api:
        Follower(api, find_flow_run(api, flow_run_id).id).follow()
