"""What is done with many runs: stopped, refused in part, and never by a state of the past."""

from __future__ import annotations

import json
import re
from typing import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.page.flows import chain
from tests.page.kit import Site, graphql, wait_for_events
from tests.page.runs import SimulatedRun, finished_run, many_runs
from tests.server.kit import Registered, two_tasks

NAMES = ("a", "b", "c")


@pytest.fixture
def flow(site: Site) -> Registered:
    """Return a flow with three runs that have ended."""
    flow = site.register(two_tasks())
    for name in NAMES:
        finished_run(site, flow.id, flow_run_name=name)
    return flow


def select(page: Page, site: Site, *names: str) -> None:
    page.goto(site("/default/runs"))
    for name in names:
        page.get_by_role("checkbox", name=re.compile(f" {name}$")).check()


def names(flow: Registered) -> list[str]:
    return sorted(run["name"] for run in flow.row("flow_runs { name }")["flow_runs"])


def on_mutation(page: Page, name: str, handle: Callable[[Route], None]) -> None:
    """Let a function handle the requests with a mutation."""

    def route(route: Route) -> None:
        body = graphql(route.request) or {}
        handle(route) if f" {name}(" in body.get("query", "") else route.continue_()

    page.route("**/graphql", route)


def delete(page: Page) -> Locator:
    """Press Delete, in the page and in the dialog."""
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete").click()
    return dialog


@pytest.mark.parametrize("way", ["button", "Escape"])
def test_work_on_many_runs_is_stopped_after_the_present_one(
    page: Page, site: Site, flow: Registered, way: str
) -> None:
    held: list[Route] = []
    on_mutation(page, "delete_flow_run", held.append)
    select(page, site, *NAMES)
    dialog = delete(page)
    wait_for_events(page, lambda: held)
    if way == "button":
        dialog.get_by_role("button", name="Stop after this one").click()
    else:  # a browser lets a page prevent the first Escape only
        for _ in range(3):
            page.keyboard.press("Escape")
    expect(dialog.get_by_text("stopping after this one")).to_be_visible()
    held[0].continue_()
    expect(dialog).to_have_count(0)

    assert len(held) == 1
    assert names(flow) == ["a", "b"]
    expect(page.get_by_text("2 selected")).to_be_visible()


def test_runs_of_a_filter_that_was_changed_meanwhile_are_not_selected(
    page: Page, site: Site, flow: Registered
) -> None:
    held: list[Route] = []

    def hold_matching(route: Route) -> None:
        query = (graphql(route.request) or {}).get("query", "")
        held.append(route) if "{ id name state flow { name } }" in query else route.continue_()

    page.route("**/graphql", hold_matching)
    page.goto(site("/default/runs"))
    page.get_by_role("button", name="Select all 3").click()
    wait_for_events(page, lambda: held)
    page.get_by_role("button", name="Running").click()
    expect(page.get_by_text("No run matches the filters.")).to_be_visible()
    with page.expect_event("requestfinished", lambda request: request == held[0].request):
        held[0].continue_()
    page.evaluate("fetch('/health').then((answer) => answer.text())")  # answered after that

    assert page.get_by_text("3 selected").count() == 0


def test_what_failed_stays_selected_and_is_explained(
    page: Page, site: Site, flow: Registered
) -> None:
    refused: list[str] = []

    def refuse_two(route: Route) -> None:
        if len(refused) == 2:
            return route.continue_()
        refused.append(graphql(route.request)["variables"]["input"]["flow_run_id"])
        answer = {"errors": [{"message": f"No {len(refused)}"}]}
        return route.fulfill(body=json.dumps(answer), content_type="application/json")

    on_mutation(page, "delete_flow_run", refuse_two)
    select(page, site, *NAMES)
    dialog = delete(page)
    expect(dialog.get_by_role("alert")).to_have_text("two · c: No 1\ntwo · b: No 2")
    assert dialog.get_by_role("alert").inner_text().count("\n") == 1
    expect(page.get_by_text("2 selected")).to_be_visible()
    expect(dialog.get_by_role("heading")).to_have_text("Delete: 2 runs")
    expect(dialog).not_to_contain_text("of the selected runs")
    expect(dialog.get_by_text("2 runs with")).to_be_visible()
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_have_count(0)

    assert names(flow) == []


@pytest.fixture
def failed(site: Site) -> SimulatedRun:
    run = SimulatedRun(site, chain("load"), flow_run_name="night")
    run.set_state("Running")
    run.set_task_state("load", "Running", "Failed")
    run.set_state("Failed")
    return run


def test_a_run_that_a_colleague_has_restarted_is_not_restarted_again(
    page: Page, site: Site, failed: SimulatedRun
) -> None:
    select(page, site, "night")
    failed.set_state("Scheduled")
    page.get_by_role("button", name="Restart from failed").click()

    dialog = page.get_by_role("dialog", name="Restart from failed: 0 runs")
    expect(dialog.get_by_text("1 of the selected runs have not failed")).to_be_visible()
    expect(dialog.get_by_role("button", name="Restart from failed")).to_be_disabled()


def test_a_run_that_has_failed_since_it_was_selected_is_restarted(
    page: Page, site: Site, failed: SimulatedRun
) -> None:
    failed.set_state("Running")
    select(page, site, "night")
    failed.set_state("Failed")
    page.get_by_role("button", name="Restart from failed").click()
    dialog = page.get_by_role("dialog", name="Restart from failed: 1 run")
    dialog.get_by_role("button", name="Restart from failed").click()
    expect(dialog).to_have_count(0)

    expect(page.locator(".run-state")).to_have_text("Scheduled")


def test_after_all_rows_of_the_last_page_are_deleted_the_one_before_is_shown(
    page: Page, site: Site
) -> None:
    many_runs(site, site.register(two_tasks()).id, 51)
    page.goto(site("/default/runs?page=2"))
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(1)
    page.get_by_role("checkbox", name="Select all that are shown").check()
    expect(delete(page)).to_have_count(0)

    expect(rows).to_have_count(50)
    assert page.url.endswith("/default/runs")


@pytest.mark.parametrize("address", ["runs?page=9", "flow/{}?tab=runs&page=9"])
def test_a_page_behind_the_last_one_leads_to_it(page: Page, site: Site, address: str) -> None:
    flow = site.register(two_tasks())
    many_runs(site, flow.id, 60)
    page.goto(site(f"/default/{address.format(flow.id)}"))

    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("60 of 60")
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(10)


def test_a_typed_space_stays_in_the_field(page: Page, site: Site, flow: Registered) -> None:
    page.goto(site("/default/runs"))
    field = page.get_by_label("Run, failed task, or name=value")
    field.press_sequentially("two ")
    page.wait_for_url("**/default/runs?text=two*")
    field.press_sequentially("words")

    expect(field).to_have_value("two words")
    expect(page.get_by_text("No run matches the filters.")).to_be_visible()


def test_a_restarted_run_does_not_show_the_duration_of_its_last_attempt(
    page: Page, site: Site, failed: SimulatedRun
) -> None:
    page.goto(site("/default/runs"))
    duration = page.locator(".run-duration")
    expect(duration).to_contain_text("s")
    failed.set_task_state("load", "Pending")
    failed.set_state("Scheduled")
    expect(duration).to_have_text(re.compile(r"^\W$"))  # a dash
    page.goto(site())
    bar = page.get_by_role("group", name="Last runs").get_by_role("link")
    expect(bar).to_have_accessible_name(re.compile("^night: Scheduled, \\W, "))
    page.goto(failed.address)
    expect(page.locator("main dl").first).not_to_contain_text("Duration")
    failed.set_state("Running")

    expect(page.locator("main dl").first).to_contain_text("Duration")
