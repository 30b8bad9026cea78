"""``kedro prefect register``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Optional

import click

from project.commands.options import env_option, pipeline_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

    from project.api.client import PrefectApi
    from project.deploy.deployment import Deployment


@click.command()
@pipeline_option
@click.option("--all", "every", is_flag=True, help="Register every pipeline of the project.")
@click.option(
    "--check", is_flag=True, help="Register nothing; exit with 1 if something would change."
)
@env_option
@click.pass_obj
def register(
    project: ProjectMetadata, pipeline: Optional[str], every: bool, check: bool, env: str
) -> None:
    """Register flows that are new or have changed."""
    from project.commands.kedro_project import KedroProject

    if pipeline and every:
        raise click.UsageError("Give either --pipeline or --all, not both.")
    kedro_project = KedroProject(project.project_path, env)
    deployments = (
        kedro_project.find_deployments() if every else [kedro_project.find_deployment(pipeline)]
    )
    has_changes = False
    for deployment in deployments:
        with kedro_project.connect(deployment.settings.api) as api:
            has_changes |= _check(api, deployment) if check else _deploy(api, deployment)
    sys.exit(1 if check and has_changes else 0)


def _deploy(api: PrefectApi, deployment: Deployment) -> bool:
    from project.deploy.registration import deploy
    from project.terminal import echo

    registration = deploy(api, deployment)
    echo(registration.describe())
    return registration.is_new


def _check(api: PrefectApi, deployment: Deployment) -> bool:
    from project.deploy.registration import find_registration, has_default_env
    from project.terminal import show

    is_registered = find_registration(api, deployment) is not None
    would_change = not (is_registered and has_default_env(api, deployment))
    show(f"Flow '{deployment.flow_name}': {'would be registered' if would_change else 'unchanged'}")
    return would_change
