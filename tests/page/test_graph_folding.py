"""How namespaces of the graph fold, and where datasets are drawn."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.page.drawings import NESTED, Draw, graph, node

FILES = graph(
    [
        node(
            "load",
            inputs={"params:size": None},
            outputs={"table": {"type": "pandas.ParquetDataset"}},
        ),
        node(
            "draw",
            inputs={
                "table": {"type": "pandas.ParquetDataset"},
                "raw": {"type": "pandas.CSVDataset"},
            },
            outputs={"plot@figure": {"type": "matplotlib.MatplotlibDataset"}},
        ),
        node("show", inputs={"plot@png": {"type": "pillow.ImageDataset"}, "parameters": None}),
    ],
    "load > draw",
    "draw > show",
    "load > show",
)


def test_namespaces_fold_level_by_level(draw: Draw) -> None:
    drawing = draw(NESTED)

    drawing.button("Fold all").click()
    expect(drawing.boxes).to_have_count(3)
    drawing.box("namespace:model").get_by_text("3 nodes").wait_for()
    folded = (drawing.ids, drawing.edges)
    drawing.box("namespace:model").click()
    expect(drawing.boxes).to_have_count(4)

    assert folded == (
        {"start", "namespace:model", "end"},
        {"start > namespace:model", "namespace:model > end"},
    )
    assert drawing.ids == {"start", "model.fit", "namespace:model.tune", "end"}
    assert drawing.edges == {
        "start > model.fit",
        "model.fit > namespace:model.tune",
        "namespace:model.tune > end",
    }


def test_a_folded_namespace_shows_how_many_nodes_it_has_and_its_worst_state(draw: Draw) -> None:
    drawing = draw(NESTED)

    drawing.page.get_by_role("button", name="Fold model", exact=True).click()
    box = drawing.box("namespace:model")

    expect(box).to_have_attribute("aria-label", "model, 3 nodes, Failed, folded")
    expect(box).to_have_attribute("data-family", "failed")
    parts = box.locator(".graph-part").evaluate_all(
        "(all) => all.map((part) => part.dataset.family)"
    )
    assert parts == ["success", "running", "failed"]


def test_a_frame_holds_the_nodes_of_its_namespace_and_no_others(draw: Draw) -> None:
    drawing = draw(NESTED)

    outer, inner = drawing.frame("model"), drawing.frame("model.tune")

    assert drawing.ids_within(outer) == {"model.fit", "model.tune.split", "model.tune.score"}
    assert drawing.ids_within(inner) == {"model.tune.split", "model.tune.score"}


def test_run_groups_are_framed_instead_of_namespaces(draw: Draw) -> None:
    nodes = [node("a.one", runGroup="a.one"), node("two", runGroup="a.one"), node("a.three")]
    drawing = draw(graph(nodes, "a.one > two", "two > a.three"))

    frames = drawing.page.locator(".graph-group text")
    expect(frames).to_have_text(["a.one"])
    assert drawing.ids_within(drawing.frame("a.one")) == {"a.one", "two"}
    drawing.button("Fold all").click()
    drawing.box("namespace:a.one").get_by_text("2 nodes").wait_for()

    drawing.button("Groups").click()
    expect(frames).to_have_text(["a"])


def test_a_large_graph_starts_folded(draw: Draw) -> None:
    names = [f"stage_{number // 20}.step_{number}" for number in range(200)]

    drawing = draw(graph(names))

    assert drawing.ids == {f"namespace:stage_{number}" for number in range(10)}


def test_the_keyboard_folds_and_the_focus_stays_there(draw: Draw) -> None:
    drawing = draw(NESTED)

    drawing.box("model.tune.score").focus()
    drawing.press("f")
    expect(drawing.box("namespace:model.tune")).to_be_focused()
    drawing.press("f")
    expect(drawing.box("namespace:model")).to_be_focused()
    drawing.press("Enter")

    expect(drawing.box("model.fit")).to_be_focused()


def test_datasets_lie_between_their_writer_and_readers_with_their_types(draw: Draw) -> None:
    drawing = draw(FILES)

    drawing.button("Datasets").click()
    expect(drawing.boxes).to_have_count(6)

    assert drawing.edges == {
        "load > dataset:table",
        "dataset:table > draw",
        "dataset:raw > draw",
        "draw > dataset:plot",
        "dataset:plot > show",
        "load > show",
    }
    assert drawing.has_every_edge_downwards()
    expect(drawing.box("dataset:table")).to_contain_text("ParquetDataset")
    expect(drawing.box("dataset:plot")).to_have_attribute(
        "aria-label", "plot, dataset MatplotlibDataset, ImageDataset"
    )
    expect(drawing.box("dataset:table").locator("title")).to_have_text(
        "table\npandas.ParquetDataset"
    )


def test_arguments_of_other_tasks_are_not_shown_as_datasets(draw: Draw) -> None:
    plain = {"inputs": {"value": {"type": "<class 'int'>", "required": True}}, "outputs": "Any"}
    drawing = draw(graph([node("one", **plain), node("two", **plain)], "one > two"))

    expect(drawing.button("Fit")).to_be_visible()
    expect(drawing.button("Datasets")).not_to_be_visible()


def test_datasets_can_be_hidden_again(draw: Draw) -> None:
    drawing = draw(FILES)

    drawing.button("Datasets").click()
    expect(drawing.boxes).to_have_count(6)
    drawing.button("Datasets").click()
    expect(drawing.boxes).to_have_count(3)

    assert drawing.edges == {"load > draw", "draw > show", "load > show"}


def test_a_dataset_inside_of_a_folded_namespace_is_folded_with_it(draw: Draw) -> None:
    inner, outer = {"model.part": {}}, {"features": {}}
    drawing = draw(
        graph(
            [node("model.split", inputs=outer, outputs=inner), node("model.fit", inputs=inner)],
            "model.split > model.fit",
        )
    )

    drawing.button("Datasets").click()
    expect(drawing.boxes).to_have_count(4)
    drawing.button("Fold all").click()
    expect(drawing.boxes).to_have_count(2)

    assert drawing.edges == {"dataset:features > namespace:model"}


def test_a_cycle_between_folded_namespaces_is_drawn(draw: Draw) -> None:
    drawing = draw(graph(["a.one", "b.one", "a.two"], "a.one > b.one", "b.one > a.two"))

    drawing.button("Fold all").click()
    expect(drawing.boxes).to_have_count(2)

    assert drawing.edges == {"namespace:a > b.one", "b.one > namespace:a"}
