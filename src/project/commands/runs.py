"""``kedro prefect runs``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Optional, Tuple

import click

from project.commands.options import env_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

    from project.api.queries.flow_run_lists import RunFilter
    from project.commands.kedro_project import KedroProject


@click.command()
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(1),
    help="Number of flow runs to list.",
)
@click.option("--state", "states", multiple=True, help="Only runs in this state, repeatable.")
@click.option("--flow", help="Only runs of the flow with this name.")
@click.option(
    "--since",
    help="Only runs that started since then, or were due: 30m, 12h, 7d, or a date and time such as "
    "2026-11-26.",
)
@click.option("--all", "every", is_flag=True, help="Runs of all projects, not only of this one.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON, a list of objects.")
@env_option
@click.pass_obj
def runs(project: ProjectMetadata, /, limit: int, as_json: bool, env: str, **choice: Any) -> None:
    """List the latest flow runs of this project.

    Runs that are scheduled for the future are listed only with '--state Scheduled'.
    """
    from project.api.queries.flow_run_lists import latest_flow_runs
    from project.commands.kedro_project import KedroProject
    from project.console.tables import print_runs
    from project.terminal import show

    kedro_project = KedroProject(project.project_path, env)
    run_filter = _make_filter(kedro_project, **choice)
    with kedro_project.connect() as api:
        rows = latest_flow_runs(api, api.tenant_id, run_filter, limit)
    if as_json:
        show(json.dumps([row._asdict() for row in rows]))
    elif rows:
        print_runs(rows)
    elif run_filter.projects:
        where = f"of project {', '.join(run_filter.projects)}"
        hint = "'kedro prefect runs --all' lists those of all projects."
        show(f"No flow runs {where} match. {hint}", sys.stderr)
    else:
        show("No flow runs match.", sys.stderr)


def _make_filter(
    project: KedroProject,
    *,
    states: Tuple[str, ...],
    flow: Optional[str],
    since: Optional[str],
    every: bool,
) -> RunFilter:
    from project.api.queries.flow_run_lists import RunFilter
    from project.api.states import find_state
    from project.console.times import parse_since

    try:
        wanted = [find_state(state) for state in states]
        timestamp = parse_since(since) if since else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return RunFilter([] if every else project.prefect_projects(), wanted, flow, timestamp)
