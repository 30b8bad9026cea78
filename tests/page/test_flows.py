"""The list of flows: what it shows, searching, and QUICK RUN."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import Locator, Page, Request, Response, expect
from prefect.schedules import IntervalSchedule

from tests.page.kit import Site, graphql, wait_for_events
from tests.page.runs import finished_run, many_runs
from tests.server.command_line import CommandLine
from tests.server.kit import set_flow_state, two_tasks

MARKUP = "<img src=x onerror=alert(1)><b>bold</b>"


def rows(page: Page) -> Locator:
    return page.get_by_role("table").locator("tbody tr")


def test_without_flows_the_list_shows_what_to_type(page: Page, site: Site) -> None:
    page.goto(site())

    expect(page.get_by_text("kedro run --runner=project.runner.PrefectRunner")).to_be_visible()
    expect(page.get_by_text("kedro prefect agent")).to_be_visible()


def test_a_flow_shows_its_last_runs_and_when_it_runs_next(page: Page, site: Site) -> None:
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    schedule = IntervalSchedule(start_date=tomorrow, interval=timedelta(hours=2))
    flow = site.register(two_tasks(schedule=schedule), set_schedule_active=False)
    finished_run(site, flow.id)
    finished_run(site, flow.id, "Failed")
    page.goto(site("/default?flows="))

    row = rows(page).nth(0)
    expect(row.get_by_role("rowheader")).to_have_text("twodemo · version 1")
    expect(row.get_by_role("group").get_by_role("link")).to_have_count(2)
    expect(row.locator(".last-run")).to_have_text("Failed")
    expect(row.locator(".schedule-cell")).to_have_text("Every 2 hourspaused")
    site.api.mutate("set_schedule_active", flow_id=flow.id)
    expect(row.locator(".schedule-cell")).to_have_text("Every 2 hoursnext in 23 h")


def test_only_the_newest_version_of_a_flow_is_shown(page: Page, site: Site) -> None:
    site.register(two_tasks())
    site.register(two_tasks())
    page.goto(site())

    expect(rows(page).get_by_role("rowheader")).to_have_text(["twodemo · version 2"])


def test_a_run_that_changes_updates_only_its_row(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    run = flow.run()
    page.goto(site())
    expect(page.locator(".last-run")).to_have_text("Scheduled")
    answers: list[int] = []

    def see(response: Response) -> None:
        if graphql(response.request):
            answers.append(len(response.body()))

    page.on("response", see)
    set_flow_state(site.api, run, "Running")

    expect(page.locator(".last-run")).to_have_text("Running")
    wait_for_events(page, lambda: answers)
    assert max(answers) < 500


def test_runs_of_an_old_version_are_shown(page: Page, site: Site) -> None:
    finished_run(site, site.register(two_tasks()).id)
    for _ in range(6):
        site.register(two_tasks())
    page.goto(site())

    expect(rows(page).get_by_role("rowheader")).to_contain_text("version 7")
    expect(page.locator(".last-run")).to_have_text("Success")


def test_the_last_runs_are_those_of_all_versions(page: Page, site: Site) -> None:
    for _ in range(7):
        finished_run(site, site.register(two_tasks()).id)
    page.goto(site())
    bars = page.get_by_role("group", name="Last runs").get_by_role("link")

    expect(bars).to_have_count(7)


def test_typing_a_search_does_not_draw_the_rows_that_stay_again(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    for _ in range(20):
        finished_run(site, flow.id)
    site.register(two_tasks("other"))
    page.goto(site())
    expect(rows(page)).to_have_count(2)
    # A bar says how long ago its run was.
    calls = page.evaluate(
        """async () => {
          const now = Date.now;
          let calls = 0;
          Date.now = () => { calls += 1; return now(); };
          const field = document.querySelector("input[type=search]");
          field.value = "two";
          field.dispatchEvent(new Event("input", { bubbles: true }));
          while (document.querySelectorAll("table.flows tbody tr").length > 1)
            await new Promise(requestAnimationFrame);
          return calls;
        }"""
    )

    expect(rows(page)).to_have_count(1)
    assert calls < 20


def test_flows_are_searched_by_name_and_project(page: Page, site: Site) -> None:
    for name in ("train model", "clean tables"):
        site.register(two_tasks(name))
    page.goto(site())
    expect(rows(page)).to_have_count(2)
    page.get_by_role("searchbox").fill("demo model")

    expect(rows(page).get_by_role("rowheader").get_by_role("link")).to_have_text(["train model"])
    assert page.url == site("/default?flows=demo+model")
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.get_by_text("No flow matches “nothing like it”")).to_be_visible()


def test_the_address_can_contain_a_search(page: Page, site: Site) -> None:
    for name in ("train", "clean"):
        site.register(two_tasks(name))
    page.goto(site("/default?flows=TRAIN"))

    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("TRAIN")


def test_markup_in_names_stays_text(page: Page, site: Site) -> None:
    flow = site.register(two_tasks(MARKUP))
    flow.run(flow_run_name=MARKUP)
    page.goto(site())

    link = rows(page).get_by_role("rowheader").get_by_role("link")
    expect(link).to_have_text(MARKUP)
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)
    page.get_by_role("tab", name="Runs").click()
    expect(rows(page).get_by_role("link")).to_have_text(MARKUP)
    assert page.locator("main img, main b").count() == 0


def test_quick_run_runs_a_flow_with_an_agent(page: Page, agent: CommandLine) -> None:
    page.goto(agent.api.url)
    row = rows(page).filter(has=page.get_by_role("link", name="plain", exact=True))
    row.get_by_role("button", name="QUICK RUN").click()

    page.wait_for_url("**/default/flow-run/*")
    status = page.get_by_role("status").filter(has_text="Success")
    expect(status.first).to_be_visible(timeout=60_000)


def test_quick_run_of_a_flow_with_a_required_parameter_shows_the_error(
    page: Page, site: Site
) -> None:
    site.register(two_tasks(required=True))
    page.goto(site())
    page.get_by_role("button", name="QUICK RUN").click()

    expect(page.get_by_role("alert")).to_contain_text("Required parameters were not supplied")
    expect(page.get_by_role("button", name="QUICK RUN")).to_be_focused()


def test_a_run_is_started_with_the_keyboard_alone(page: Page, site: Site) -> None:
    site.register(two_tasks())
    page.goto(site())
    expect(rows(page)).to_have_count(1)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "QUICK RUN":
            break
    page.keyboard.press("Enter")

    page.wait_for_url("**/default/flow-run/*")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_arrow_keys_move_from_run_to_run(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    runs = [finished_run(site, flow.id, flow_run_name=f"run {place}") for place in range(3)]
    page.goto(site())
    bars = page.get_by_role("group", name="Last runs").get_by_role("link")
    bars.last.focus()
    page.keyboard.press("Control+ArrowLeft")
    expect(bars.last).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(bars.nth(1)).to_be_focused()
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/default/flow-run/{runs[1]}")


def test_the_first_view_of_a_thousand_runs_is_a_few_small_requests(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    many_runs(site, flow.id, 1000)
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.extend([request]))
    page.goto(site())
    expect(page.get_by_role("group", name="Last runs").get_by_role("link")).to_have_count(20)

    wait_for_events(page, lambda: any(map(graphql, requests)))
    queries = [request for request in requests if graphql(request)]
    assert len(queries) == 1
    assert queries[0].sizes()["responseBodySize"] < 10_000
    assert len(requests) < 40
    assert sum(request.sizes()["responseBodySize"] for request in requests) < 80_000


def test_flows_are_in_the_natural_order_of_their_names(page: Page, site: Site) -> None:
    for number in (10, 9, 1, 100):
        site.register(two_tasks(f"nightly_{number}"))
    page.goto(site())

    names = rows(page).get_by_role("rowheader").get_by_role("link")
    expect(names).to_have_text([f"nightly_{number}" for number in (1, 9, 10, 100)])


@pytest.mark.parametrize("width", [320, 360, 375])
def test_bars_leave_the_buttons_of_narrow_windows_alone(page: Page, site: Site, width: int) -> None:
    flow = site.register(two_tasks())
    for _ in range(20):
        finished_run(site, flow.id)
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(site())
    expect(page.get_by_role("group", name="Last runs").get_by_role("link")).to_have_count(20)
    page.get_by_role("button", name="QUICK RUN").click()

    page.wait_for_url("**/default/flow-run/*")


def test_states_can_be_told_apart_in_forced_colours(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    for state in ("Success", "Failed", "Cancelled"):
        finished_run(site, flow.id, state)
    page.emulate_media(forced_colors="active")
    page.goto(site())
    bars = page.locator(".bar")
    expect(bars).to_have_count(3)

    looks = bars.evaluate_all("bars => bars.map(bar => getComputedStyle(bar).backgroundImage)")
    assert len(set(looks)) == 3
    assert "none" not in looks


def test_switches_and_pressed_buttons_show_their_state_in_forced_colours(
    page: Page, site: Site
) -> None:
    finished_run(site, site.register(two_tasks()).id, "Failed")
    page.emulate_media(forced_colors="active")
    page.goto(site("/default/runs"))
    knob = """track => {
        const {backgroundColor} = getComputedStyle(track, "::after");
        return backgroundColor !== getComputedStyle(document.body).backgroundColor}"""
    assert page.get_by_role("switch").locator(".switch-track").evaluate(knob)

    fill = "button => getComputedStyle(button).backgroundColor"
    chip = page.get_by_role("button", name="Failed", exact=True)
    before = chip.evaluate(fill)
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert chip.evaluate(fill) != before


def test_a_pressed_button_looks_pressed(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    finished_run(site, flow.id)
    page.goto(site(f"/default/flow/{flow.id}?tab=grid"))
    button = page.get_by_role("button", name="Only nodes that failed")
    before = button.evaluate("button => getComputedStyle(button).color")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")

    assert button.evaluate("button => getComputedStyle(button).color") != before
