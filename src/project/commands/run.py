"""``kedro prefect run``."""

from __future__ import annotations

from typing import Any, List

import click


class _RunCommand(click.Command):
    """Command with the options of ``kedro run``, which are imported only when they are needed."""

    def get_params(self, ctx: click.Context) -> List[click.Parameter]:
        """Return the options."""
        from project.compat.kedro_cli import run_command_options

        return [*run_command_options(), *super().get_params(ctx)]


@click.command(cls=_RunCommand)
@click.option("--wait/--no-wait", default=True, help="Whether to follow the flow run to its end.")
@click.pass_obj
def run(project: Any, /, wait: bool, **values: Any) -> None:
    """Start a run of a registered flow for an agent, and follow it.

    Unlike 'kedro run' with 'run: agent', this opens no Kedro session in this process: it calls no
    hooks, and reads neither the catalog nor credentials.
    """
    from project.api.follow import follow_agent_run
    from project.commands.kedro_project import KedroProject
    from project.compat.kedro_cli import read_command_options
    from project.deploy.registration import require_registration, start_agent_run
    from project.terminal import echo

    kedro_project = KedroProject(project.project_path, values.get("env"))
    pipeline, options = read_command_options({**values, "env": kedro_project.env})
    deployment = kedro_project.find_deployment(pipeline)
    with kedro_project.connect(deployment.settings.api, must_outlive_process=True) as api:
        registration = require_registration(api, deployment)
        flow_run_id = start_agent_run(api, registration, options)
        echo(f"Flow run {flow_run_id}: {api.page_url('flow-run', flow_run_id)}")
        follow_agent_run(api, flow_run_id, wait)
