"""What a view was set to stays after a reload and Back, and for a colleague with the link."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.flows import chain, fan, kedro_like
from tests.page.kit import Site
from tests.page.runs import SimulatedRun
from tests.server.kit import two_tasks


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    run = SimulatedRun(site, chain("load", "clean", "report"))
    run.set_state("Running")
    run.log("rows: 3", task="load")
    run.log("rows are wrong", task="clean", level="ERROR")
    return run


def test_letters_typed_quickly_all_stay_in_the_search_field(page: Page, site: Site) -> None:
    for number in range(120):
        site.register(two_tasks(f"nightly flow {number}"))
    page.goto(site())
    expect(page.get_by_role("row")).to_have_count(121)
    field = page.get_by_role("searchbox", name="Search flows")
    field.press_sequentially("nightly flow 77", delay=40)

    expect(field).to_have_value("nightly flow 77")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(field).to_have_value("nightly flow 77")


def test_the_filters_of_the_log_are_in_the_address(page: Page, run: SimulatedRun) -> None:
    page.goto(f"{run.address}?tab=log")
    page.get_by_label("Level").select_option("ERROR and above")
    page.get_by_label("Task", exact=True).select_option("clean")
    page.get_by_label("Text").fill("wrong")
    page.wait_for_url("**?tab=log&level=ERROR&task=*&text=wrong")
    page.reload()

    expect(page.locator(".log-text")).to_have_text(["rows are wrong"])
    expect(page.get_by_label("Level")).to_have_value("ERROR")
    expect(page.get_by_label("Text")).to_have_value("wrong")


def test_the_filters_and_the_order_of_tasks_are_in_the_address(
    page: Page, run: SimulatedRun
) -> None:
    run.set_task_state("load", "Running", "Success")
    page.goto(f"{run.address}?tab=tasks")
    panel = page.get_by_role("tabpanel")
    panel.get_by_label("State").select_option("Pending")
    panel.get_by_role("button", name="Task").click()
    panel.get_by_role("button", name="Task").click()
    page.wait_for_url("**?tab=tasks&state=Pending&sort=-name")
    page.reload()

    expect(panel.get_by_role("rowheader")).to_have_text(["report", "clean"])
    panel.get_by_role("link", name="report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("report")
    page.go_back()
    expect(panel.get_by_role("rowheader")).to_have_text(["report", "clean"])


def test_back_returns_to_the_tab_before(page: Page, run: SimulatedRun) -> None:
    page.goto(run.address)
    page.get_by_role("tab", name="Tasks").click()
    page.get_by_role("tab", name="Log").click()
    page.go_back()

    expect(page.get_by_role("tab", name="Tasks", selected=True)).to_be_visible()


def test_back_returns_to_the_place_in_a_long_list(page: Page, site: Site) -> None:
    for number in range(60):
        site.register(two_tasks(f"flow {number}"))
    page.goto(site())
    expect(page.get_by_role("row")).to_have_count(61)
    page.get_by_role("link", name="flow 50").scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    page.get_by_role("link", name="flow 50").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("flow 50")
    assert place > 500
    assert page.evaluate("scrollY") == 0
    page.go_back()

    page.wait_for_function("(place) => Math.abs(scrollY - place) < 2", arg=place)


def test_back_returns_to_the_place_in_the_table_of_tasks(page: Page, site: Site) -> None:
    run = SimulatedRun(site, fan(300))
    page.goto(f"{run.address}?tab=tasks")
    table = page.get_by_role("region", name="Task runs")
    table.evaluate("(box) => { box.scrollTop = 5000; }")
    table.get_by_role("link", name="node_150", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("node_150")
    page.go_back()

    expect(table.get_by_role("link", name="node_150", exact=True)).to_be_in_viewport()


def test_what_is_typed_in_the_form_survives_other_tabs_and_reloads(page: Page, site: Site) -> None:
    flow = site.register(kedro_like("load"))
    page.goto(site(f"/default/flow/{flow.id}?tab=run"))
    page.get_by_label("Name", exact=True).fill("half written")
    page.get_by_label("params", exact=True).fill("depth=3")
    page.get_by_role("tab", name="Parameters").click()
    page.get_by_role("tab", name="New run").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("half written")
    page.reload()

    expect(page.get_by_label("params", exact=True)).to_have_value("depth=3")
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_label("params", exact=True)).to_have_value("")
    page.reload()
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
