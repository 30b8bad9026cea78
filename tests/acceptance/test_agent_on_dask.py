"""Flow runs under an agent whose nodes run on a Dask cluster of their own."""

from __future__ import annotations

import re
import signal
from collections import Counter
from typing import Iterator, List

import pytest

from tests.kits.shop import SENTINEL, Said, Shop

pytestmark = pytest.mark.dask

RUN = ("run", "--runner=project.runner.PrefectRunner")


def ids_in(text: str) -> List[str]:
    return re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text)


@pytest.fixture
def on_dask(staffed: Shop) -> Iterator[Shop]:
    """Return the project with its agent, and a setting that every process reads."""
    if not staffed.ask("query { flow { id } }"):
        assert staffed.kedro("prefect", "register", "--all").code == 0
    staffed.write("conf/local/prefect.yml", "executor: {type: dask, workers: 2}\n")
    staffed.hooks()
    staffed.saved()
    yield staffed
    (staffed.folder / "conf/local/prefect.yml").unlink()


def test_a_run_under_an_agent_is_the_same_on_dask(on_dask: Shop) -> None:
    id_ = on_dask.start_run("__default__")
    state = on_dask.ended(id_)
    hooks = Counter(on_dask.hooks())
    lines = on_dask.lines(id_)
    loggers = on_dask.flow_run(id_, "logs { name }")["logs"]

    assert state == "Success"
    assert on_dask.node_states(id_) == dict.fromkeys(["make", "double", "add_up"], "Success")
    assert list(on_dask.saved().values()) == [{"doubled": [0, 2, 4], "total": 6}]  # one version
    assert hooks.pop("after_catalog_created") > 1  # in each process that opens the project
    assert set(hooks.values()) == {1}
    assert lines["making 3 numbers"] == "make"
    assert lines["adding up 3 numbers"] == "add_up"
    assert not any(SENTINEL in line for line in lines)
    assert not any(line["name"].startswith("distributed") for line in loggers)


def test_the_groups_of_a_run_are_an_artifact_of_its_first_task(on_dask: Shop) -> None:
    local = on_dask.folder / "conf/local/prefect.yml"
    local.write_text(f"{local.read_text()}run: here\ngrouping: chain\n")
    here = on_dask.run()
    agents = on_dask.start_run("__default__")
    on_dask.ended(agents)

    assert here.code == 0, here.text
    for id_ in (ids_in(here.text)[0], agents):
        task_runs = on_dask.flow_run(id_, "task_runs { artifacts { data } }")["task_runs"]
        (artifact,) = [one for run in task_runs for one in run["artifacts"]]
        assert artifact["data"]["groups"] == [
            {"name": "make", "nodes": ["make", "double", "add_up"]}
        ]
        assert "- `make`: `make`, `double`, `add_up`" in artifact["data"]["markdown"]


def test_a_failure_on_dask_is_the_failure_of_the_command(on_dask: Shop) -> None:
    said = on_dask.run("--pipeline", "failing")

    assert said.code == 1
    assert "ValueError('no stock left')" in said.text.splitlines()[-1]
    assert "on_pipeline_error ValueError: no stock left" in on_dask.hooks()


@pytest.mark.parametrize("place", ["here", "agent"])
def test_a_run_that_dask_cannot_begin_says_why_and_leaves_no_task_open(
    on_dask: Shop, place: str
) -> None:
    local = on_dask.folder / "conf/local/prefect.yml"
    needs = "tasks: {nodes: {make: {resources: {GPU: 1}}}}"
    local.write_text(f"{local.read_text()}run: {place}\n{needs}\n")

    said = on_dask.run()

    assert said.code == 1
    reason = "Node 'make' needs a Dask worker with the resources GPU=1"
    assert reason in " ".join(said.text.split())
    id_ = ids_in(said.text)[0]
    run = on_dask.flow_run(id_, "state state_message")
    assert run["state"] == "Failed"
    assert run["state_message"].startswith(reason)
    assert set(on_dask.node_states(id_).values()) == {"TriggerFailed"}


def test_ctrl_c_cancels_the_nodes_on_dask(on_dask: Shop) -> None:
    running = on_dask.start(*RUN, "--pipeline", "endless")
    assert running.stdout
    text = ""
    for line in running.stdout:
        text += line
        if "Running node: wait" in line:
            break
    running.send_signal(signal.SIGINT)
    said = Said.of(running, 60)
    id_ = ids_in(text)[0]

    assert said.code == 1, text + said.text
    assert on_dask.flow_run(id_, "state") == {"state": "Cancelled"}
    assert on_dask.node_states(id_) == {"wait": "Cancelled"}
