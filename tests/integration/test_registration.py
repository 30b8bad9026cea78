"""Registering by our own requests, compared with Prefect's own client."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, List
from unittest.mock import ANY

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from prefect import Client
from prefect.utilities.configuration import set_temporary_config

from project.api.client import PrefectApi, connect
from project.commands.api_checks import check_api
from project.compat.run_options import RUN_OPTIONS
from project.config.model import ScheduleSettings, Settings
from project.deploy import registration
from project.deploy.deployment import Deployment
from project.deploy.registration import (
    compare,
    deploy,
    find_registration,
    register,
    require_registration,
)
from project.errors import ApiUncertainError, FlowRunError
from project.flow.pipeline_ref import PipelineRef
from tests.kits.embedded import open_api

FLOW = """
query($project: String) {
  flow(where: {archived: {_eq: false}, project: {name: {_eq: $project}}}) {
    name description environment run_config storage parameters schedule is_schedule_active
    core_version serialized_flow
    tasks(order_by: {slug: asc}) {
      name slug description type max_retries retry_delay cache_key trigger tags inputs outputs
      auto_generated mapped
    }
    edges { key mapped upstream_task { slug } downstream_task { slug } }
  }
}
"""


def add(*numbers: int) -> int:
    return sum(numbers)


def registered(api: PrefectApi, project: str) -> Any:
    (flow,) = api.query(FLOW, project=project)
    flow["edges"].sort(key=str)
    return flow


@pytest.mark.filterwarnings("ignore:No result handler was specified")
def test_the_api_gets_what_prefects_own_client_sends(tmp_path: Path) -> None:
    nodes = [node(add, None, "n0", name="n0", tags="first")]
    # More tasks than Prefect's client sends at a time.
    nodes += [node(add, [f"n{i}"], f"n{i + 1}", name=f"n{i + 1}") for i in range(500)]
    settings = Settings(schedule=ScheduleSettings(cron="0 6 * * *"), labels=["gpu"])
    ref = PipelineRef(tmp_path, "shop", "chain")
    deployment = Deployment(Pipeline(nodes), ref, settings, DataCatalog)
    with open_api(tmp_path) as url, connect(url, tmp_path) as api:
        deploy(api, deployment)
        flow = deployment.make_flow()
        flow.dataset_types = dict.fromkeys(flow.dataset_names(), "MemoryDataset")
        with set_temporary_config({"backend": "server", "cloud.api": url}):
            client = Client()
            client.create_project("theirs")
            client.register(flow, "theirs", no_url=True)

        ours, theirs = registered(api, "shop"), registered(api, "theirs")

    assert len(ours["tasks"]) == 501 + 1 + len(RUN_OPTIONS)
    assert ours == theirs


SCHEDULED = Settings(schedule=ScheduleSettings(cron="0 6 * * *"))
STEPS = ["register_tasks", "register_edges", "activate_schedule"]


@pytest.mark.parametrize("interrupted", STEPS)
@pytest.mark.parametrize("kedro_run_comes_first", [False, True])
def test_an_interrupted_deployment_is_completed_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted: str, kedro_run_comes_first: bool
) -> None:
    pipeline = Pipeline([node(add, None, "a", name="a"), node(add, "a", "b", name="b")])
    ref = PipelineRef(tmp_path, "shop", "chain")
    deployment = Deployment(pipeline, ref, SCHEDULED, DataCatalog)
    whole = deployment._replace(settings=replace(SCHEDULED, project="whole"))

    with connect("embedded", tmp_path) as api:
        with monkeypatch.context() as patched:
            patched.setattr(registration, interrupted, half(getattr(registration, interrupted)))
            with pytest.raises(ApiUncertainError):
                deploy(api, deployment)
        assert find_registration(api, deployment) is None
        with pytest.raises(FlowRunError, match="was interrupted. Register the flow: kedro prefect"):
            require_registration(api, deployment)
        if kedro_run_comes_first:
            assert "not deployed" in str(register(api, deployment).note)

        deploy(api, deployment)

        deploy(api, whole)
        ours, theirs = registered(api, "shop"), registered(api, "whole")
        assert ours["is_schedule_active"]
        assert ours == {**theirs, "run_config": ANY}
        assert not deploy(api, deployment).is_new


@pytest.mark.parametrize("interrupted", ["register_tasks", "register_edges"])
def test_an_interrupted_registration_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted: str
) -> None:
    pipeline = Pipeline([node(add, None, "a", name="a"), node(add, "a", "b", name="b")])
    ref = PipelineRef(tmp_path, "shop", "chain")
    deployment = Deployment(pipeline, ref, Settings(), DataCatalog)
    whole = deployment._replace(settings=Settings(project="whole"))

    with connect("embedded", tmp_path) as api:
        with monkeypatch.context() as patched:
            patched.setattr(registration, interrupted, half(getattr(registration, interrupted)))
            with pytest.raises(ApiUncertainError):
                register(api, deployment)
        found = {
            check.subject: check.text
            for check in check_api(api, deployment, compare(api, deployment))
        }
        assert found["flow"].endswith("version 1, whose registration was interrupted")

        completed = register(api, deployment)

        register(api, whole)
        assert completed.version == 1
        assert registered(api, "shop") == {**registered(api, "whole"), "run_config": ANY}
        assert not register(api, deployment).is_new


def half(send: Callable[..., None]) -> Callable[..., None]:
    """Return a request that is interrupted: before it, or when half of its rows are written."""

    def send_half(api: PrefectApi, flow_id: str, *rows: List[Any]) -> None:
        if rows:
            send(api, flow_id, rows[0][: len(rows[0]) // 2])
        raise ApiUncertainError("The connection was lost.")

    return send_half
