"""What can be done with a run in the page, with a real agent where something must run."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.kits.waiting import eventually
from tests.page import recovering_flows
from tests.page.flows import chain
from tests.page.kit import Site
from tests.page.runs import SimulatedRun
from tests.server.command_line import CommandLine
from tests.server.kit import run_row

SECONDS = 60_000


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    return SimulatedRun(site, chain("load", "clean"), parameters={"env": "server"}, labels=["gpu"])


@pytest.fixture(scope="module")
def recovering(agent: CommandLine) -> CommandLine:
    """Return the command line of the agent, with flows that recover when restarted."""
    agent("register", "--project", agent.project, "-p", recovering_flows.__file__)
    return agent


def press(page: Page, name: str) -> None:
    """Press a button, and the one of the same name in the dialog that it opens."""
    page.get_by_role("button", name=name).click()
    page.get_by_role("dialog").get_by_role("button", name=name).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def run_again(page: Page) -> None:
    """Open the form with what a run was started with, and start another one."""
    page.get_by_role("link", name="Run again").click()
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/default/flow-run/*")


def expect_state(page: Page, state: str) -> None:
    status = page.get_by_role("status").filter(has_text=state)
    expect(status.first).to_be_visible(timeout=SECONDS)


def open_run(page: Page, prefect: CommandLine, flow: str) -> str:
    """Open the newest run of a flow, and return its id."""
    run_id: str = prefect.runs(flow, "id")[-1]["id"]
    page.goto(f"{prefect.api.url}/default/flow-run/{run_id}")
    return run_id


def stop_polling(page: Page) -> None:
    """Stop the timers of a page whose clock is installed, and wait for its last requests."""
    page.clock.pause_at(datetime.now() + timedelta(seconds=1))
    page.evaluate("fetch('/health').then((response) => response.text())")


def attempts(prefect: CommandLine, run_id: str) -> dict[str, int]:
    """Return how often each task run was started."""
    started = 'states_aggregate(where: {state: {_eq: "Running"}}) { aggregate { count } }'
    rows = run_row(prefect.api, run_id, f"task_runs {{ map_index task {{ name }} {started} }}")
    return {_name(row): row["states_aggregate"]["aggregate"]["count"] for row in rows["task_runs"]}


def _name(row: Any) -> str:
    name, index = row["task"]["name"], row["map_index"]
    return name if index < 0 else f"{name}[{index}]"


def test_a_running_run_is_cancelled(page: Page, agent: CommandLine) -> None:
    agent(*agent.asking_for("patient"))
    run_id = open_run(page, agent, "patient")
    expect(page.get_by_role("img", name="1 task: 1 running")).to_be_visible(timeout=SECONDS)

    press(page, "Cancel run")

    expect_state(page, "Cancelled")
    eventually(lambda: run_row(agent.api, run_id, "state")["state"] == "Cancelled", 30)


def test_a_restart_runs_what_failed_and_what_was_not_kept(
    page: Page, recovering: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "wanted"
    recovering(*recovering.asking_for("recovering"), "--param", f'path="{path}"')
    run_id = open_run(page, recovering, "recovering")
    expect_state(page, "Failed")
    path.write_text("here it is:")

    page.get_by_role("button", name="Restart from failed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("2 tasks failed or did not start")).to_be_visible()
    expect(dialog.get_by_text("1 task succeeded but must run again")).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_have_text(["fragile", "last", "lost"])
    dialog.get_by_role("button", name="Restart from failed").click()
    expect_state(page, "Success")
    page.get_by_role("tab", name="Log").click()

    expect(page.get_by_role("log").get_by_text("here it is: 42")).to_be_visible()
    assert attempts(recovering, run_id) == {
        "path": 1, "aside": 1, "kept": 1, "lost": 2, "fragile": 2, "last": 1,
    }  # fmt: skip


def test_a_restart_runs_only_the_failed_child_of_a_mapped_task(
    page: Page, recovering: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "wanted"
    recovering(*recovering.asking_for("recovering map"), "--param", f'path="{path}"')
    run_id = open_run(page, recovering, "recovering map")
    expect_state(page, "Failed")
    path.write_text("")

    press(page, "Restart from failed")
    expect_state(page, "Success")
    page.get_by_role("tab", name="Log").click()

    expect(page.get_by_role("log").get_by_text("the sum is 3")).to_be_visible()
    counts = attempts(recovering, run_id)
    again = {name: count for name, count in counts.items() if count > 1 and name != "echo"}
    assert again == {"echo[1]": 2}


def test_a_run_is_run_again_with_the_same_parameters(page: Page, run: SimulatedRun) -> None:
    page.goto(run.address)

    run_again(page)

    again = page.url.rsplit("/", 1)[-1]
    fields = "state parameters labels"
    assert run_row(run.api, again, fields) == {
        "state": "Scheduled",
        "parameters": {"env": "server"},
        "labels": ["gpu"],
    }


def test_a_run_of_an_old_version_is_run_again_with_the_newest(
    page: Page, run: SimulatedRun, site: Site
) -> None:
    newest = site.register(chain("load", "clean", "report")).id
    page.goto(run.address)

    run_again(page)

    again = page.url.rsplit("/", 1)[-1]
    assert run_row(run.api, again, "flow_id") == {"flow_id": newest}


def test_a_state_is_set_manually_with_a_reason(page: Page, run: SimulatedRun) -> None:
    page.goto(run.address)

    page.get_by_role("button", name="Set state").click()
    page.get_by_role("combobox", name="State").select_option("Failed")
    page.get_by_label("Message").fill("the source was <b>wrong</b>")
    page.get_by_role("dialog").get_by_role("button", name="Set state").click()

    expect_state(page, "Failed")
    expect(page.locator(".run-message")).to_have_text("the source was <b>wrong</b>")
    assert run_row(run.api, run.id, "state state_message") == {
        "state": "Failed",
        "state_message": "the source was <b>wrong</b>",
    }


def test_an_error_is_shown_in_the_dialog(page: Page, run: SimulatedRun) -> None:
    page.clock.install()
    page.goto(run.address)
    page.get_by_role("button", name="Cancel run").click()
    expect(page.get_by_role("dialog")).to_be_visible()  # it opens with a timer, too
    stop_polling(page)
    run.api.mutate("delete_flow", flow_id=run_row(run.api, run.id, "flow_id")["flow_id"])

    page.get_by_role("dialog").get_by_role("button", name="Cancel run").click()

    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("not found")


def test_a_dialog_closes_with_escape_and_returns_the_focus(page: Page, run: SimulatedRun) -> None:
    page.goto(run.address)
    page.get_by_role("button", name="Cancel run").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel run")).to_be_focused()
    assert run_row(run.api, run.id, "state") == {"state": "Scheduled"}


@pytest.mark.parametrize(
    ("state", "action", "next_state"),
    [
        ("Scheduled", "Cancel run", "Cancelled"),
        ("Running", "Cancel run", "Cancelling"),
        ("Failed", "Restart from failed", "Scheduled"),
    ],
)
def test_after_an_action_whose_button_is_gone_the_heading_has_the_focus(
    page: Page, run: SimulatedRun, state: str, action: str, next_state: str
) -> None:
    run.set_state(state)
    page.goto(run.address)
    page.get_by_role("button", name=action).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator("p").last).to_be_visible()
    expect(page.get_by_text("Loading the tasks to run")).to_have_count(0)

    page.get_by_role("dialog").get_by_role("button", name=action).click()

    expect_state(page, next_state)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_after_an_action_that_can_be_repeated_its_button_has_the_focus(
    page: Page, run: SimulatedRun
) -> None:
    page.goto(run.address)
    page.get_by_role("button", name="Set state").focus()

    press(page, "Set state")

    expect_state(page, "Success")
    expect(page.get_by_role("button", name="Set state")).to_be_focused()


def test_a_run_that_was_restarted_while_the_dialog_was_open_is_not_restarted_again(
    page: Page, run: SimulatedRun
) -> None:
    run.set_state("Running")
    run.set_task_state("load", "Running", "Failed")
    run.set_state("Failed")
    page.goto(run.address)
    page.get_by_role("button", name="Restart from failed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("An agent with the label gpu will run it.")).to_be_visible()
    run.set_state("Scheduled")
    run.set_state("Running")
    dialog.get_by_role("button", name="Restart from failed").click()

    expect(dialog.get_by_role("alert")).to_have_text(
        "The run has changed since you opened this: it is Running now. "
        "Close this, and open it again."
    )
    row = run_row(run.api, run.id, "state task_runs { state }")
    assert row["state"] == "Running"
    assert {"state": "Failed"} in row["task_runs"]


def test_copying_over_plain_http_leaves_the_focus_where_it_was(
    page: Page, run: SimulatedRun
) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(run.address)
    button = page.get_by_role("button", name="Copy run id")
    button.press("Enter")
    expect(page.get_by_text("Copied")).to_be_visible()

    expect(button).to_be_focused()
