"""Print the overhead per node over Kedro's SequentialRunner, on the installed Kedro."""

from __future__ import annotations

import logging
import sys
from gc import collect
from platform import python_version
from statistics import median
from time import perf_counter
from typing import Any, Callable

from kedro import __version__ as kedro_version  # noqa: TID251 (the row says which one it was)
from kedro.runner import SequentialRunner

from benchmarks import pipelines
from project.runner import PrefectRunner

DEPTH, WIDTH, RUNS = 50, 20, 7


def seconds(make_runner: Callable[[], Any]) -> float:
    """Return how long a runner takes for nodes that do nothing, building included."""
    whole, catalog = pipelines.lanes(DEPTH, WIDTH), pipelines.catalog()
    collect()
    start = perf_counter()
    make_runner().run(whole, catalog)
    return perf_counter() - start


def main() -> None:
    """Print a row: Kedro, Python, milliseconds per node of both runners, and the difference."""
    logging.disable(logging.CRITICAL)
    for make_runner in (PrefectRunner, SequentialRunner):
        make_runner().run(pipelines.lanes(1, 1), pipelines.catalog())  # imports are not its work
    pairs = [(seconds(PrefectRunner), seconds(SequentialRunner)) for _ in range(RUNS)]
    extra = median(ours - theirs for ours, theirs in pairs)
    ours, theirs = (median(side) for side in zip(*pairs))
    cells = [f"{1000 * figure / (DEPTH * WIDTH):.2f}" for figure in (ours, theirs, extra)]
    print(f"| {kedro_version} | {python_version()} | {' | '.join(cells)} |", file=sys.stderr)


if __name__ == "__main__":
    main()
