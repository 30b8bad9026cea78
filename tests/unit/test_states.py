"""Prefect's states as JSON."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pendulum
import pytest
from prefect.engine import state as states
from prefect.engine.result import Result
from prefect.engine.results import LocalResult

from project.api.states import serialize_state

STATES = [
    states.Pending("Not yet.", context={"tags": ["a", "b"]}),
    states.Running("Starting task run."),
    states.Success("Task run succeeded.", result=Result(None)),
    states.Success("Stored.", result=LocalResult(location="one/two")),
    states.Failed("ValueError('no rows')", result=Result(None)),
    states.Skipped("Not selected for this run."),
    states.TriggerFailed("Not started."),
    states.TimedOut("Too long."),
    states.Cancelled("Interrupted."),
    states.Retrying("Again.", start_time=pendulum.datetime(2026, 11, 27), run_count=2),
    states.Submitted("Taken.", state=states.Running("Soon.")),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_a_state_is_serialized_as_prefect_does_it(state: Any) -> None:
    assert serialize_state(state) == state.serialize()
    assert serialize_state(state) == state.serialize()  # nothing stays of the first time


def test_states_are_serialized_in_several_threads() -> None:
    expected = [state.serialize() for state in STATES * 50]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(serialize_state, STATES * 50)) == expected
