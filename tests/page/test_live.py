"""What an open window asks for: often while a run goes on, seldom after, and only what is new."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Locator, Page, Request, Response, expect

from tests.page.kit import Site, graphql, heard
from tests.page.runs import PlayedRun, chain


@pytest.fixture
def run(site: Site) -> PlayedRun:
    run = PlayedRun(site, chain("load", "clean", "report"))
    run.is_("Running")
    return run


def leave(run: PlayedRun, text: str) -> str:
    """Let a task leave an artifact, and return its id."""
    given = {"task_run_id": run.tasks["load"], "kind": "markdown", "data": {"markdown": text}}
    return str(run.api.mutate("create_task_run_artifact", **given)["id"])


def open_until_over(page: Page, address: str) -> None:
    """Open a run that has ended, and let the last looks at it be taken."""
    page.clock.install()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    pass_seconds(page, 10)


def pass_seconds(page: Page, count: int) -> None:
    for _ in range(count):
        page.clock.run_for(1000)
        page.evaluate("fetch('/health').then((answer) => answer.text())")  # after what was asked


def restart(page: Page) -> None:
    page.get_by_role("button", name="Restart from failed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("failed, or did not start")).to_be_visible()
    dialog.get_by_role("button", name="Restart from failed").click()
    expect(dialog).to_have_count(0)


def is_shown(page: Page, state: str) -> None:
    expect(page.get_by_role("status").filter(has_text=state)).to_be_visible()


def restarted_in(page: Page, run: PlayedRun, tab: str, nothing: str) -> None:
    """Open a tab of a failed run, which says that there is nothing, and restart the run."""
    run.is_("Failed")
    open_until_over(page, f"{run.address}?tab={tab}")
    expect(page.get_by_text(nothing)).to_be_visible()
    restart(page)
    is_shown(page, "Scheduled")
    pass_seconds(page, 1)


def answered(page: Page, *fields: str) -> list[int]:
    """Return a list that grows by the number of rows of each answer that has the first field."""
    found: list[int] = []

    def see(response: Response) -> None:
        data = response.json()["data"] if graphql(response.request) else {}
        if fields[0] in data:
            found.append(sum(len(data[field]) for field in fields))

    page.on("response", see)
    return found


@pytest.mark.parametrize("tab", ["timeline", "log", "artifacts"])
def test_a_run_that_has_ended_is_asked_for_twice_a_minute(
    page: Page, run: PlayedRun, tab: str
) -> None:
    run.is_("Success")
    open_until_over(page, f"{run.address}?tab={tab}")
    asked: Counter[str] = Counter()

    def see(request: Request) -> None:
        if body := graphql(request):
            asked[body["query"]] += 1

    page.on("request", see)
    pass_seconds(page, 61)

    assert asked
    assert set(asked.values()) <= {2, 3}  # real time passes, too


def test_a_restart_made_elsewhere_is_seen_and_followed(page: Page, run: PlayedRun) -> None:
    run.is_("Failed")
    open_until_over(page, run.address)
    is_shown(page, "Failed")

    run.is_("Scheduled")
    pass_seconds(page, 31)
    is_shown(page, "Scheduled")
    run.is_("Running")

    is_shown(page, "Running")


def test_artifacts_come_again_after_a_restart(page: Page, run: PlayedRun) -> None:
    restarted_in(page, run, "artifacts", "No task has left an artifact.")

    leave(run, "# Rows")

    pass_seconds(page, 5)
    expect(page.get_by_text("# Rows")).to_be_visible()


def test_log_lines_come_again_after_a_restart(page: Page, run: PlayedRun) -> None:
    restarted_in(page, run, "log", "Nothing was logged.")

    run.says("here it is")

    pass_seconds(page, 5)
    expect(page.get_by_role("log").get_by_text("here it is")).to_be_visible()


def test_an_artifact_is_asked_for_once(page: Page, run: PlayedRun) -> None:
    artifacts = answered(page, "task_run_artifact")
    leave(run, "# One")
    page.goto(f"{run.address}?tab=artifacts")
    heard(page, lambda: len(artifacts) > 1)

    leave(run, "# Two")
    expect(contents(page)).to_have_text(["# One", "# Two"])
    heard(page, lambda: [count for count in artifacts if count] == [1, 1])


def test_an_artifact_is_replaced_and_removed_where_it_is_shown(page: Page, run: PlayedRun) -> None:
    first, second = leave(run, "# One"), leave(run, "# Two")
    page.goto(f"{run.address}?tab=artifacts")
    expect(contents(page)).to_have_text(["# One", "# Two"])

    replaced = {"markdown": "# New"}
    run.api.mutate("update_task_run_artifact", task_run_artifact_id=first, data=replaced)
    expect(contents(page)).to_have_text(["# New", "# Two"])
    run.api.mutate("delete_task_run_artifact", task_run_artifact_id=second)

    expect(contents(page)).to_have_text(["# New"])


def contents(page: Page) -> Locator:
    return page.get_by_role("tabpanel", name="Artifacts").locator("pre")


def test_the_tasks_around_a_task_are_asked_for_when_they_change(
    page: Page, site: Site, run: PlayedRun
) -> None:
    around = answered(page, "near", "children")
    page.goto(site(f"/default/task-run/{run.tasks['clean']}"))
    near = page.get_by_role("complementary", name="The node").get_by_role("listitem")
    expect(near).to_have_text(["load Pending", "report Pending"])
    heard(page, lambda: len(around) > 2)

    run.task("load", "Running")
    expect(near).to_have_text(["load Running", "report Pending"])
    heard(page, lambda: [count for count in around if count] == [2, 1])


def test_what_is_set_back_to_pending_runs_no_longer(page: Page, run: PlayedRun) -> None:
    run.task("load", "Running", "Pending")

    page.goto(run.address)

    expect(page.locator(".timeline-bar")).to_have_attribute("data-state", "Pending")
    expect(page.locator(".timeline-bar.is-growing")).to_have_count(0)


def test_what_runs_after_it_was_set_by_hand_goes_on(page: Page, run: PlayedRun) -> None:
    run.task("load", "Failed", "Running")

    page.goto(run.address)

    expect(page.locator(".timeline-bar.is-growing")).to_have_attribute("data-state", "Running")
