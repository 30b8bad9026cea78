"""Servers that hang or are away, and tabs in the background: what users get to know."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.flows import chain
from tests.page.kit import Faults, Site, pass_seconds
from tests.page.runs import SimulatedRun


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    run = SimulatedRun(site, chain("load"))
    run.set_state("Running")
    return run


def test_a_server_that_does_not_answer_is_reported(page: Page, site: Site) -> None:
    page.clock.install()
    page.goto(site())
    expect(page.get_by_text("No flow is registered yet")).to_be_visible()
    page.route("**/graphql", lambda route: None)
    pass_seconds(page, 23)

    expect(page.get_by_text("The server is not responding (no answer within 20")).to_be_visible()
    page.unroute("**/graphql")
    pass_seconds(page, 5)
    expect(page.get_by_text("The server is not responding")).to_have_count(0)


def test_a_run_says_once_that_the_server_is_away_and_keeps_what_it_shows(
    page: Page, run: SimulatedRun, faults: Faults
) -> None:
    data = {"markdown": "# Rows"}
    artifact = {"task_run_id": run.tasks["load"], "kind": "markdown", "data": data}
    run.api.mutate("create_task_run_artifact", **artifact)
    run.set_task_state("load", "Running", "Failed")
    page.goto(f"{run.address}?tab=artifacts")
    expect(page.get_by_role("heading", name="Rows")).to_be_visible()
    with page.expect_event("requestfailed", lambda request: "artifact(where" in request.post_data):
        page.route("**/graphql", lambda route: route.abort())

    expect(page.get_by_text("The server is not responding")).to_have_count(1)
    expect(page.get_by_role("heading", name="Rows")).to_be_visible()
    faults.expect("net::ERR_FAILED")


def test_a_view_that_could_not_be_fetched_appears_once_the_server_is_back(
    page: Page, site: Site, run: SimulatedRun, faults: Faults
) -> None:
    page.goto(site())
    for pattern in ("**/runs/*.js", "**/health"):
        page.route(pattern, lambda route: route.abort())
    page.get_by_role("group", name="Last runs").get_by_role("link").click()
    expect(page.get_by_role("heading")).to_have_text("This view could not be shown")
    for pattern in ("**/runs/*.js", "**/health"):
        page.unroute(pattern)

    expect(page.get_by_role("tab", name="Timeline")).to_be_visible()
    faults.found.clear()


def test_a_view_that_does_not_arrive_is_waited_for_and_then_given_up(
    page: Page, site: Site, faults: Faults
) -> None:
    page.goto(site())
    expect(page.get_by_text("No flow is registered yet")).to_be_visible()
    page.clock.install()
    page.route("**/agents/agents.js", lambda route: None)
    page.get_by_role("link", name="Agents").click()
    page.clock.run_for(1100)
    expect(page.get_by_text("Loading…")).to_be_visible()
    page.clock.run_for(19_000)

    expect(page.get_by_role("heading")).to_have_text("This view could not be shown")
    expect(page.get_by_text("The server is not responding (no answer within 20")).to_be_visible()
    faults.expect("no answer within 20 seconds")


def test_a_tab_in_the_background_learns_that_its_run_has_ended(
    page: Page, run: SimulatedRun
) -> None:
    page.clock.install()
    page.goto(run.address)
    expect(page).to_have_title("▶ chain running · " + heading(page))
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => true });"
        "document.dispatchEvent(new Event('visibilitychange'));"
    )
    run.set_state("Failed")
    pass_seconds(page, 22)

    expect(page).to_have_title("✗ chain failed · " + heading(page))
    icon = page.locator("link[rel=icon]").get_attribute("href") or ""
    assert icon.startswith("data:image/svg+xml")


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()
