"""The view of agents, and of late runs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.kit import Site
from tests.page.runs import late_run, live_agent
from tests.server.kit import two_tasks


def reason(page: Page, site: Site) -> Locator:
    page.goto(site("/default/agents"))
    return page.get_by_role("region", name="late").locator(".why")


def test_without_agents_the_view_shows_what_to_type(page: Page, site: Site) -> None:
    page.goto(site("/default/agents"))

    expect(page.get_by_text("kedro prefect agent")).to_be_visible()


def test_agents_show_when_they_were_last_seen(page: Page, site: Site) -> None:
    live_agent(site, "laptop", "gpu")
    site.api.mutate("register_agent", type="LocalAgent", name="old", labels=[])
    page.goto(site("/default/agents"))

    expect(page.get_by_text("1 of 2 agents live")).to_be_visible()
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("laptop")
    expect(rows.nth(0).locator(".state-success")).to_be_visible()
    expect(rows.nth(1).locator(".state-pending")).to_have_text("never")


def test_a_late_run_shows_which_labels_no_agent_has(page: Page, site: Site) -> None:
    live_agent(site, "laptop", "eu")
    late_run(site, "eu", "gpu")

    expect(reason(page, site)).to_contain_text("the label gpu")


def test_a_late_run_shows_that_no_agent_is_running(page: Page, site: Site) -> None:
    late_run(site)

    expect(reason(page, site)).to_contain_text("No agent is running")


def test_a_late_run_that_an_agent_can_take_names_it(page: Page, site: Site) -> None:
    live_agent(site, "laptop", "eu", "gpu")
    late_run(site, "gpu")

    expect(reason(page, site)).to_have_text("Waiting for agent laptop.")


@pytest.mark.parametrize("minutes", [-3, 3])
def test_an_agent_is_live_by_the_clock_of_the_server(page: Page, site: Site, minutes: int) -> None:
    page.clock.install(time=datetime.now() + timedelta(minutes=minutes))
    live_agent(site, "laptop")
    page.goto(site("/default/agents"))

    expect(page.get_by_text("1 of 1 agent live")).to_be_visible()
    expect(page.get_by_role("table").locator("time")).to_have_text(re.compile("just now| s ago"))


def test_a_run_that_is_not_due_is_not_late(page: Page, site: Site) -> None:
    site.register(two_tasks()).run(scheduled_start_time="2099-01-01T00:00:00Z")
    live_agent(site, "laptop")
    page.goto(site("/default/agents"))

    expect(page.get_by_role("rowheader")).to_have_text(["laptop"])
    assert page.get_by_role("heading", name="late").count() == 0


def test_more_agents_than_are_listed_are_counted(page: Page, site: Site) -> None:
    registered = " ".join(
        f'a{number}: register_agent(input: {{type: "LocalAgent", name: "a{number}"}}) {{ id }}'
        for number in range(201)
    )
    site.api.data(f"mutation {{ {registered} }}")
    page.goto(site("/default/agents"))

    expect(page.get_by_text("0 of 201 agents live")).to_be_visible()
    expect(page.get_by_text("Showing the 200 that asked for work most recently.")).to_be_visible()
