"""The group ``kedro prefect``, for every Kedro project that installs this package.

Kedro imports this module for each of its commands, so that the commands import what is slow to
import when they run.
"""

from __future__ import annotations

import click

from project.commands.agent import agent
from project.commands.cancel import cancel
from project.commands.doctor import doctor
from project.commands.register import register
from project.commands.run import run
from project.commands.runs import runs
from project.commands.server import server
from project.commands.watch import watch

cli = click.Group(name="Prefect")


@cli.group(name="prefect")
def prefect_commands() -> None:
    """Serve, register, run and watch this project's Prefect flows."""


for command in (server, agent, register, run, runs, watch, cancel, doctor):
    prefect_commands.add_command(command)
