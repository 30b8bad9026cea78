"""What a node costs under an agent, beside the same run in the process of ``kedro run``."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Callable, Iterator, Sequence, Tuple

import pendulum

from benchmarks.startup import REGISTRY as ONE_NODE
from benchmarks.startup import serving, write_project
from project.api.client import PrefectApi, connect
from project.deploy.deployment import HEARTBEAT_ENV

AGENT = ("kedro", "prefect", "agent")
# As in docs/agents.md.
PREFECTS_AGENT = ("prefect", "agent", "local", "start", "--no-hostname-label")

REGISTRY = """
    from kedro.pipeline import Pipeline, node

    def pass_on(value): return value

    def first(): return 1

    def register_pipelines():
        nodes = [node(first, None, "d0", name="n0")]
        for n in range(1, NODES):
            nodes.append(node(pass_on, f"d{n - 1}", f"d{n}", name=f"n{n}"))
        return {"__default__": Pipeline(nodes)}
"""


# As Prefect's agents set them.
RUNNERS = {
    f"PREFECT__ENGINE__{kind.upper()}_RUNNER__DEFAULT_CLASS": (
        f"prefect.engine.cloud.Cloud{kind}Runner"
    )
    for kind in ("Flow", "Task")
}


def here(nodes: int) -> float:
    """Return the seconds from Running to Success in the process of ``kedro run``."""
    with _project(nodes) as (folder, api):
        _kedro(folder, "run", "--runner=project.runner.PrefectRunner")
        return _duration(api)


def under_agent(nodes: int) -> float:
    """Return the seconds from Running to Success in a process as an agent starts it."""
    with _project(nodes) as (folder, api):
        _kedro(folder, "prefect", "register")
        _kedro(folder, "prefect", "run", "--no-wait")
        (run,) = api.query("query { flow_run { id flow_id run_config } }")
        subprocess.run(
            [sys.executable, "-m", "prefect", "execute", "flow-run"],
            env={
                **os.environ,
                **run["run_config"]["env"],
                "PYTHONPATH": str(folder / "src"),
                "PREFECT__BACKEND": "server",
                "PREFECT__CLOUD__API": api.url,
                "PREFECT__CONTEXT__FLOW_RUN_ID": run["id"],
                "PREFECT__CONTEXT__FLOW_ID": run["flow_id"],
                **RUNNERS,
                "NO_PROXY": "127.0.0.1",
            },
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return _duration(api)


def difference(run: Callable[[int], float], more: int, fewer: int) -> float:
    """Return the seconds that the additional nodes of a longer chain take."""
    return run(more) - run(fewer)


def until_running(agent: Sequence[str]) -> float:
    """Return the seconds from creating a flow run until it is Running, with an agent's command."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, ONE_NODE)
        with serving(folder) as url, connect(url, folder) as api:
            _kedro(folder, "prefect", "register")
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", *agent],
                cwd=folder,
                env={**os.environ, **HEARTBEAT_ENV, **api.client_variables()},
                stdout=subprocess.DEVNULL,
            )
            while not api.query("query { agent { id } }"):
                sleep(0.1)
            for _ in range(2):  # the first one finds nothing in the caches of the file system
                _kedro(folder, "prefect", "run")
            process.terminate()
            process.wait()
            *_, run = api.query(
                "query { flow_run(order_by: {created: asc}) { created start_time } }"
            )
    return _seconds_between(run["created"], run["start_time"])


@contextmanager
def _project(nodes: int) -> Iterator[Tuple[Path, PrefectApi]]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, REGISTRY.replace("NODES", str(nodes)))
        with connect("embedded", folder) as api:
            (folder / "conf/base/prefect.yml").write_text(f"api: {api.url}\n")
            os.environ["PREFECT__CLOUD__API_KEY"] = api.api_key or ""
            yield folder, api


def _kedro(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "kedro", *arguments],
        cwd=folder,
        env={**os.environ, "DO_NOT_TRACK": "1"},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _duration(api: PrefectApi) -> float:
    (run,) = api.query("query { flow_run { state start_time end_time } }")
    if run["state"] != "Success":
        raise RuntimeError(f"The run ended {run['state']}.")
    return _seconds_between(run["start_time"], run["end_time"])


def _seconds_between(start: str, end: str) -> float:
    return float((pendulum.parse(end) - pendulum.parse(start)).total_seconds())
