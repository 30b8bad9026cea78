"""Flows that the tests register."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Mapping

from prefect import Flow, Parameter, Task
from prefect.storage import Module

from project.api.page_functions import restart_plan
from project.compat.kedro_cli import parse_params
from project.compat.run_options import describe_run_options

RUN_OPTIONS = describe_run_options()
# What the server of a Kedro project hands to the page.
PAGE: dict[str, Any] = {
    "page_data": {"run-options": RUN_OPTIONS},
    "page_functions": {
        "parse-params": parse_params,
        "project-parameters": lambda _env: {},
        "restart-plan": restart_plan,
    },
}


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


class CataloguedFlow(Flow):
    """A flow whose tasks name their datasets and their code, as those of a Kedro pipeline do."""

    catalog: Mapping[str, Any] = MappingProxyType({})

    def serialize(self, build: bool = False) -> dict[str, Any]:
        serialized: dict[str, Any] = super().serialize(build)
        for task in serialized["tasks"]:
            task.update(self.catalog.get(task["name"], {}))
        return serialized


def pipeline_flow(name: str, nodes: Mapping[str, tuple[str, str]], tag: str = "nightly") -> Flow:
    """Return the flow of a pipeline: each node with the names of its inputs and its outputs.

    Datasets whose names begin with "raw" or "report" are files, the others are in memory.
    """
    producers = {
        dataset: node for node, (_, outputs) in nodes.items() for dataset in outputs.split()
    }
    with CataloguedFlow(name, storage=Module("tests.page.flows:kedro_like")) as flow:
        init = InitTask(name="init")
        for option in RUN_OPTIONS:
            flow.add_edge(Parameter(option["name"], default=None), init, validate=False)
        tasks = {node: Task(name=node, tags=[tag]) for node in nodes}
        for node, (inputs, _) in nodes.items():
            flow.add_edge(init, tasks[node])
            for producer in {
                producers[dataset] for dataset in inputs.split() if dataset in producers
            }:
                flow.add_edge(tasks[producer], tasks[node])
    flow.catalog = {
        node: {
            "description": f"shop.nodes.{node}",
            "inputs": {dataset: {"type": _type_of(dataset)} for dataset in inputs.split()},
            "outputs": {dataset: {"type": _type_of(dataset)} for dataset in outputs.split()},
        }
        for node, (inputs, outputs) in nodes.items()
    }
    return flow


def _type_of(dataset: str) -> str:
    is_file = dataset.startswith(("raw", "report"))
    return "pandas.CSVDataset" if is_file else "MemoryDataset"
