"""The grid of a flow's last runs, and a node's own page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.flows import chain
from tests.page.kit import Site, graphql
from tests.page.runs import SimulatedRun, many_runs
from tests.server.kit import Registered, run_row, set_flow_state, set_task_state

NODES = ("load", "model.fit", "model.tune.split", "report")


def night(site: Site, name: str, failing: str | None = None) -> SimulatedRun:
    """Play a run in which a node fails, and those after it do not start."""
    run = SimulatedRun(site, chain(*NODES), flow_run_name=name)
    run.set_state("Running")
    before = NODES[: NODES.index(failing)] if failing else NODES
    for node in before:
        run.set_task_state(node, "Running", "Success")
    if failing:
        run.set_task_state(failing, "Running")
        run.set_task_state(failing, "Failed", message="Unexpected error:\nKeyError: <b>price</b>")
        run.set_task_states(NODES[NODES.index(failing) + 1 :], "TriggerFailed")
    run.set_state("Failed" if failing else "Success")
    return run


def open_grid(page: Page, site: Site, run: SimulatedRun, query: str = "") -> Locator:
    flow = run_row(site.api, run.id, "flow { flow_group_id }")["flow"]["flow_group_id"]
    page.goto(site(f"/default/flow/{flow}?tab=grid{query}"))
    grid = page.get_by_role("grid", name="Last runs of chain")
    expect(grid.get_by_role("gridcell").get_by_role("link").first).to_be_visible()
    return grid


def row(grid: Locator, name: str) -> Locator:
    return grid.get_by_role("row").filter(has=grid.page.get_by_role("rowheader", name=name))


def cell(grid: Locator, node: str, run: str) -> Locator:
    return row(grid, node).get_by_role("gridcell").get_by_role("link", name=f"in {run}")


def focused(page: Page) -> str:
    return str(
        page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText")
    )


def test_cells_have_the_states_of_the_nodes_in_all_versions(page: Page, site: Site) -> None:
    runs = [night(site, "first"), night(site, "second", "model.fit")]
    grid = open_grid(page, site, runs[1])

    expect(grid.get_by_role("columnheader")).to_have_count(3)
    expect(cell(grid, "fit", "first")).to_have_class("cell cell-success")
    expect(cell(grid, "fit", "second")).to_have_class("cell cell-failed")
    expect(cell(grid, "report", "second")).to_have_class("cell cell-not-started")
    cell(grid, "fit", "second").click()
    page.wait_for_url(f"**/default/task-run/{runs[1].tasks['model.fit']}")


def test_a_namespace_folds_into_its_worst_state(page: Page, site: Site) -> None:
    grid = open_grid(page, site, night(site, "bad", "model.tune.split"))
    expect(grid.get_by_role("row")).to_have_count(6)
    grid.get_by_role("button", name="model 2").click()

    expect(grid.get_by_role("row")).to_have_count(4)
    expect(cell(grid, "model 2", "bad")).to_have_class("cell cell-failed")
    page.get_by_role("button", name="Unfold all").click()
    expect(grid.get_by_role("row")).to_have_count(6)
    page.get_by_role("button", name="Fold all", exact=True).click()
    expect(grid.get_by_role("row")).to_have_count(4)
    # What is looked for is not hidden, and what is folded then is folded in that search alone.
    page.get_by_label("Node").fill("t")
    expect(grid.get_by_role("rowheader")).to_have_text(["model 2", "fit", "tune.split", "report"])
    grid.get_by_role("button", name="model 2").click()
    expect(page.get_by_role("button", name="Fold all", exact=True)).to_be_disabled()
    page.get_by_label("Node").fill("split")
    expect(grid.get_by_role("rowheader")).to_have_text(["model.tune.split"])
    page.get_by_label("Node").fill("")
    expect(grid.get_by_role("row")).to_have_count(4)


def test_only_nodes_that_failed_are_shown_on_demand(page: Page, site: Site) -> None:
    night(site, "bad", "model.fit")
    grid = open_grid(page, site, night(site, "good"))
    page.get_by_role("button", name="Only nodes that failed").click()

    expect(grid.get_by_role("rowheader")).to_have_text(["model.fit"])
    assert page.url.endswith("&only=failed")
    page.reload()
    expect(grid.get_by_role("rowheader")).to_have_text(["model.fit"])


def test_a_run_in_progress_is_followed_and_others_are_not_loaded_again(
    page: Page, site: Site
) -> None:
    night(site, "done")
    run = SimulatedRun(site, chain(*NODES), flow_run_name="live")
    run.set_state("Running")
    grid = open_grid(page, site, run)
    expect(grid.get_by_role("columnheader")).to_have_count(3)
    bodies: list[dict[str, Any]] = []
    page.on("request", lambda request: bodies.append((graphql(request) or {}).get("variables", {})))
    run.set_task_state("load", "Running")

    expect(cell(grid, "load", "live")).to_have_class("cell cell-running")
    assert [body["new"] for body in bodies if "new" in body] == [[]]
    asked = [body["open"] for body in bodies if "open" in body]
    assert [[each["flow_run_id"]["_eq"] for each in open_] for open_ in asked] == [[run.id]]


def test_the_grid_is_walked_with_the_keyboard(page: Page, site: Site) -> None:
    night(site, "old")
    run = night(site, "new", "model.fit")
    grid = open_grid(page, site, run)
    page.get_by_role("button", name="Unfold all").focus()
    grid.locator('[tabindex="0"]').first.focus()
    assert focused(page).startswith("load: Success")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("fit: Failed")
    page.keyboard.press("ArrowLeft")
    assert focused(page).endswith("in old")
    page.keyboard.press("Home")
    assert focused(page) == "fit"
    page.keyboard.press("End")
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    assert focused(page).startswith("new: Failed")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/default/task-run/{run.tasks['load']}")


def test_a_large_grid_begins_folded_and_renders_only_what_is_in_sight(
    page: Page, site: Site
) -> None:
    names = [f"area_{number % 3}.node_{number}" for number in range(400)]
    flow = site.register(chain(*names))
    many_runs(site, flow.id, 3)
    page.goto(site(f"/default/flow/{flow.id}?tab=grid"))
    grid = page.get_by_role("grid")
    expect(grid.get_by_role("row")).to_have_count(4)
    page.get_by_role("button", name="Unfold all").click()
    expect(grid).to_have_attribute("aria-rowcount", "404")
    assert grid.get_by_role("row").count() < 150
    grid.locator('[tabindex="0"]').focus()
    for _ in range(41):
        page.keyboard.press("PageDown")

    expect(grid.locator('[aria-rowindex="404"] a:focus')).to_have_count(1)


@pytest.fixture
def node_page(page: Page, site: Site) -> Page:
    night(site, "good")
    run = night(site, "bad", "model.fit")
    grid = open_grid(page, site, run)
    grid.get_by_role("rowheader", name="fit").get_by_role("link").click()
    page.wait_for_url("**/default/task/*")
    return page


def test_a_node_has_a_page_with_its_durations_and_failures(node_page: Page) -> None:
    expect(node_page.get_by_role("heading", level=1)).to_have_text("model.fit")
    expect(node_page.locator("main dl")).to_contain_text("1 of 2 runs")
    rows = node_page.get_by_role("table", name="Runs of the node").locator("tbody tr")
    expect(rows.get_by_role("link")).to_have_text(["bad", "good"])
    expect(rows.first).to_contain_text("KeyError: <b>price</b>")
    expect(node_page.locator("main b")).to_have_count(0)
    expect(node_page.locator(".node-bars .cell")).to_have_count(2)


def test_a_nodes_page_is_reached_from_a_task_run_and_follows_new_runs(
    page: Page, site: Site
) -> None:
    run = night(site, "first")
    page.goto(site(f"/default/task-run/{run.tasks['report']}"))
    page.get_by_role("link", name="Durations and failures").click()
    rows = page.get_by_role("table", name="Runs of the node").locator("tbody tr")
    expect(rows).to_have_count(1)
    flow = Registered(site.api, run_row(site.api, run.id, "flow_id")["flow_id"])
    second = flow.run(flow_run_name="second")
    task_runs = run_row(site.api, second, "task_runs { id task { name } }")["task_runs"]
    set_flow_state(site.api, second, "Running")
    report = next(each["id"] for each in task_runs if each["task"]["name"] == "report")
    set_task_state(site.api, report, "Running")

    expect(rows.get_by_role("link")).to_have_text(["second", "first"])
    duration = rows.first.locator("td").nth(2)
    expect(duration).not_to_have_text(duration.inner_text())  # it grows
