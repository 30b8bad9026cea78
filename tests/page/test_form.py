"""What the RUN form knows of the project: parameters, completions, and what a run would do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from project.server.settings import ServerSettings
from tests.page.flows import PAGE, pipeline_flow
from tests.page.kit import Site
from tests.page.runs import finished_run
from tests.server.kit import Registered, run_row

NODES = {
    "load": ("raw_orders params:limit", "orders"),
    "model.fit": ("orders params:model.depth", "report_best"),
    "publish": ("report_best", "report"),
}
VALUES: dict[Any, Any] = {
    None: {"limit": 1.0, "model": {"depth": 3, "other": 1}, "unused": 5},
    "texts": {"limit": "5", "model": {"depth": [1, 2]}},
    "prod": {"limit": 12345678901234567890, "model": {"depth": 3}},
}


@pytest.fixture
def settings(tmp_path: Path) -> ServerSettings:
    functions = {**PAGE["page_functions"], "project-parameters": VALUES.__getitem__}
    page = {**PAGE, "page_functions": functions}
    return ServerSettings(tmp_path / "api.db", port=0, **page)


@pytest.fixture
def flow(site: Site) -> Registered:
    return site.register(pipeline_flow("shop", NODES))


@pytest.fixture
def form(page: Page, site: Site, flow: Registered) -> Locator:
    page.goto(site(f"/default/flow/{flow.id}?tab=run"))
    form = page.get_by_role("form")
    expect(form.get_by_text("All nodes will run.")).to_be_visible()
    return form


def present(form: Locator) -> Locator:
    return form.locator(".project-parameters li")


def test_the_parameters_that_the_nodes_read_are_shown_with_their_values(form: Locator) -> None:
    expect(present(form)).to_have_text(["limit1.0", "model.depth3"])
    form.get_by_label("env", exact=True).fill("prod")
    expect(present(form)).to_have_text(["limit12345678901234567890", "model.depth3"])
    form.get_by_label("nodes", exact=True).fill("model.fit")

    expect(present(form)).to_have_text(["model.depth3"])


def test_a_parameter_is_set_from_its_present_value(page: Page, form: Locator, site: Site) -> None:
    form.get_by_role("button", name="Set model.depth").click()
    params = form.get_by_label("params", exact=True)
    expect(params).to_be_focused()
    expect(params).to_have_value("model.depth=3")
    params.fill('{"model": {"depth": 4}}')
    form.get_by_role("button", name="Set limit").click()
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/default/flow-run/*")

    run = run_row(site.api, page.url.rsplit("/", 1)[1], "parameters")["parameters"]
    assert repr(run["params"]) == repr({"model": {"depth": 4}, "limit": 1.0})


def test_a_value_that_kedro_would_read_from_a_line_as_another_is_set_as_json(
    page: Page, form: Locator, site: Site
) -> None:
    params = form.get_by_label("params", exact=True)
    form.get_by_label("env", exact=True).fill("texts")
    expect(present(form)).to_have_text(['limit"5"', "model.depth[1,2]"])
    for name in ("limit", "model.depth"):
        form.get_by_role("button", name=f"Set {name}").click()
        expect(params).to_have_value(re.compile(rf'^{{.*"{name.split(".")[-1]}"', re.DOTALL))
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/default/flow-run/*")

    run = run_row(site.api, page.url.rsplit("/", 1)[1], "parameters")["parameters"]
    assert run["params"] == {"limit": "5", "model": {"depth": [1, 2]}}


def test_a_parameter_is_not_set_among_others_that_cannot_be_read(form: Locator) -> None:
    params = form.get_by_label("params", exact=True)
    params.fill('{"model": ')
    form.get_by_role("button", name="Set limit").click()

    expect(form.get_by_role("alert")).to_contain_text("Not valid JSON")
    expect(params).to_have_value('{"model": ')


def test_names_are_completed_after_the_last_comma(form: Locator) -> None:
    def options(name: str) -> list[str]:
        field = form.get_by_label(name, exact=True)
        values: list[str] = field.evaluate(
            "field => [...field.list.options].map(option => option.value)"
        )
        return values

    assert options("tags") == ["nightly"]
    assert options("from_inputs") == ["orders", "raw_orders", "report_best"]
    form.get_by_label("nodes", exact=True).fill("load,")
    assert options("nodes") == ["load, model.fit", "load, publish"]


def test_the_preview_says_what_a_run_would_read_write_and_miss(form: Locator) -> None:
    expect(form.get_by_text("Reads raw_orders")).to_be_visible()
    expect(form.get_by_text("Writes report, report_best")).to_be_visible()
    form.get_by_label("from_nodes", exact=True).fill("model.fit")
    expect(form.get_by_text("Only 2 of 3 nodes will run.")).to_be_visible()
    expect(form.get_by_text("Needs orders, which only other nodes put in memory")).to_be_visible()
    form.get_by_label("from_nodes", exact=True).fill("publish")
    expect(form.get_by_text("Reads report_best")).to_be_visible()
    form.get_by_label("from_nodes", exact=True).fill("nothing")

    expect(form.get_by_text("The pipeline does not have nothing.")).to_be_visible()


def test_run_again_opens_the_form_filled_in(page: Page, site: Site, flow: Registered) -> None:
    parameters = {"params": {"limit": 2.0}, "tags": ["nightly"]}
    run = finished_run(site, flow.id, parameters=parameters, labels=["gpu"], flow_run_name="old")
    page.goto(site(f"/default/flow-run/{run}"))
    page.get_by_role("link", name="Run again").click()

    form = page.get_by_role("form")
    expect(form.get_by_text("of the run old")).to_be_visible()
    expect(form.get_by_label("params", exact=True)).to_have_value('{\n  "limit": 2.0\n}')
    expect(form.get_by_label("tags", exact=True)).to_have_value("nightly")
    expect(form.get_by_label("Labels", exact=True)).to_have_value("gpu")
    expect(form.get_by_label("Name", exact=True)).to_have_value("")


def test_a_scheduled_run_is_started_now(page: Page, site: Site, flow: Registered) -> None:
    run = flow.run(scheduled_start_time="2099-01-01T00:00:00Z")
    page.goto(site(f"/default/flow-run/{run}"))
    expect(page.get_by_text("Waiting until")).to_be_visible()
    page.get_by_role("button", name="Start now").click()
    page.get_by_role("dialog").get_by_role("button", name="Start now").click()

    expect(page.get_by_text("No agent is running")).to_be_visible()
    expect(page.get_by_role("button", name="Start now")).to_have_count(0)
    assert run_row(site.api, run, "state_start_time")["state_start_time"] < "2099"
