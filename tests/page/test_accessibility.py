"""Every view by the rules of axe-core, light and dark, narrow and wide."""

from __future__ import annotations

from typing import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.page.flows import chain, kedro_like
from tests.page.kit import Site
from tests.page.runs import SimulatedRun, finished_run, late_run, live_agent

Violations = Callable[[], "list[str]"]
NARROW = {"width": 400, "height": 800}
WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    """Return a run with a failure, a retry, log lines and a task that still runs."""
    played = SimulatedRun(site, chain("load", "clean", "report"))
    played.set_state("Running")
    played.set_task_state("load", "Running", "Retrying", "Running", "Success")
    played.set_task_state("clean", "Running", "Failed")
    played.set_task_state("report", "Running")
    played.log("Loading data", task="load")
    played.log("It did not work", task="clean", level="ERROR")
    return played


@pytest.fixture(params=[("light", WIDE), ("dark", NARROW)], ids=["light-wide", "dark-narrow"])
def violations(page: Page, request: pytest.FixtureRequest) -> Violations:
    """Return a function that returns the rules that the page breaks now, and where."""
    theme, size = request.param
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size(size)
    axe = Axe()

    def find() -> list[str]:
        broken = axe.run(page).response["violations"]
        return [f"{rule['id']}: {node['html']}" for rule in broken for node in rule["nodes"]]

    return find


def in_each_tab(page: Page, count: int, violations: Violations) -> list[str]:
    """Open one tab after another, and return all violations."""
    expect(page.get_by_role("tab")).to_have_count(count)
    all_violations = []
    for tab in page.get_by_role("tab").all():
        tab.click()
        expect(page.get_by_role("tabpanel")).not_to_be_empty()
        all_violations += violations()
    return all_violations


def test_the_flows(page: Page, site: Site, violations: Violations) -> None:
    flow = site.register(kedro_like("clean", "report"))
    for state in ("Success", "Failed", "Cancelled"):
        finished_run(site, flow.id, state)
    page.goto(site())
    expect(page.get_by_role("group", name="Last runs").get_by_role("link")).to_have_count(3)

    assert violations() == []


def test_a_flow(page: Page, site: Site, violations: Violations) -> None:
    flow = site.register(kedro_like("clean", "report"))
    finished_run(site, flow.id)
    page.goto(site(f"/default/flow/{flow.id}"))

    assert in_each_tab(page, 7, violations) == []


def test_a_node(page: Page, site: Site, run: SimulatedRun, violations: Violations) -> None:
    run.set_state("Failed")
    page.goto(site(f"/default/task-run/{run.tasks['clean']}"))
    page.get_by_role("link", name="Durations and failures").click()
    expect(page.get_by_role("table", name="Runs of the node")).to_be_visible()

    assert violations() == []


def test_a_run(page: Page, run: SimulatedRun, violations: Violations) -> None:
    page.goto(run.address)

    assert in_each_tab(page, 7, violations) == []


def test_a_task_run(page: Page, site: Site, run: SimulatedRun, violations: Violations) -> None:
    page.goto(site(f"/default/task-run/{run.tasks['clean']}"))
    expect(page.get_by_role("log").get_by_text("It did not work")).to_be_visible()

    assert violations() == []


def test_a_question(page: Page, run: SimulatedRun, violations: Violations) -> None:
    page.goto(run.address)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_visible()

    assert violations() == []


@pytest.mark.parametrize("button", ["Edit schedule", "Edit labels", "Delete the flow"])
def test_the_housekeeping(page: Page, site: Site, violations: Violations, button: str) -> None:
    flow = site.register(kedro_like("clean"))
    page.goto(site(f"/default/flow/{flow.id}?tab=details"))
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog")).to_be_visible()

    assert violations() == []


def test_the_agents(page: Page, site: Site, violations: Violations) -> None:
    live_agent(site, "laptop", "gpu")
    late_run(site, "eu")
    page.goto(site("/default/agents"))
    expect(page.get_by_text("laptop")).to_be_visible()

    assert violations() == []


def test_the_runs(page: Page, site: Site, run: SimulatedRun, violations: Violations) -> None:
    run.set_state("Failed")
    late_run(site, "eu")
    page.goto(site("/default/runs"))
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(2)
    page.get_by_role("checkbox", name="Select all that are shown").check()

    assert violations() == []
    page.get_by_role("button", name="Restart from failed").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations() == []
