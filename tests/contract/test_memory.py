"""Datasets in memory: injected, carried, copied, released, and missed with a clear word."""

from __future__ import annotations

import gc
import weakref
from typing import Any, Callable, Dict

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner

from project.hooks import PrefectHooks, inject_memory_datasets
from project.runner import PrefectRunner
from tests.kits.projects import (
    HAS_FACTORIES,
    RETURNS_DATASETS,
    RUNNERS,
    DatasetError,
    FileDataset,
    KedroProject,
    MemoryDataset,
    unwrapped,
)

MakeProject = Callable[..., KedroProject]


def take(value: Any) -> Any:
    return value


def give() -> Dict[str, int]:
    return {"n": 1}


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_pipeline_runs_without_any_session(runner: str) -> None:
    chain = Pipeline([node(give, None, "a"), node(take, "a", "b"), node(take, "b", "c")])

    assert unwrapped(RUNNERS[runner]().run(chain, DataCatalog())) == {"c": {"n": 1}}


def test_names_between_nodes_are_injected_and_free_ones_are_not() -> None:
    chain = Pipeline([node(take, "a", "b", name="n1"), node(take, "b", "c", name="n2")])
    catalog = DataCatalog()
    inject_memory_datasets(chain, catalog)
    names = getattr(catalog, "keys", None) or catalog.list

    assert [name for name in "abc" if name in names()] == ["b"]


class OwnRunner(PrefectRunner):
    """A runner of the user's own."""

    def __str__(self) -> str:
        return "my runner"


@pytest.mark.parametrize("runner", [PrefectRunner, OwnRunner, SequentialRunner])
def test_the_hooks_inject_where_the_runner_works_on_the_session_s_catalog(runner: Any) -> None:
    catalog = DataCatalog()
    chain = Pipeline([node(take, "a", "b", name="n1"), node(take, "b", "c", name="n2")])
    instance = runner()
    PrefectHooks().before_pipeline_run({"runner": str(instance)}, chain, catalog)
    names = getattr(catalog, "keys", None) or catalog.list
    is_injected = issubclass(runner, PrefectRunner) and RETURNS_DATASETS  # Kedro 1

    assert list(names()) == (["b"] if is_injected else [])


def test_a_registered_name_keeps_its_dataset() -> None:
    chain = Pipeline([node(take, "a", "b", name="n1"), node(take, "b", "c", name="n2")])
    dataset = FileDataset("b")
    catalog = DataCatalog({"b": dataset})
    inject_memory_datasets(chain, catalog)
    get = getattr(catalog, "get", None) or catalog._get_dataset

    assert get("b") is dataset


@pytest.mark.skipif(not HAS_FACTORIES, reason="this Kedro has no dataset factories")
@pytest.mark.parametrize("runner", RUNNERS)
def test_a_name_that_a_pattern_serves_is_saved_by_it(
    make_project: MakeProject, runner: str
) -> None:
    project = make_project(
        """
        from kedro.pipeline import Pipeline, node

        def one(): return 1
        def add(*numbers): return sum(numbers)

        def register_pipelines():
            wide = [node(one, None, f"kept_{i}", name=f"one_{i}") for i in range(12)]
            read = [node(add, ["kept_0", "kept_1"], f"sum_{i}", name=f"sum_{i}") for i in range(12)]
            return {"__default__": Pipeline(wide + read)}
        """,
        catalog='"kept_{n}": {type: tests.kits.projects.FileDataset, filepath: "data/kept_{n}"}',
    )
    expected = project.run(SequentialRunner())
    project.clear()
    got = project.run(RUNNERS[runner]())

    assert len(got.files) == 12
    assert (got.raised, got.result, got.files) == (None, expected.result, expected.files)


@pytest.mark.skipif(not HAS_FACTORIES, reason="this Kedro has no dataset factories")
def test_patterns_are_resolved_before_the_first_node(make_project: MakeProject) -> None:
    project = make_project(
        """
        from kedro.pipeline import Pipeline, node

        def one(): return 1
        def two(n): return n

        def register_pipelines():
            return {"__default__": Pipeline([
                node(one, None, "kept_a", name="one"), node(two, "kept_a", "kept_b", name="two"),
            ])}
        """,
        catalog='"kept_{n}": {type: tests.kits.projects.FileDataset, filepath: "data/kept_{n}"}',
    )
    project.add_to_settings(
        """
        from kedro.framework.hooks import hook_impl

        class Look:
            @hook_impl
            def before_node_run(self, node, catalog):
                held = getattr(catalog, "_datasets", None) or catalog._data_sets
                assert {"kept_a", "kept_b"} <= set(held), sorted(held)

        HOOKS += (Look(),)
        """
    )

    assert project.run(RUNNERS["threads"]()).raised is None


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("mode", ["assign", "copy", "deepcopy"])
def test_the_copy_mode_of_a_dataset_in_memory_is_kept(runner: str, mode: str) -> None:
    def change(value: Dict[str, Any]) -> bool:
        value["inner"].append(1)
        return True

    def look(value: Dict[str, Any], changed: bool) -> int:
        return len(value["inner"])

    nodes = [
        node(lambda: {"inner": []}, None, "shared", name="make"),
        node(change, "shared", "changed", name="change"),
        node(look, ["shared", "changed"], "seen", name="look"),
    ]

    def run(runner: Any) -> Any:
        catalog = DataCatalog({"shared": MemoryDataset(copy_mode=mode)})
        return unwrapped(runner.run(Pipeline(nodes), catalog))

    assert run(RUNNERS[runner]()) == run(SequentialRunner())


class Value:
    """Stand for a large value that somebody may hold."""


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_value_is_released_when_its_last_reader_is_done(runner: str) -> None:
    alive: Dict[str, Any] = {}

    def make() -> Value:
        value = Value()
        alive["first"] = weakref.ref(value)
        return value

    def read(value: Value) -> int:
        return 1

    def check(number: int) -> bool:
        gc.collect()
        return alive["first"]() is None

    nodes = [
        node(make, None, "value", name="make"),
        node(read, "value", "number", name="read"),
        node(check, "number", "is_released", name="check"),
    ]
    catalog = DataCatalog({"value": MemoryDataset(copy_mode="assign")})

    assert unwrapped(RUNNERS[runner]().run(Pipeline(nodes), catalog)) == {"is_released": True}


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_dataset_that_nobody_saved_is_named_with_its_producer(runner: str) -> None:
    class Forgetful(MemoryDataset):
        def _save(self, data: Any) -> None:
            """Lose the value, as a broken dataset may."""

    nodes = [node(give, None, "lost", name="give"), node(take, "lost", "found", name="take")]

    with pytest.raises(DatasetError) as caught:
        RUNNERS[runner]().run(Pipeline(nodes), DataCatalog({"lost": Forgetful()}))

    assert str(caught.value).endswith(  # newer releases of Kedro begin with the dataset's name
        f"Data for {MemoryDataset.__name__} has not been saved yet. "
        "Node 'take' reads the in-memory dataset 'lost', which was never saved. "
        "Node 'give' should have saved it: make it return or yield a value."
    )


@pytest.mark.parametrize("runner", RUNNERS)
def test_an_empty_input_in_memory_is_named_with_the_remedy(runner: str) -> None:
    nodes = [node(take, "empty", "full", name="take")]

    with pytest.raises(DatasetError) as caught:
        RUNNERS[runner]().run(Pipeline(nodes), DataCatalog({"empty": MemoryDataset()}))

    assert str(caught.value).endswith(  # newer releases of Kedro begin with the dataset's name
        f"Data for {MemoryDataset.__name__} has not been saved yet. "
        "Node 'take' reads the in-memory dataset 'empty', which was never saved. "
        "No node of this run produces it: register a dataset that has data."
    )


@pytest.mark.parametrize("runner", [SequentialRunner, PrefectRunner])
def test_a_dataset_that_a_hook_of_the_project_adds_is_left_alone(
    make_project: MakeProject, runner: Any
) -> None:
    project = make_project(
        """
        from kedro.pipeline import Pipeline, node

        def make(): return {"inner": []}
        def change(value):
            value["inner"].append(1)
            return True
        def look(value, changed): return len(value["inner"])

        def register_pipelines():
            return {"__default__": Pipeline([
                node(make, None, "shared", name="make"),
                node(change, "shared", "changed", name="change"),
                node(look, ["shared", "changed"], "seen", name="look"),
            ])}
        """
    )
    project.add_to_settings(
        """
        from kedro.framework.hooks import hook_impl
        from tests.kits.projects import MemoryDataset

        class Add:
            @hook_impl
            def before_pipeline_run(self, catalog):
                dataset = MemoryDataset(copy_mode="assign")
                if hasattr(catalog, "add"):
                    catalog.add("shared", dataset)
                else:
                    catalog["shared"] = dataset

        HOOKS = (Add(), *HOOKS)
        """
    )
    outcome = project.run(runner())

    assert (outcome.raised, outcome.result) == (None, {"seen": 1})
