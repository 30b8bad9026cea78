"""A run of any pipeline on Prefect is like its run on Kedro's SequentialRunner."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings
from kedro.framework.hooks import specs
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner

from tests.kits.projects import RUNNERS, FileDataset, MemoryDataset, Outcome, run_recorded

try:
    from kedro.pipeline.modular_pipeline import pipeline
except ImportError:
    from kedro.pipeline import pipeline

# Kedro streams what generator nodes yield since the release that tells these hooks the node.
STREAMS = "node" in specs.DatasetSpecs.before_dataset_loaded.__code__.co_varnames

MODES = ["unregistered", "file", "deepcopy", "copy"]


class NodeSpec(NamedTuple):
    """A random node."""

    inputs: Tuple[str, ...]
    outputs: Tuple[str, ...]
    names_inputs: bool
    names_outputs: bool
    yields: bool
    fails: bool
    tag: Optional[str]


class PipelineSpec(NamedTuple):
    """A random pipeline: its nodes, and how each dataset is stored."""

    nodes: Tuple[NodeSpec, ...]
    modes: Dict[str, str]
    namespace: Optional[str]
    is_async: bool


@st.composite
def pipelines(draw: Any) -> PipelineSpec:
    names = [f"in{i}" for i in range(3)]
    transcoded = draw(st.booleans())
    nodes = []
    for position in range(draw(st.integers(1, 8))):
        readable = [*names, "params:p", *(["raw@one"] if transcoded else [])]
        inputs = tuple(draw(st.lists(st.sampled_from(readable), max_size=3)))
        least = 0 if inputs else 1
        outputs = tuple(f"d{position}_{i}" for i in range(draw(st.integers(least, 3))))
        nodes.append(
            NodeSpec(
                inputs,
                outputs,
                draw(st.booleans()),
                draw(st.booleans()),
                STREAMS and bool(outputs) and draw(st.integers(0, 4)) == 0,
                draw(st.integers(0, 15)) == 0,
                draw(st.sampled_from([None, "left", "right"])),
            )
        )
        names.extend(outputs)
    modes = {name: draw(st.sampled_from(MODES)) for name in names}
    namespace = draw(st.sampled_from([None, None, "space"]))
    return PipelineSpec(tuple(nodes), modes, namespace, draw(st.integers(0, 4)) == 0)


def make_function(spec: NodeSpec, position: int) -> Any:
    def values(arguments: List[Any]) -> List[Any]:
        if spec.fails:
            raise RuntimeError(f"node {position} fails")
        for argument in arguments:
            if isinstance(argument, list):
                argument.append(f"touched by {position}")
        return [[position, i, str(arguments)] for i in range(len(spec.outputs))]

    def shaped(results: List[Any]) -> Any:
        if spec.names_outputs:
            return {f"out{i}": result for i, result in enumerate(results)}
        return results[0] if len(results) == 1 else tuple(results)

    def function(*args: Any, **kwargs: Any) -> Any:
        results = values([*args, *(kwargs[key] for key in sorted(kwargs))])
        return shaped(results) if spec.outputs else None

    def stream(*args: Any, **kwargs: Any) -> Iterator[Any]:
        results = values([*args, *(kwargs[key] for key in sorted(kwargs))])
        yield shaped(results)
        yield shaped([[*result, "second chunk"] for result in results])

    return stream if spec.yields else function


def make_pipeline(spec: PipelineSpec) -> Any:
    nodes = [make_node(one, position) for position, one in enumerate(spec.nodes)]
    if spec.namespace is None:
        return Pipeline(nodes)
    free = Pipeline(nodes).inputs()
    parameters = {name: name for name in free if name.startswith("params:")}
    datasets = {name.split("@")[0] for name in free - set(parameters)}
    return pipeline(
        Pipeline(nodes), namespace=spec.namespace, inputs=datasets, parameters=parameters
    )


def make_node(spec: NodeSpec, position: int) -> Any:
    inputs: Any = list(spec.inputs) or None
    if spec.names_inputs and inputs:
        inputs = {f"a{i}": name for i, name in enumerate(spec.inputs)}
    outputs: Any = list(spec.outputs) if len(spec.outputs) > 1 else "".join(spec.outputs) or None
    if spec.names_outputs and outputs:
        outputs = {f"out{i}": name for i, name in enumerate(spec.outputs)}
    function = make_function(spec, position)
    tags = [spec.tag] if spec.tag else []
    return node(function, inputs, outputs, name=f"node{position}", tags=tags)


def make_catalog(spec: PipelineSpec, folder: Path) -> DataCatalog:
    datasets: Dict[str, Any] = {"params:p": MemoryDataset({"p": 1})}
    datasets["raw@one"] = seeded(FileDataset(str(folder / "raw")), "raw")
    for name, mode in spec.modes.items():
        is_input = name.startswith("in")
        full_name = f"{spec.namespace}.{name}" if spec.namespace and not is_input else name
        dataset = make_dataset(mode, folder / full_name)
        if is_input:
            dataset = seeded(dataset or MemoryDataset(), name)
        if dataset is not None:
            datasets[full_name] = dataset
    return DataCatalog(datasets)


def make_dataset(mode: str, path: Path) -> Any:
    if mode == "unregistered":
        return None
    return FileDataset(str(path)) if mode == "file" else MemoryDataset(copy_mode=mode)


def seeded(dataset: Any, name: str) -> Any:
    dataset.save([name])
    return dataset


def run(spec: PipelineSpec, runner: Any) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        whole = make_pipeline(spec)
        outcome = run_recorded(runner, whole, make_catalog(spec, Path(folder)))
        outcome.files = {path.name: path.read_text() for path in Path(folder).iterdir()}
        return outcome


def counted(outcome: Outcome) -> Dict[str, int]:
    return Counter(map(repr, outcome.calls))


def raised_by_the_node(outcome: Outcome) -> Optional[Tuple[str, str]]:
    """Return the error of a run, behind a bug of Kedro 0.19.0.

    Its advice on how to resume stumbles over a dataset in memory that no node has come to yet.
    """
    behind = outcome.error and outcome.error.__context__
    if isinstance(outcome.error, KeyError) and isinstance(behind, RuntimeError):
        return Outcome(error=behind).raised
    return outcome.raised


EXAMPLES = settings(
    max_examples=int(os.environ.get("EXAMPLES", "50")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


@EXAMPLES
@given(pipelines())
def test_on_local_everything_visible_is_the_same(spec: PipelineSpec) -> None:
    expected = run(spec, SequentialRunner(is_async=spec.is_async))
    got = run(spec, RUNNERS["local"](is_async=spec.is_async))

    assert got.raised == raised_by_the_node(expected)
    assert got.result == expected.result
    assert got.files == expected.files
    if spec.is_async:
        assert counted(got) == counted(expected)
    else:
        assert got.calls == expected.calls


@EXAMPLES
@given(pipelines())
def test_on_threads_everything_but_the_order_is_the_same(spec: PipelineSpec) -> None:
    expected = run(spec, SequentialRunner(is_async=spec.is_async))
    got = run(spec, RUNNERS["threads"](is_async=spec.is_async))

    if expected.error is None:
        assert (got.raised, got.result) == (None, expected.result)
        assert got.files == expected.files
        assert counted(got) == counted(expected)
    else:
        assert got.error is not None
        assert_nothing_ran_below_a_failure(spec, got)


def assert_nothing_ran_below_a_failure(spec: PipelineSpec, outcome: Outcome) -> None:
    failed = {
        dict(arguments)["node"] for hook, arguments in outcome.calls if hook == "on_node_error"
    }
    whole = make_pipeline(spec)
    broken = [one.name for one in whole.nodes if str(one) in failed]
    below = {str(one) for name in broken for one in whole.from_nodes(name).nodes} - failed

    assert not below & set(outcome.nodes_run)
