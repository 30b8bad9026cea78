"""What is deployed stays as it is when flows are run, from whichever environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from project.api.client import PrefectApi, connect
from project.api.queries.flows import deployed_flow
from project.config.load import parse_settings
from project.deploy.deployment import Deployment
from project.deploy.registration import deploy, find_registration, register, start_agent_run
from project.errors import FlowRunError
from project.flow.pipeline_ref import PipelineRef

SCHEDULE = {"cron": "0 6 * * *", "timezone": "Europe/Paris"}


def identity(value: int) -> int:
    return value


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PrefectApi]:
    with connect("embedded", tmp_path) as prefect_api:
        yield prefect_api


def deployment(*names: str, folder: str = "shop", **settings: Any) -> Deployment:
    nodes = [node(identity, f"{name}_in", f"{name}_out", name=name) for name in names]
    ref = PipelineRef(Path(folder), "shop", "__default__")
    return Deployment(Pipeline(nodes), ref, parse_settings(settings), DataCatalog)


def test_a_run_in_another_environment_leaves_schedule_and_labels(api: PrefectApi) -> None:
    deployed = deploy(api, deployment("a", schedule=SCHEDULE, labels=["gpu"]))
    used = register(api, deployment("a", labels=["laptop"], executor={"type": "threads"}))

    assert (used.flow_id, used.is_new, used.note) == (deployed.flow_id, False, None)


def test_a_new_version_by_a_run_has_the_deployed_schedule_and_labels(api: PrefectApi) -> None:
    prod = {"schedule": SCHEDULE, "labels": ["gpu"], "run_config": {"type": "LocalRun"}}
    before = deployed_flow(api, deploy(api, deployment("a", **prod)).flow_id)
    new = register(api, deployment("a", "b", folder="elsewhere"))
    after = deployed_flow(api, new.flow_id)

    assert (new.version, new.is_new) == (2, True)
    assert (after.schedule, after.is_schedule_active) == (before.schedule, True)
    assert after.run_config
    assert after.run_config["labels"] == ["gpu"]
    assert after.run_config["type"] == "LocalRun"
    assert '"project_path": "elsewhere"' in after.run_config["env"]["KEDRO_PREFECT_FLOW"]
    assert deploy(api, deployment("a", "b", **prod)).is_new is False


def test_a_schedule_that_was_switched_off_stays_off_in_a_new_version(api: PrefectApi) -> None:
    flow_id = deploy(api, deployment("a", schedule=SCHEDULE)).flow_id
    api.mutate("set_schedule_inactive", "success", flow_id=flow_id)
    new = register(api, deployment("a", "b"))

    assert deployed_flow(api, new.flow_id).is_schedule_active is False


def test_a_run_deploys_no_schedule_but_says_so(api: PrefectApi) -> None:
    scheduled = deployment("a", schedule=SCHEDULE)
    first = register(api, scheduled)

    assert deployed_flow(api, first.flow_id).schedule is None
    assert "The schedule in prefect.yml is not deployed." in first.describe()
    assert "The schedule in prefect.yml is not deployed." in register(api, scheduled).describe()
    assert find_registration(api, scheduled) is None

    deployed = deploy(api, scheduled)

    assert (deployed.version, deployed.is_new) == (2, True)
    assert register(api, scheduled).note is None


def test_deploying_a_schedule_says_if_no_agent_would_take_its_runs(api: PrefectApi) -> None:
    described = deploy(api, deployment("a", schedule=SCHEDULE, labels=["gpu"])).describe()

    assert "No agent picks up the scheduled runs: " in described
    assert "kedro prefect agent --label gpu" in described


def test_where_the_tasks_run_is_no_part_of_a_version(api: PrefectApi) -> None:
    deploy(api, deployment("a"))

    assert deploy(api, deployment("a", executor={"type": "threads", "workers": 3})).is_new is False
    assert deploy(api, deployment("a", api="prefect", run="agent", wait=False)).is_new is False
    assert deploy(api, deployment("a", folder="elsewhere")).is_new is False
    # Its class may be installed only where the flow runs.
    cluster = {"type": "dask", "cluster_class": "dask_kubernetes.KubeCluster"}
    assert deploy(api, deployment("a", executor=cluster)).is_new is False


def test_a_run_for_an_agent_has_the_labels_of_its_own_environment(api: PrefectApi) -> None:
    deployed = deploy(api, deployment("a", labels=["gpu"]))
    test = deployment("a", labels=["laptop"], run_config={"type": "LocalRun", "working_dir": "/x"})
    for run_id, labels, kind in (
        (start_agent_run(api, deployed, {}), ["gpu"], "UniversalRun"),
        (start_agent_run(api, deployed, {}, test), ["laptop"], "LocalRun"),
    ):
        text = "query($id: uuid!) { flow_run_by_pk(id: $id) { labels run_config } }"
        run = api.query(text, id=run_id)
        assert (run["labels"], run["run_config"]["type"]) == (labels, kind)


def test_a_number_that_json_lacks_is_refused_for_an_agent(api: PrefectApi) -> None:
    deployed = deploy(api, deployment("a"))

    with pytest.raises(FlowRunError, match=r"A parameter is \.nan or \.inf"):
        start_agent_run(api, deployed, {"params": {"limit": float("inf")}})

    assert api.query("query { flow_run { id } }") == []
