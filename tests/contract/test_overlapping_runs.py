"""Several runs in one process, as with Kedro's service session or a notebook with threads."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import prefect
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from project.compat.kedro import MemoryDataset
from project.runner import PrefectRunner

SIZE = 3


def count(number: int) -> int:
    print("number", number)
    return number + 1


def pipeline(name: str) -> Pipeline:
    chain = [f"{name}{number}" for number in range(20)]
    return Pipeline(
        [node(count, first, second, name=first) for first, second in zip(chain, chain[1:])]
    )


def run(name: str) -> Any:
    (result,) = (
        PrefectRunner().run(pipeline(name), DataCatalog({f"{name}0": MemoryDataset(0)})).values()
    )
    return result.load() if hasattr(result, "load") else result


def process_wide() -> Any:
    return sys.stdout, dict(os.environ), prefect.config.to_dict(), sys.excepthook


def test_what_runs_replace_in_the_process_is_put_back() -> None:
    before = process_wide()
    with ThreadPoolExecutor(SIZE) as pool:
        results = list(pool.map(run, "abc"))

    assert results == [19, 19, 19]
    assert process_wide() == before
