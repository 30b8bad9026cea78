"""Schedules: the runs that they create, and those that they do not."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Mapping

import pendulum
import pytest
from dateutil import rrule
from prefect import Client
from prefect.schedules import CronSchedule, IntervalSchedule, Schedule, adjustments, filters
from prefect.schedules.clocks import CronClock, DatesClock, IntervalClock, RRuleClock
from prefect.serialization.schedule import ScheduleSchema

from project.server.mutations.schedules import next_events
from project.server.settings import ServerSettings
from project.server.thread import ServerThread
from tests.server.kit import Api, Registered, two_tasks

Register = Callable[..., Registered]
NEW_YEAR = datetime(2030, 1, 1, tzinfo=timezone.utc)
PARIS = pendulum.datetime(2029, 1, 1, tz="Europe/Paris")
HOURLY = IntervalSchedule(interval=timedelta(hours=1))


def starts(schedule: Schedule, count: int = 3, after: datetime = NEW_YEAR) -> list:
    events = next_events(ScheduleSchema().dump(schedule), count, after)
    return [event.start[: len("2030-01-01T00:00")] for event in events]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (HOURLY, ["2030-01-01T01:00", "2030-01-01T02:00", "2030-01-01T03:00"]),
        (CronSchedule("0 6 * * *"), ["2030-01-01T06:00", "2030-01-02T06:00", "2030-01-03T06:00"]),
        (
            CronSchedule("0 6 * * *", start_date=PARIS),
            ["2030-01-01T05:00", "2030-01-02T05:00", "2030-01-03T05:00"],
        ),
        (
            Schedule([DatesClock([pendulum.datetime(2030, 2, 1), pendulum.datetime(2029, 2, 1)])]),
            ["2030-02-01T00:00"],
        ),
        (
            Schedule(
                [
                    RRuleClock(
                        rrule.rrule(
                            rrule.MONTHLY, count=30, dtstart=pendulum.datetime(2029, 1, 5, 9)
                        )
                    )
                ]
            ),
            ["2030-01-05T09:00", "2030-02-05T09:00", "2030-03-05T09:00"],
        ),
        (
            IntervalSchedule(
                interval=timedelta(days=1), start_date=pendulum.parse("2029-01-01T10:00:00+05:30")
            ),
            ["2030-01-01T04:30", "2030-01-02T04:30", "2030-01-03T04:30"],
        ),
        (
            Schedule([IntervalClock(timedelta(days=1))], filters=[filters.is_weekend]),
            ["2030-01-05T00:00", "2030-01-06T00:00", "2030-01-12T00:00"],
        ),
        (
            Schedule(
                [IntervalClock(timedelta(days=1))],
                filters=[filters.is_weekend],
                adjustments=[adjustments.next_weekday],
            ),
            ["2030-01-07T00:00", "2030-01-07T00:00", "2030-01-14T00:00"],
        ),
        (
            Schedule(
                [CronClock("0 0 1 * *"), CronClock("0 0 2 * *")],
                not_filters=[filters.is_month_start],
            ),
            ["2030-01-02T00:00", "2030-02-02T00:00", "2030-03-02T00:00"],
        ),
    ],
)
def test_the_next_events_are_those_of_prefect(schedule: Schedule, expected: list) -> None:
    assert starts(schedule) == expected


def test_a_cron_schedule_follows_the_wall_clock_in_summer_and_winter() -> None:
    summer = datetime(2030, 7, 1, tzinfo=timezone.utc)

    assert starts(CronSchedule("0 6 * * *", start_date=PARIS), 1, summer) == ["2030-07-01T04:00"]


def runs(api: Api, flow: Registered, fields: str = "scheduled_start_time") -> list:
    order = "order_by: {scheduled_start_time: asc}, where: {auto_scheduled: {_eq: true}}"
    query = f'query {{ flow_by_pk(id: "{flow.id}") {{ flow_runs({order}) {{ {fields} }} }} }}'
    return list(api.data(query)["flow_runs"])


def test_registering_with_a_schedule_creates_the_next_runs(api: Api, register: Register) -> None:
    flow = register(two_tasks(schedule=HOURLY))

    created = [datetime.fromisoformat(each["scheduled_start_time"]) for each in runs(api, flow)]

    assert len(created) == 10
    assert {later - sooner for sooner, later in zip(created, created[1:])} == {timedelta(hours=1)}
    assert timedelta(0) < created[0] - datetime.now(timezone.utc) <= timedelta(hours=1)
    (tasks,) = {len(each["task_runs"]) for each in runs(api, flow, "task_runs { state }")}
    assert tasks == 3


def test_prefects_client_switches_the_schedule_on(client: Client, api: Api) -> None:
    client.create_project("demo")
    flow = Registered(api, client.register(two_tasks(schedule=HOURLY), "demo", no_url=True))

    assert flow.row("is_schedule_active") == {"is_schedule_active": True}
    assert len(runs(api, flow)) == 10


def test_switching_on_again_adds_nothing(api: Api, register: Register) -> None:
    flow = register(two_tasks(schedule=HOURLY))
    before = runs(api, flow, "id")

    assert api.mutate("set_schedule_active", flow_id=flow.id) == {"success": True}
    assert runs(api, flow, "id") == before


def test_switching_off_deletes_the_waiting_runs(api: Api, register: Register) -> None:
    flow = register(two_tasks(schedule=HOURLY))
    own = flow.run()
    api.mutate("set_schedule_inactive", flow_id=flow.id)

    assert flow.row("is_schedule_active flow_runs { id }") == {
        "is_schedule_active": False,
        "flow_runs": [{"id": own}],
    }


def test_activating_a_flow_without_a_schedule_is_not_an_error(api: Api, flow: Registered) -> None:
    assert api.mutate("set_schedule_active", flow_id=flow.id) == {"success": False}


def test_a_flow_that_needs_parameters_is_not_scheduled(api: Api, register: Register) -> None:
    flow = register(two_tasks(schedule=HOURLY, required=True))

    assert flow.row("is_schedule_active") == {"is_schedule_active": False}
    refusal = api.refusal("set_schedule_active", flow_id=flow.id)
    assert refusal == "Can not schedule a flow that has required parameters."

    group = flow.row("flow_group_id")["flow_group_id"]
    api.mutate("set_flow_group_default_parameters", flow_group_id=group, parameters={"by": 1})
    assert api.mutate("set_schedule_active", flow_id=flow.id) == {"success": True}
    assert {str(each["parameters"]) for each in runs(api, flow, "parameters")} == {"{'by': 1}"}


def test_a_run_has_the_parameters_and_labels_of_its_clock(api: Api, register: Register) -> None:
    hours = (
        IntervalClock(timedelta(hours=1), parameter_defaults={"by": number}, labels=[f"l{number}"])
        for number in (1, 2)
    )
    flow = register(two_tasks(schedule=Schedule(list(hours)), required=True))

    created = runs(api, flow, "parameters labels")
    assert len(created) == 10
    assert {"parameters": {"by": 1}, "labels": ["l1"]} in created
    assert {"parameters": {"by": 2}, "labels": ["l2"]} in created


def test_a_new_version_takes_the_schedule_over(api: Api, register: Register) -> None:
    old = register(two_tasks(schedule=HOURLY))
    new = register(two_tasks(schedule=HOURLY))

    assert (len(runs(api, old)), len(runs(api, new))) == (0, 10)


def test_a_deleted_run_is_not_created_again(api: Api, register: Register) -> None:
    flow = register(two_tasks(schedule=HOURLY))
    first, *others = runs(api, flow, "id scheduled_start_time")
    api.mutate("delete_flow_run", flow_run_id=first["id"])
    api.mutate("set_schedule_active", flow_id=flow.id)

    assert runs(api, flow, "id scheduled_start_time") == others


@pytest.mark.parametrize(
    "clocks",
    [
        {
            "cron_clocks": [{"cron": "0 6 * * *", "parameter_defaults": {"by": 9}}],
            "timezone": "Europe/Paris",
        },
        {"interval_clocks": [{"interval": 3_600, "parameter_defaults": {"by": 9}}]},
    ],
)
def test_the_schedule_of_a_group_replaces_the_flows(
    api: Api, register: Register, clocks: Mapping[str, Any]
) -> None:
    flow = register(two_tasks(schedule=HOURLY))
    group = flow.row("flow_group_id")["flow_group_id"]
    api.mutate("set_flow_group_schedule", flow_group_id=group, **clocks)
    assert [each["parameters"] for each in runs(api, flow, "parameters")] == [{"by": 9}] * 10

    api.mutate("delete_flow_group_schedule", flow_group_id=group)
    assert [each["parameters"] for each in runs(api, flow, "parameters")] == [{"by": 4}] * 10


def test_a_schedule_that_cannot_be_loaded_does_not_affect_others(
    api: Api, register: Register, project_id: str
) -> None:
    serialized = {
        **two_tasks("broken").serialize(),
        "schedule": {"clocks": [{"type": "MoonClock"}]},
    }
    broken = api.mutate("create_flow", project_id=project_id, serialized_flow=serialized)["id"]

    assert runs(api, Registered(api, broken)) == []
    assert len(runs(api, register(two_tasks("fine", schedule=HOURLY)))) == 10


def test_an_archived_flow_is_not_scheduled(api: Api, register: Register) -> None:
    first, _ = register(two_tasks(schedule=HOURLY)), register(two_tasks(schedule=HOURLY))

    refusal = api.refusal("set_schedule_active", flow_id=first.id)
    assert refusal == f"Flow {first.id} is archived."


def test_a_schedule_that_prefect_cannot_read_is_one_line_in_the_log(
    settings: ServerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    start = {"dt": "2029-01-01T10:00:00", "tz": "+05:30"}
    clock = {"type": "CronClock", "cron": "0 6 * * *", "start_date": start}
    schedule = {"type": "Schedule", "clocks": [clock]}
    with ServerThread(settings) as server:
        api = Api(server.url)
        project_id = api.mutate("create_project", name="p")["id"]
        flow = {"name": "f", "schedule": schedule}
        api.mutate("create_flow", project_id=project_id, serialized_flow=flow)

    (line,) = [one for one in caplog.records if "has no scheduled runs" in one.getMessage()]
    assert line.exc_info is None
