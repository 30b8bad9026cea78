"""What an open window requests: often during a run, rarely after it, and only what is new."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Locator, Page, Request, Response, expect

from tests.page.flows import chain, kedro_like
from tests.page.kit import Site, graphql, pass_seconds, wait_for_events
from tests.page.runs import SimulatedRun


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    run = SimulatedRun(site, chain("load", "clean", "report"))
    run.set_state("Running")
    return run


def create_artifact(run: SimulatedRun, text: str) -> str:
    """Let a task create an artifact, and return its id."""
    artifact = {"task_run_id": run.tasks["load"], "kind": "markdown", "data": {"markdown": text}}
    return str(run.api.mutate("create_task_run_artifact", **artifact)["id"])


def open_until_over(page: Page, address: str) -> None:
    """Open a run that has ended, and wait until its last polls are done."""
    page.clock.install()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    pass_seconds(page, 10)


def restart(page: Page) -> None:
    page.get_by_role("button", name="Restart from failed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("failed or did not start")).to_be_visible()
    dialog.get_by_role("button", name="Restart from failed").click()
    expect(dialog).to_have_count(0)


def expect_state(page: Page, state: str) -> None:
    expect(page.get_by_role("status").filter(has_text=state)).to_be_visible()


def answered(page: Page, *fields: str) -> list[int]:
    """Return a list that grows by the number of rows of each response that has the first field."""
    counts: list[int] = []

    def see(response: Response) -> None:
        data = response.json()["data"] if graphql(response.request) else {}
        if fields[0] in data:
            counts.append(sum(len(data[field]) for field in fields))

    page.on("response", see)
    return counts


@pytest.mark.parametrize("tab", ["timeline", "log", "artifacts"])
def test_a_run_that_has_ended_is_polled_twice_a_minute(
    page: Page, run: SimulatedRun, tab: str
) -> None:
    run.set_state("Success")
    open_until_over(page, f"{run.address}?tab={tab}")
    requests: Counter[str] = Counter()

    def see(request: Request) -> None:
        if body := graphql(request):
            requests[body["query"]] += 1

    page.on("request", see)
    pass_seconds(page, 61)

    assert requests
    assert set(requests.values()) <= {2, 3}  # real time passes as well


def test_a_restart_from_elsewhere_is_noticed_and_followed(page: Page, run: SimulatedRun) -> None:
    run.set_state("Failed")
    open_until_over(page, run.address)
    expect_state(page, "Failed")

    run.set_state("Scheduled")
    # A restart gives the run the labels of its flow.
    run.api.mutate("set_flow_run_labels", flow_run_id=run.id, labels=["gpu"])
    pass_seconds(page, 31)
    expect_state(page, "Scheduled")
    expect(page.locator("main dl").first).to_contain_text("gpu")
    run.set_state("Running")

    expect_state(page, "Running")


def test_artifacts_are_loaded_again_after_a_restart(page: Page, run: SimulatedRun) -> None:
    run.set_state("Failed")
    open_until_over(page, f"{run.address}?tab=artifacts")
    expect(page.get_by_text("No task has created an artifact.")).to_be_visible()

    restart(page)
    expect_state(page, "Scheduled")
    pass_seconds(page, 1)
    create_artifact(run, "# Rows")

    pass_seconds(page, 5)
    expect(page.get_by_role("heading", name="Rows")).to_be_visible()


def test_log_lines_are_loaded_again_after_a_restart(page: Page, run: SimulatedRun) -> None:
    run.set_state("Failed")
    open_until_over(page, f"{run.address}?tab=log")
    expect(page.get_by_text("Nothing was logged.")).to_be_visible()

    restart(page)
    expect_state(page, "Scheduled")
    pass_seconds(page, 1)
    run.log("here it is")

    pass_seconds(page, 5)
    expect(page.get_by_role("log").get_by_text("here it is")).to_be_visible()


def test_an_artifact_is_loaded_once(page: Page, run: SimulatedRun) -> None:
    artifacts = answered(page, "task_run_artifact")
    create_artifact(run, "# One")
    page.goto(f"{run.address}?tab=artifacts")
    wait_for_events(page, lambda: len(artifacts) > 1)

    create_artifact(run, "# Two")
    expect(contents(page)).to_have_text(["One", "Two"])
    wait_for_events(page, lambda: [count for count in artifacts if count] == [1, 1])


def test_an_artifact_that_is_changed_or_deleted_changes_in_the_page(
    page: Page, run: SimulatedRun
) -> None:
    first, second = create_artifact(run, "# One"), create_artifact(run, "# Two")
    page.goto(f"{run.address}?tab=artifacts")
    expect(contents(page)).to_have_text(["One", "Two"])

    replaced = {"markdown": "# New"}
    run.api.mutate("update_task_run_artifact", task_run_artifact_id=first, data=replaced)
    expect(contents(page)).to_have_text(["New", "Two"])
    run.api.mutate("delete_task_run_artifact", task_run_artifact_id=second)

    expect(contents(page)).to_have_text(["New"])


def test_the_graph_frames_the_groups_that_a_run_reports(page: Page, site: Site) -> None:
    run = SimulatedRun(site, kedro_like("load", "clean", "report"))
    run.set_state("Running")
    page.goto(f"{run.address}?tab=graph")
    expect(page.locator(".graph-box")).to_have_count(4)

    artifact = {"markdown": "", "groups": [{"name": "load", "nodes": ["load", "clean"]}]}
    task_run_id = run.tasks["init"]
    run.api.mutate(
        "create_task_run_artifact", task_run_id=task_run_id, kind="markdown", data=artifact
    )

    expect(page.locator(".graph-group text")).to_have_text(["load"])
    expect(page.get_by_role("button", name="Groups", exact=True)).to_be_visible()


def contents(page: Page) -> Locator:
    return page.get_by_role("tabpanel", name="Artifacts").locator(".markdown")


def test_neighbours_of_a_task_are_loaded_only_when_they_change(
    page: Page, site: Site, run: SimulatedRun
) -> None:
    around = answered(page, "neighbours", "children")
    page.goto(site(f"/default/task-run/{run.tasks['clean']}"))
    near = page.get_by_role("complementary", name="Node").get_by_role("listitem")
    expect(near).to_have_text(["load Pending", "report Pending"])
    wait_for_events(page, lambda: len(around) > 2)

    run.set_task_state("load", "Running")
    expect(near).to_have_text(["load Running", "report Pending"])
    wait_for_events(page, lambda: [count for count in around if count] == [2, 1])


def test_a_task_that_is_reset_to_pending_is_not_shown_as_running(
    page: Page, run: SimulatedRun
) -> None:
    run.set_task_state("load", "Running", "Pending")

    page.goto(run.address)

    expect(page.locator(".timeline-bar")).to_have_attribute("data-state", "Pending")
    expect(page.locator(".timeline-bar.is-growing")).to_have_count(0)


def test_a_task_that_runs_after_its_state_was_set_is_shown_as_running(
    page: Page, run: SimulatedRun
) -> None:
    run.set_task_state("load", "Failed", "Running")

    page.goto(run.address)

    expect(page.locator(".timeline-bar.is-growing")).to_have_attribute("data-state", "Running")
