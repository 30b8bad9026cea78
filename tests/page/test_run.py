"""What the view of a flow run shows, and how it follows the run."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Callable, Mapping

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from tests.kits.waiting import eventually
from tests.page.flows import chain, fan
from tests.page.kit import Site, graphql, wait_for_events
from tests.page.runs import SimulatedRun
from tests.server.kit import run_row, two_tasks

TRACEBACK = """Task 'clean': Exception encountered during task execution!
Traceback (most recent call last):
  File "nodes.py", line 3, in clean
ValueError: <b>no rows</b>"""


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    return SimulatedRun(site, chain("load", "clean", "report"), parameters={"env": "server"})


@pytest.fixture
def open_tab(page: Page) -> Callable[[SimulatedRun, str], Locator]:
    """Return a function that opens a tab of a run's view, and returns the panel."""

    def open_tab(run: SimulatedRun, name: str) -> Locator:
        page.goto(run.address)
        page.get_by_role("tab", name=name).click()
        return page.get_by_role("tabpanel", name=name)

    return open_tab


def row(table: Locator, name: str) -> Locator:
    return table.get_by_role("row").filter(has_text=name)


def bars(page: Page) -> dict[str, list[str]]:
    """Return the states of the bars of each row of the timeline."""
    script = """rows => Object.fromEntries(rows.map(row => [
        row.querySelector("a").textContent.trim(),
        [...row.querySelectorAll("[data-state]")].map(bar => bar.dataset.state)]))"""
    states: dict[str, list[str]] = page.locator(".timeline-rows li:has(a)").evaluate_all(script)
    return states


def test_a_run_is_followed_from_scheduled_to_success(page: Page, run: SimulatedRun) -> None:
    page.goto(run.address)
    status = page.get_by_role("status").filter(has_text="Scheduled")
    expect(status).to_be_visible()
    assert bars(page) == {"load": [], "clean": [], "report": []}

    run.set_state("Submitted")
    run.set_state("Running")
    run.set_task_state("load", "Running")
    eventually(lambda: bars(page) == {"load": ["Running"], "clean": [], "report": []})

    run.set_task_state("load", "Success")
    run.set_task_state("clean", "Running", "Success")
    run.set_task_state("report", "Running", "Success")
    run.set_state("Success")
    expect(page.get_by_role("status").filter(has_text="Success")).to_be_visible()
    assert bars(page) == {"load": ["Success"], "clean": ["Success"], "report": ["Success"]}
    name = page.get_by_role("heading", level=1).inner_text()
    expect(page).to_have_title(f"✓ chain success · {name}")


def test_every_attempt_of_a_task_has_its_bar(page: Page, run: SimulatedRun) -> None:
    run.set_state("Running")
    run.set_task_state("load", "Running", "Failed", "Retrying", "Running", "Success")

    page.goto(run.address)

    eventually(lambda: bars(page) == {"load": ["Failed", "Success"], "clean": [], "report": []})


def test_the_graph_shows_current_states(
    page: Page, run: SimulatedRun, open_tab: Callable[[SimulatedRun, str], Locator]
) -> None:
    run.set_state("Running")
    panel = open_tab(run, "Graph")
    expect(panel.get_by_label("load, Pending")).to_be_visible()

    run.set_task_state("load", "Running")

    expect(panel.get_by_label("load, Running")).to_be_visible()


def test_the_table_filters_and_sorts(
    page: Page, run: SimulatedRun, open_tab: Callable[[SimulatedRun, str], Locator]
) -> None:
    run.set_state("Running")
    run.set_task_state("load", "Running", "Success")
    run.set_task_state("clean", "Running", "Failed")
    panel = open_tab(run, "Tasks")
    names = panel.get_by_role("rowheader")
    expect(names).to_have_text(["load", "clean", "report"])

    panel.get_by_role("button", name="Task").click()
    expect(names).to_have_text(["clean", "load", "report"])
    panel.get_by_role("button", name="Task").click()
    expect(names).to_have_text(["report", "load", "clean"])
    panel.get_by_label("State").select_option("Failed")
    expect(names).to_have_text(["clean"])
    panel.get_by_label("State").select_option("All states")
    panel.get_by_label("Name").fill("REP")

    expect(names).to_have_text(["report"])


def test_tasks_are_sorted_by_fractions_of_a_second(
    page: Page,
    run: SimulatedRun,
    open_tab: Callable[[SimulatedRun, str], Locator],
    tmp_path: Path,
) -> None:
    run.set_state("Running")
    # The API leaves out the zeros at the end: .7 is later than .65.
    fractions = {"report": "000000", "clean": "650000", "load": "700000"}
    with sqlite3.connect(tmp_path / "api.db") as database:
        for task, fraction in fractions.items():
            run.set_task_state(task, "Running", "Success")
            time = f"2026-01-01T01:00:30.{fraction}+00:00"
            change = "UPDATE task_run SET start_time = ? WHERE id = ?"
            database.execute(change, [time, run.tasks[task]])
            database.commit()
    database.close()
    panel = open_tab(run, "Tasks")
    names = panel.get_by_role("rowheader")
    expect(names).to_have_text(["report", "clean", "load"])

    panel.get_by_role("button", name="Started").click()

    expect(names).to_have_text(["load", "clean", "report"])


def test_rows_without_a_value_are_sorted_last_in_both_directions(
    page: Page, run: SimulatedRun, open_tab: Callable[[SimulatedRun, str], Locator]
) -> None:
    run.set_state("Running")
    run.set_task_state("clean", "Running", "Success")
    run.set_task_state("report", "Running", "Success")
    panel = open_tab(run, "Tasks")
    names = panel.get_by_role("rowheader")
    expect(names).to_have_text(["clean", "report", "load"])

    panel.get_by_role("button", name="Started").click()

    expect(names).to_have_text(["report", "clean", "load"])


def test_parameters_are_shown_and_those_not_set_are_listed_apart(
    page: Page, run: SimulatedRun, open_tab: Callable[[SimulatedRun, str], Locator]
) -> None:
    panel = open_tab(run, "Parameters")

    expect(panel.get_by_role("row")).to_have_text(["ParameterValue", "envserver"])


def test_a_failure_names_the_task_and_shows_its_traceback(page: Page, run: SimulatedRun) -> None:
    run.set_state("Running")
    run.set_task_state("load", "Running", "Success")
    run.set_task_state("clean", "Running")
    run.log(TRACEBACK, task="clean", level="ERROR")
    run.set_task_state("clean", "Failed", message="ValueError: <b>no rows</b>")
    run.set_task_state("report", "TriggerFailed")
    run.set_state("Failed")

    page.goto(run.address)

    panel = page.get_by_role("region", name="1 task failed")
    expect(panel.get_by_role("link")).to_have_text(["clean"])
    expect(panel.locator("pre").first).to_be_visible()  # the log comes with a request of its own
    assert "\n".join(panel.locator("pre").all_inner_texts()) == TRACEBACK
    expect(page.locator("b")).to_have_count(0)
    expect(
        page.get_by_role("img", name="3 tasks: 1 succeeded, 1 failed, 1 not started")
    ).to_be_visible()
    expect(page.locator(".timeline .state-ink-not-started")).to_have_count(1)


def test_a_task_that_logs_many_errors_does_not_hide_the_traceback_of_another(
    page: Page, run: SimulatedRun
) -> None:
    names = ("load", "clean")
    run.set_state("Running")
    for name in names:
        run.set_task_state(name, "Running", "Failed")
    run.log("the first traceback", task=names[0], level="ERROR")
    run.log(*(f"error {number}" for number in range(250)), task=names[1], level="ERROR")
    run.set_state("Failed")
    page.goto(run.address)
    failures = page.get_by_role("region", name="2 tasks failed").get_by_role("article")

    expect(failures.first.locator(".traceback")).to_contain_text("the first traceback")
    expect(failures.last.locator(".traceback")).to_contain_text("error 249")


def test_a_traceback_shows_the_nodes_own_line_and_folds_what_runs_nodes(
    page: Page, run: SimulatedRun
) -> None:
    packages = "/venv/lib/python3.11/site-packages"
    lines = ["Traceback (most recent call last):"]
    for file in (*[f"{packages}/kedro/node.py"] * 20, "/shop/nodes.py", f"{packages}/numpy/x.py"):
        lines += [f'  File "{file}", line 7, in f', "    f()"]
    run.set_state("Running")
    run.set_task_state("clean", "Running", "Failed")
    run.log("\n".join([*lines, "ValueError: no rows"]), task="clean", level="ERROR")
    run.set_state("Failed")
    page.goto(run.address)

    expect(page.get_by_text("20 frames of Kedro and Prefect")).to_be_visible()
    expect(page.locator(".library-frames pre").first).to_be_hidden()
    expect(page.locator(".own-frame")).to_contain_text('File "/shop/nodes.py", line 7')
    expect(page.locator(".own-frame")).to_be_in_viewport()


def test_a_restart_the_next_morning_does_not_flatten_the_timeline(
    page: Page, run: SimulatedRun, tmp_path: Path
) -> None:
    run.set_state("Running")
    # The API gives each state the time at which it arrives, so older ones must be written for it.
    change = "UPDATE task_run SET start_time = ?, end_time = ? WHERE id = ?"
    for task, hour in (("load", 1), ("clean", 8)):
        run.set_task_state(task, "Running", "Success")
        times = [f"2026-01-01T0{hour}:{minute}:00.000000+00:00" for minute in ("00", "05")]
        with sqlite3.connect(tmp_path / "api.db") as database:
            database.execute(change, [*times, run.tasks[task]])
        database.close()
    page.goto(run.address)

    expect(page.locator(".timeline-bar")).to_have_count(2)
    widths = page.locator(".timeline-bar").evaluate_all("bars => bars.map(bar => bar.style.width)")
    assert len(widths) == 2
    assert all(float(width[:-1]) > 40 for width in widths), widths
    expect(page.locator(".timeline-pause")).to_have_text("6 h 55 min")


def test_a_run_that_failed_before_its_tasks_shows_why(page: Page, run: SimulatedRun) -> None:
    run.log("No module named 'pipelines'", level="ERROR")
    run.set_state("Failed", message="It could not be loaded.")

    page.goto(run.address)

    expect(page.get_by_text("It could not be loaded.")).to_be_visible()
    panel = page.get_by_role("region", name="The run failed")
    expect(panel.locator("pre")).to_have_text("No module named 'pipelines'")


def test_a_run_shows_what_it_waits_for(page: Page, site: Site) -> None:
    run = SimulatedRun(site, chain("load"), labels=["gpu", "eu"])
    agent = site.api.mutate("register_agent", type="LocalAgent", name="ada", labels=["eu"])["id"]
    page.goto(run.address)
    expect(page.get_by_text("No agent is running")).to_be_visible()

    site.api.data(
        'mutation { get_runs_in_queue(input: {labels: ["eu"]}) { flow_run_ids } }',
        x_prefect_agent_id=agent,
    )

    expect(
        page.get_by_text("Waiting for an agent with the label gpu. None is running.")
    ).to_be_visible()


def test_artifacts_are_web_links_or_plain_text(
    page: Page, run: SimulatedRun, open_tab: Callable[[SimulatedRun, str], Locator]
) -> None:
    for kind, data in [
        ("link", {"link": "https://example.com/report"}),
        ("link", {"link": "javascript:alert(1)"}),
        ("markdown", {"markdown": "# Rows <img src=x onerror=alert(1)>"}),
    ]:
        run.api.mutate(
            "create_task_run_artifact", task_run_id=run.tasks["load"], kind=kind, data=data
        )

    panel = open_tab(run, "Artifacts")

    expect(panel.get_by_role("heading", name="Rows <img src=x onerror=alert(1)>")).to_be_visible()
    expect(panel.locator("img")).to_have_count(0)
    expect(panel.get_by_text("javascript:alert(1)")).to_be_visible()
    links = panel.get_by_role("link").filter(has_text=":")
    expect(links).to_have_text(["https://example.com/report"])
    expect(links).to_have_attribute("rel", "noopener noreferrer")


def test_the_states_of_a_run_are_listed(
    page: Page, run: SimulatedRun, open_tab: Callable[[SimulatedRun, str], Locator]
) -> None:
    run.set_state("Running")
    run.set_state("Success")

    panel = open_tab(run, "States")

    expect(panel.locator("tbody td:first-child")).to_have_text(["Scheduled", "Running", "Success"])


def test_arrow_keys_move_between_tabs_and_the_address_keeps_the_tab(
    page: Page, run: SimulatedRun
) -> None:
    page.goto(run.address)
    page.get_by_role("tab", name="Timeline").focus()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Tasks")).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")  # Forward, in a browser
    page.reload()

    expect(page.get_by_role("tab", name="Tasks")).to_have_attribute("aria-selected", "true")


def test_long_names_do_not_widen_the_page(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    run = SimulatedRun(site, two_tasks("customer_lifetime_value" * 4), flow_run_name="x" * 99)
    run.set_state("Running")
    flow = run_row(site.api, run.id, "flow_id")["flow_id"]

    for address in (run.address, site(f"/default/flow/{flow}")):
        page.goto(address)
        expect(page.get_by_role("tabpanel")).not_to_be_empty()
        expect(page.locator("main")).to_contain_text("x" * 99)
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_an_unknown_run_shows_a_message(page: Page, site: Site) -> None:
    page.goto(site("/default/flow-run/00000000-0000-0000-0000-000000000000"))

    expect(page.get_by_role("heading")).to_have_text("There is no such flow run")


def test_a_run_of_1000_tasks_stays_usable_and_loads_only_what_changed(
    page: Page, site: Site
) -> None:
    run = SimulatedRun(site, fan(1000))
    run.set_state("Running")
    answers: list[int] = []
    page.on("response", lambda response: answers.extend(task_rows(response)))
    page.goto(run.address)
    expect(page.get_by_role("region", name="Timeline of 1000 tasks")).to_be_visible()
    wait_for_events(page, lambda: 1000 in answers)

    run.set_task_states([f"node_{number}" for number in range(40)], "Running")
    expect(page.get_by_role("img", name="1,000 tasks: 40 running, 960 pending")).to_be_visible()
    run.set_task_states([f"node_{number}" for number in range(10)], "Success")
    expect(page.get_by_role("img", name="1,000 tasks: 10 succeeded, 30 running")).to_be_visible()

    wait_for_events(page, lambda: [count for count in answers if count] == [1000, 40, 10])
    assert page.locator(".timeline-rows li").count() < 120


def task_rows(response: Response) -> list[int]:
    """Return how many task runs a response to the run's view holds."""
    data: Mapping[str, Any] = response.json()["data"] if graphql(response.request) else {}
    return [len(data["task_run"])] if "task_run" in data else []
