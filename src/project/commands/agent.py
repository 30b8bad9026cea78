"""``kedro prefect agent``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Tuple

import click

from project.commands.options import env_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


def _check_api(
    context: click.Context, option: click.Parameter, api: Optional[str]
) -> Optional[str]:
    from project.config.model import describe_wrong_api

    mistake = None if api is None else describe_wrong_api(api)
    if mistake is not None:
        raise click.BadParameter(f"{mistake}, not {api!r}.")
    return api


@click.command()
@click.option(
    "--label",
    "-l",
    "labels",
    multiple=True,
    help="Label of the agent, repeatable; defaults to the labels in prefect.yml.",
)
@click.option(
    "--api",
    callback=_check_api,
    help="Address of the API; defaults to the one in prefect.yml.",
)
@click.option("--show-flow-logs", is_flag=True, help="Print the output of the flow runs.")
@env_option
@click.pass_obj
def agent(
    project: ProjectMetadata,
    labels: Tuple[str, ...],
    api: Optional[str],
    show_flow_logs: bool,
    env: str,
) -> None:
    """Run Prefect's local agent, which executes flow runs, until Ctrl-C."""
    from project.api.transport import SETTING
    from project.commands.kedro_project import KedroProject
    from project.deploy.agent import AgentOptions, exec_agent

    kedro_project = KedroProject(project.project_path, env)
    settings = kedro_project.read_settings()
    source = "--api" if api else SETTING
    with kedro_project.connect(
        api or settings.api, must_outlive_process=True, address_source=source
    ) as prefect_api:
        prefect_api.ensure_tenant()
    sources = project.project_path / getattr(project, "source_dir", "src")
    projects = {project.package_name: str(project.project_path)}
    exec_agent(
        AgentOptions(list(labels or settings.labels), str(sources), projects, show_flow_logs),
        prefect_api,
    )
