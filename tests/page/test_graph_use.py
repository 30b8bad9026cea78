"""What mouse and keyboard do in the graph: selecting, opening, walking, moving, zooming."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.kits.waiting import eventually
from tests.page.drawings import DIAMOND, NESTED, Draw, graph


def test_a_click_selects_and_shift_selects_everything_upstream(draw: Draw) -> None:
    drawing = draw(DIAMOND, is_selectable=True)

    drawing.box("b").click()
    drawing.box("d").click()
    drawing.box("b").click()
    clicked = drawing.selected
    drawing.box("c").click(modifiers=["Shift"])

    assert clicked == {"d"}
    assert drawing.selected == {"d", "c", "a"}
    expect(drawing.box("c")).to_have_attribute("aria-checked", "true")
    expect(drawing.box("b")).to_have_attribute("aria-checked", "false")


def test_buttons_select_what_is_upstream_and_downstream(draw: Draw) -> None:
    drawing = draw(DIAMOND, is_selectable=True)

    drawing.box("b").click()
    drawing.button("+ downstream").click()
    with_after = drawing.selected
    drawing.button("Clear").click()
    expect(drawing.page.get_by_text("None selected")).to_be_visible()
    drawing.box("b").click()
    drawing.button("+ upstream").click()

    assert (with_after, drawing.selected) == ({"b", "d"}, {"a", "b"})


def test_the_keyboard_selects(draw: Draw) -> None:
    drawing = draw(DIAMOND, is_selectable=True)

    drawing.box("a").focus()
    drawing.press("Space", "ArrowDown", "Enter")

    assert drawing.selected == {"a", drawing.focused}


def test_a_folded_namespace_is_selected_as_a_whole_and_shown_as_partly_selected(draw: Draw) -> None:
    drawing = draw(NESTED, is_selectable=True)

    drawing.box("model.fit").click()
    drawing.button("Fold all").click()
    box = drawing.box("namespace:model")
    expect(box).to_have_attribute("aria-checked", "mixed")
    box.focus()
    drawing.press("Space")

    expect(box).to_have_attribute("aria-checked", "true")
    assert drawing.selected == {"model.fit", "model.tune.split", "model.tune.score"}


def test_a_click_or_enter_opens_where_nothing_can_be_selected(draw: Draw) -> None:
    drawing = draw(DIAMOND)

    drawing.box("b").click()
    drawing.box("c").focus()
    drawing.press("Enter")

    assert drawing.opened == ["b", "c"]


def test_arrow_keys_follow_the_edges_and_the_layer(draw: Draw) -> None:
    drawing = draw(DIAMOND)
    left, right = sorted("bc", key=lambda id_: drawing.places[id_]["x"])

    drawing.box(left).focus()
    way = []
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowUp"):
        drawing.press(key)
        way.append(drawing.focused)

    assert way[:2] == [right, "d"]
    assert way[-1] == "a"


def test_only_one_box_is_a_stop_of_the_tab_key(draw: Draw) -> None:
    drawing = draw(DIAMOND)

    drawing.box("c").focus()
    expect(drawing.box("c")).to_have_attribute("tabindex", "0")

    assert drawing.page.locator(".graph-box[tabindex='0']").count() == 1


def test_pointing_at_a_box_highlights_the_paths_to_it_and_from_it(draw: Draw) -> None:
    drawing = draw(DIAMOND)

    drawing.box("b").hover()
    drawing.page.locator(".graph-edge[data-lit=true]").first.wait_for()
    lit = drawing.page.locator(".graph-edge[data-lit=true]").evaluate_all(
        "(all) => all.map((edge) => edge.dataset.ends)"
    )

    assert sorted(lit) == ["a b", "b d"]


def test_dragging_moves_the_drawing_and_opens_nothing(draw: Draw) -> None:
    drawing = draw(DIAMOND)
    before = drawing.places["a"]
    x, y = before["x"] + 10, before["y"] + 10

    drawing.page.mouse.move(x, y)
    drawing.page.mouse.down()
    drawing.page.mouse.move(x + 100, y + 50, steps=5)
    drawing.page.mouse.up()
    after = drawing.places["a"]

    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((100, 50), abs=1)
    assert drawing.opened == []


def test_the_wheel_zooms_with_ctrl_and_is_left_to_the_page_without(draw: Draw, page: Page) -> None:
    drawing = draw(DIAMOND)
    before = drawing.places["b"]
    page.mouse.move(before["x"] + 1, before["y"] + 1)

    page.mouse.wheel(0, -100)
    same = drawing.places["b"]
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    after = eventually(lambda: drawing.places["b"] if drawing.places["b"] != before else None)

    assert same == before
    assert after["width"] > before["width"]
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=2)


def test_spreading_two_fingers_zooms(draw: Draw, page: Page) -> None:
    drawing = draw(DIAMOND)
    before = drawing.places["b"]
    left, right, y = before["x"] + 5, before["x"] + 105, before["y"] + 5

    fingers = page.context.new_cdp_session(page)
    for kind, apart in (
        ("touchStart", 0),
        ("touchMove", 20),
        ("touchMove", 50),
        ("touchEnd", None),
    ):
        points = (
            [] if apart is None else [{"x": left - apart, "y": y}, {"x": right + apart, "y": y}]
        )
        named = [{**point, "id": number} for number, point in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": named})

    assert drawing.places["b"]["width"] == pytest.approx(before["width"] * 2, rel=0.01)


def test_keys_and_buttons_zoom_and_fit(draw: Draw) -> None:
    drawing = draw(DIAMOND)
    first = drawing.places

    drawing.box("a").focus()
    drawing.press("+", "+")
    larger = drawing.places
    drawing.press("-", "-", "-")
    smaller = drawing.places
    drawing.button("Fit").click()

    assert larger["a"]["width"] > first["a"]["width"] > smaller["a"]["width"]
    assert drawing.places == first


def test_shift_and_arrows_pan(draw: Draw) -> None:
    drawing = draw(DIAMOND)
    before = drawing.places["a"]

    drawing.box("a").focus()
    drawing.press("Shift+ArrowDown")

    assert drawing.places["a"]["y"] == before["y"] - 60


def test_a_box_that_gets_the_focus_is_moved_into_sight(draw: Draw) -> None:
    names = [f"step_{number}" for number in range(60)]
    drawing = draw(graph(names, *(f"{one} > {two}" for one, two in zip(names, names[1:]))))
    window = drawing.page.locator(".graph-svg").bounding_box()
    assert window is not None

    drawing.box("step_0").focus()
    drawing.press(*["ArrowDown"] * 59)
    expect(drawing.box("step_59")).to_be_focused()

    last = drawing.places["step_59"]
    assert window["y"] < last["y"] < window["y"] + window["height"] - last["height"]
