"""The view of agents, and of the runs that no agent takes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.kit import Site
from tests.server.kit import two_tasks


def live_agent(site: Site, name: str, *labels: str) -> None:
    """Register an agent that has just asked for work."""
    registered = {"type": "LocalAgent", "name": name, "labels": labels}
    agent = site.api.mutate("register_agent", **registered)["id"]
    ask = "mutation { get_runs_in_queue(input: {labels: []}) { flow_run_ids } }"
    site.api.data(ask, X_PREFECT_AGENT_ID=agent)


def late_run(site: Site, *labels: str) -> str:
    due: dict[str, Any] = {"scheduled_start_time": "2024-01-01T00:00:00Z", "labels": labels}
    return site.register(two_tasks()).run(**due)


def reason(page: Page, site: Site) -> Locator:
    page.goto(site("/default/agents"))
    return page.get_by_role("region", name="late").locator(".why")


def test_without_agents_it_says_what_to_type(page: Page, site: Site) -> None:
    page.goto(site("/default/agents"))

    expect(page.get_by_text("kedro prefect agent")).to_be_visible()


def test_agents_tell_when_they_were_seen(page: Page, site: Site) -> None:
    live_agent(site, "laptop", "gpu")
    site.api.mutate("register_agent", type="LocalAgent", name="old", labels=[])
    page.goto(site("/default/agents"))

    expect(page.get_by_text("1 of 2 agents live")).to_be_visible()
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("laptop")
    expect(rows.nth(0).locator(".state-success")).to_be_visible()
    expect(rows.nth(1).locator(".state-pending")).to_have_text("never")


def test_a_late_run_tells_which_labels_no_agent_has(page: Page, site: Site) -> None:
    live_agent(site, "laptop", "eu")
    late_run(site, "eu", "gpu")

    expect(reason(page, site)).to_contain_text("the label gpu")


def test_a_late_run_tells_that_there_is_no_agent(page: Page, site: Site) -> None:
    late_run(site)

    expect(reason(page, site)).to_contain_text("No agent is running")


def test_a_late_run_that_an_agent_can_take_names_it(page: Page, site: Site) -> None:
    live_agent(site, "laptop", "eu", "gpu")
    late_run(site, "gpu")

    expect(reason(page, site)).to_have_text("It waits for agent laptop.")


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
