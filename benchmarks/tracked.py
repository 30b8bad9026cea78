"""The cost of reporting a run to the API, compared with Prefect's own cloud runners."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Callable, Iterator, Tuple

import pendulum
import prefect
from prefect import Client
from prefect.storage import Module
from prefect.utilities.configuration import set_temporary_config

from benchmarks import pipelines
from project.api.client import PrefectApi, connect
from project.api.run_here import run_here
from project.config.model import Settings
from project.deploy.deployment import Deployment
from project.deploy.registration import Registration, register, start_run_here
from project.execution.kedro_run import KedroRun
from project.execution.runners import run_flow
from project.execution.runs import KedroRuns
from project.flow.graph import KedroFlow
from project.flow.pipeline_ref import PipelineRef

NODES = 200


class NoHooks:
    """Hook manager without hooks."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, **arguments: Any) -> None:
        """Call no hook."""


def _deployment(folder: Path, nodes: int) -> Deployment:
    whole, catalog = pipelines.lanes(nodes, 1), pipelines.catalog()
    for name in whole.datasets():
        catalog.get(name, fallback_to_runtime_pattern=True)
    ref = PipelineRef(folder, "bench", "chain")
    return Deployment(whole, ref, Settings(), lambda: catalog)


def _run_of(deployment: Deployment) -> KedroRun:
    no_hooks: Any = NoHooks()
    return KedroRun(deployment.pipeline, deployment.load_catalog(), no_hooks, "run")


@contextmanager
def _api(nodes: int = NODES) -> Iterator[Tuple[PrefectApi, KedroRun, KedroFlow, Registration]]:
    with TemporaryDirectory() as folder, connect("embedded", Path(folder)) as api:
        deployment = _deployment(Path(folder), nodes)
        yield api, _run_of(deployment), deployment.make_flow(), register(api, deployment)


def untracked() -> float:
    """Return the seconds that a chain takes when it is not reported."""
    deployment = _deployment(Path(), NODES)
    run, flow = _run_of(deployment), deployment.make_flow()
    start = perf_counter()
    run_flow(flow, run, lambda *_: None)
    return perf_counter() - start


def tracked() -> float:
    """Return the seconds that the same chain takes when it is reported to the embedded API."""
    with _api() as (api, run, flow, registration):
        start = perf_counter()
        run_here(api, flow, start_run_here(api, registration, {}, "key"), run, lambda *_: None)
        return perf_counter() - start


def cloud_runners() -> float:
    """Return the seconds from Running to Success with Prefect's own runners on the same API."""
    with _api(1) as (api, *_):
        with set_temporary_config({"backend": "server", "cloud.api": api.url}):
            client = Client(api_server=api.url, api_key=api.api_key)
            client.create_project("plain")
            flow_id = client.register(plain_flow(), "plain", build=False, no_url=True)
            flow_run_id = client.create_flow_run(flow_id)
        subprocess.run(
            [sys.executable, "-m", "prefect", "execute", "flow-run"],
            env={**os.environ, **_execution(api, flow_run_id)},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        run = api.query(
            f'query {{ flow_run_by_pk(id: "{flow_run_id}") {{ state start_time end_time }} }}'
        )
    if run["state"] != "Success":
        raise RuntimeError(f"The run of Prefect's runners ended {run['state']}.")
    return float(
        (pendulum.parse(run["end_time"]) - pendulum.parse(run["start_time"])).total_seconds()
    )


def _execution(api: PrefectApi, flow_run_id: str) -> dict[str, str]:
    runners = "prefect.engine.cloud.Cloud"
    return {
        "PREFECT__BACKEND": "server",
        "PREFECT__CLOUD__API": api.url,
        "PREFECT__CLOUD__API_KEY": api.api_key or "",
        "PREFECT__CLOUD__HEARTBEAT_MODE": "thread",
        "PREFECT__CONTEXT__FLOW_RUN_ID": flow_run_id,
        "PREFECT__ENGINE__FLOW_RUNNER__DEFAULT_CLASS": f"{runners}FlowRunner",
        "PREFECT__ENGINE__TASK_RUNNER__DEFAULT_CLASS": f"{runners}TaskRunner",
        "PREFECT__LOGGING__LEVEL": "WARNING",
        "NO_PROXY": "127.0.0.1",
    }


class PassOn(prefect.Task):
    """Do nothing."""

    def run(self, value: int = 1) -> int:
        """Return the value."""
        return value


def plain_flow() -> prefect.Flow:
    """Return a chain of plain Prefect tasks."""
    ref = PipelineRef(Path(), "bench", "plain")
    flow = KedroFlow("plain", ref, KedroRuns(), storage=Module("benchmarks.tracked:plain_flow"))
    flow.run_config = prefect.run_configs.UniversalRun()
    last = flow.add_task(PassOn(name="n0"))
    for number in range(1, NODES):
        task = PassOn(name=f"n{number}")
        flow.add_edge(last, task, key="value", validate=False)
        last = task
    flow.storage.add_flow(flow)
    return flow


def registering(again: bool) -> Callable[[], float]:
    """Return the seconds to register a flow of 2,000 tasks, for the first time or unchanged."""

    def measure() -> float:
        with TemporaryDirectory() as folder, connect("embedded", Path(folder)) as api:
            deployment = _deployment(Path(folder), 2_000)
            if again:
                register(api, deployment)
            start = perf_counter()
            register(api, deployment)
            return perf_counter() - start

    return measure
