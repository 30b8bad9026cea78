"""The view of one flow: its graph, runs, versions, parameters, schedule, and the RUN form."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from prefect import Flow, Parameter
from prefect.run_configs import LocalRun
from prefect.schedules import CronSchedule, IntervalSchedule

from tests.kits.waiting import eventually
from tests.page.flows import RUN_OPTIONS, kedro_like
from tests.page.kit import Faults, Site
from tests.page.runs import finished_run, many_runs
from tests.server.command_line import CommandLine
from tests.server.kit import Registered, run_row, two_tasks

NODES = ("tables.clean", "model.fit", "model.report")


def every_kind() -> Flow:
    """Return a flow with a parameter of each kind."""
    defaults: dict[str, Any] = {
        "text": "abc",
        "number": 0.5,
        "flag": False,
        "nothing": None,
        "items": ["a", 1],
        "pairs": {"a": {"b": 1}},
    }
    with Flow("every kind") as flow:
        for name, default in defaults.items():
            flow.add_task(Parameter(name, default=default))
        flow.add_task(Parameter("needed"))
    return flow


def form(page: Page, site: Site, flow: Registered) -> Locator:
    page.goto(site(f"/default/flow/{flow.id}"))
    page.get_by_role("link", name="RUN", exact=True).click()
    return page.get_by_role("form")


def started(page: Page, site: Site, fields: str = "parameters") -> Any:
    """Press the form's button, and return the run that this has created."""
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/default/flow-run/*")
    return run_row(site.api, page.url.rsplit("/", 1)[1], fields)


def test_the_graph_has_the_states_of_the_last_run(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    run = finished_run(site, flow.id, flow_run_name="yesterday")
    address = f"/default/flow-run/{run}"
    page.goto(site(f"/default/flow/{flow.row('flow_group_id')['flow_group_id']}"))

    link = page.get_by_role("link", name="yesterday")
    expect(link).to_have_attribute("href", address)
    expect(page.get_by_label("one, Pending")).to_be_visible()
    expect(page.get_by_label("increment, Pending")).to_be_visible()
    # A version that was just registered has not run, but its flow has.
    site.register(two_tasks())
    page.reload()
    expect(page.get_by_text("This version has not run yet.")).to_be_visible()
    expect(page.locator("main dl").get_by_role("link")).to_have_attribute("href", address)


def test_the_address_may_name_a_flow_group(page: Page, site: Site) -> None:
    site.register(two_tasks())
    flow = site.register(two_tasks())
    page.goto(site(f"/default/flow/{flow.row('flow_group_id')['flow_group_id']}?tab=versions"))

    expect(page.get_by_role("rowheader")).to_have_text(["Version 2", "Version 1 archived"])


def test_an_older_version_links_to_the_newest(page: Page, site: Site) -> None:
    old = site.register(two_tasks())
    new = site.register(two_tasks())
    page.goto(site(f"/default/flow/{old.id}"))
    expect(page.get_by_text("This is an archived version.")).to_be_visible()
    page.get_by_role("link", name="The newest is version 2").click()

    page.wait_for_url(f"**/default/flow/{new.id}")
    expect(page.get_by_text("This is an archived version.")).to_have_count(0)


def test_an_archived_version_offers_no_run(page: Page, site: Site) -> None:
    old = site.register(two_tasks())
    page.goto(site(f"/default/flow/{old.id}"))
    expect(page.get_by_role("button", name="QUICK RUN")).to_be_visible()
    site.register(two_tasks())

    expect(page.get_by_role("button", name="QUICK RUN")).to_have_count(0)
    expect(page.get_by_role("link", name="RUN", exact=True)).to_have_count(0)
    expect(page.get_by_role("tab", name="New run")).to_have_count(0)
    page.goto(site(f"/default/flow/{old.id}?tab=run"))
    expect(page.get_by_role("tab", name="Graph", selected=True)).to_be_visible()
    expect(page.get_by_role("form")).to_have_count(0)


def test_a_form_that_is_being_filled_in_stays_when_its_version_is_archived(
    page: Page, site: Site
) -> None:
    run_form = form(page, site, site.register(two_tasks()))
    run_form.get_by_label("Name", exact=True).fill("half written")
    site.register(two_tasks())
    expect(page.get_by_text("This is an archived version.")).to_be_visible()

    expect(run_form.get_by_label("Name", exact=True)).to_have_value("half written")


def test_versions_show_by_how_many_tasks_they_differ(page: Page, site: Site) -> None:
    site.register(kedro_like(*NODES))
    flow = site.register(kedro_like(*NODES, "model.publish"))
    page.goto(site(f"/default/flow/{flow.id}?tab=versions"))

    newest = page.get_by_role("table").locator("tbody tr").first
    expect(newest.locator(".numbers")).to_have_text(["5 (+1)", "16 (+1)", "0"])


def test_runs_are_shown_page_by_page(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    many_runs(site, flow.id, 30)
    page.goto(site(f"/default/flow/{flow.id}?tab=runs"))
    runs = page.get_by_role("table").locator("tbody tr")
    expect(runs).to_have_count(25)
    expect(page.get_by_text("25 of 30")).to_be_visible()
    page.get_by_role("button", name="Older").click()

    expect(runs).to_have_count(5)
    assert page.url.endswith("?tab=runs&page=2")
    expect(page.get_by_role("button", name="Older")).to_be_disabled()


def test_pages_are_turned_with_the_keyboard(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    many_runs(site, flow.id, 60)
    page.goto(site(f"/default/flow/{flow.id}?tab=runs"))
    page.get_by_role("button", name="Older").focus()
    for shown in ("50 of 60", "60 of 60"):
        page.keyboard.press("Enter")
        expect(page.get_by_text(shown)).to_be_visible()

    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(10)
    expect(page.get_by_role("button", name="Older")).to_be_focused()
    expect(page.get_by_role("button", name="Older")).to_be_disabled()
    page.keyboard.press("Enter")
    expect(page.get_by_text("60 of 60")).to_be_visible()


def test_a_schedule_is_switched_on_and_off(page: Page, site: Site) -> None:
    schedule = CronSchedule("0 6 * * 1-5")
    flow = site.register(two_tasks(schedule=schedule), set_schedule_active=False)
    page.goto(site(f"/default/flow/{flow.id}?tab=runs"))
    expect(page.get_by_text("Monday to Friday at 06:00 UTC")).to_be_visible()
    switch = page.get_by_role("switch", name="Schedule")
    expect(switch).not_to_be_checked()
    switch.press("Space")
    expect(switch).to_be_checked()
    page.get_by_role("combobox").select_option("Upcoming")

    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(10)
    expect(page.get_by_text("Next run")).to_be_visible()
    switch.click()
    expect(switch).not_to_be_checked()
    expect(page.get_by_text("No run is scheduled.")).to_be_visible()
    assert flow.row("is_schedule_active") == {"is_schedule_active": False}


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (CronSchedule("*/15 * * * *"), "Every 15 minutes"),
        (CronSchedule("30 7 * * 1"), "Every Monday at 07:30 UTC"),
        (CronSchedule("5 * * * *"), "Every hour at minute 5"),
        (CronSchedule("0 0 1 * *"), "cron 0 0 1 * * UTC"),
        (IntervalSchedule(interval=timedelta(minutes=90)), "Every 90 minutes"),
        (IntervalSchedule(interval=timedelta(days=1)), "Every day"),
    ],
)
def test_schedules_are_shown_in_words(page: Page, site: Site, schedule: Any, words: str) -> None:
    site.register(two_tasks(schedule=schedule), set_schedule_active=False)
    page.goto(site())

    expect(page.locator(".schedule-cell > span").first).to_have_text(words)


def test_parameters_show_their_defaults_and_who_set_them(page: Page, site: Site) -> None:
    flow = site.register(two_tasks(required=True))
    page.goto(site(f"/default/flow/{flow.id}?tab=parameters"))
    expect(page.get_by_role("row").nth(1)).to_have_text("byrequiredthis versionEdit")
    group = flow.row("flow_group_id")["flow_group_id"]
    site.api.mutate(
        "set_flow_group_default_parameters", flow_group_id=group, parameters={"by": "x"}
    )

    expect(page.get_by_role("row").nth(1)).to_have_text(
        re.compile(r'by"x"all versions\s*Edit\s*Reset')
    )


def test_details_show_how_and_where_a_flow_runs(page: Page, site: Site) -> None:
    flow = two_tasks()
    flow.run_config = LocalRun(env={"REGION": "eu"}, labels=["gpu"])
    page.goto(site(f"/default/flow/{site.register(flow).id}?tab=details"))

    expect(page.locator(".part", has_text="LocalRun")).to_have_text("LocalRunenvREGIONeu")
    expect(page.locator(".part", has_text="Labels")).to_have_text("LabelsEditgpu")
    expect(page.locator(".part", has_text="storage")).to_contain_text("tests.server.kit:two_tasks")


def test_a_run_with_other_parameters_reaches_the_agent(page: Page, agent: CommandLine) -> None:
    page.goto(f"{agent.api.url}/default?flows=plain")
    page.get_by_role("link", name="RUN", exact=True).click()
    page.get_by_label("by", exact=True).fill("41")
    page.get_by_label("Name", exact=True).fill("other values")
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/default/flow-run/*")
    run_id = page.url.rsplit("/", 1)[1]

    row = eventually(lambda: _added(agent, run_id), 60)
    assert (row["name"], row["parameters"]) == ("other values", {"by": 41})


def _added(agent: CommandLine, run_id: str) -> Any:
    """Return the run once its log says what it has added."""
    row = run_row(agent.api, run_id, "name parameters logs { message }")
    said = [line["message"] for line in row["logs"]]
    return row if "adding 41 to 1" in said else None


def test_unchanged_parameters_are_not_sent(page: Page, site: Site) -> None:
    flow = site.register(every_kind())
    run_form = form(page, site, flow)
    run_form.get_by_label("needed", exact=True).fill("5")

    defaults = {"text": "abc", "number": 0.5, "items": ["a", 1], "pairs": {"a": {"b": 1}}}
    assert started(page, site) == {"parameters": {**defaults, "needed": 5}}


def test_each_kind_of_parameter_is_parsed_as_its_kind(page: Page, site: Site) -> None:
    flow = site.register(every_kind())
    run_form = form(page, site, flow)
    run_form.get_by_label("text", exact=True).fill("12")
    run_form.get_by_label("number", exact=True).fill("1e3")
    run_form.get_by_label("flag", exact=True).select_option("true")
    run_form.get_by_label("nothing", exact=True).fill("some text")
    run_form.get_by_label("items", exact=True).fill("[]")
    run_form.get_by_label("pairs", exact=True).fill('{"c": null}')
    run_form.get_by_label("needed", exact=True).fill('["x"]')

    assert started(page, site)["parameters"] == {
        "text": "12",
        "number": 1000.0,
        "flag": True,
        "nothing": "some text",
        "items": [],
        "pairs": {"c": None},
        "needed": ["x"],
    }


def test_values_that_cannot_be_parsed_are_reported_before_anything_is_sent(
    page: Page, site: Site
) -> None:
    flow = site.register(every_kind())
    run_form = form(page, site, flow)
    run_form.get_by_label("number", exact=True).fill("a lot")
    run_form.get_by_label("pairs", exact=True).fill("{")
    run_form.get_by_role("button", name="Start run").click()

    alerts = run_form.get_by_role("alert")
    expect(alerts).to_have_count(3)
    expect(alerts.filter(has_text="a lot is not a number.")).to_be_visible()
    expect(alerts.filter(has_text="Not valid JSON")).to_be_visible()
    expect(alerts.filter(has_text="This parameter is required.")).to_be_visible()
    expect(run_form.locator("[aria-invalid=true]").first).to_be_focused()
    assert flow.row("flow_runs { id }") == {"flow_runs": []}


def test_a_run_of_a_kedro_flow_takes_what_kedro_run_takes(page: Page, site: Site) -> None:
    run_form = form(page, site, site.register(kedro_like(*NODES)))
    run_form.get_by_label("params", exact=True).fill(
        "model.depth=3\nmodel.name = deep one\nfast=True"
    )
    run_form.get_by_label("load_versions", exact=True).fill("raw.flights=2024-01-01T00.00.00.000Z")
    run_form.get_by_label("env", exact=True).fill("server")
    run_form.get_by_label("tags", exact=True).fill("nightly, weekly")
    run_form.get_by_label("to_nodes", exact=True).fill("join([a,b]) -> [c], model.fit")
    run_form.get_by_label("is_async", exact=True).select_option("true")

    assert started(page, site)["parameters"] == {
        "params": {"model": {"depth": 3, "name": "deep one"}, "fast": True},
        "load_versions": {"raw.flights": "2024-01-01T00.00.00.000Z"},
        "env": "server",
        "tags": ["nightly", "weekly"],
        "to_nodes": ["join([a,b]) -> [c]", "model.fit"],
        "is_async": True,
    }


def test_the_form_describes_run_options_in_their_order(page: Page, site: Site) -> None:
    run_form = form(page, site, site.register(kedro_like(*NODES)))
    names = [option["name"] for option in RUN_OPTIONS]

    expect(run_form.locator("label code")).to_have_text(names)
    expect(run_form.locator("#parameter-tags-hint")).to_contain_text(RUN_OPTIONS[3]["help"])


@pytest.mark.parametrize("answer", [{"json": []}, {"status": 404}])
def test_without_run_options_parameters_are_plain_json_fields(
    page: Page, site: Site, faults: Faults, answer: Any
) -> None:
    page.route("**/run-options.json", lambda route: route.fulfill(**answer))
    run_form = form(page, site, site.register(kedro_like(*NODES)))
    run_form.get_by_label("nodes", exact=True).fill('["model.fit"]')
    run_form.get_by_label("is_async", exact=True).fill("true")

    expect(page.get_by_text("All nodes will run.")).to_have_count(0)
    assert started(page, site)["parameters"] == {"nodes": ["model.fit"], "is_async": True}
    if "status" in answer:
        faults.expect("404")


def test_the_form_appears_once_the_server_responds_again(
    page: Page, site: Site, faults: Faults
) -> None:
    page.route("**/run-options.json", lambda route: route.abort(), times=1)
    run_form = form(page, site, site.register(kedro_like(*NODES)))

    expect(page.get_by_text("The server is not responding")).to_be_visible()
    expect(run_form.get_by_label("params", exact=True)).to_be_visible()
    faults.expect("net::ERR_FAILED")


def test_nodes_are_selected_by_clicking_them_in_the_graph(page: Page, site: Site) -> None:
    run_form = form(page, site, site.register(kedro_like(*NODES)))
    expect(run_form.get_by_text("All nodes will run.")).to_be_visible()
    expect(run_form.get_by_label("init")).to_have_count(0)
    run_form.get_by_label("model.fit").click()
    run_form.get_by_label("tables.clean").press("Enter")
    expect(run_form.get_by_text("Only 2 of 3 nodes will run.")).to_be_visible()

    (names,) = started(page, site)["parameters"].values()
    assert sorted(names) == ["model.fit", "tables.clean"]


def test_a_run_can_have_its_own_time_and_labels(page: Page, site: Site) -> None:
    run_form = form(page, site, site.register(two_tasks()))
    run_form.get_by_label("Start", exact=True).select_option("At a set time")
    run_form.get_by_label("Time", exact=True).fill("2099-12-24T18:30")
    run_form.get_by_label("Labels", exact=True).fill("gpu, eu")

    assert started(page, site, "state labels scheduled_start_time") == {
        "state": "Scheduled",
        "labels": ["eu", "gpu"],
        "scheduled_start_time": "2099-12-24T18:30:00+00:00",
    }


def test_a_run_at_a_time_needs_the_time(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    run_form = form(page, site, flow)
    run_form.get_by_label("Start", exact=True).select_option("At a set time")
    time = run_form.get_by_label("Time", exact=True)
    time.clear()
    run_form.get_by_role("button", name="Start run").click()

    expect(run_form.get_by_role("alert")).to_have_text("Enter a time.")
    expect(time).to_be_focused()
    expect(time).to_have_attribute("aria-invalid", "true")
    assert flow.row("flow_runs { id }") == {"flow_runs": []}
    run_form.get_by_label("Start", exact=True).select_option("Now")
    assert started(page, site, "name state")["state"] == "Scheduled"


def test_an_error_of_the_server_is_shown_in_the_form(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    run_form = form(page, site, flow)
    site.api.mutate("archive_flow", flow_id=flow.id)
    run_form.get_by_role("button", name="Start run").click()

    expect(run_form.get_by_role("alert")).to_have_text(f"Flow {flow.id} is archived.")
    expect(run_form.get_by_role("button", name="Start run")).to_be_enabled()
    expect(run_form.get_by_role("button", name="Start run")).to_be_focused()
    run_form.get_by_label("Name", exact=True).fill("another")
    run_form.get_by_role("button", name="Discard changes").press("Enter")
    expect(run_form).to_be_focused()
