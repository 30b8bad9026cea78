"""``kedro prefect env``."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Dict

import click

from project.commands.options import env_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command(name="env")
@env_option
@click.pass_obj
def env_command(project: ProjectMetadata, env: str) -> None:
    """Print the variables with which Prefect's own commands use this project's API.

    In a shell: eval "$(kedro prefect env | grep ^export)"
    """
    from project.commands.kedro_project import KedroProject
    from project.terminal import show

    with KedroProject(project.project_path, env).connect(must_outlive_process=True) as api:
        variables: Dict[str, str] = api.command_variables()
    for name, value in variables.items():
        show(f"export {name}={shlex.quote(value)}")
