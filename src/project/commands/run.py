"""``kedro prefect run``."""

from __future__ import annotations

from typing import Any, List, Optional

import click


class _RunCommand(click.Command):
    """Command with the options of ``kedro run``, which are imported only when they are needed."""

    def get_params(self, ctx: click.Context) -> List[click.Parameter]:
        """Return the options."""
        from project.compat.kedro_cli import run_command_options

        own = super().get_params(ctx)
        names = {option.name for option in own}
        return [option for option in run_command_options() if option.name not in names] + own


@click.command(cls=_RunCommand)
@click.option(
    "--env",
    "-e",
    help="Kedro environment to use; defaults to KEDRO_ENV. Without both, the run is in the one in "
    "which the flow was deployed.",
)
@click.option("--wait/--no-wait", default=True, help="Whether to follow the flow run to its end.")
@click.pass_obj
def run(project: Any, /, env: Optional[str], wait: bool, **values: Any) -> None:
    """Start a run of a registered flow for an agent, and follow it.

    Unlike 'kedro run' with 'run: agent', this opens no Kedro session in this process: it calls no
    hooks, and reads neither the catalog nor credentials.
    """
    from project.api.follow import follow_agent_run
    from project.commands.kedro_project import KedroProject
    from project.compat.kedro_cli import read_command_options
    from project.deploy.registration import require_registration, start_agent_run
    from project.terminal import echo

    kedro_project = KedroProject(project.project_path, env)
    pipeline, options = read_command_options({**values, "env": kedro_project.env})
    if options["env"] is None:
        del options["env"]  # so that the API uses the environment in which the flow was deployed
    deployment = kedro_project.find_deployment(pipeline)
    with kedro_project.connect(deployment.settings.api, must_outlive_process=True) as api:
        registration = require_registration(api, deployment)
        flow_run_id = start_agent_run(api, registration, options)
        echo(f"Flow run {flow_run_id}: {api.page_url('flow-run', flow_run_id)}")
        follow_agent_run(api, flow_run_id, wait)
