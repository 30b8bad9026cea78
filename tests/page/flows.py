"""Flows that the tests register."""

from __future__ import annotations

from prefect import Flow, Parameter, Task
from prefect.storage import Module

from project.compat.run_options import describe_run_options

RUN_OPTIONS = describe_run_options()


class InitTask(Task):
    """Opens the run, as the first task of a pipeline's flow does."""


def kedro_like(*names: str) -> Flow:
    """Return a flow with the parameters of a Kedro pipeline's flow, and tasks in a chain."""
    with Flow("pipeline", storage=Module("tests.page.flows:kedro_like")) as flow:
        previous: Task = InitTask(name="init")
        for option in RUN_OPTIONS:
            flow.add_edge(Parameter(option["name"], default=None), previous, validate=False)
        for name in names:
            task = Task(name=name)
            flow.add_edge(previous, task)
            previous = task
    return flow


def chain(*names: str) -> Flow:
    """Return a flow of tasks in a chain, and a parameter."""
    with Flow("chain") as flow:
        previous: Task = Parameter("env", default=None)
        for name in names:
            task = Task(name=name, tags=["nightly"])
            flow.add_edge(previous, task)
            previous = task
    return flow


def fan(size: int) -> Flow:
    """Return a flow of tasks that do not depend on each other."""
    with Flow("fan") as flow:
        for number in range(size):
            flow.add_task(Task(name=f"node_{number}"))
    return flow
