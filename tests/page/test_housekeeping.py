"""Housekeeping: schedules, labels, defaults and names are edited, flows archived and deleted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from prefect.schedules import CronSchedule

from tests.page.flows import chain, kedro_like
from tests.page.kit import Faults, Site
from tests.page.runs import SimulatedRun, finished_run
from tests.server.kit import Registered, run_row, two_tasks

GROUP = "flow_group { labels schedule default_parameters }"


@pytest.fixture
def flow(site: Site) -> Registered:
    return site.register(two_tasks(schedule=CronSchedule("0 6 * * *")))


def edit(page: Page, site: Site, flow: Registered, what: str, tab: str = "details") -> Locator:
    page.goto(site(f"/default/flow/{flow.id}?tab={tab}"))
    page.get_by_role("button", name=what).click()
    return page.get_by_role("dialog")


def confirm(dialog: Locator, button: str = "Save") -> None:
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_have_count(0)


def group(flow: Registered) -> dict[str, Any]:
    return dict(flow.row(GROUP)["flow_group"])


def test_a_schedule_is_replaced_and_given_back(page: Page, site: Site, flow: Registered) -> None:
    dialog = edit(page, site, flow, "Edit schedule")
    dialog.get_by_label("Runs").select_option("On a cron schedule")
    dialog.get_by_label("Cron").fill("30 4 * * 1-5")
    dialog.get_by_label("Time zone").fill("Europe/Paris")
    expect(dialog).to_contain_text("Monday to Friday at 04:30 (Europe/Paris)")
    confirm(dialog)
    expect(page.locator("main dl").first).to_contain_text("Monday to Friday at 04:30")
    clocks = group(flow)["schedule"]["clocks"]
    assert [(each["cron"], each["start_date"]["tz"]) for each in clocks] == [
        ("30 4 * * 1-5", "Europe/Paris")
    ]

    page.get_by_role("button", name="Edit schedule").click()
    dialog.get_by_label("Runs").select_option("As in the code: Every day at 06:00 UTC")
    confirm(dialog)
    assert group(flow)["schedule"] is None


def test_a_flow_without_a_schedule_gets_one_that_is_on(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    dialog = edit(page, site, flow, "Edit schedule")
    dialog.get_by_label("Runs").select_option("Every N minutes")
    dialog.get_by_label("Minutes").fill("1.5")
    expect(dialog).to_contain_text("Every 90 seconds")
    confirm(dialog)

    expect(page.get_by_role("switch")).to_have_text("Schedule on")
    row = flow.row("is_schedule_active flow_runs(where: {auto_scheduled: {_eq: true}}) { id }")
    assert row["is_schedule_active"]
    assert len(row["flow_runs"]) == 10


def test_a_cron_that_cannot_be_is_refused(page: Page, site: Site, flow: Registered) -> None:
    dialog = edit(page, site, flow, "Edit schedule")
    dialog.get_by_label("Runs").select_option("On a cron schedule")
    dialog.get_by_label("Cron").fill("61 4 * * *")
    dialog.get_by_role("button", name="Save").click()

    expect(dialog.get_by_role("alert")).to_contain_text("Invalid clock")


def test_labels_are_set_and_given_back(page: Page, site: Site, flow: Registered) -> None:
    dialog = edit(page, site, flow, "Edit labels")
    dialog.get_by_label("As in the code").uncheck()
    dialog.get_by_label("Labels", exact=True).fill("gpu, eu")
    confirm(dialog)
    assert group(flow)["labels"] == ["gpu", "eu"]

    page.get_by_role("button", name="Edit labels").click()
    dialog.get_by_label("As in the code").check()
    confirm(dialog)
    assert group(flow)["labels"] is None


def test_a_default_is_set_by_kedros_rules_and_reset(page: Page, site: Site) -> None:
    flow = site.register(kedro_like("load"))
    site.api.mutate(
        "set_flow_group_default_parameters",
        flow_group_id=flow.row("flow_group_id")["flow_group_id"],
        parameters={"env": "prod"},
    )
    dialog = edit(page, site, flow, "Edit params", tab="parameters")
    dialog.get_by_label("params").fill("model.depth=3\nflag=False")
    expect(dialog.get_by_text('Sends {"model":{"depth":3},"flag":false}')).to_be_visible()
    confirm(dialog)
    params = {"model": {"depth": 3}, "flag": False}
    assert group(flow)["default_parameters"] == {"env": "prod", "params": params}

    page.get_by_role("button", name="Reset env").click()
    confirm(dialog, "Reset")
    assert group(flow)["default_parameters"] == {"params": params}
    expect(page.get_by_role("heading", level=1)).to_be_focused()  # the button is gone


def test_a_default_is_edited_once_the_server_says_how(
    page: Page, site: Site, faults: Faults
) -> None:
    page.route("**/run-options.json", lambda route: route.abort(), times=1)
    dialog = edit(page, site, site.register(kedro_like("load")), "Edit env", tab="parameters")
    expect(dialog).to_contain_text("The server is not responding")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()

    expect(dialog.get_by_label("env")).to_be_focused()
    expect(dialog.get_by_role("button", name="Save")).to_be_enabled()
    faults.expect("net::ERR_FAILED")


def test_a_run_is_renamed(page: Page, site: Site) -> None:
    run = SimulatedRun(site, chain("load"))
    page.goto(run.address)
    page.get_by_role("button", name="Rename").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("the one with <b>prices</b>")
    confirm(dialog, "Rename")

    expect(page.get_by_role("heading", level=1)).to_have_text("the one with <b>prices</b>")


def test_a_version_is_archived_and_then_deleted(page: Page, site: Site) -> None:
    old = site.register(two_tasks())
    finished_run(site, old.id)
    new = site.register(two_tasks())
    dialog = edit(page, site, new, "Archive version 2")
    confirm(dialog, "Archive")
    expect(page.get_by_text("This is an archived version.")).to_be_visible()
    assert new.row("archived") == {"archived": True}

    dialog = edit(page, site, old, "Delete version 1")
    expect(dialog.get_by_role("listitem").first).to_have_text("1 run with 3 task runs")
    confirm(dialog, "Delete version")
    expect(page.locator("main dl").first).to_contain_text("Version2")
    assert site.api.data("query { flow { version } }") == [{"version": 2}]


def test_a_flow_is_deleted_after_what_will_go_was_said_and_its_name_typed(
    page: Page, site: Site
) -> None:
    run = SimulatedRun(site, chain("load"))
    run.set_state("Running")
    run.log("one", "two")
    flow = Registered(site.api, run_row(site.api, run.id, "flow_id")["flow_id"])
    dialog = edit(page, site, flow, "Delete the flow")
    expect(dialog.get_by_role("listitem").filter(has_text="log lines")).to_have_text("2 log lines")
    expect(dialog).to_contain_text("1 run in progress: its process continues")
    dialog.get_by_label("Type chain to confirm").fill("another")
    dialog.get_by_role("button", name="Delete the flow").click()
    expect(dialog.get_by_role("alert")).to_have_text("Type the name of the flow: chain")
    dialog.get_by_label("Type chain to confirm").fill("chain")
    confirm(dialog, "Delete the flow")

    expect(page.get_by_text("No flow is registered yet")).to_be_visible()
    assert site.api.data("query { flow_group { id } }") == []
