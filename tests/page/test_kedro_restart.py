"""A Kedro pipeline whose run failed and is restarted in the page: a server, an agent, a browser."""

from __future__ import annotations

import re
from typing import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.kits.shop import Shop

SECONDS = 60_000
NODES = """
    from pathlib import Path


    def make(size):
        return list(range(size))


    def double(numbers):
        return [2 * number for number in numbers]


    def add_up(numbers, doubled):
        if not (Path(__file__).parents[2] / "stock").exists():
            raise ValueError("no stock left")
        return sum(numbers) + sum(doubled)
    """
REGISTRY = """
    from kedro.pipeline import Pipeline, node

    from shop import nodes


    def register_pipelines():
        return {
            "__default__": Pipeline(
                [
                    node(nodes.make, "params:size", "numbers", name="make"),
                    node(nodes.double, "numbers", "doubled", name="double"),
                    node(nodes.add_up, ["numbers", "doubled"], "total", name="add_up"),
                ]
            )
        }
    """


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Return a project whose last node fails until a file is there."""
    shop = Shop(tmp_path_factory.mktemp("restart"))
    shop.write("conf/base/prefect.yml", "run: agent")
    shop.write("src/shop/nodes.py", NODES)
    shop.write("src/shop/pipeline_registry.py", REGISTRY)
    yield shop
    shop.end()


def test_a_restarted_run_repeats_only_what_was_in_memory(page: Page, staffed: Shop) -> None:
    failed = staffed.run()
    (id_,) = set(re.findall(r"flow-run/([0-9a-f-]{36})", failed.text))
    page.goto(f"{staffed.url}/default/flow-run/{id_}")
    failure = page.get_by_role("region", name="1 task failed")
    expect(failure).to_contain_text("ValueError: no stock left")
    assert [line for line in staffed.hooks() if line.startswith("before_node")] == [
        "before_node_run make",
        "before_node_run double",
        "before_node_run add_up",
    ]
    staffed.write("stock", "")

    page.get_by_role("button", name="Restart from failed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_text(["add_up", "make"])
    dialog.get_by_role("button", name="Restart from failed").click()
    status = page.get_by_role("status").filter(has_text="Success")
    expect(status.first).to_be_visible(timeout=SECONDS)

    assert [line for line in staffed.hooks() if line.startswith("before_node")] == [
        "before_node_run make",
        "before_node_run add_up",
    ]
    saved = [values for version in staffed.saved().values() for values in version.items()]
    assert sorted(saved) == [("doubled", [0, 2, 4]), ("total", 9)]
