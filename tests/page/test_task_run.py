"""What the view of a task run shows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from prefect import Flow, Task

from project.server.thread import ServerThread
from tests.page.flows import chain
from tests.page.kit import Site
from tests.page.runs import SimulatedRun
from tests.server.kit import run_row, set_task_state

CATALOG = {
    "inputs": {"flights": {"type": "pandas.ParquetDataset"}},
    "outputs": {"<b>clean</b>": {"type": "MemoryDataset"}},
}


class CataloguedFlow(Flow):  # type: ignore[misc]
    """A flow whose tasks name their datasets, as those of a Kedro pipeline do."""

    def serialize(self, build: bool = False) -> dict[str, Any]:
        serialized: dict[str, Any] = super().serialize(build)
        for task in serialized["tasks"]:
            task.update(description="shop.nodes.clean", **CATALOG)
        return serialized


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    run = SimulatedRun(site, chain("load", "clean", "report"))
    run.set_state("Running")
    return run


def open_task(page: Page, site: Site, run: SimulatedRun, name: str) -> None:
    page.goto(site(f"/default/task-run/{run.tasks[name]}"))


def state(page: Page) -> Locator:
    return page.locator(".run-title").get_by_role("status")


def fact(page: Page, name: str) -> Any:
    return page.locator(".facts > div", has=page.get_by_text(name, exact=True)).locator("dd")


def children_of(run: SimulatedRun, name: str, count: int) -> list[str]:
    """Create the children of a mapped task, and return their ids."""
    rows = run_row(run.api, run.id, "task_runs { task_id task { name } }")["task_runs"]
    task_id = next(row["task_id"] for row in rows if row["task"]["name"] == name)
    child = {"flow_run_id": run.id, "task_id": task_id}
    return [
        run.api.mutate("get_or_create_task_run_info", **child, map_index=index)["id"]
        for index in range(count)
    ]


def test_a_task_run_is_followed_with_its_states_and_attempts(
    page: Page, site: Site, run: SimulatedRun
) -> None:
    open_task(page, site, run, "load")
    expect(state(page)).to_have_text("Pending")

    run.set_task_state("load", "Running", "Failed", "Retrying", "Running")
    expect(state(page)).to_have_text("Running")
    expect(fact(page, "Attempts")).to_have_text("2")
    page.get_by_role("tab", name="States").click()

    expect(page.locator("tbody td:first-child")).to_have_text(
        ["Pending", "Running", "Failed", "Retrying", "Running"]
    )
    expect(fact(page, "Tags").get_by_text("nightly")).to_be_visible()


def test_the_time_to_the_next_attempt_runs_out(page: Page, site: Site, run: SimulatedRun) -> None:
    run.set_task_state("load", "Running", "Failed")
    later = (datetime.now(timezone.utc) + timedelta(seconds=59)).isoformat()
    run.set_task_state("load", "Retrying", start_time=later)
    open_task(page, site, run, "load")
    first = fact(page, "Next attempt").inner_text()

    expect(fact(page, "Next attempt")).not_to_have_text(first)


def test_a_node_shows_its_code_and_its_datasets_with_their_types(page: Page, site: Site) -> None:
    flow = CataloguedFlow("shop", tasks=[Task(name="clean")])
    run = SimulatedRun(site, flow)

    open_task(page, site, run, "clean")

    expect(fact(page, "Code")).to_have_text("shop.nodes.clean")
    node = page.get_by_role("complementary", name="Node")
    expect(node.get_by_role("listitem")).to_have_text(
        ["flights pandas.ParquetDataset", "<b>clean</b> MemoryDataset"]
    )


def test_links_lead_to_neighbours_and_to_the_run(page: Page, site: Site, run: SimulatedRun) -> None:
    open_task(page, site, run, "clean")
    node = page.get_by_role("complementary", name="Node")
    expect(node.get_by_role("listitem")).to_have_text(["load Pending", "report Pending"])

    node.get_by_role("link", name="report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("report")
    page.get_by_role("link", name=run_row(run.api, run.id, "name")["name"]).click()

    expect(page.get_by_role("tab", name="Timeline")).to_be_visible()


def test_a_failed_task_run_shows_its_traceback(page: Page, site: Site, run: SimulatedRun) -> None:
    run.set_task_state("load", "Running")
    run.log("Traceback (most recent call last):\nKeyError: 'x'", task="load", level="ERROR")
    run.set_task_state("load", "Failed", message="KeyError('x')")

    open_task(page, site, run, "load")

    expect(page.get_by_role("region", name="Failure").locator("pre")).to_have_text(
        "Traceback (most recent call last):\nKeyError: 'x'"
    )


def test_a_mapped_task_lists_its_children(page: Page, site: Site, run: SimulatedRun) -> None:
    for child in children_of(run, "load", 3):
        set_task_state(run.api, child, "Running")
    run.set_task_state("load", "Mapped")

    open_task(page, site, run, "load")
    page.get_by_role("tab", name="Mapped").click()
    expect(page.get_by_role("rowheader")).to_have_text(["load[0]", "load[1]", "load[2]"])
    page.get_by_role("link", name="load[1]").click()

    expect(fact(page, "Map index")).to_have_text("1")


def test_a_child_that_runs_again_shows_its_attempts_and_duration(
    page: Page, site: Site, run: SimulatedRun
) -> None:
    (child,) = children_of(run, "load", 1)
    for state in ("Running", "Failed", "Retrying", "Running"):
        set_task_state(run.api, child, state)
    run.set_task_state("load", "Mapped")

    open_task(page, site, run, "load")
    page.get_by_role("tab", name="Mapped").click()
    expect(page.locator("td.column-attempts")).to_have_text("2")
    duration = page.locator("td.column-duration")
    first = duration.inner_text()

    expect(duration).not_to_have_text(first)


def test_its_state_is_set_manually(page: Page, site: Site, run: SimulatedRun) -> None:
    open_task(page, site, run, "load")

    page.get_by_role("button", name="Set state").click()
    page.get_by_role("combobox", name="State").select_option("Skipped")
    page.get_by_role("dialog").get_by_role("button", name="Set state").click()

    expect(state(page)).to_have_text("Skipped")


def test_an_unknown_task_run_shows_a_message(page: Page, server: ServerThread) -> None:
    page.goto(f"{server.url}/default/task-run/00000000-0000-0000-0000-000000000000")

    expect(page.get_by_role("heading")).to_have_text("There is no such task run")
