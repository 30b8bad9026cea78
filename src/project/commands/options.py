"""Options that several commands have."""

from __future__ import annotations

import click

env_option = click.option("--env", "-e", help="Kedro environment to use; defaults to KEDRO_ENV.")
flow_run_argument = click.argument("flow_run_id", metavar="ID")
pipeline_option = click.option(
    "--pipeline", "-p", help="Name of the pipeline; the default pipeline if omitted."
)
