"""``kedro prefect clean``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import click

from project.commands.options import env_option

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command()
@click.option(
    "--older-than",
    metavar="AGE",
    help="Also delete flow runs that ended longer ago than this, with their logs: 12h, 30d, 8w; or "
    "before a date such as 2026-11-26.",
)
@click.option("--yes", is_flag=True, help="Delete without asking.")
@env_option
@click.pass_obj
def clean(project: ProjectMetadata, older_than: Optional[str], yes: bool, env: str) -> None:
    """Delete stored results that no restart needs and, with --older-than, old flow runs.

    Results are what 'result' in prefect.yml stores. Only those in folders are deleted: Prefect
    cannot delete what it has stored elsewhere.
    """
    from project.commands.kedro_project import KedroProject
    from project.console.times import local_time, parse_age
    from project.deploy.cleaning import delete, find_stale_data

    try:
        before = parse_age(older_than) if older_than else None
    except ValueError as error:
        raise click.UsageError(f"--older-than: {error}") from error
    kedro_project = KedroProject(project.project_path, env)
    with kedro_project.connect() as api:
        stale = find_stale_data(api, kedro_project.find_deployments(), before)
        click.echo(stale.describe(local_time(before)))
        if not stale:
            return
        if not (yes or _is_confirmed()):
            raise click.ClickException("Nothing was deleted. Use --yes to delete without asking.")
        delete(api, stale)
    click.echo("Deleted.")


def _is_confirmed() -> bool:
    try:
        return click.confirm("Delete them?")
    except click.Abort:  # there is no terminal, or Ctrl-C
        click.echo()
        return False
