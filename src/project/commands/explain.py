"""``kedro prefect explain``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Optional

import click

from project.commands.options import env_option, pipeline_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command()
@click.argument("node")
@pipeline_option
@env_option
@click.pass_obj
def explain(project: ProjectMetadata, node: str, pipeline: Optional[str], env: str) -> None:
    """Show how often, how long and where NODE may run, and which sections of 'tasks' say so."""
    from project.commands.exception_names import find_mistake
    from project.commands.kedro_project import KedroProject
    from project.config.policies import explain_policy
    from project.terminal import show

    deployment = KedroProject(project.project_path, env).find_deployment(pipeline)
    nodes = {each.name: each for each in deployment.pipeline.nodes}
    if node not in nodes:
        raise click.UsageError(
            f"The pipeline '{deployment.ref.pipeline_name}' has no node '{node}'; it has "
            f"{', '.join(sorted(nodes))}."
        )
    tags, settings = nodes[node].tags, deployment.settings
    policy = explain_policy(settings.tasks, node, tags)
    for key, (value, section) in policy.items():
        show(f"{key}: {_text(value)}  (tasks.{section})")
    for name in policy["retry_on"].value:
        mistake = find_mistake(name)
        if mistake is not None:
            show(f"'{name}' in retry_on will match no error: {mistake}", sys.stderr)
    for tag in sorted(tags.intersection(settings.limits)):
        show(f"limit: {settings.limits[tag]} nodes with the tag '{tag}' at once  (limits.{tag})")


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(str, value))}]"
    return "null" if value is None else str(value)
