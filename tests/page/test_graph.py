"""The graph: where it draws what, and how it copes with large graphs."""

from __future__ import annotations

import re
from typing import Callable

import pytest
from playwright.sync_api import Page, expect
from prefect import Flow, Task

from tests.page.drawings import DIAMOND, Draw, Drawing, Graph, graph, node
from tests.page.kit import Site
from tests.server.kit import two_tasks


def grid(wide: int, deep: int) -> Graph:
    names = [f"step_{y}_{x}" for y in range(deep) for x in range(wide)]
    edges = [
        f"step_{y - 1}_{(x + shift) % wide} > step_{y}_{x}"
        for y in range(1, deep)
        for x in range(wide)
        for shift in (0, 7)
    ]
    return graph(names, *edges)


def test_a_registered_flow_is_drawn_in_layers_without_its_parameters(
    page: Page, site: Site
) -> None:
    flow = site.register(two_tasks())

    page.goto(site(f"/default/flow/{flow.id}"))
    drawing = Drawing(page).ready()

    expect(drawing.boxes.locator("text")).to_have_text(["one", "increment"])
    assert len(drawing.edges) == 1
    assert drawing.has_every_edge_downwards()


def test_every_edge_leads_to_a_lower_layer(draw: Draw) -> None:
    drawing = draw(DIAMOND)

    assert drawing.edges == {"a > b", "a > c", "b > d", "c > d"}
    assert drawing.has_every_edge_downwards()
    assert drawing.places["b"]["y"] == drawing.places["c"]["y"]


def test_edges_of_nodes_that_are_not_shown_are_left_out(draw: Draw) -> None:
    drawing = draw(graph("bd", "a > b", "b > d", "d > z"))

    assert drawing.edges == {"b > d"}


def test_the_layers_go_to_the_right_on_demand(draw: Draw) -> None:
    drawing = draw(DIAMOND)

    drawing.button("Lay out from left to right").click()
    drawing.button("Lay out from top to bottom").wait_for()
    drawing.ready()

    xs = {id_: box["x"] + box["width"] / 2 for id_, box in drawing.places.items()}
    assert xs["b"] == pytest.approx(xs["c"])
    assert xs["a"] < xs["b"] < xs["d"]


def test_a_box_shows_its_name_and_state(draw: Draw) -> None:
    states = ["Success", "TriggerFailed", "Queued", None]
    drawing = draw(graph(node(name, state) for name, state in zip("abcd", states)))

    families = drawing.boxes.evaluate_all("(all) => all.map((box) => box.dataset.family)")
    labels = drawing.boxes.evaluate_all("(all) => all.map((box) => box.ariaLabel)")

    assert families == ["success", "not-started", "scheduled", "none"]
    assert labels == ["a, Success", "b, TriggerFailed", "c, Queued", "d, no state"]


def test_a_new_state_changes_only_its_own_box_and_moves_none(draw: Draw, page: Page) -> None:
    drawing = draw(DIAMOND)
    before = drawing.places
    layouts = []
    page.on("worker", lambda worker: layouts.append(worker.url))
    page.evaluate(
        """() => {
          drawing.changed = new Set();
          const idOf = (target) =>
            (target.closest ? target : target.parentElement).closest(".graph-box")?.dataset.id;
          const note = ({target}) => drawing.changed.add(idOf(target));
          new MutationObserver((all) => all.forEach(note)).observe(
            document.querySelector(".graph-svg"),
            {subtree: true, childList: true, attributes: true, characterData: true},
          );
        }"""
    )

    drawing.show({**DIAMOND, "nodes": [node("a"), node("b", "Running"), node("c"), node("d")]})
    expect(drawing.box("b")).to_have_attribute("data-family", "running")

    assert page.evaluate("[...drawing.changed]") == ["b"]
    assert (drawing.places, layouts) == (before, [])


def test_markup_in_names_stays_text(draw: Draw) -> None:
    name = "<img src=x onerror=alert(1)>"
    drawing = draw(graph([node(name, description="<b>bold</b>", tags=["<i>"])]))

    expect(drawing.boxes.locator("text")).to_have_text(name)
    assert drawing.page.locator("img, b, i").count() == 0


def test_a_long_name_loses_its_middle_and_is_full_in_the_title(draw: Draw) -> None:
    name = "measure_" + "very_" * 20 + "recent_departures"
    drawing = draw(graph([name]))

    expect(drawing.boxes.locator("text")).to_have_text(re.compile("^measure_very_.*….*departures$"))
    expect(drawing.boxes.locator("title")).to_have_text(name)


def test_a_wide_fan_is_drawn_as_a_block(draw: Draw) -> None:
    parts = [f"part_{number}" for number in range(300)]
    ends = [edge for part in parts for edge in (f"split > {part}", f"{part} > join")]
    drawing = draw(graph(["split", *parts, "join"], *ends))

    places = drawing.places.values()
    left, right = min(box["x"] for box in places), max(box["x"] + box["width"] for box in places)

    assert len(drawing.edges) == 2
    assert right - left < 3000


def test_a_flow_without_tasks_shows_a_message(page: Page, site: Site) -> None:
    flow = site.register(Flow("empty"))

    page.goto(site(f"/default/flow/{flow.id}"))

    expect(page.get_by_text("This flow has no tasks.")).to_be_visible()


def test_a_layout_that_cannot_be_made_shows_a_message(page: Page, site: Site) -> None:
    page.route("**/graph/layout-worker.js", lambda route: route.abort())
    flow = site.register(Flow("broken", tasks=[Task("one")]))

    page.goto(site(f"/default/flow/{flow.id}"))

    expect(page.get_by_text("The graph could not be laid out")).to_be_visible()


def test_a_chain_of_more_than_a_thousand_nodes_is_drawn(draw: Draw) -> None:
    names = [f"step_{number}" for number in range(1200)]
    drawing = draw(graph(names, *(f"{one} > {two}" for one, two in zip(names, names[1:]))))

    assert drawing.boxes.count() == 1200
    assert drawing.has_every_edge_downwards()


def test_a_thousand_nodes_are_drawn_and_stay_usable(
    draw: Draw, page: Page, record_property: Callable[[str, object], None]
) -> None:
    drawing = draw(grid(20, 50))
    milliseconds = page.evaluate("performance.now() - drawing.startedAt")
    record_property("milliseconds_until_drawn", round(milliseconds))

    drawing.box("step_25_10").focus()
    drawing.press("ArrowDown")

    assert drawing.boxes.count() == 1000
    assert drawing.focused.startswith("step_26_")
