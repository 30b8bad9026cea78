"""Differences between Kedro releases in runners, nodes and catalogs."""

from __future__ import annotations

import inspect
import logging
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from copy import copy
from functools import partial
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, NamedTuple, Optional, Set
from weakref import WeakValueDictionary

import kedro.io
from kedro.pipeline import Pipeline
from kedro.runner import AbstractRunner

MemoryDataset: Any = getattr(kedro.io, "MemoryDataset", None) or kedro.io.MemoryDataSet
DatasetError: Any = getattr(kedro.io, "DatasetError", None) or kedro.io.DataSetError

_run_parameters = inspect.signature(AbstractRunner.run).parameters


# --- runner ------------------------------------------------------------------------------------


class RunArguments(NamedTuple):
    """What ``AbstractRunner.run`` passes to ``_run`` after the pipeline and the catalog."""

    hook_manager: Any
    run_id: Optional[str]


def _read_run_id(*args: Any, run_id: Optional[str] = None) -> RunArguments:
    from kedro.framework.hooks import get_hook_manager

    return RunArguments(get_hook_manager(), args[0] if args else run_id)


def _read_hook_manager_and_run_id(
    hook_manager: Any = None, *args: Any, **kwargs: Any
) -> RunArguments:
    run_id = args[0] if args else kwargs.get("run_id", kwargs.get("session_id"))
    return RunArguments(hook_manager, run_id)


read_run_arguments: Callable[..., RunArguments]
if "hook_manager" in _run_parameters:
    read_run_arguments = _read_hook_manager_and_run_id
else:  # Kedro 0.17: one hook manager for the whole process
    read_run_arguments = _read_run_id


_is_completion_silent: ContextVar[bool] = ContextVar("is_completion_silent", default=False)


class KedroRunner(AbstractRunner):
    """Base class for Kedro runners that hides what differs between Kedro's releases."""

    def __init__(self, is_async: bool = False):
        _own_runners[id(self)] = self
        if "extra_dataset_patterns" in inspect.signature(AbstractRunner.__init__).parameters:
            in_memory = {"{default}": {"type": "MemoryDataset"}}
            super().__init__(is_async=is_async, extra_dataset_patterns=in_memory)
        else:
            super().__init__(is_async=is_async)

    def run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> Dict[str, Any]:
        """Run a pipeline as Kedro's own runners do, and return what they return."""
        token = _is_completion_silent.set(False)
        try:
            outputs: Dict[str, Any] = super().run(pipeline, catalog, *args, **kwargs)
            return outputs
        finally:
            _is_completion_silent.reset(token)

    def silence_completion(self) -> None:
        """Keep Kedro from logging that the pipeline of the current run has completed.

        It logs this after each call of ``_run``, even if that only registered the pipeline.
        """
        _is_completion_silent.set(True)

    @property
    def _logger(self) -> logging.Logger:
        if _is_completion_silent.get():
            return logging.Logger("kedro.runner", logging.CRITICAL)
        # Kedro names this logger after the runner's module, and the logging configuration of
        # projects does not include ours.
        return logging.getLogger("kedro.runner")

    def create_default_data_set(self, ds_name: str) -> Any:
        """Return a dataset for a name missing from the catalog (abstract up to Kedro 0.18)."""
        return MemoryDataset()

    def _get_executor(self, max_workers: int) -> None:
        """Return no executor: Prefect's executors run the nodes (abstract since Kedro 0.19.11)."""


# By id, because a subclass need not be hashable.
_own_runners: WeakValueDictionary[int, KedroRunner] = WeakValueDictionary()


def is_own_runner(name: Optional[str]) -> bool:
    """Return whether a run's parameter ``runner``, which is a string, stands for one of ours."""
    # Of the references there is a copy, while another thread may add a runner.
    runners = [reference() for reference in _own_runners.valuerefs()]
    return any(name == str(runner) for runner in runners if runner is not None)


def suggest_resume(
    runner: AbstractRunner, pipeline: Pipeline, done_nodes: Iterable[Any], catalog: Any
) -> None:
    """Log Kedro's suggestion for resuming a failed run."""
    suggest = runner._suggest_resume_scenario
    if "catalog" in inspect.signature(suggest).parameters:
        suggest(pipeline, done_nodes, catalog)
    else:
        suggest(pipeline, done_nodes)


# --- node --------------------------------------------------------------------------------------


def _execute_as_task(
    node: Any, catalog: Any, hook_manager: Any, is_async: bool, run_id: Optional[str]
) -> None:
    identity = {_TASK_RUN_ID: run_id}
    task = _Task(
        node=node, catalog=catalog, is_async=is_async, hook_manager=hook_manager, **identity
    )
    task.execute()


def _execute_with_hooks(
    node: Any, catalog: Any, hook_manager: Any, is_async: bool, run_id: Optional[str]
) -> None:
    _run_node(node, catalog, hook_manager, is_async, run_id)


def _execute_with_global_hooks(
    node: Any, catalog: Any, hook_manager: Any, is_async: bool, run_id: Optional[str]
) -> None:
    _run_node(node, catalog, is_async, run_id)


execute_node: Callable[[Any, Any, Any, bool, Optional[str]], None]
try:
    from kedro.runner import Task as _Task
except ImportError:
    from kedro.runner import run_node as _run_node

    if "hook_manager" in inspect.signature(_run_node).parameters:
        execute_node = _execute_with_hooks
    else:
        execute_node = _execute_with_global_hooks
else:
    _takes_run_id = "run_id" in inspect.signature(_Task.__init__).parameters
    _TASK_RUN_ID = "run_id" if _takes_run_id else "session_id"
    execute_node = _execute_as_task


def catalog_until(is_over: Callable[[], bool], catalog: Any) -> Any:
    """Return a view of a catalog that saves nothing once a call is over."""
    view = copy(catalog)

    def save(name: str, data: Any) -> None:
        if is_over():
            raise TimeoutError(f"'{name}' is not saved: its node took too long.")
        catalog.save(name, data)

    view.save = save
    return view


# --- pipeline and catalog ----------------------------------------------------------------------

_dataset_names = getattr(Pipeline, "datasets", None) or Pipeline.data_sets


def dataset_names(pipeline: Pipeline) -> Set[str]:
    """Return every dataset name of a pipeline, parameters included."""
    names: Set[str] = _dataset_names(pipeline)
    return names


def is_copied_for_runs(catalog: Any) -> bool:
    """Return whether Kedro's runners work on a copy of a catalog (before Kedro 1.0)."""
    return hasattr(catalog, "shallow_copy")


def is_registered(catalog: Any, name: str) -> bool:
    """Return whether the catalog has this name, or a user's pattern that matches it."""
    if hasattr(type(catalog), "__contains__"):
        return name in catalog
    return name in catalog.list()


def is_parameter(name: str) -> bool:
    """Return whether a dataset has this run's parameters, or one of them."""
    return name == "parameters" or name.startswith("params:")


def is_in_memory(dataset: Any) -> bool:
    """Return whether a dataset keeps its value only in the memory of its process."""
    return isinstance(dataset, MemoryDataset)


def has_own_default(catalog: Any) -> bool:
    """Return whether a class of catalogs makes unregistered datasets in its own way (Kedro 1)."""
    default = getattr(kedro.io.DataCatalog, "default_runtime_patterns", None)
    return getattr(catalog, "default_runtime_patterns", default) != default


def add_dataset(catalog: Any, name: str, dataset: Any) -> None:
    """Add a dataset to the catalog, replacing any other of the same name."""
    if hasattr(type(catalog), "__setitem__"):
        catalog[name] = dataset
    else:
        catalog.add(name, dataset, replace=True)


def get_dataset(catalog: Any, name: str) -> Any:
    """Return the dataset of a name, resolving a pattern if needed."""
    # Before Kedro 1.0, "get" may be a method of the user's own.
    get = getattr(catalog, "_get_dataset", None) or catalog.get
    return get(name)


def copy_value(source: Any, target: Any) -> None:
    """Give an in-memory dataset the value of another one, without copying it.

    Replacing the dataset in the catalog would do, but Kedro warns of it for each one.
    """
    vars(target).update(vars(source))


def take_value(dataset: Any) -> Any:
    """Return a dataset with the value of one in memory, which is empty afterwards."""
    taken = object.__new__(type(dataset))
    copy_value(dataset, taken)
    dataset.release()
    return taken


@contextmanager
def versions_replaced(datasets: Iterable[Any]) -> Iterator[None]:
    """Let datasets replace what they have already saved with the version of this run.

    Kedro refuses that, because no node of its own runs is executed twice.
    """
    versioned = [
        each
        for each in (getattr(dataset, "_dataset", dataset) for dataset in datasets)  # cached ones
        if getattr(each, "_version", None) and hasattr(each, "_get_save_path")
    ]
    for dataset in versioned:
        dataset._get_save_path = partial(_versioned_save_path, dataset)
    try:
        yield
    finally:
        for dataset in versioned:
            del dataset._get_save_path


def _versioned_save_path(dataset: Any) -> Any:
    return dataset._get_versioned_path(dataset.resolve_save_version())


def pin_load_versions(datasets: Iterable[Any]) -> None:
    """Let versioned datasets load the version of this run, unless another one was asked for.

    The process that has saved it knows that version; another one would look for the latest.
    """
    for versioned in map(_unpinned, datasets):
        if versioned is not None:
            versioned._version = versioned._version._replace(load=versioned._version.save)


def latest_versions(catalog: Any, names: Iterable[str]) -> Dict[str, str]:
    """Return the versions of those datasets that load the latest one, as of now."""
    versions = {}
    for name in names:
        versioned = _unpinned(get_dataset(catalog, name))
        if versioned is not None:
            with suppress(Exception):  # there is none yet, or its reader will raise the same
                versions[name] = versioned.resolve_load_version()
    return versions


def pin_latest_versions(catalog: Any, versions: Mapping[str, str]) -> None:
    """Let datasets load what was the latest version in another process."""
    for name, latest in versions.items():
        versioned = _unpinned(get_dataset(catalog, name))
        if versioned is not None:
            versioned._version = versioned._version._replace(load=latest)


def _unpinned(dataset: Any) -> Any:
    """Return the dataset, behind a cached one, if it loads its latest version; else ``None``."""
    versioned = getattr(dataset, "_dataset", dataset)
    version = getattr(versioned, "_version", None)
    return versioned if version is not None and version.load is None else None


def dataset_type(catalog: Any, name: str) -> Optional[str]:
    """Return a dataset's class as catalogs spell it, without creating the dataset.

    ``None`` if the class is not known before that, as with patterns in older releases of Kedro.
    """
    if not is_registered(catalog, name):
        return str(MemoryDataset.__name__)  # as the hooks will register it
    found = _class_name_of(catalog, name)
    return None if found is None else _as_in_catalogs(found)


def _class_name_of(catalog: Any, name: str) -> Optional[str]:
    if hasattr(catalog, "get_type"):
        return str(catalog.get_type(name))
    datasets = getattr(catalog, "_datasets", None) or getattr(catalog, "_data_sets", {})
    kind = type(datasets.get(name))
    return f"{kind.__module__}.{kind.__qualname__}" if name in datasets else None


def _as_in_catalogs(qualified_name: str) -> str:
    """Return ``pandas.CSVDataset`` for ``kedro_datasets.pandas.csv_dataset.CSVDataset``."""
    for package in ("kedro_datasets.", "kedro.extras.datasets.", "kedro.io."):
        if qualified_name.startswith(package):
            *folders, _, name = qualified_name[len(package) :].split(".")
            return ".".join([*folders, name])
    return qualified_name
