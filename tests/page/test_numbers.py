"""Numbers that JavaScript would change, or that JSON does not have."""

from __future__ import annotations

import json
import math

import requests
from playwright.sync_api import Page, expect

from tests.page.flows import chain
from tests.page.kit import Site
from tests.page.runs import SimulatedRun
from tests.server.kit import run_row


def test_a_run_is_run_again_with_the_same_numbers(page: Page, site: Site) -> None:
    parameters = {"env": {"seed": 12345678901234567890, "share": 1.0, "count": 1}}
    run = SimulatedRun(site, chain("load"), parameters=parameters)
    run.set_state("Failed")
    page.goto(run.address)
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("dialog").get_by_role("button", name="Run again").click()
    page.wait_for_url(lambda url: run.id not in url)

    again = run_row(site.api, page.url.rsplit("/", 1)[-1], "parameters")["parameters"]
    assert repr(again) == repr(parameters)


def test_nan_is_shown(page: Page, site: Site) -> None:
    run_input = {"flow_id": site.register(chain("load")).id, "parameters": {"env": math.nan}}
    query = "mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }"
    body = json.dumps(
        {"query": query, "variables": {"input": run_input}}
    )  # as Prefect's client does
    answer = requests.post(site.url, data=body, timeout=10).json()
    run = answer["data"]["create_flow_run"]["id"]

    page.goto(site(f"/default/flow-run/{run}?tab=parameters"))
    expect(page.get_by_role("tabpanel")).to_contain_text("NaN")
