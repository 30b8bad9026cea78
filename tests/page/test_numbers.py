"""Numbers that JavaScript would change, or that JSON does not have."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect
from prefect import Flow, Parameter

from project.compat.kedro_cli import parse_params
from tests.page.flows import chain, kedro_like
from tests.page.kit import Faults, Site
from tests.page.runs import SimulatedRun
from tests.server.kit import run_row


def test_a_run_is_run_again_with_the_same_numbers(page: Page, site: Site) -> None:
    parameters = {"env": {"seed": 12345678901234567890, "share": 1.0, "count": 1}}
    run = SimulatedRun(site, chain("load"), parameters=parameters)
    run.set_state("Failed")
    page.goto(run.address)
    page.get_by_role("link", name="Run again").click()
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/default/flow-run/*")

    again = run_row(site.api, page.url.rsplit("/", 1)[-1], "parameters")["parameters"]
    assert repr(again) == repr(parameters)


def test_parameters_are_shown_as_they_are_stored(page: Page, site: Site) -> None:
    values = {"seed": 12345678901234567890, "share": 1.0, "rate": 1e16, "small": 1e-7}
    flow = two_tasks_with_default(values)
    run = site.register(flow).run()
    stored = '{"seed":12345678901234567890,"share":1.0,"rate":1e+16,"small":1e-07}'

    page.goto(site(f"/default/flow-run/{run}?tab=parameters"))
    shown = page.get_by_role("table", name="Parameters").locator("pre").inner_text()
    assert re.sub(r"\s", "", shown) == stored
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link").last.click()
    page.get_by_role("tab", name="Parameters").click()
    expect(page.get_by_role("tabpanel").locator("code")).to_have_text(stored)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("flag=False", {"flag": False}),
        ("share=1.0", {"share": 1.0}),
        ("seed=12345678901234567890", {"seed": 12345678901234567890}),
        ("rate=1e3", {"rate": 1000.0}),
        ("text=a b\nmodel.depth=3", {"text": "a b", "model": {"depth": 3}}),
    ],
)
def test_params_mean_what_they_mean_to_kedro_run(
    page: Page, site: Site, typed: str, value: object
) -> None:
    assert parse_params(typed.replace("\n", ",")) == value
    page.goto(site(f"/default/flow/{site.register(kedro_like('load')).id}?tab=run"))
    page.get_by_label("params", exact=True).fill(typed)
    sent = json.dumps(value, separators=(",", ":"))
    expect(page.locator("output")).to_have_text(f"Sends {sent}")
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/default/flow-run/*")

    run = run_row(site.api, page.url.rsplit("/", 1)[-1], "parameters")["parameters"]
    assert repr(run["params"]) == repr(value)


def test_params_that_kedro_refuses_are_not_sent(page: Page, site: Site, faults: Faults) -> None:
    flow = site.register(kedro_like("load"))
    page.goto(site(f"/default/flow/{flow.id}?tab=run"))
    page.get_by_label("params", exact=True).fill("depth")
    page.get_by_role("button", name="Start run").click()

    expect(page.get_by_role("alert")).to_contain_text("must contain a key and a value")
    assert flow.row("flow_runs { id }") == {"flow_runs": []}
    faults.expect("400")


def two_tasks_with_default(value: object) -> Flow:
    with Flow("numbers") as flow:
        flow.add_task(Parameter("values", default=value))
    return flow
