"""What a node costs on Dask, beside plain Prefect on the same kind of cluster."""

from __future__ import annotations

from pathlib import Path
from resource import RUSAGE_SELF, getpagesize, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter, time
from typing import Any

import numpy
import pendulum
import prefect
from distributed import Client, LocalCluster, Nanny, Scheduler, SpecCluster
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from prefect.executors import DaskExecutor

from benchmarks.startup import write_project
from project.api.client import connect
from project.runner import PrefectRunner

REGISTRY = """
    from time import sleep
    from kedro.pipeline import Pipeline, node

    def pass_on(value): return value + type(value)()

    def first(): return FIRST

    def warm_up(): sleep(0.1); return 1

    def register_pipelines():
        def lanes(depth, width):
            nodes = [node(first, None, "start", name="start")]
            for lane in range(width):
                names = ["start", *(f"d{level}_{lane}" for level in range(depth))]
                nodes += [node(pass_on, a, b, name=f"n_{b}") for a, b in zip(names, names[1:])]
            return Pipeline(nodes)
        return {
            "__default__": lanes(DEPTH, WIDTH),
            "warm_up": Pipeline(node(warm_up, None, f"w{n}", name=f"w{n}") for n in range(20)),
        }
"""


def ours(depth: int, width: int, grouping: str = "none") -> float:
    """Return the seconds from Running to Success, with all states and lines reported."""
    with TemporaryDirectory() as name, _cluster() as cluster:
        folder = Path(name)
        _write(folder, depth, width, "1")
        for pipeline in ("warm_up", "__default__"):  # the workers import the project only once
            _run(folder, cluster, pipeline, grouping)
        with connect("embedded", folder) as api:
            run, _ = api.query(
                "query { flow_run(order_by: {created: desc}) { start_time end_time } }"
            )
        start, end = pendulum.parse(run["start_time"]), pendulum.parse(run["end_time"])
        return float((end - start).total_seconds())


def _write(folder: Path, depth: int, width: int, first: str) -> None:
    numbers = {"DEPTH": str(depth), "WIDTH": str(width), "FIRST": first}
    registry = REGISTRY
    for word, text in numbers.items():
        registry = registry.replace(word, text)
    write_project(folder, registry)


def _run(folder: Path, cluster: SpecCluster, pipeline: str, grouping: str = "none") -> None:
    executor = {"type": "dask", "address": cluster.scheduler_address}
    bootstrap_project(folder)
    with KedroSession.create(project_path=folder) as session:
        runner = PrefectRunner(settings={"executor": executor, "grouping": grouping})
        session.run(pipeline_names=[pipeline], runner=runner)


def memory(count: int, megabytes: int) -> float:
    """Return by how many bytes this process grows at most in a chain of large values."""
    with TemporaryDirectory() as name, _cluster() as cluster:
        folder = Path(name)
        _write(folder, count, 1, f"bytearray({megabytes} * 1_000_000)")
        _run(folder, cluster, "warm_up")
        before = _resident_bytes()
        _run(folder, cluster, "__default__")
        return 1024.0 * getrusage(RUSAGE_SELF).ru_maxrss - before


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


# Each node runs on the worker on which the one before has not; only the transfers count.
HOPS = """
    from time import time
    import numpy
    from kedro.pipeline import Pipeline, node

    def first(): return numpy.ones(100_000_000, dtype="uint8"), time()

    def pass_on(value): return value

    def last(value, start): print("seconds:", time() - start); return time() - start

    def register_pipelines():
        nodes = [node(first, None, ["d0", "start"], name="n0", tags=["x"])]
        for hop in range(1, 10):
            tag = "xy"[hop % 2]
            nodes.append(node(pass_on, f"d{hop - 1}", f"d{hop}", name=f"n{hop}", tags=[tag]))
        nodes.append(node(last, ["d9", "start"], "seconds", name="last", tags=["x"]))
        return {"__default__": Pipeline(nodes)}
"""


def transfers() -> float:
    """Return the seconds that a value of 100 MB takes from worker to worker, nine times."""
    with TemporaryDirectory() as name, _cluster_of_two_kinds() as cluster:
        folder = Path(name)
        write_project(folder, HOPS)
        assigned = "{type: MemoryDataset, copy_mode: assign}"
        names = [f"d{hop}: {assigned}\n" for hop in range(10)]
        (folder / "conf/base/catalog.yml").write_text("".join(names))
        (folder / "conf/base/prefect.yml").write_text(
            f"executor: {{type: dask, address: '{cluster.scheduler_address}'}}\n"
            "tasks: {tags: {x: {resources: {x: 1}}, y: {resources: {y: 1}}}}\n"
        )
        bootstrap_project(folder)
        for _ in range(2):  # the workers import the project only once
            with KedroSession.create(project_path=folder) as session:
                outputs = session.run(runner=PrefectRunner())
        return float(outputs["seconds"].load())


def plain_transfers() -> float:
    """Return the seconds that Dask itself takes for the same."""
    with _cluster_of_two_kinds() as cluster, Client(cluster) as client:
        for _ in range(2):
            value = client.submit(_ones, resources={"x": 1}, pure=False)
            start = client.submit(_time_after, value, resources={"x": 1}, pure=False)
            for hop in range(1, 10):
                kind = {"xy"[hop % 2]: 1}
                value = client.submit(_pass_on, value, resources=kind, pure=False)
            end = client.submit(_time_after, value, resources={"x": 1}, pure=False)
            seconds = end.result() - start.result()
        return float(seconds)


def _ones() -> Any:
    return numpy.ones(100_000_000, dtype="uint8")


def _pass_on(value: Any) -> Any:
    return value


def _time_after(value: Any) -> float:
    return time()


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


def _cluster_of_two_kinds() -> SpecCluster:
    workers = {
        kind: {"cls": Nanny, "options": {"nthreads": 1, "resources": {kind: 1}}} for kind in "xy"
    }
    scheduler = {"cls": Scheduler, "options": {"dashboard": False}}
    return SpecCluster(workers=workers, scheduler=scheduler)


def _cluster() -> LocalCluster:
    return LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
