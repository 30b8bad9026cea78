"""The graph as a tool: finding nodes, the failure, the critical path, a node's panel, files."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.kits.waiting import eventually
from tests.page.flows import pipeline_flow
from tests.page.kit import Site
from tests.page.runs import SimulatedRun
from tests.server.kit import run_row

NODES = {
    "load": ("raw_orders", "orders"),
    "model.fit": ("orders params:model.depth", "best"),
    "model.score": ("best", "scores"),
    "audit": ("orders", "report_audit"),
    "write": ("scores", "report"),
}
MARKUP = "ValueError: <b>no rows</b>"


@pytest.fixture
def run(site: Site) -> SimulatedRun:
    run = SimulatedRun(site, pipeline_flow("shop", NODES))
    run.set_state("Running")
    for name in ("init", "load", "audit"):
        run.set_task_state(name, "Running", "Success")
    run.set_task_state("model.fit", "Running")
    run.log(f"Traceback (most recent call last):\n{MARKUP}", task="model.fit", level="ERROR")
    run.set_task_state("model.fit", "Failed", message=MARKUP)
    for name in ("model.score", "write"):
        run.set_task_state(name, "TriggerFailed")
    run.set_state("Failed")
    return run


@pytest.fixture
def graph(page: Page, run: SimulatedRun) -> Locator:
    page.goto(f"{run.address}?tab=graph")
    graph = page.get_by_role("region", name="Graph of shop")
    expect(graph.get_by_label("load, Success")).to_be_visible()
    return graph


def assert_centred(graph: Locator, box: Locator) -> None:
    place, window = box.bounding_box(), graph.locator(".graph-svg").bounding_box()
    assert place
    assert window
    assert abs(place["x"] + place["width"] / 2 - window["x"] - window["width"] / 2) < 30


def faded(graph: Locator) -> set[str]:
    labels = graph.locator(".graph-box[data-faded=true]").evaluate_all(
        "boxes => boxes.map(box => box.getAttribute('aria-label').split(',')[0])"
    )
    return set(labels)


def found(graph: Locator) -> Locator:
    """Return the box that the search has led to."""
    return graph.locator(".graph-box[data-found=true]")


def test_a_slash_leads_to_the_search_and_enter_to_what_it_finds(page: Page, graph: Locator) -> None:
    page.keyboard.press("/")
    page.keyboard.type("model")
    expect(graph.get_by_text("2 found, Enter goes there")).to_be_visible()
    assert faded(graph) == {"init", "load", "audit", "write"}
    for name in ("model.fit, Failed", "model.score, TriggerFailed", "model.fit, Failed"):
        page.keyboard.press("Enter")
        expect(found(graph)).to_have_accessible_name(name)
    assert_centred(graph, found(graph))
    expect(graph.get_by_text("1 of 2 found: model.fit")).to_be_visible()
    expect(graph.get_by_label("Find nodes")).to_be_focused()
    page.keyboard.press("Escape")

    expect(found(graph)).to_have_count(0)
    expect(graph.get_by_label("model.fit, Failed")).to_have_attribute("tabindex", "0")


def test_a_search_that_found_nothing_does_not_break_the_next_ones(
    page: Page, graph: Locator
) -> None:
    field = graph.get_by_label("Find nodes")
    field.fill("nothing")
    expect(graph.get_by_text("None found")).to_be_visible()
    page.keyboard.press("Enter")
    for text, name in (("model", "model.fit, Failed"), ("l", "load, Success")):
        field.fill(text)
        page.keyboard.press("Enter")
        expect(found(graph)).to_have_accessible_name(name)
    graph.get_by_role("button", name="Go to the failure").click()

    expect(graph.get_by_label("model.fit, Failed")).to_be_focused()


def test_nodes_are_filtered_by_state_and_tag(graph: Locator) -> None:
    graph.get_by_label("State", exact=True).select_option("not started")
    eventually(lambda: faded(graph) == {"init", "load", "audit", "model.fit"})
    graph.get_by_label("State", exact=True).select_option("")
    graph.get_by_label("Tag", exact=True).select_option("nightly")

    eventually(lambda: faded(graph) == {"init"})


def test_the_failure_is_centred_and_what_followed_is_faded(graph: Locator) -> None:
    graph.get_by_role("button", name="Fold all", exact=True).click()
    expect(graph.get_by_label("model.fit, Failed")).to_have_count(0)
    graph.get_by_role("button", name="Go to the failure").click()
    culprit = graph.get_by_label("model.fit, Failed")
    expect(culprit).to_be_focused()

    assert faded(graph) == {"model.score", "write"}
    assert_centred(graph, culprit)


def test_the_critical_path_stands_out(graph: Locator) -> None:
    graph.get_by_role("button", name="Critical path").click()

    eventually(lambda: faded(graph) == {"audit", "model.score", "write"})


def test_a_click_shows_what_a_node_did_beside_the_graph(
    page: Page, run: SimulatedRun, graph: Locator
) -> None:
    graph.get_by_label("model.fit, Failed").click()
    panel = graph.get_by_role("complementary", name="model.fit")
    expect(panel.get_by_text(MARKUP).first).to_be_visible()
    expect(panel.locator(".traceback")).to_contain_text("Traceback (most recent call last)")
    expect(panel.get_by_role("listitem")).to_have_text(
        ["orders MemoryDataset", "params:model.depth MemoryDataset", "best MemoryDataset"]
    )
    expect(page.locator("main b")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(graph.get_by_label("model.fit, Failed")).to_be_focused()
    page.keyboard.press("Enter")
    panel.get_by_role("link", name="Open the task run").click()

    page.wait_for_url(f"**/default/task-run/{run.tasks['model.fit']}")


def test_the_panel_of_another_node_gets_the_focus_and_gives_it_to_that_node(
    page: Page, graph: Locator
) -> None:
    for name in ("load", "audit"):
        graph.get_by_label(f"{name}, Success").dispatch_event("click")
        expect(graph.get_by_role("heading", name=name)).to_be_focused()
    page.keyboard.press("Escape")

    expect(graph.get_by_role("complementary")).to_have_count(0)
    expect(graph.get_by_label("audit, Success")).to_be_focused()


def test_a_node_of_a_flow_opens_its_last_task_run(
    page: Page, site: Site, run: SimulatedRun
) -> None:
    flow = run_row(run.api, run.id, "flow_id")["flow_id"]
    page.goto(site(f"/default/flow/{flow}"))
    page.get_by_label("model.fit, Failed").click()

    page.wait_for_url(f"**/default/task-run/{run.tasks['model.fit']}")


def test_the_graph_is_saved_as_a_picture_and_as_mermaid_text(page: Page, graph: Locator) -> None:
    texts = {}
    for button in ("SVG", "Mermaid"):
        with page.expect_download() as saved:
            graph.get_by_role("button", name=button).click()
        texts[button] = Path(saved.value.path()).read_text()

    assert texts["SVG"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert all(name.split(".")[-1] in texts["SVG"] for name in NODES)
    assert '["model.fit"]:::failed' in texts["Mermaid"]
    assert texts["Mermaid"].startswith("flowchart TB\n")


def test_the_minimap_leads_to_elsewhere(page: Page, graph: Locator) -> None:
    for _ in range(6):
        graph.get_by_role("button", name="Zoom in").click()
    minimap = graph.locator(".graph-map")
    expect(minimap).to_be_visible()
    minimap.scroll_into_view_if_needed()
    layer = graph.locator(".graph-svg > g")
    before = layer.get_attribute("transform")
    box = minimap.bounding_box()
    assert box
    page.mouse.click(box["x"] + 5, box["y"] + box["height"] - 5)

    assert layer.get_attribute("transform") != before
    graph.get_by_role("button", name="Fit").click()
    expect(minimap).to_be_hidden()
