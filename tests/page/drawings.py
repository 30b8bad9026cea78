"""The graph of the page, drawn from the nodes and edges of a test."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, Mapping

import pytest
from playwright.sync_api import Locator, Page

from tests.page.kit import embedded_server

_DRAW = """async ({nodes, edges, isSelectable}) => {
  const {html, render, useState} = await import("/static/vendor/html.js");
  const {Graph} = await import("/static/graph/graph.js");
  const record = window.drawing = {opened: [], selected: [], startedAt: performance.now()};
  function Drawn() {
    const [graph, setGraph] = useState({nodes, edges});
    const [selected, select] = useState(new Set());
    Object.assign(record, {setGraph, selected: [...selected]});
    return html`<${Graph} ...${graph} label="The graph" selected=${selected}
      onSelect=${isSelectable ? select : undefined} onOpen=${(id) => record.opened.push(id)} />`;
  }
  const container = document.createElement("div");
  document.body.replaceChildren(container);
  render(html`<${Drawn} />`, container);
}"""

_BOXES = """(boxes) => Object.fromEntries(boxes.map((box) => {
  const {x, y, width, height} = box.querySelector(".graph-face").getBoundingClientRect();
  return [box.dataset.id, {x, y, width, height}];
}))"""

Graph = Mapping[str, Any]


def node(name: str, state: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "state": state, **more}


def graph(nodes: Iterable[Any], *edges: str) -> Graph:
    """Return a graph of nodes, or names of nodes, with edges like "one > two"."""
    pairs = [edge.split(" > ") for edge in edges]
    return {
        "nodes": [node(item) if isinstance(item, str) else item for item in nodes],
        "edges": [{"from": start, "to": end} for start, end in pairs],
    }


class Drawing:
    """A graph as a window shows it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.boxes = page.locator(".graph-box")

    @classmethod
    def of(cls, graph: Graph, page: Page, address: str, is_selectable: bool = False) -> Drawing:
        page.goto(f"{address}/default/nowhere")
        page.evaluate(_DRAW, {**graph, "isSelectable": is_selectable})
        return cls(page).ready()

    def ready(self) -> Drawing:
        """Wait until the layout is done."""
        self.page.locator('.graph-canvas[aria-busy="false"] .graph-box').first.wait_for()
        return self

    def show(self, graph: Graph) -> None:
        self.page.evaluate("(graph) => drawing.setGraph(graph)", graph)

    def box(self, id_: str) -> Locator:
        return self.page.locator(f'.graph-box[data-id="{id_}"]')

    def frame(self, namespace: str) -> dict[str, float]:
        """Return where the frame of a namespace is drawn."""
        frame = self.page.locator(f'.graph-group[data-id="namespace:{namespace}"] .graph-frame')
        return dict(frame.bounding_box() or {})  # type: ignore[arg-type]

    def ids_within(self, frame: dict[str, float]) -> set[str]:
        """Return the ids of the boxes that are in a frame, wholly or in part."""
        return {
            id_
            for id_, box in self.places.items()
            if box["x"] < frame["x"] + frame["width"] and frame["x"] < box["x"] + box["width"]
            if box["y"] < frame["y"] + frame["height"] and frame["y"] < box["y"] + box["height"]
        }

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def ids(self) -> set[str]:
        return set(self.places)

    @property
    def places(self) -> dict[str, dict[str, float]]:
        places: dict[str, dict[str, float]] = self.boxes.evaluate_all(_BOXES)
        return places

    @property
    def edges(self) -> set[str]:
        keys = self.page.locator(".graph-edge").evaluate_all(
            "(all) => all.map((one) => one.dataset.ends)"
        )
        return {key.replace(" ", " > ") for key in keys}

    @property
    def focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.dataset.id ?? ''"))

    @property
    def opened(self) -> list[str]:
        ids: list[str] = self.page.evaluate("drawing.opened")
        return ids

    @property
    def selected(self) -> set[str]:
        return set(self.page.evaluate("drawing.selected"))

    def has_every_edge_downwards(self) -> bool:
        places = self.places
        ends = [edge.split(" > ") for edge in self.edges]
        return all(
            places[start]["y"] + places[start]["height"] <= places[end]["y"] for start, end in ends
        )


Draw = Callable[..., Drawing]

DIAMOND = graph("abcd", "a > b", "a > c", "b > d", "c > d")
NESTED = graph(
    [
        "start",
        node("model.fit", "Success"),
        node("model.tune.split", "Running"),
        node("model.tune.score", "Failed"),
        "end",
    ],
    "start > model.fit",
    "model.fit > model.tune.split",
    "model.tune.split > model.tune.score",
    "model.tune.score > end",
)


@pytest.fixture(scope="session")
def graph_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server for graphs without a registered flow."""
    folder = tmp_path_factory.mktemp("graphs")
    with embedded_server(folder) as server:
        yield server.url


@pytest.fixture
def draw(page: Page, graph_address: str) -> Draw:
    """Return a function that draws a graph in a window."""

    def draw(graph: Graph, **more: Any) -> Drawing:
        return Drawing.of(graph, page, graph_address, **more)

    return draw
