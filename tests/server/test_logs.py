"""Log lines are such that Prefect's client can show them; those of unknown runs are dropped."""

from __future__ import annotations

import pytest

from tests.server.kit import NO_ID, Api, Registered, mutation, run_row

LOGS = "logs(order_by: {timestamp: asc}) { timestamp level message name task_run_id }"


@pytest.fixture
def run_id(flow: Registered) -> str:
    return flow.run()


def test_a_single_log_line_need_not_be_in_a_list(api: Api, run_id: str) -> None:
    api.mutate("write_run_logs", logs={"flow_run_id": run_id, "message": "only", "name": "n"})

    (line,) = run_row(api, run_id, LOGS)["logs"]
    assert line.pop("timestamp")
    assert line == {"level": "INFO", "message": "only", "name": "n", "task_run_id": None}


def test_a_line_without_a_level_is_one_of_information(api: Api, run_id: str) -> None:
    api.mutate("write_run_logs", logs=[{"flow_run_id": run_id, "level": None, "message": "m"}])

    assert run_row(api, run_id, "logs { level }") == {"logs": [{"level": "INFO"}]}


@pytest.mark.parametrize("level", ["info", "WARN", "NOTICE", "FATAL", ""])
def test_a_level_that_the_client_cannot_show_is_refused(api: Api, run_id: str, level: str) -> None:
    lines = [{"flow_run_id": run_id, "level": each, "message": "m"} for each in ("INFO", level)]
    answer = api.post(mutation("write_run_logs"), {"input": {"logs": lines}})

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]) == (400, {"code": "BAD_USER_INPUT"})
    assert "log_level" in error["message"]
    assert run_row(api, run_id, "logs { level }") == {"logs": []}


def test_invalid_lines_do_not_affect_the_others(api: Api, run_id: str) -> None:
    invalid = [
        {"flow_run_id": NO_ID, "message": "of no run"},
        {"message": "of nobody"},
        {
            "flow_run_id": run_id,
            "task_run_id": NO_ID,
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
        {"message": "2", "timestamp": "2026-01-01T10:30:00+00:00"},
        {"message": "1", "timestamp": "2026-01-01T11:00:00+00:00"},
    ]


def test_a_large_batch_is_accepted(api: Api, run_id: str) -> None:
    lines = [{"flow_run_id": run_id, "message": "é" * 500_000} for _ in range(4)]
    api.mutate("write_run_logs", logs=lines)

    assert run_row(api, run_id, "logs_aggregate { aggregate { count } }") == {
        "logs_aggregate": {"aggregate": {"count": 4}}
    }
