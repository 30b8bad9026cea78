"""``kedro prefect restart``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from project.commands.options import env_option, flow_run_argument

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command()
@flow_run_argument
@click.option("--here", is_flag=True, help="Run it on this machine, without an agent.")
@click.option("--wait/--no-wait", default=True, help="Whether to follow the flow run to its end.")
@env_option
@click.pass_obj
def restart(project: ProjectMetadata, flow_run_id: str, here: bool, wait: bool, env: str) -> None:
    """Restart a flow run from what failed; the beginning of its ID is enough.

    It keeps its parameters and Kedro's run ID. Nodes that have succeeded do not run again, unless a
    node that does needs what they left in memory. Set 'result' in prefect.yml to store that.
    """
    from project.api.find_run import find_flow_run
    from project.api.follow import Follower
    from project.api.queries.restart import restart_rows
    from project.api.restart import HERE_LABEL, agent_labels, plan_of_run, schedule_restart
    from project.commands.kedro_project import KedroProject
    from project.deploy.flow_run_process import api_variables, execute_flow_run
    from project.terminal import show

    if here and not wait:
        raise click.UsageError("--no-wait is for agents: with --here, this command runs the flow.")
    kedro_project = KedroProject(project.project_path, env)
    with kedro_project.connect(must_outlive_process=not here, is_for_children=here) as api:
        id_ = find_flow_run(api, flow_run_id).id
        rows = restart_rows(api, id_)
        plan = plan_of_run(rows, id_)
        show(plan.describe({task["id"]: task["name"] for task in rows.tasks}))
        show(f"Flow run {id_}: {api.page_url('flow-run', id_)}")
        follower = Follower(api, id_)
        if wait:
            follower.skip_history()  # of the earlier attempts
        if here:
            schedule_restart(api, id_, plan, [HERE_LABEL])
            projects = {project.package_name: str(project.project_path)}
            execute_flow_run(api, id_, {**rows.variables, **api_variables(api, projects)}, follower)
        else:
            schedule_restart(api, id_, plan, agent_labels(rows.labels, rows.flow_labels))
            if wait:
                follower.follow_or_cancel()
