"""What is timed: each case is a function without arguments that returns seconds or bytes."""

from __future__ import annotations

import gc
import logging
import resource
import sys
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, Dict

from kedro.runner import SequentialRunner, ThreadRunner

from benchmarks import agent_runs, dask_runs, pipelines, tracked
from benchmarks.peer import build_plain_flow
from project.execution.runs import KedroRuns
from project.flow.build import build_flow
from project.flow.pipeline_ref import PipelineRef
from project.runner import PrefectRunner

REF = PipelineRef(Path(), "bench", "chain")

Case = Callable[[], float]


def timed(function: Callable[[], Any]) -> float:
    """Return the seconds that a function takes, after collecting earlier garbage."""
    gc.collect()
    start = perf_counter()
    function()
    return perf_counter() - start


def build_ours(nodes: int) -> Case:
    """Build, validate and serialize the flow of a chain."""
    chain = pipelines.lanes(nodes, 1)
    return lambda: timed(lambda: build_flow(chain, "chain", REF, KedroRuns()).serialize())


def build_plain(nodes: int) -> Case:
    """Build, validate and serialize the same flow with plain Prefect."""
    chain = pipelines.lanes(nodes, 1)
    return lambda: timed(lambda: build_plain_flow(chain, pipelines.catalog()).serialize())


def run_with(make_runner: Callable[[], Any], depth: int, width: int, function: Any) -> Case:
    """Run a pipeline, building included."""
    whole = pipelines.lanes(depth, width, function)
    make_runner().run(pipelines.lanes(1, 1), pipelines.catalog())  # imports are not its work
    return lambda: timed(lambda: make_runner().run(whole, pipelines.catalog()))


def run_plain(depth: int, width: int) -> Case:
    """Run a pipeline with plain Prefect; building is not counted, for it alone takes longer."""
    flow = build_plain_flow(pipelines.lanes(depth, width), pipelines.catalog())
    flow.sorted_tasks()
    build_plain_flow(pipelines.lanes(1, 1), pipelines.catalog()).run()
    return lambda: timed(flow.run)


def peak_memory(make_runner: Callable[[], Any]) -> Case:
    """Return the peak of this process in bytes over a chain of 50 arrays of 20 MB."""

    def run() -> float:
        chain = pipelines.lanes(50, 1, pipelines.copy_array)
        make_runner().run(chain, pipelines.array_catalog())
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0

    return run


def threads(workers: int) -> PrefectRunner:
    """Return our runner on threads."""
    return PrefectRunner(settings={"executor": {"type": "threads", "workers": workers}})


NOOP = pipelines.pass_on
SLEEP = pipelines.pass_on_slowly

CASES: Dict[str, Callable[[], Case]] = {
    "build_1000_ours": lambda: build_ours(1_000),
    "build_10000_ours": lambda: build_ours(10_000),
    "build_1000_plain": lambda: build_plain(1_000),
    "wide_sequential": lambda: run_with(SequentialRunner, 50, 20, NOOP),
    "wide_ours": lambda: run_with(PrefectRunner, 50, 20, NOOP),
    "wide_plain": lambda: run_plain(50, 20),
    "chain_sequential": lambda: run_with(SequentialRunner, 2_000, 1, NOOP),
    "chain_ours": lambda: run_with(PrefectRunner, 2_000, 1, NOOP),
    "sleep_threadrunner": lambda: run_with(lambda: ThreadRunner(max_workers=10), 20, 10, SLEEP),
    "sleep_ours": lambda: run_with(lambda: threads(10), 20, 10, SLEEP),
    "threads_500": lambda: run_with(lambda: threads(2), 500, 1, NOOP),
    "threads_1000": lambda: run_with(lambda: threads(2), 1_000, 1, NOOP),
    "threads_2000": lambda: run_with(lambda: threads(2), 2_000, 1, NOOP),
    "memory_sequential": lambda: peak_memory(SequentialRunner),
    "memory_ours": lambda: peak_memory(PrefectRunner),
    "here_untracked": lambda: tracked.untracked,
    "here_tracked": lambda: tracked.tracked,
    "here_cloud_runners": lambda: tracked.cloud_runners,
    "register_first": lambda: tracked.registering(again=False),
    "register_again": lambda: tracked.registering(again=True),
    "agent_here": lambda: partial(agent_runs.here, 500),
    "agent_run": lambda: partial(agent_runs.under_agent, 500),
    "agent_nodes_here": lambda: partial(agent_runs.difference, agent_runs.here, 1_500, 500),
    "agent_nodes": lambda: partial(agent_runs.difference, agent_runs.under_agent, 1_500, 500),
    "agent_start": lambda: partial(agent_runs.until_running, agent_runs.AGENT),
    "agent_start_plain": lambda: partial(agent_runs.until_running, agent_runs.PREFECTS_AGENT),
    "dask_wide_ours": lambda: partial(dask_runs.ours, 50, 20),
    "dask_wide_plain": lambda: partial(dask_runs.plain, 50, 20),
    "dask_chain_ours": lambda: partial(dask_runs.ours, 1_000, 1),
    "dask_chain_plain": lambda: partial(dask_runs.plain, 1_000, 1),
    "dask_lanes_alone": lambda: partial(dask_runs.ours, 100, 10),
    "dask_lanes_grouped": lambda: partial(dask_runs.ours, 100, 10, "chain"),
    "dask_transfers_ours": lambda: dask_runs.transfers,
    "dask_transfers_plain": lambda: dask_runs.plain_transfers,
    "memory_dask": lambda: partial(dask_runs.memory, 50, 20),
    "memory_threads": lambda: peak_memory(lambda: threads(2)),
}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(CASES[sys.argv[1]]()(), file=sys.stderr)
