"""What is stored of a flow, for the process that an agent starts."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from project.config.load import parse_settings
from project.config.model import Settings
from project.deploy.flow_spec import VARIABLE, FlowSpec
from project.flow.pipeline_ref import PipelineRef

RECORDED = Path(__file__).parents[1] / "acceptance/registered_by_0_1_0.json"
REF = PipelineRef(Path("shop"), "shop", "__default__")


def test_what_the_first_release_stored_is_read() -> None:
    env = json.loads(RECORDED.read_text())["run_config"]["env"]
    stored = json.loads(env[VARIABLE])
    spec = FlowSpec.from_env(env)

    assert spec.ref.package_name == stored["package_name"]
    assert spec.ref.pipeline_name == stored["pipeline_name"]
    assert spec.settings.flow == stored["settings"]["flow"]


def test_a_spec_is_read_as_it_was_stored() -> None:
    settings = parse_settings({"flow": "f", "result": {"type": "LocalResult", "dir": "values"}})
    spec = FlowSpec(REF, settings)

    assert FlowSpec.from_env(spec.to_env()) == spec


def test_a_date_among_prefects_arguments_is_stored_as_text() -> None:
    settings = parse_settings({"result": {"type": "LocalResult", "since": date(2020, 1, 2)}})
    stored = FlowSpec.from_env(FlowSpec(REF, settings).to_env()).settings

    assert stored.result == {"type": "LocalResult", "since": "2020-01-02"}


def test_where_a_flow_runs_is_not_stored() -> None:
    settings = parse_settings(
        {
            "api": "prefect",
            "run": "agent",
            "wait": False,
            "executor": {"type": "threads", "workers": 2},
            "schedule": {"cron": "0 6 * * *", "timezone": "Europe/Paris"},
            "labels": ["gpu"],
        }
    )

    assert FlowSpec(REF, settings).key() == FlowSpec(REF, Settings()).key()
