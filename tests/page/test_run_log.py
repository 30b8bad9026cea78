"""The log in the views of runs: live, filtered, long, and never markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.kits.waiting import eventually
from tests.page.flows import chain
from tests.page.kit import Faults, Site, wait_for_events
from tests.page.runs import SimulatedRun

MARKUP = "<img src=x onerror=alert(1)><b>bold</b> &amp; [link](javascript:alert(1))"


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    run = SimulatedRun(site, chain("load", "clean"))
    run.set_state("Running")
    return run


@pytest.fixture
def log(page: Page, run: SimulatedRun) -> Locator:
    """Open the log of the run."""
    page.goto(f"{run.address}?tab=log")
    return page.get_by_role("log")


def texts(log: Locator) -> list[str]:
    return log.locator(".log-text").all_inner_texts()


def test_lines_appear_as_they_are_written(log: Locator, run: SimulatedRun) -> None:
    expect(log.get_by_text("Nothing has been logged yet.")).to_be_visible()

    run.log("first")
    eventually(lambda: texts(log) == ["first"])
    run.log("second", "third\n  of two lines")

    eventually(lambda: texts(log) == ["first", "second", "third", "  of two lines"])


def test_a_line_with_markup_stays_text(log: Locator, run: SimulatedRun) -> None:
    run.log(MARKUP, task="load")

    eventually(lambda: texts(log) == [MARKUP])
    expect(log.locator("b, img")).to_have_count(0)


def test_a_line_links_to_its_task_run(page: Page, log: Locator, run: SimulatedRun) -> None:
    run.log("loading", task="load")

    log.get_by_role("link", name="load").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("load")
    expect(page.get_by_role("log").get_by_text("loading")).to_be_visible()


def test_lines_are_filtered_by_level_task_and_text(
    page: Page, log: Locator, run: SimulatedRun
) -> None:
    run.log("flow starts")
    run.log("rows: 3", task="load")
    run.log("rows missing", task="load", level="WARNING")
    run.log("rows are wrong", task="clean", level="ERROR")
    eventually(lambda: len(texts(log)) == 4)

    page.get_by_label("Level").select_option("WARNING and above")
    eventually(lambda: texts(log) == ["rows missing", "rows are wrong"])
    page.get_by_label("Task", exact=True).select_option("load")
    eventually(lambda: texts(log) == ["rows missing"])
    page.get_by_label("Level").select_option("All levels")
    page.get_by_label("Text").fill("rows:")
    eventually(lambda: texts(log) == ["rows: 3"])
    run.log("rows: 4", task="load")

    eventually(lambda: texts(log) == ["rows: 3", "rows: 4"])


def test_a_level_selected_while_typing_stays_selected(
    page: Page, log: Locator, run: SimulatedRun
) -> None:
    run.log("rows: 3")
    run.log("rows missing", "no columns", level="WARNING")
    eventually(lambda: len(texts(log)) == 3)

    page.get_by_label("Text").fill("rows")
    page.get_by_label("Level").select_option("WARNING and above")

    eventually(lambda: texts(log) == ["rows missing"])
    expect(page.get_by_label("Level")).to_have_value("WARNING")


def test_typed_text_is_searched_literally(page: Page, log: Locator, run: SimulatedRun) -> None:
    run.log("100 % done", "100 rows done", "is_active", "is active", "C:\\data")
    eventually(lambda: len(texts(log)) == 5)

    for typed, line in (("100 %", "100 % done"), ("is_a", "is_active"), (":\\d", "C:\\data")):
        page.get_by_label("Text").fill(typed)
        eventually(lambda line=line: texts(log) == [line])


def test_a_long_log_follows_its_end_until_the_user_scrolls_up(
    page: Page, log: Locator, run: SimulatedRun
) -> None:
    run.log(*(f"line {number}" for number in range(5000)))
    expect(log.get_by_text("line 4999", exact=True)).to_be_in_viewport()
    assert len(texts(log)) < 150

    log.hover()
    page.mouse.wheel(0, -2000)
    expect(page.get_by_role("button", name="Jump to the end")).to_be_visible()
    top = log.evaluate("box => box.scrollTop")
    run.log("the last line")
    page.wait_for_function("() => document.querySelector('.log').scrollHeight > 5000 * 8")

    assert log.evaluate("box => box.scrollTop") == top
    page.get_by_role("button", name="Jump to the end").click()
    expect(log.get_by_text("the last line")).to_be_in_viewport()


def test_earlier_lines_are_loaded_on_demand(page: Page, log: Locator, run: SimulatedRun) -> None:
    run.log(*(f"line {number}" for number in range(5000)))
    expect(log.get_by_text("line 4999", exact=True)).to_be_in_viewport()
    page.reload()
    expect(log.get_by_text("line 4999", exact=True)).to_be_in_viewport()

    for first in (1000, 0):
        log.evaluate("box => { box.scrollTop = 0; }")
        page.get_by_role("button", name="Load earlier lines").click()
        eventually(lambda: log.evaluate("box => box.scrollHeight") > (5000 - first) * 20)  # noqa: B023
    log.evaluate("box => { box.scrollTop = 0; }")

    expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()
    expect(page.get_by_role("button", name="Load earlier lines")).to_have_count(0)


def test_the_reader_keeps_the_place_when_earlier_lines_are_loaded(
    page: Page, log: Locator, run: SimulatedRun
) -> None:
    run.log(*(f"line {number}" for number in range(4500)))
    page.reload()
    expect(log.get_by_text("line 4499", exact=True)).to_be_in_viewport()
    for first in (2500, 500):
        line = log.get_by_text(f"line {first}", exact=True)
        log.evaluate("box => { box.scrollTop = 0; }")
        expect(line).to_be_in_viewport()
        before = line.bounding_box()
        page.get_by_role("button", name="Load earlier lines").click()
        expect(log.get_by_text(f"line {first - 1}", exact=True)).to_be_visible()

        assert line.bounding_box() == before


def test_a_log_that_cannot_be_saved_says_why(
    page: Page, log: Locator, run: SimulatedRun, faults: Faults
) -> None:
    run.log("line")
    eventually(lambda: texts(log) == ["line"])
    page.clock.install()
    page.route("**/graphql", lambda route: route.abort())
    page.get_by_role("button", name="Download").click()

    expect(page.get_by_role("alert").filter(has_text="not responding").first).to_be_visible()
    expect(page.get_by_role("button", name="Download")).to_have_attribute("aria-disabled", "false")
    faults.expect("net::ERR_FAILED")


def test_the_rest_of_a_log_is_not_loaded_after_its_view_was_left(
    page: Page, site: Site, log: Locator, run: SimulatedRun
) -> None:
    run.log(*(f"line {number}" for number in range(6500)))
    page.reload()
    expect(log.get_by_text("line 6499", exact=True)).to_be_in_viewport()
    held: list[Route] = []

    def hold_pages(route: Route) -> None:
        is_page = "_lte" in (route.request.post_data or "") and "log(" in route.request.post_data
        held.append(route) if is_page else route.continue_()

    page.route("**/graphql", hold_pages)
    page.get_by_role("button", name="First line").click()
    wait_for_events(page, lambda: held)
    page.get_by_role("link", name="Agents").click()
    expect(page.get_by_role("heading", name="Agents", exact=True)).to_be_visible()
    held[0].continue_()
    page.wait_for_timeout(300)

    assert len(held) == 1


def test_the_log_is_saved_and_copied_whole(page: Page, log: Locator, run: SimulatedRun) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    run.log(*(f"line {number}" for number in range(3000)), task="load")
    page.reload()
    expect(log.get_by_text("line 2999", exact=True)).to_be_in_viewport()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()

    text = Path(saved.value.path()).read_text()
    lines = text.splitlines()
    assert saved.value.suggested_filename.endswith(".log")
    assert len(lines) == 3000
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}  INFO      load  line 0", lines[0])
    page.get_by_role("button", name="Copy log").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == text


def test_ctrl_a_selects_the_log_alone(page: Page, log: Locator, run: SimulatedRun) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    run.log(*(f"line {number}" for number in range(500)))
    expect(log.get_by_text("line 499", exact=True)).to_be_in_viewport()
    log.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")

    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert [line.rsplit("  ", 1)[-1] for line in copied] == [f"line {n}" for n in range(500)]


def test_the_first_line_of_a_long_log_is_one_press_away(
    page: Page, log: Locator, run: SimulatedRun
) -> None:
    run.log(*(f"line {number}" for number in range(5000)))
    page.reload()
    expect(log.get_by_text("line 4999", exact=True)).to_be_in_viewport()
    page.get_by_role("button", name="First line").click()

    expect(log.get_by_text("line 0", exact=True)).to_be_in_viewport()
    expect(log.locator(".log-day").first).to_be_in_viewport()


def test_long_lines_are_wrapped_on_demand(page: Page, log: Locator, run: SimulatedRun) -> None:
    run.log("x" * 1000)
    eventually(lambda: texts(log) == ["x" * 1000])
    page.get_by_role("button", name="Wrap").click()
    eventually(lambda: len(texts(log)) > 3)

    assert "".join(texts(log)) == "x" * 1000
    assert log.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    page.reload()
    eventually(lambda: len(texts(log)) > 3)
