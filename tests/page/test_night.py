"""The job of a night, with the keyboard alone: failures are found, understood and put right."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.flows import pipeline_flow
from tests.page.kit import Site
from tests.page.runs import SimulatedRun, live_agent
from tests.server.kit import run_row

NODES = {
    "load": ("raw_prices", "raw_table"),
    "clean": ("raw_table", "prices"),
    "publish": ("prices", "report"),
}
PIPELINES = [f"nightly_{number}" for number in range(1, 21)]
FAILED = ["nightly_3", "nightly_7", "nightly_11"]
LATE = "nightly_15"
REASON = "KeyError: 'price'"
TRACEBACK = f"""Unexpected error:
Traceback (most recent call last):
  File "/srv/shop/nodes.py", line 12, in clean
    return table["price"]
{REASON}"""
MAX_TABS = 250


def play(run: SimulatedRun, failing: str | None) -> None:
    """Report the states of a run, as the process of an agent does."""
    run.set_state("Running")
    for node in ("init", *NODES):
        run.set_task_state(node, "Running")
        if node == failing:
            run.set_task_state(node, "Failed", message=f"Unexpected error:\n{REASON}")
            run.log(TRACEBACK, task=node, level="ERROR")
            run.set_task_states(["publish"], "TriggerFailed")
            break
        run.set_task_state(node, "Success")
    run.set_state("Failed" if failing else "Success")


def resume(run: SimulatedRun) -> None:
    """Run again what has been reset."""
    rows = run_row(run.api, run.id, "task_runs { state task { name } }")["task_runs"]
    reset = {row["task"]["name"] for row in rows if row["state"] == "Pending"}
    run.set_state("Running")
    for node in [node for node in ("init", *NODES) if node in reset]:
        run.set_task_state(node, "Running", "Success")
    run.set_state("Success")


@pytest.fixture
def night(site: Site) -> dict[str, SimulatedRun]:
    """Return the runs of twenty pipelines: three have failed for one reason, one is late."""
    runs = {}
    for name in PIPELINES:
        labels = ["gpu"] if name == LATE else ["cpu"]
        flow = pipeline_flow(name, NODES)
        runs[name] = SimulatedRun(
            site,
            flow,
            flow_run_name=f"{name} tonight",
            labels=labels,
            scheduled_start_time="2026-01-01T01:00:00Z",
        )
        if name != LATE:
            play(runs[name], "clean" if name in FAILED else None)
    live_agent(site, "cpu machine", "cpu")
    return runs


class Keyboard:
    """Somebody without a mouse: the Tab key, until what they look for has the focus."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, target: Locator) -> None:
        expect(target).to_be_visible()
        for _ in range(MAX_TABS):
            if target.evaluate("(element) => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"The Tab key does not lead to {target}.")

    def press(self, target: Locator, key: str = "Enter") -> None:
        self.go_to(target)
        self.page.keyboard.press(key)


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


def test_the_night_is_put_right(
    page: Page, site: Site, night: dict[str, SimulatedRun], keyboard: Keyboard
) -> None:
    page.goto(site())
    rows = page.get_by_role("table").locator("tbody tr")
    chips = page.get_by_role("group", name="State")

    # Found: which of twenty failed, and that all have the same reason.
    keyboard.press(page.get_by_role("navigation", name="Views").get_by_role("link", name="Runs"))
    keyboard.press(chips.get_by_role("button", name="Failed"), "Space")
    expect(rows).to_have_count(len(FAILED))
    for name in FAILED:
        expect(rows.filter(has_text=f"{name} tonight")).to_contain_text(f"clean{REASON}")

    # Understood: one of them, to the line of the node.
    keyboard.press(page.get_by_role("link", name="nightly_3 tonight"))
    expect(page).to_have_title("✗ nightly_3 failed · nightly_3 tonight")
    expect(page.get_by_text('return table["price"]')).to_be_visible()
    page.go_back()
    expect(rows).to_have_count(len(FAILED))

    # Restarted, all together.
    keyboard.press(page.get_by_role("button", name="Select these 3"))
    expect(page.get_by_text("3 selected")).to_be_visible()
    keyboard.press(page.get_by_role("button", name="Restart from failed"))
    dialog = page.get_by_role("dialog", name="Restart from failed: 3 runs")
    keyboard.press(dialog.get_by_role("button", name="Restart from failed"))
    expect(page.get_by_text("No run matches the filters.")).to_be_visible()

    # Watched to Success.
    keyboard.press(page.get_by_role("button", name="Clear filters"))
    restarted = rows.filter(has_text="nightly_7 tonight")
    expect(restarted).to_contain_text("Scheduled")
    for name in FAILED:
        resume(night[name])
    for name in FAILED:
        expect(rows.filter(has_text=f"{name} tonight")).to_contain_text("Success")

    # The late one: which label no agent has; then one has it.
    keyboard.press(chips.get_by_role("button", name="Late"), "Space")
    expect(rows).to_have_count(1)
    keyboard.press(page.get_by_role("link", name=f"{LATE} tonight"))
    expect(
        page.get_by_text("Waiting for an agent with the label gpu. None is running.")
    ).to_be_visible()
    live_agent(site, "gpu machine", "gpu")
    expect(page.get_by_text("Waiting for agent gpu machine.")).to_be_visible()
    play(night[LATE], None)
    expect(page).to_have_title(f"✓ {LATE} success · {LATE} tonight")

    # Nothing is left: all twenty have succeeded.
    keyboard.press(page.get_by_role("navigation", name="Views").get_by_role("link", name="Runs"))
    keyboard.press(chips.get_by_role("button", name="Success"), "Space")
    expect(rows).to_have_count(len(PIPELINES))
