"""What a node costs on Dask, beside plain Prefect on the same kind of cluster."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Dict

import pendulum
import prefect
from distributed import LocalCluster
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from prefect.executors import DaskExecutor

from benchmarks.startup import write_project
from project.api.client import connect
from project.runner import PrefectRunner

REGISTRY = """
    from kedro.pipeline import Pipeline, node

    def pass_on(value): return value

    def first(): return 1

    def register_pipelines():
        def lanes(depth, width):
            nodes = [node(first, None, "start", name="start")]
            for lane in range(width):
                names = ["start", *(f"d{level}_{lane}" for level in range(depth))]
                nodes += [node(pass_on, a, b, name=f"n_{b}") for a, b in zip(names, names[1:])]
            return Pipeline(nodes)
        return {
            "__default__": lanes(DEPTH, WIDTH),
            "warm_up": lanes(4, 2),
        }
"""


def ours(depth: int, width: int, grouping: str = "none") -> float:
    """Return the seconds from Running to Success, with all states and lines reported."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        write_project(folder, REGISTRY.replace("DEPTH", str(depth)).replace("WIDTH", str(width)))
        # Else the workers would draw each line for a terminal.
        quiet = folder / "conf/logging.yml"
        quiet.write_text("{version: 1, disable_existing_loggers: false, root: {level: INFO}}")
        os.environ["KEDRO_LOGGING_CONFIG"] = str(quiet)
        cluster = stack.enter_context(_cluster())
        executor = {"type": "dask", "address": cluster.scheduler_address}
        settings: Dict[str, object] = {"executor": executor, "grouping": grouping}
        bootstrap_project(folder)
        for pipeline in ("warm_up", "__default__"):  # the workers import the project only once
            with KedroSession.create(project_path=folder) as session:
                session.run(pipeline_names=[pipeline], runner=PrefectRunner(settings=settings))
        with connect("embedded", folder) as api:
            run, _ = api.query(
                "query { flow_run(order_by: {created: desc}) { start_time end_time } }"
            )
        start, end = pendulum.parse(run["start_time"]), pendulum.parse(run["end_time"])
        return float((end - start).total_seconds())


def plain(depth: int, width: int) -> float:
    """Return the seconds that plain Prefect takes for the same graph, with no API."""
    with _cluster() as cluster:
        executor = DaskExecutor(address=cluster.scheduler_address)
        _plain_flow(4, 2).run(executor=executor)
        flow = _plain_flow(depth, width)
        flow.sorted_tasks()
        start = perf_counter()
        flow.run(executor=executor)
        return perf_counter() - start


class _PassOn(prefect.Task):
    def run(self, value: int = 1) -> int:
        return value


def _plain_flow(depth: int, width: int) -> prefect.Flow:
    flow = prefect.Flow("plain")
    first = _PassOn(name="start")
    flow.add_task(first)
    for lane in range(width):
        before = first
        for level in range(depth):
            after = _PassOn(name=f"d{level}_{lane}")
            flow.add_edge(before, after, key="value", validate=False)
            before = after
    return flow


def _cluster() -> LocalCluster:
    return LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
