"""A flow that starts by itself soon after it was registered, and again every minute."""

from datetime import timedelta

import pendulum
from prefect import Flow, task
from prefect.schedules import IntervalSchedule
from prefect.storage import Local


@task
def strike() -> None:
    pass


soon = pendulum.now("utc").add(seconds=20)

with Flow(
    "on time",
    schedule=IntervalSchedule(start_date=soon, interval=timedelta(minutes=1)),
    storage=Local(add_default_labels=False),
) as on_time:
    strike()
