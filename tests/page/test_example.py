"""The example's flow in the page: the real project, its server and its agent."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Iterator

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from tests.kits.shop import Shop

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SECONDS = 120_000


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Return a copy of this repository's project, with a model small enough for a test."""
    shop = Shop(tmp_path_factory.mktemp("example"))
    shutil.rmtree(shop.folder)
    for name in ("conf", "src"):
        shutil.copytree(ROOT / name, shop.folder / name)
    shutil.copy(ROOT / "pyproject.toml", shop.folder)
    model = yaml.safe_load((ROOT / "conf/base/parameters_flights.yml").read_text())["delay_model"]
    model["training"]["fraction"], model["classifier"]["max_iter"] = 0.1, 40
    model["importance"]["rows"] = 5000
    shop.write("conf/local/parameters_small.yml", yaml.safe_dump({"delay_model": model}))
    yield shop
    shop.end()


def state(page: Page, word: str) -> Locator:
    return page.get_by_role("status").filter(has_text=word).first


def test_quick_run_makes_the_report(page: Page, staffed: Shop) -> None:
    assert staffed.kedro("prefect", "register").code == 0
    page.goto(staffed.url)
    page.get_by_role("button", name="QUICK RUN").click()

    expect(state(page, "Success")).to_be_visible(timeout=SECONDS)
    assert (staffed.folder / "data/08_reporting/report.html").exists()
    page.get_by_role("tab", name="Log").click()
    expect(page.get_by_text("Running node: write_report").first).to_be_visible()


def test_a_node_selected_in_the_graph_runs_alone_with_other_parameters(
    page: Page, staffed: Shop
) -> None:
    assert staffed.kedro("prefect", "register").code == 0
    page.goto(staffed.url)
    page.get_by_role("link", name="RUN", exact=True).click()
    page.get_by_role("checkbox", name="clean_weather").click()
    page.get_by_label("params", exact=True).fill("clean.max_wind_speed_mph=1")
    page.get_by_role("button", name="Start run").click()

    expect(state(page, "Success")).to_be_visible(timeout=SECONDS)
    (run,) = staffed.ask(
        "query { flow_run(order_by: {created: desc}, limit: 1) { id parameters } }"
    )
    assert run["parameters"]["nodes"] == ["clean_weather"]
    assert run["parameters"]["params"] == {"clean": {"max_wind_speed_mph": 1}}
    ran = [name for name, word in staffed.node_states(run["id"]).items() if word == "Success"]
    assert ran == ["clean_weather"]
