"""The commands that Kedro adds to its own in every project."""

from __future__ import annotations

import click

from kedro_prefect_runner import is_usable

cli: click.Group
if is_usable:
    from project.commands.group import cli
else:
    cli = click.Group(name="Prefect")
