"""The group ``kedro prefect``, which every Kedro project that installs this package has.

Kedro imports this module for every command, so slow imports are inside the functions that need
them.
"""

from __future__ import annotations

import click

from project.commands.agent import agent
from project.commands.cancel import cancel
from project.commands.clean import clean
from project.commands.compile import compile_flow
from project.commands.doctor import doctor
from project.commands.env import env_command
from project.commands.explain import explain
from project.commands.init import init
from project.commands.register import register
from project.commands.restart import restart
from project.commands.run import run
from project.commands.runs import runs
from project.commands.server import server
from project.commands.watch import watch

cli = click.Group(name="Prefect")


@cli.group(name="prefect")
def prefect_commands() -> None:
    """Serve, register, compile, run and watch this project's Prefect flows."""


for command in (
    *(init, server, agent, register, run, runs, watch, cancel, restart, clean, doctor, explain),
    compile_flow,
    env_command,
):
    prefect_commands.add_command(command)
