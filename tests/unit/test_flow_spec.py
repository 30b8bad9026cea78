"""What is stored of a flow, for the process that an agent starts."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from project.config.load import parse_settings
from project.config.model import Settings, as_dict
from project.deploy.flow_spec import VARIABLE, FlowSpec
from project.flow.pipeline_ref import PipelineRef

RECORDED = Path(__file__).parents[1] / "acceptance/registered_by_0_1_0.json"
REF = PipelineRef(Path("shop"), "shop", "__default__")


def test_what_the_first_release_stored_is_read_and_stored_the_same() -> None:
    env = json.loads(RECORDED.read_text())["run_config"]["env"]

    assert FlowSpec.from_env(env).to_env()[VARIABLE] == env[VARIABLE]


def test_every_setting_of_the_flow_is_stored() -> None:
    settings = parse_settings(
        {
            "project": "p",
            "flow": "f",
            "executor": {"type": "threads", "workers": 2},
            "schedule": {"cron": "0 6 * * *", "timezone": "Europe/Paris"},
            "labels": ["gpu"],
            "run_config": {"type": "LocalRun", "env": {"SINCE": date(2020, 1, 2)}},
            "storage": {"type": "Local", "path": "flow.py"},
            "result": {"type": "LocalResult"},
        }
    )
    stored = FlowSpec.from_env(FlowSpec(REF, settings).to_env()).settings
    expected = {"type": "LocalRun", "env": {"SINCE": "2020-01-02"}}

    assert stored == parse_settings({**as_dict(settings), "run_config": expected})


def test_which_api_is_used_is_not_stored() -> None:
    settings = parse_settings({"api": "prefect", "run": "agent", "wait": False})

    assert FlowSpec(REF, settings).key() == FlowSpec(REF, Settings()).key()
