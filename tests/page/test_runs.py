"""The list of all runs: what it shows, how runs are found there, and what is done with many."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.kits.waiting import eventually
from tests.page.flows import chain, kedro_like
from tests.page.kit import Site
from tests.page.runs import SimulatedRun, finished_run, late_run, many_runs
from tests.server.kit import run_row, two_tasks

MARKUP = "ValueError: <b>no rows</b>"


def failed_run(site: Site, task: str, name: str, message: str = MARKUP) -> SimulatedRun:
    """Create a run whose task has failed, with what follows from that."""
    run = SimulatedRun(site, chain("load", "clean", "report"), flow_run_name=name)
    run.set_state("Running")
    run.set_task_state(task, "Running")
    run.set_task_state(task, "Failed", message=f"Unexpected error:\n{message}")
    for other in {"load", "clean", "report"} - {task}:
        run.set_task_state(other, "TriggerFailed")
    run.set_state("Failed")
    return run


def rows(page: Page) -> Locator:
    return page.get_by_role("table").locator("tbody tr")


def names(page: Page) -> Locator:
    return (
        rows(page)
        .get_by_role("rowheader")
        .get_by_role("link")
        .and_(page.locator('[href*="/flow-run/"]'))
    )


def select(page: Page, *run_names: str) -> None:
    for name in run_names:
        page.get_by_role("checkbox", name=name).check()


def confirm(page: Page, action: str) -> None:
    page.get_by_role("button", name=action, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=action, exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_runs_of_all_flows_are_listed_the_newest_first(page: Page, site: Site) -> None:
    for number in range(3):
        flow = site.register(two_tasks(f"flow {number}"))
        finished_run(site, flow.id, flow_run_name=f"run {number}")
    page.goto(site())
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Runs").click()

    expect(names(page)).to_have_text(["run 2", "run 1", "run 0"])
    expect(rows(page).first).to_contain_text("flow 2")
    expect(page).to_have_title("Runs")


def test_a_failed_run_shows_its_failing_task_and_the_last_line_of_the_error(
    page: Page, site: Site
) -> None:
    run = failed_run(site, "clean", "bad night")
    page.goto(site("/default/runs"))

    cause = rows(page).locator(".run-cause")
    expect(cause.get_by_role("link")).to_have_text("clean")
    expect(cause.locator(".cause-message")).to_have_text(MARKUP)
    expect(page.locator("main b")).to_have_count(0)
    cause.get_by_role("link").click()
    page.wait_for_url(f"**/default/task-run/{run.tasks['clean']}")


def test_chips_choose_states_and_are_in_the_address(page: Page, site: Site) -> None:
    late_run(site, "gpu")
    flow = site.register(two_tasks("other"))
    finished_run(site, flow.id, "Success", flow_run_name="good")
    finished_run(site, flow.id, "Failed", flow_run_name="bad")
    flow.run(flow_run_name="tomorrow", scheduled_start_time="2099-01-01T00:00:00Z")
    page.goto(site("/default/runs"))
    expect(rows(page)).to_have_count(3)
    chips = page.get_by_role("group", name="State")
    chips.get_by_role("button", name="Failed").click()
    expect(names(page)).to_have_text(["bad"])
    chips.get_by_role("button", name="Success").click()
    expect(names(page)).to_have_text(["bad", "good"])
    assert page.url.endswith("?state=failed%2Csuccess")
    page.reload()
    expect(chips.get_by_role("button", pressed=True)).to_have_text(["Failed", "Success"])
    page.goto(site("/default/runs?state=late"))
    expect(rows(page)).to_have_count(1)
    expect(rows(page).locator(".run-start")).to_have_text(re.compile("^due "))
    expect(rows(page).locator(".run-duration")).to_have_text(re.compile(r"^\W$"))  # a dash
    page.goto(site("/default/runs?state=scheduled"))

    expect(names(page)).to_have_text(["tomorrow"])
    expect(rows(page).locator(".run-start")).to_have_text(re.compile("^in "))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=night", ["bad night"]),
        ("text=CLEAN", ["bad night"]),
        ("text=env%3Dprod", ["with params"]),
        ("text=model.depth%3D3", ["with params"]),
        ("text=model.depth%3D4", []),
        ("text=model.seed%3D12345678901234567890", ["with params"]),
        ("ended=never", ["plain", "with params", "bad night"]),
        ("env=prod", ["with params"]),
        ("flow=two", ["plain"]),
        ("state=failed&flow=two", []),
        ("since=24h&until=2020-01-01T00:00:00.000Z", []),
        ("since=1h", ["plain", "with params", "bad night"]),
        ("text=%25", []),
    ],
)
def test_runs_are_found(page: Page, site: Site, query: str, found: list[str]) -> None:
    failed_run(site, "clean", "bad night")
    parameters = {"env": "prod", "params": {"model": {"depth": 3, "seed": 12345678901234567890}}}
    kedro = site.register(kedro_like("load"))
    finished_run(site, kedro.id, parameters=parameters, flow_run_name="with params")
    finished_run(site, site.register(two_tasks()).id, flow_run_name="plain")
    page.goto(site(f"/default/runs?{query}"))

    if found:
        expect(names(page)).to_have_text(found)
    else:
        expect(page.get_by_text("No run matches the filters.")).to_be_visible()


def test_filters_are_typed_and_chosen(page: Page, site: Site) -> None:
    for number in (10, 9):
        site.register(two_tasks(f"run {number}"))
    failed_run(site, "clean", "bad night")
    finished_run(site, site.register(two_tasks()).id, flow_run_name="plain")
    page.goto(site("/default/runs"))
    flow_filter = page.get_by_label("Flow", exact=True)
    expect(flow_filter.locator("option")).to_have_text(
        ["All flows", "chain", "run 9", "run 10", "two"]
    )
    flow_filter.select_option("two")
    expect(names(page)).to_have_text(["plain"])
    page.get_by_label("Flow", exact=True).select_option("")
    page.get_by_label("Run, failed task, or name=value").fill("clean")
    expect(names(page)).to_have_text(["bad night"])
    page.get_by_label("Time").select_option("Custom range")
    page.get_by_label("From").fill("2001-01-01T00:00")
    page.get_by_label("To", exact=True).fill("2001-01-02T00:00")
    expect(page.get_by_text("No run matches the filters.")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()

    expect(rows(page)).to_have_count(2)
    expect(page.get_by_label("Run, failed task, or name=value")).to_have_value("")


def test_new_runs_and_new_states_appear_and_other_rows_are_not_loaded_again(
    page: Page, site: Site
) -> None:
    flow = site.register(two_tasks())
    finished_run(site, flow.id, flow_run_name="first")
    page.goto(site("/default/runs"))
    expect(names(page)).to_have_text(["first"])
    answers: list[Any] = []
    page.on("response", lambda response: answers.extend([response]))
    finished_run(site, flow.id, "Failed", flow_run_name="second")

    expect(names(page)).to_have_text(["second", "first"])
    bodies = [answer.json()["data"] for answer in answers if answer.url.endswith("/graphql")]
    assert all("flow_run" not in body for body in bodies)
    assert [len(body["changed"]) for body in bodies if body.get("changed")] == [1]


def test_runs_that_failed_for_the_same_reason_are_selected_together(page: Page, site: Site) -> None:
    for name in ("bad 1", "bad 2"):
        failed_run(site, "clean", name)
    failed_run(site, "clean", "other", message="KeyError: 'price'")
    page.goto(site("/default/runs"))
    reasons = page.get_by_role("list", name="Common reasons")
    expect(reasons.get_by_role("listitem")).to_contain_text(
        [f"2 runs failed for the same reason: clean: {MARKUP}"]
    )
    reasons.get_by_role("button", name="Select these 2").click()

    checked = rows(page).filter(has=page.get_by_role("checkbox", checked=True))
    expect(checked.get_by_role("rowheader")).to_contain_text(["bad 2", "bad 1"])
    expect(page.locator("main b b")).to_have_count(0)


def test_selected_runs_are_restarted_from_what_failed(page: Page, site: Site) -> None:
    failed = [failed_run(site, "clean", f"bad {number}") for number in range(2)]
    finished_run(site, site.register(two_tasks()).id, flow_run_name="good")
    page.goto(site("/default/runs"))
    select(page, "bad 0", "bad 1", "good")
    page.get_by_role("button", name="Restart from failed").click()
    dialog = page.get_by_role("dialog", name="Restart from failed: 2 runs")
    expect(dialog.get_by_text("1 of the selected runs have not failed")).to_be_visible()
    dialog.get_by_role("button", name="Restart from failed").click()
    expect(dialog).to_have_count(0)

    for run in failed:
        row = run_row(site.api, run.id, "state task_runs { state task { name } }")
        states = {each["task"]["name"]: each["state"] for each in row["task_runs"]}
        assert row["state"] == "Scheduled"
        assert states["clean"] == states["report"] == "Pending"
    expect(page.get_by_text("selected", exact=True)).to_have_count(0)


def test_selected_runs_are_started_again_with_their_parameters(page: Page, site: Site) -> None:
    parameters = {"params": {"share": 1.0, "seed": 12345678901234567890}}
    flow = site.register(kedro_like("load"))
    finished_run(site, flow.id, parameters=parameters, flow_run_name="old")
    page.goto(site("/default/runs"))
    select(page, "old")
    confirm(page, "Start again")

    runs = flow.row("flow_runs(order_by: {created: desc}) { name parameters }")["flow_runs"]
    assert len(runs) == 2
    assert json.dumps(runs[0]["parameters"]) == json.dumps(runs[1]["parameters"])


def test_all_matching_runs_are_deleted_after_what_will_go_was_said(page: Page, site: Site) -> None:
    flow = site.register(two_tasks("keep"))
    finished_run(site, flow.id, flow_run_name="kept")
    many_runs(site, site.register(two_tasks("drop")).id, 60)
    page.goto(site("/default/runs?flow=drop"))
    expect(rows(page)).to_have_count(50)
    page.get_by_role("checkbox", name="Select all that are shown").check()
    failed = page.get_by_role("button", name="Failed", exact=True)
    failed.click()  # another filter drops the selection
    expect(page.get_by_text("50 selected")).to_have_count(0)
    failed.click()
    page.get_by_role("button", name="Select all 60").click()
    expect(page.get_by_text("60 selected")).to_be_visible()
    page.get_by_role("button", name="Clear selection").press("Enter")
    expect(page.get_by_role("group", name="Selection")).to_be_focused()
    page.get_by_role("button", name="Select all 60").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog", name="Delete: 60 runs")
    expect(dialog.get_by_text("log lines and artifacts are deleted with them")).to_be_visible()
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_have_count(0)

    expect(page.get_by_text("No run matches the filters.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("button", name="Clear filters").press("Enter")
    expect(page.get_by_role("search", name="Runs")).to_be_focused()
    expect(names(page)).to_have_text(["kept"])


def test_runs_that_have_not_ended_are_cancelled(page: Page, site: Site) -> None:
    run = late_run(site, "gpu")
    page.goto(site("/default/runs"))
    page.get_by_role("checkbox", name="Select all that are shown").check()
    confirm(page, "Cancel")

    eventually(lambda: run_row(site.api, run, "state") == {"state": "Cancelled"})


def test_what_failed_since_the_last_visit_is_said_on_top(page: Page, site: Site) -> None:
    visit = {"since": 0, "seen": 1_600_000_000_000}
    page.add_init_script(f"localStorage.setItem('last visit', '{json.dumps(visit)}')")
    failed_run(site, "clean", "bad night")
    page.goto(site("/default/runs?state=success"))
    notice = page.get_by_text("since your last visit")
    expect(notice).to_contain_text("1 run failed")
    notice.get_by_role("link").click()

    expect(names(page)).to_have_text(["bad night"])
    expect(page.get_by_role("button", name="Ended since")).to_be_visible()


def test_the_list_is_used_with_the_keyboard_alone(page: Page, site: Site) -> None:
    failed_run(site, "clean", "bad night")
    page.goto(site("/default/runs"))
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Failed").press("Enter")
    page.get_by_role("checkbox", name="bad night").press("Space")
    page.get_by_role("button", name="Restart from failed").press("Enter")
    page.keyboard.press("Tab")
    confirm = page.get_by_role("dialog").get_by_role("button", name="Restart from failed")
    expect(confirm).to_be_enabled()  # once it is known what would run
    confirm.press("Enter")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("No run matches the filters.")).to_be_visible()


def test_a_search_that_is_cut_says_so(page: Page, site: Site) -> None:
    names = [f"step_{number}" for number in range(500)]
    run = SimulatedRun(site, chain(*names))
    run.set_state("Running")
    run.set_task_states(names[:499], "Failed")
    page.goto(site("/default/runs?text=step"))
    note = page.get_by_text("Only the latest 500 failed tasks")
    expect(page.get_by_role("table")).to_be_visible()
    expect(note).to_have_count(0)
    run.set_task_states(names[499:], "Failed")
    page.reload()

    expect(note).to_be_visible()
