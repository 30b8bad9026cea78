"""The graph of units that Dask runs for a flow run."""

from __future__ import annotations

import pickle
from collections import defaultdict
from itertools import chain
from typing import Any, DefaultDict, Dict, Iterable, List, Mapping, NamedTuple, Set, Tuple

import cloudpickle
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from kedro.pipeline import Pipeline

from project.compat import kedro as compat
from project.compat.kedro_project import registered_pipelines
from project.errors import FlowRunError
from project.execution.kedro_run import KedroRun
from project.execution.remote.run_spec import NodeCall, Unit
from project.execution.remote.values import Received, Value
from project.execution.remote.worker import run_unit
from project.flow.groups.units import Group, units_of


class UnitGraph(NamedTuple):
    """A graph as Dask reads it.

    ``groups`` are those of several nodes. ``output_keys`` are those of the free outputs;
    ``resources`` are what the workers of some units must have.
    """

    groups: Tuple[Group, ...]
    tasks: Mapping[str, Tuple[Any, ...]]
    units: Mapping[str, Unit]
    output_keys: Tuple[str, ...]
    resources: Mapping[str, Mapping[str, float]]

    @property
    def wanted(self) -> List[str]:
        """The keys that no other key needs, those of the free outputs among them."""
        needed = {argument for task in self.tasks.values() for argument in task[1:]}
        return [key for key in self.tasks if key not in needed]

    def nodes_of(self, keys: Iterable[str]) -> List[str]:
        """Return the nodes of those keys that are units."""
        units = [self.units[key] for key in keys if key in self.units]
        return [call.name for unit in units for call in unit.calls]

    def nodes_after(self, node: str) -> List[str]:
        """Return the nodes that the worker of a node runs after it, often with a shared report."""
        for unit in self.units.values():
            names = [call.name for call in unit.calls]
            if node in names:
                return names[names.index(node) + 1 :]
        return []

    def keeps_nothing(self, key: str) -> bool:
        """Return whether a key is a unit of which no other one needs a value."""
        return key in self.units and not self.units[key].needed_outside

    def for_dask(self) -> Any:
        """Return the graph for ``Client.get``, in layers if units need resources."""
        if not self.resources:
            return dict(self.tasks)
        layers, dependencies = {}, {}
        for key, task in self.tasks.items():
            resources = self.resources.get(key)
            annotations = {"resources": resources} if resources else None
            layers[key] = MaterializedLayer({key: task}, annotations=annotations)
            dependencies[key] = {argument for argument in task[1:] if argument in self.tasks}
        return HighLevelGraph(layers, dependencies)


def make_unit_graph(
    run: KedroRun, calls: Mapping[str, NodeCall], grouping: str, plugin_name: str
) -> UnitGraph:
    """Return the graph of the nodes that are to run.

    Raises:
        SettingsError: the pipeline cannot be grouped as ``prefect.yml`` says.
        FlowRunError: one node would confirm what another one has read in its process.
    """
    pipeline = Pipeline([node for node in run.pipeline.nodes if node.name in calls])

    def is_in_memory(name: str) -> bool:
        return compat.is_in_memory(compat.get_dataset(run.catalog, name))

    groups = units_of(pipeline, grouping, is_in_memory, registered_pipelines()).groups
    keys = {name: f"{group.name}-{plugin_name}" for group in groups for name in group.nodes}
    _require_joint_confirmation(pipeline, keys)
    upstream, readers = _upstream_keys(pipeline, keys), _reader_keys(pipeline, keys)
    free = pipeline.outputs()
    inputs, input_key = _inputs_from_here(run), f"{plugin_name}-inputs"
    tasks: Dict[str, Tuple[Any, ...]] = {input_key: (pickle.loads, cloudpickle.dumps(inputs))}
    for key in chain.from_iterable(readers[name] for name in inputs):
        upstream[key].add(input_key)
    units: Dict[str, Unit] = {}
    output_keys: List[str] = []
    for group in groups:
        key = keys[group.nodes[0]]
        kept = [
            name
            for node in group.nodes
            for name in run.nodes[node].outputs
            if (name in free or readers[name] - {key}) and is_in_memory(name)
        ]
        units[key] = Unit(key, tuple(calls[name] for name in group.nodes), tuple(kept))
        arguments = (plugin_name, cloudpickle.dumps(units[key]), *sorted(upstream[key] - {key}))
        tasks[key] = (run_unit, *arguments)
        outputs = [name for name in kept if name in free]
        if outputs:
            output_keys.append(f"{key}-outputs")
            tasks[output_keys[-1]] = (pick_outputs, cloudpickle.dumps(outputs), key)
    resources = {key: _resources(run, unit) for key, unit in units.items()}
    needed = {key: found for key, found in resources.items() if found}
    several = tuple(group for group in groups if len(group.nodes) > 1)
    return UnitGraph(several, tasks, units, tuple(output_keys), needed)


def _require_joint_confirmation(pipeline: Pipeline, keys: Mapping[str, str]) -> None:
    """Require that what a node confirms is read in the same process, which knows what it was.

    Raises:
        FlowRunError: only other units read it.
    """
    for node in pipeline.nodes:
        for name in node.confirms:
            readers = [one.name for one in pipeline.nodes if name in one.inputs]
            if readers and keys[node.name] not in {keys[reader] for reader in readers}:
                raise FlowRunError(
                    f"Node '{node.name}' confirms dataset '{name}', which node '{readers[0]}' "
                    "reads. On Dask they would run in different processes, and more could be "
                    "confirmed than was read. Let one node read and confirm it, set 'grouping' in "
                    "prefect.yml so that they run in one process, or use another executor."
                )


def _resources(run: KedroRun, unit: Unit) -> Dict[str, float]:
    """Return the most that one of the nodes of a unit needs of each resource."""
    most: Dict[str, float] = {}
    for call in unit.calls:
        for name, amount in run.policy(call.name).resources.items():
            most[name] = max(amount, most.get(name, 0))
    return most


def pick_outputs(pickled_names: bytes, values: Received) -> Received:
    """Return some of a unit's values, so that the others are not sent with them."""
    names: List[str] = pickle.loads(pickled_names)  # noqa: S301 - the run's own
    return {name: values[name] for name in names if name in values}


def _reader_keys(pipeline: Pipeline, keys: Mapping[str, str]) -> DefaultDict[str, Set[str]]:
    """Return the keys of the units that read each dataset."""
    readers: DefaultDict[str, Set[str]] = defaultdict(set)
    for node in pipeline.nodes:
        for name in node.inputs:
            readers[name].add(keys[node.name])
    return readers


def _upstream_keys(pipeline: Pipeline, keys: Mapping[str, str]) -> DefaultDict[str, Set[str]]:
    """Return the keys of the units that each unit needs."""
    upstream: DefaultDict[str, Set[str]] = defaultdict(set)
    for node, parents in pipeline.node_dependencies.items():
        upstream[keys[node.name]].update(keys[parent.name] for parent in parents)
    return upstream


def _inputs_from_here(run: KedroRun) -> Dict[str, Value]:
    """Return the values in memory that only this process has, such as those that hooks added."""
    return {
        name: Value(dataset, name, "the process of the run")
        for name in sorted(run.pipeline.inputs())
        for dataset in [compat.get_dataset(run.catalog, name)]
        if compat.is_in_memory(dataset) and dataset.exists()
    }
