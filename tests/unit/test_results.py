"""What tasks leave in memory, stored for a restart."""

from __future__ import annotations

import logging
from threading import Lock

import pytest
from prefect.engine.result.base import ResultNotImplementedError

from project.execution.results import DatasetSerializer, result_location


def test_a_value_that_cannot_be_pickled_is_named_and_not_stored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(ResultNotImplementedError):
        DatasetSerializer().serialize({"lock": Lock(), "size": 3})

    (message,) = caplog.messages
    assert message.startswith(
        "The result of this task is not stored, because lock, size cannot be pickled: TypeError("
    )


def test_nothing_is_not_stored() -> None:
    with pytest.raises(ResultNotImplementedError):
        DatasetSerializer().serialize({})


def test_results_of_tasks_with_similar_names_have_files_of_their_own() -> None:
    slugs = ["f([a]) -> [b]", "f([a]) -> [c]", "a/b", "a_b", "x" * 300, "x" * 301, "数" * 90]
    locations = [result_location(flow_run_id="run", task_slug=slug) for slug in slugs]

    assert len(set(locations)) == len(slugs)
    assert all(location.startswith("run/") for location in locations)
    assert all(location.count("/") == 1 for location in locations)
    assert all(len(location.encode()) < 120 for location in locations)
