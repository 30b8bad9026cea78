"""Notifications of the browser, and what is copied for a colleague."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.kits.waiting import eventually
from tests.page.conftest import TIMEOUT_MILLISECONDS
from tests.page.flows import chain
from tests.page.kit import Faults, Site, graphql, pass_seconds
from tests.page.runs import SimulatedRun

# What the browser would show is recorded: headless, there is no desktop to show it on.
RECORD = """
window.shown = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(title, options) { window.shown.push(Object.assign(this, { title }, options)); }
};
"""
HIDE = (
    "Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });"
    "document.dispatchEvent(new Event('visibilitychange'));"
)
SHOWN = "shown.map(({title, body}) => `${title}\\n${body}`)"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a window in which notifications are recorded, and copying is allowed."""
    with browser.new_context(
        locale="en-GB", timezone_id="UTC", permissions=["clipboard-read", "clipboard-write"]
    ) as context:
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        page = context.new_page()
        page.add_init_script(RECORD)
        faults = Faults(page)
        yield page
        assert faults.found == []


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    run = SimulatedRun(site, chain("load", "clean"), flow_run_name="night")
    run.set_state("Running")
    return run


def turn_on(page: Page) -> None:
    """Turn notifications on, and wait until the page knows which runs are no news."""
    with page.expect_response(lambda response: asks_for_newest_run(response.request)):
        page.get_by_role("switch", name="Notify me").press("Enter")
    expect(page.get_by_role("switch", name="Notify me")).to_be_checked()


def asks_for_newest_run(request: Request) -> bool:
    return "query { flow_run(order_by: {updated: desc}, limit: 1)" in (request.post_data or "")


def fail(run: SimulatedRun) -> None:
    run.set_task_state("load", "Running", "Success")
    run.set_task_state("clean", "Running")
    run.set_task_state("clean", "Failed", message="Unexpected error:\nKeyError: 'price'")
    run.set_state("Failed")


def shown_after(page: Page, seconds: int) -> Any:
    pass_seconds(page, seconds)
    return page.evaluate(SHOWN)


def test_nothing_is_shown_without_consent(page: Page, site: Site, run: SimulatedRun) -> None:
    page.clock.install()
    page.goto(site("/default/runs"))
    expect(page.get_by_role("switch", name="Notify me")).not_to_be_checked()
    fail(run)

    assert shown_after(page, 30) == []


def test_a_run_that_fails_is_notified_once_and_the_click_leads_there(
    page: Page, site: Site, run: SimulatedRun
) -> None:
    page.clock.install()
    bodies: list[dict[str, Any]] = []
    page.on("request", lambda request: bodies.append(graphql(request) or {}))
    page.goto(site("/default/runs"))
    turn_on(page)
    fail(run)

    eventually(lambda: shown_after(page, 5))
    asked = [body["variables"] for body in bodies if "end_time: {_gt" in body.get("query", "")]
    assert {tuple(variables) for variables in asked} == {("since", "start")}
    run.api.mutate("set_flow_run_name", flow_run_id=run.id, name="renamed")
    assert shown_after(page, 12) == ["chain failed\nnight\nclean: KeyError: 'price'"]
    page.evaluate("shown[0].onclick()")
    page.wait_for_url(f"**/default/flow-run/{run.id}")


def test_a_clock_that_is_ahead_of_the_server_hides_no_run(
    page: Page, site: Site, run: SimulatedRun
) -> None:
    def answer_an_hour_ahead(route: Route) -> None:
        response = route.fetch()
        time = parsedate_to_datetime(response.headers["date"]) + timedelta(hours=1)
        route.fulfill(
            response=response, headers={**response.headers, "date": format_datetime(time)}
        )

    page.route(re.compile("/graphql$|[.]json$"), answer_an_hour_ahead)
    page.clock.install()
    page.goto(site("/default/runs"))
    expect(page.get_by_role("link", name="night")).to_be_visible()
    turn_on(page)
    fail(run)

    eventually(lambda: shown_after(page, 5))


def test_a_run_in_a_hidden_tab_tells_that_it_has_succeeded(page: Page, run: SimulatedRun) -> None:
    page.clock.install()
    page.goto(run.address)
    turn_on(page)
    page.evaluate(HIDE)
    run.set_state("Success")

    eventually(lambda: shown_after(page, 21))
    assert page.evaluate(SHOWN) == ["chain success\nnight\nis Success"]


def test_the_choice_is_that_of_all_tabs(page: Page, site: Site) -> None:
    other = page.context.new_page()
    other.add_init_script(RECORD.replace("default", "granted"))
    for tab in (page, other):
        tab.goto(site("/default/runs"))
    switches = [tab.get_by_role("switch", name="Notify me") for tab in (page, other)]
    switches[0].click()
    expect(switches[1]).to_be_checked()
    switches[0].click()

    expect(switches[1]).not_to_be_checked()


def test_a_browser_that_forbids_notifications_is_reported(page: Page, site: Site) -> None:
    page.goto(site("/default/runs"))
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    page.get_by_role("switch", name="Notify me").click()

    expect(page.get_by_role("alert")).to_contain_text("does not allow")
    expect(page.get_by_role("switch", name="Notify me")).not_to_be_checked()


def test_what_a_colleague_needs_is_copied(page: Page, run: SimulatedRun) -> None:
    fail(run)
    page.goto(run.address)
    page.get_by_role("button", name="Copy for a colleague").click()
    expect(page.get_by_text("Copied")).to_be_visible()

    first, error, address = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert first.startswith("chain failed: night, ")
    assert (error, address) == ("clean: KeyError: 'price'", run.address)
