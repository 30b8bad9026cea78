"""The pipelines that the benchmarks run."""

from __future__ import annotations

from time import sleep
from typing import Any, List

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from project.compat.kedro import MemoryDataset

ARRAY_BYTES = 20_000_000


def pass_on(value: Any) -> Any:
    """Do nothing."""
    return value


def pass_on_slowly(value: Any) -> Any:
    """Sleep for 20 ms."""
    sleep(0.02)
    return value


def copy_array(array: Any) -> Any:
    """Return an array of the same size."""
    return array + 1


def lanes(depth: int, width: int, function: Any = pass_on) -> Pipeline:
    """Return ``width`` chains of ``depth`` nodes that start from one input."""
    nodes: List[Any] = []
    for lane in range(width):
        names = ["start", *(f"d{level}_{lane}" for level in range(depth))]
        nodes += [
            node(function, before, after, name=f"n_{after}")
            for before, after in zip(names, names[1:])
        ]
    return Pipeline(nodes)


def catalog(value: Any = 1) -> DataCatalog:
    """Return a catalog with the one input."""
    return DataCatalog({"start": MemoryDataset(value)})


def array_catalog() -> DataCatalog:
    """Return a catalog whose input is an array of 20 MB."""
    import numpy as np

    return catalog(np.zeros(ARRAY_BYTES // 8))
