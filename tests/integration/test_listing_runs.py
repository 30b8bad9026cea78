"""Which flow runs ``kedro prefect runs`` lists, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Optional

import pendulum
import pytest
from prefect import Flow
from prefect.engine.state import Cancelled, Failed, Running, State
from prefect.utilities.graphql import compress

from project.api.client import PrefectApi, connect
from project.api.queries.flow_run_lists import RunFilter, latest_flow_runs
from project.api.queries.flow_runs import set_flow_run_state
from project.api.queries.flows import create_flow
from project.api.queries.projects import create_project
from tests.kits.strict_server import strict_server


@pytest.fixture(params=["embedded", "strict"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PrefectApi]:
    """Return a client of the embedded API, and of a stand-in for Prefect Server."""
    if request.param == "embedded":
        with connect("embedded", tmp_path) as prefect_api:
            yield prefect_api
    else:
        with strict_server(tmp_path / "server") as server, connect(server.url, tmp_path) as strict:
            yield strict


@pytest.fixture
def flow_id(api: PrefectApi) -> str:
    project_id = create_project(api, api.ensure_tenant(), "shop")
    return create_flow(api, project_id, compress(Flow("sales").serialize()), "key")


def create_run(api: PrefectApi, flow_id: str, hours: int, *states: State) -> str:
    """Return the id of a new run that is due in so many hours, and has had these states since."""
    due = pendulum.now("utc").add(hours=hours).isoformat()
    run = api.mutate("create_flow_run", "id", flow_id=flow_id, scheduled_start_time=due)
    for state in states:
        set_flow_run_state(api, run["id"], state.serialize())
    return str(run["id"])


def listed(api: PrefectApi, *states: str, since: Optional[str] = None, limit: int = 9) -> List[str]:
    """Return the ids of the listed runs."""
    rows = latest_flow_runs(api, api.tenant_id, RunFilter((), states, None, since), limit)
    return [row.id for row in rows]


def test_what_began_last_comes_first_whenever_it_was_created(api: PrefectApi, flow_id: str) -> None:
    last = create_run(api, flow_id, 2)
    first = create_run(api, flow_id, 3, Running(), Failed())
    waiting = create_run(api, flow_id, -1)
    set_flow_run_state(api, last, Running().serialize())

    assert listed(api) == [last, first, waiting]
    assert listed(api, limit=1) == [last]


def test_runs_planned_for_the_future_are_listed_only_as_scheduled_ones(
    api: PrefectApi, flow_id: str
) -> None:
    late = create_run(api, flow_id, -1)
    soon, later = (create_run(api, flow_id, hours) for hours in (1, 2))
    cancelled = create_run(api, flow_id, 1, Cancelled())

    assert listed(api) == [cancelled, late]
    assert listed(api, "Failed") == []
    assert listed(api, "Scheduled", "Failed") == [later, soon, late]


def test_the_time_since_which_runs_are_listed_is_that_of_their_start(
    api: PrefectApi, flow_id: str
) -> None:
    planned_before = create_run(api, flow_id, 5)
    create_run(api, flow_id, 5, Running())
    since = pendulum.now("utc").isoformat()
    create_run(api, flow_id, -1)  # due before, still waiting
    set_flow_run_state(api, planned_before, Running().serialize())
    waiting = create_run(api, flow_id, 0)

    assert listed(api, since=since) == [waiting, planned_before]
