"""Run all benchmarks in one go, each case in a process of its own, and print the table.

The two sides of a comparison run alternately, so that both see the same noise; a figure is a
median, a ratio the median of the ratios of all pairs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import List, NamedTuple, Optional

from benchmarks.startup import first_node_after

MEGABYTE = 1e6
# Lines at INFO, but no console: drawing them takes longer than most of what is measured.
LOGGING = Path(__file__).with_name("logging.yml")


class Comparison(NamedTuple):
    """Name two cases, and what is wanted of the first one's figure."""

    what: str
    ours: str
    other: str
    wanted: str
    runs: int = 5


COMPARISONS = [
    Comparison(
        "build and serialize a chain of 1,000, plain Prefect / ours",
        "build_1000_plain",
        "build_1000_ours",
        ">= 40",
        3,
    ),
    Comparison("the same for 10,000 / for 1,000", "build_10000_ours", "build_1000_ours", "<= 13"),
    Comparison("20 wide, 50 deep / SequentialRunner", "wide_ours", "wide_sequential", "<= 1"),
    Comparison("20 wide, 50 deep / plain Prefect's run", "wide_ours", "wide_plain", "", 3),
    Comparison("chain of 2,000 / SequentialRunner", "chain_ours", "chain_sequential", "<= 1"),
    Comparison(
        "200 sleeps of 20 ms, 10 threads / ThreadRunner",
        "sleep_ours",
        "sleep_threadrunner",
        "<= 1",
        9,
    ),
    Comparison("chain of 1,000 on threads / of 500", "threads_1000", "threads_500", "about 2"),
    Comparison("chain of 2,000 on threads / of 1,000", "threads_2000", "threads_1000", "about 2"),
    Comparison("peak memory / SequentialRunner", "memory_ours", "memory_sequential", "<= 1.2"),
    Comparison(
        "peak memory on threads / SequentialRunner", "memory_threads", "memory_sequential", "<= 1.2"
    ),
    Comparison(
        "200 nodes reported to the API / unreported", "here_tracked", "here_untracked", "+2 s"
    ),
    Comparison(
        "200 nodes reported to the API / by Prefect's cloud runners",
        "here_tracked",
        "here_cloud_runners",
        "<= 0.2",
        3,
    ),
    Comparison("chain of 500 under an agent / here", "agent_run", "agent_here", "<= 1.5", 5),
    Comparison(
        "1,000 more nodes of it under an agent / here",
        "agent_nodes",
        "agent_nodes_here",
        "<= 1.5",
        5,
    ),
    Comparison(
        "from created to Running, our agent / Prefect's own",
        "agent_start",
        "agent_start_plain",
        "<= 1.5 s",
        3,
    ),
    Comparison(
        "20 wide, 50 deep on Dask, reported / plain Prefect",
        "dask_wide_ours",
        "dask_wide_plain",
        "<= 0.35",
        3,
    ),
    Comparison(
        "chain of 1,000 on Dask, reported / plain Prefect",
        "dask_chain_ours",
        "dask_chain_plain",
        "<= 0.8",
        3,
    ),
    Comparison(
        "10 chains of 100 on Dask, in groups / alone",
        "dask_lanes_grouped",
        "dask_lanes_alone",
        "<= 2 s",
        3,
    ),
    Comparison(
        "100 MB from worker to worker, nine times / plain Dask",
        "dask_transfers_ours",
        "dask_transfers_plain",
        "<= 1.3",
        3,
    ),
    Comparison(
        "register 2,000 tasks again / first", "register_again", "register_first", "<= 0.3 s"
    ),
    Comparison("start to first node / kedro run alone", "startup_ours", "startup_kedro", "+0.6 s"),
    Comparison(
        "start to first node, first run of a project / kedro run alone",
        "startup_new",
        "startup_kedro",
        "",
    ),
    Comparison(
        "start to first node, with a server / kedro run alone",
        "startup_served",
        "startup_kedro",
        "+0.6 s",
    ),
]

STARTUPS = {
    "startup_ours": partial(first_node_after, "project.runner.PrefectRunner"),
    "startup_new": partial(first_node_after, "project.runner.PrefectRunner", is_new=True),
    "startup_served": partial(first_node_after, "project.runner.PrefectRunner", is_served=True),
    "startup_kedro": partial(first_node_after, "SequentialRunner"),
}


def measure(case: str) -> float:
    """Return the figure of one case: seconds, or bytes for memory."""
    if case in STARTUPS:
        return STARTUPS[case]()
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.cases", case],
        env={**os.environ, "KEDRO_LOGGING_CONFIG": str(LOGGING)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(run.stderr.splitlines()[-1])


def shown(case: str, figure: float) -> str:
    """Return a figure with its unit."""
    return f"{figure / MEGABYTE:.0f} MB" if case.startswith("memory") else f"{figure:.3f} s"


def compare(comparison: Comparison) -> str:
    """Return a row of the table."""
    pairs = [(measure(comparison.ours), measure(comparison.other)) for _ in range(comparison.runs)]
    ours, other = (median(side) for side in zip(*pairs))
    ratio = median(one / two for one, two in pairs)
    cells: List[str] = [
        comparison.what,
        shown(comparison.ours, ours),
        shown(comparison.other, other),
        f"{ratio:.2f}",
        comparison.wanted,
    ]
    return f"| {' | '.join(cells)} |"


def main(words: Optional[List[str]] = None) -> None:
    """Print the table, or the rows whose text has the given word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", default="", help="a part of the row's name")
    only = parser.parse_args(words).only
    # Otherwise each process would compile the modules of this package again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print("| what | this | that | ratio | wanted |\n|---|---|---|---|---|", flush=True)
    for comparison in COMPARISONS:
        if only in comparison.what:
            print(compare(comparison), flush=True)


if __name__ == "__main__":
    main()
