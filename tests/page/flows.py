"""Flows that the tests register."""

from __future__ import annotations

from prefect import Flow, Parameter, Task
from prefect.storage import Module

RUN_OPTIONS = [
    {"name": "params", "type": "mapping", "help": "Values that replace the project's parameters"},
    {"name": "env", "type": "string", "help": "Configuration environment, as in conf/<env>"},
    {"name": "nodes", "type": "list", "help": "Only these nodes"},
    {"name": "tags", "type": "list", "help": "Only nodes with one of these tags"},
    {"name": "namespaces", "type": "list", "help": "Only nodes in one of these namespaces"},
    {"name": "from_nodes", "type": "list", "help": "These nodes and all after them"},
    {"name": "to_nodes", "type": "list", "help": "These nodes and all before them"},
    {"name": "from_inputs", "type": "list", "help": "Nodes that need one of these datasets"},
    {"name": "to_outputs", "type": "list", "help": "Nodes that these datasets need"},
    {"name": "load_versions", "type": "mapping", "help": "Versions of datasets to load"},
    {"name": "only_missing_outputs", "type": "boolean", "help": "Only nodes with missing outputs"},
    {"name": "is_async", "type": "boolean", "help": "Load and save datasets with threads"},
]


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
