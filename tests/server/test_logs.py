"""Log lines are never refused, and always such that Prefect's client can show them."""

from __future__ import annotations

import pytest

from tests.server.kit import Api, Registered, run_row

LOGS = "logs(order_by: {timestamp: asc}) { timestamp level message name task_run_id }"


@pytest.fixture
def run_id(flow: Registered) -> str:
    return flow.run()


def test_a_single_log_line_need_not_be_in_a_list(api: Api, run_id: str) -> None:
    api.mutate("write_run_logs", logs={"flow_run_id": run_id, "message": "only", "name": "n"})

    (line,) = run_row(api, run_id, LOGS)["logs"]
    assert line.pop("timestamp")
    assert line == {"level": "INFO", "message": "only", "name": "n", "task_run_id": None}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("info", "INFO"),
        ("WARN", "WARNING"),
        ("NOTICE", "INFO"),
        (None, "INFO"),
        ("FATAL", "CRITICAL"),
        ("", "INFO"),
    ],
)
def test_every_level_is_stored_as_one_that_the_client_knows(
    api: Api, run_id: str, sent: object, kept: str
) -> None:
    api.mutate("write_run_logs", logs=[{"flow_run_id": run_id, "level": sent, "message": "m"}])

    assert run_row(api, run_id, "logs { level }") == {"logs": [{"level": kept}]}


def test_invalid_lines_do_not_affect_the_others(api: Api, run_id: str) -> None:
    invalid = [
        {"flow_run_id": "none", "message": "of no run"},
        {"message": "of nobody"},
        {
            "flow_run_id": run_id,
            "task_run_id": "none",
            "message": "of no task run",
            "timestamp": "never",
        },
        {"flow_run_id": run_id, "message": None, "timestamp": ""},
        {"flow_run_id": run_id, "message": "\ud800 lone"},
    ]
    api.mutate("write_run_logs", logs=invalid)

    logs = run_row(api, run_id, "logs(order_by: {id: asc}) { message task_run_id }")["logs"]
    assert [each["message"] for each in logs] == ["of no task run", None, "\\ud800 lone"]


def test_times_are_compared_as_instants(api: Api, run_id: str) -> None:
    for number, time in enumerate(
        ("2026-01-01T12:00:00+02:00", "2026-01-01T11:00:00Z", "2026-01-01 10:30")
    ):
        api.mutate(
            "write_run_logs",
            logs=[{"flow_run_id": run_id, "timestamp": time, "message": str(number)}],
        )

    where = '{timestamp: {_gt: "2026-01-01T05:10:00-05:00"}}'
    row = run_row(
        api, run_id, f"logs(where: {where}, order_by: {{timestamp: asc}}) {{ message timestamp }}"
    )
    assert row["logs"] == [
        {"message": "2", "timestamp": "2026-01-01T10:30:00.000000+00:00"},
        {"message": "1", "timestamp": "2026-01-01T11:00:00.000000+00:00"},
    ]


def test_a_large_batch_is_accepted(api: Api, run_id: str) -> None:
    lines = [{"flow_run_id": run_id, "message": "é" * 500_000} for _ in range(4)]
    api.mutate("write_run_logs", logs=lines)

    assert run_row(api, run_id, "logs_aggregate { aggregate { count } }") == {
        "logs_aggregate": {"aggregate": {"count": 4}}
    }
