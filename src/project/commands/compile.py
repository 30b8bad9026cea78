"""``kedro prefect compile``."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Optional

import click

from project.commands.options import env_option, pipeline_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command("compile")
@pipeline_option
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--mermaid", "form", flag_value="mermaid", help="Print a Mermaid flowchart.")
@click.option(
    "--explain", is_flag=True, help="Explain why nodes form a unit, and which joins were refused."
)
@click.option(
    "--output", "-o", type=click.File("w", encoding="utf-8"), default="-",
    help="File to write to instead of the terminal.",
)  # fmt: skip
@env_option
@click.pass_obj
def compile_flow(
    project: ProjectMetadata,
    pipeline: Optional[str],
    form: Optional[str],
    explain: bool,
    output: IO[str],
    env: Optional[str],
) -> None:
    """Print the flow of a pipeline, without any API."""
    from project.commands.kedro_project import KedroProject
    from project.console.compiled import as_json, as_mermaid, as_text
    from project.terminal import show

    if form == "mermaid" and explain:
        raise click.UsageError("--explain works with text and --json, not with --mermaid.")
    flow = KedroProject(project.project_path, env).compile(pipeline)
    if form == "mermaid":
        text = as_mermaid(flow)
    else:
        text = (as_json if form == "json" else as_text)(flow, explain=explain)
    show(text, output)
