"""The commands ``kedro prefect ...``, for every Kedro project that installs this package."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ContextManager, Optional, Tuple

import click

from project.errors import ApiError

# Kedro imports this module for each of its commands: what is slow to import waits for its own.
if TYPE_CHECKING:
    from project.backend.api import Api
    from project.backend.registration import Registrable
    from project.workspace import Workspace

cli = click.Group(name="Prefect")


@cli.group(name="prefect")
def prefect_commands() -> None:
    """Serve, register, run and watch this project's Prefect flows."""


_env = click.option("--env", "-e", help="Kedro environment whose prefect.yml counts.")
_PORT = click.IntRange(0, 65535)
_pipeline = click.option("--pipeline", "-p", help="Pipeline; the default one if not given.")


@prefect_commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=4200, show_default=True, type=_PORT, help="Port to listen on; 0: any."
)
@click.option(
    "--token",
    envvar="KEDRO_PREFECT_TOKEN",
    help="API key that clients must send; needed if others reach the host. Others on this machine "
    "can read a command line, but not the variable KEDRO_PREFECT_TOKEN.",
)
@click.pass_obj
def server(project: Any, host: str, port: int, token: Optional[str]) -> None:
    """Serve this project's Prefect API until Ctrl-C."""
    from project.backend.embedded import server_settings
    from project.server.errors import ServerError
    from project.server.process import serve

    try:
        settings = server_settings(project.project_path, host=host, port=port, token=token)
        serve(settings, lambda url: click.echo(f"Prefect API at {url} (Ctrl-C stops it)"))
    except (ServerError, ValueError) as error:
        raise ApiError(str(error)) from error


@prefect_commands.command()
@click.option("--label", "-l", "labels", multiple=True, help="Label; prefect.yml's if not given.")
@click.option("--api", help="Address of the API; prefect.yml's if not given.")
@click.option("--show-flow-logs", is_flag=True, help="Print what the flow runs print.")
@_env
@click.pass_obj
def agent(
    project: Any, labels: Tuple[str, ...], api: Optional[str], show_flow_logs: bool, env: str
) -> None:
    """Run flow runs with Prefect's local agent until Ctrl-C."""
    from project.backend.local_agent import AgentOptions, run_agent

    workspace = _workspace(project, env)
    settings = workspace.settings()
    with workspace.connect(api or settings.api, lasting=True) as found:
        found.ensure_tenant()
        address = None if (api or settings.api) == "prefect" else found.url
    sources = project.project_path / getattr(project, "source_dir", "src")
    projects = {project.package_name: project.project_path}
    options = AgentOptions(labels or settings.labels, sources, projects, show_flow_logs)
    sys.exit(run_agent(options, address))


@prefect_commands.command()
@_pipeline
@click.option("--all", "every", is_flag=True, help="Register every pipeline of the project.")
@click.option("--check", is_flag=True, help="Register nothing; exit with 1 if it would change.")
@_env
@click.pass_obj
def register(project: Any, pipeline: Optional[str], every: bool, check: bool, env: str) -> None:
    """Register the flows of pipelines, where something has changed."""
    if pipeline and every:
        raise click.UsageError("Give either --pipeline or --all.")
    workspace = _workspace(project, env)
    chosen = workspace.all_registrable() if every else [workspace.registrable(pipeline)]
    changed = [each for each in chosen if _register(workspace, each, check)]
    sys.exit(1 if check and changed else 0)


def _register(workspace: Workspace, chosen: Registrable, check: bool) -> bool:
    """Register one pipeline, or only look; return whether it is new to the API."""
    from project.backend.registration import find_current, has_default_env
    from project.runner import deploy

    with workspace.connect(chosen.settings.api) as api:
        if not check:
            return deploy(api, chosen).is_new
        flow = chosen.flow()
        is_current = find_current(api, flow, chosen.prefect_project) is not None
        is_current = is_current and has_default_env(api, chosen, flow.name)
        click.echo(f"Flow '{flow.name}': {'unchanged' if is_current else 'would be registered'}")
        return not is_current


@prefect_commands.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@_env
@click.pass_obj
def runs(project: Any, limit: int, env: str) -> None:
    """List the latest flow runs."""
    from rich import get_console

    from project.backend.flow_runs import latest_runs, runs_table

    with _api(project, env) as api:
        get_console().print(runs_table(latest_runs(api, limit)))


@prefect_commands.command()
@click.argument("flow_run_id")
@_env
@click.pass_obj
def watch(project: Any, flow_run_id: str, env: str) -> None:
    """Show states and log lines of a flow run until it ends; exit with 1 if it fails."""
    from project.backend.agent import Follower

    with _api(project, env) as api:
        Follower(api, flow_run_id).follow()


@prefect_commands.command()
@click.argument("flow_run_id")
@_env
@click.pass_obj
def cancel(project: Any, flow_run_id: str, env: str) -> None:
    """Cancel a flow run."""
    with _api(project, env) as api:
        state = api.mutate("cancel_flow_run", "state", flow_run_id=flow_run_id)["state"]
    click.echo(f"Flow run {flow_run_id} is {state}.")


@prefect_commands.command()
@_pipeline
@_env
@click.pass_obj
def doctor(project: Any, pipeline: Optional[str], env: str) -> None:
    """Look for what keeps a flow from running; exit with 1 if there is something."""
    from project.doctor import examine

    is_ill = False
    for finding in examine(_workspace(project, env), pipeline):
        mark = click.style("ok   ", "green") if finding.is_well else click.style("WRONG", "red")
        click.echo(f"{mark} {finding.subject}: {finding.text}")
        is_ill = is_ill or not finding.is_well
    sys.exit(1 if is_ill else 0)


def _api(project: Any, env: Optional[str]) -> ContextManager[Api]:
    """Connect to the API that prefect.yml names."""
    workspace = _workspace(project, env)
    return workspace.connect(workspace.settings().api)


def _workspace(project: Any, env: Optional[str]) -> Workspace:
    from project.workspace import Workspace

    return Workspace(project.project_path, env)
