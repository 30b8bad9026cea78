"""Runners as other packages and projects have them, on every supported Kedro."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, Dict, Set

import cloudpickle
from kedro.pipeline import Pipeline
from kedro.runner import AbstractRunner, ParallelRunner, SequentialRunner

from project.compat import kedro as compat
from tests.kits.projects import FileDataset

_TAKES_PATTERNS = "extra_dataset_patterns" in inspect.signature(AbstractRunner.__init__).parameters


class PoolRunner(ParallelRunner):
    """Kedro's ParallelRunner under a name that does not say so."""


class DefaultDataset(FileDataset):
    """A dataset in a file, of which a runner knows the folder."""

    folder: ClassVar[str] = ""

    def __init__(self, name: str):
        super().__init__(f"{self.folder}/{name}")


class DefaultingRunner(SequentialRunner):
    """Runner with a default dataset of its own, by the way that each Kedro has for it."""

    def __init__(self, is_async: bool = False):
        if _TAKES_PATTERNS:  # Kedro 0.19
            kind = f"{DefaultDataset.__module__}.{DefaultDataset.__qualname__}"
            patterns = {"{name}": {"type": kind, "name": "{name}"}}
            super().__init__(is_async=is_async, extra_dataset_patterns=patterns)
        else:
            super().__init__(is_async=is_async)

    def create_default_data_set(self, ds_name: str) -> Any:  # Kedro 0.17 and 0.18
        return DefaultDataset(ds_name)

    def run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> Dict[str, Any]:
        if not hasattr(catalog, "shallow_copy"):  # Kedro 1
            for name in _unregistered(pipeline, catalog) - pipeline.inputs():
                catalog[name] = DefaultDataset(name)
        result: Dict[str, Any] = super().run(pipeline, catalog, *args, **kwargs)
        return result


def _unregistered(pipeline: Pipeline, catalog: Any) -> Set[str]:
    names = compat.dataset_names(pipeline)
    return {name for name in names if not compat.is_registered(catalog, name)}


class RemoteRunner(DefaultingRunner):
    """Runner in the shape of the ``DaskRunner`` in Kedro's documentation.

    A worker has a copy of the node and the catalog, so that values travel through a dataset of the
    runner's own.
    """

    def _run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> None:
        hook_manager, run_id = compat.read_run_arguments(*args, **kwargs)
        for node in pipeline.nodes:
            received = cloudpickle.loads(cloudpickle.dumps((node, catalog)))
            compat.execute_node(*received, hook_manager, self._is_async, run_id)
            self._logger.info("Ran %s on a worker", node.name)
