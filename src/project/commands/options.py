"""Options that several commands have."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, List

import click

Complete = Callable[[click.Context, click.Parameter, str], List[str]]


def _completed_by(complete: Complete) -> Dict[str, Any]:
    """Return the keyword that completes a parameter in a shell, which click has since 8.0."""
    has_it = "shell_complete" in inspect.signature(click.Parameter.__init__).parameters
    return {"shell_complete": complete} if has_it else {}


def _complete_pipeline(context: click.Context, parameter: click.Parameter, text: str) -> List[str]:
    from project.compat.kedro_project import registered_pipelines

    try:
        return sorted(name for name in registered_pipelines() if name.startswith(text))
    except Exception:  # also of the project's code; a shell must not show a traceback
        return []


def _complete_flow_run(context: click.Context, parameter: click.Parameter, text: str) -> List[str]:
    from project.api.queries.flow_run_lists import RunFilter, latest_flow_runs
    from project.commands.kedro_project import KedroProject

    try:
        project = KedroProject(context.find_root().obj.project_path, context.params.get("env"))
        with project.connect() as api:
            run_filter = RunFilter(project.prefect_projects())
            rows = latest_flow_runs(api, api.tenant_id, run_filter, _MAX_IDS)
    except Exception:  # also of the project's code
        return []
    return [row.id for row in rows if row.id.startswith(text)]


_MAX_IDS = 50

env_option = click.option("--env", "-e", help="Kedro environment to use; defaults to KEDRO_ENV.")
flow_run_argument = click.argument("flow_run_id", metavar="ID", **_completed_by(_complete_flow_run))
pipeline_option = click.option(
    "--pipeline",
    "-p",
    help="Name of the pipeline; the default pipeline if omitted.",
    **_completed_by(_complete_pipeline),
)
