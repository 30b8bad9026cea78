"""Exceptions of nodes that are not ordinary errors: Prefect's signals, SystemExit and the like."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Callable

import pytest
from kedro.runner import SequentialRunner

from project.api.client import connect
from tests.kits.projects import NODE, SESSION_RUNNERS, KedroProject

MakeProject = Callable[..., KedroProject]

PIPELINE = (
    NODE
    + """
from prefect.engine import signals
from prefect.engine.runner import ENDRUN
from prefect.engine.state import Success

def start():
    return 1

def stop(number):
    {statement}

def never(number):
    return number

def register_pipelines():
    return {{"__default__": Pipeline([
        node(start, None, "first", name="a_start"),
        node(stop, "first", "second", name="b_stop"),
        node(never, "second", "third", name="c_never"),
    ])}}
"""
)

STATEMENTS = [
    "raise signals.SKIP('nothing to do')",
    "raise signals.FAIL('broken')",
    "raise signals.RETRY('again')",
    "raise signals.PAUSE('wait')",
    "raise signals.SUCCESS('done')",
    "raise signals.LOOP(result=1)",
    "raise signals.TRIGGERFAIL('trigger')",
    "raise ENDRUN(Success())",
    "raise SystemExit(3)",
    "raise GeneratorExit()",
    "raise BaseException('base')",
]
if sys.version_info >= (3, 11):
    STATEMENTS.append("raise BaseExceptionGroup('some', [SystemExit(3)])")
    STATEMENTS.append("raise ExceptionGroup('some', [ValueError('one')])")


@pytest.mark.parametrize("runner", SESSION_RUNNERS)
@pytest.mark.parametrize("statement", STATEMENTS)
def test_such_an_exception_is_raised_and_ends_its_task_run(
    make_project: MakeProject, statement: str, runner: str
) -> None:
    project = make_project(PIPELINE.format(statement=statement))
    expected = project.run(SequentialRunner())
    outcome = project.run(SESSION_RUNNERS[runner]())
    with connect("embedded", project.folder) as api:
        (run,) = api.query("query { flow_run { state task_runs { state task { name } } } }")
    states = {row["task"]["name"]: row["state"] for row in run["task_runs"]}

    assert outcome.raised == expected.raised
    assert Counter(map(repr, outcome.calls)) == Counter(map(repr, expected.calls))
    assert run["state"] == "Failed"
    assert [states[name] for name in ("a_start", "b_stop", "c_never")] == [
        "Success",
        "Failed",
        "TriggerFailed",
    ]
