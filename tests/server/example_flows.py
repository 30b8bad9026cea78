"""The flows that the end-to-end tests register, as a user's script would have them."""

import time
from datetime import timedelta

import prefect
from prefect import Flow, Parameter, task, unmapped


@task
def numbers() -> list:
    return [1, 2, 3]


@task
def add(value: int, by: int) -> int:
    prefect.context.logger.info("adding %s to %s", by, value)
    return value + by


@task(max_retries=1, retry_delay=timedelta(seconds=1))
def flaky() -> None:
    if prefect.context.task_run_count == 1:
        raise ValueError("the first time it fails")
    prefect.context.logger.info("the second time it works")


@task
def broken() -> None:
    raise ValueError("it always fails")


@task
def wait_to_be_cancelled() -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        time.sleep(0.1)


with Flow("plain") as plain:
    add(1, Parameter("by", default=4))

with Flow("mapped") as mapped:
    add.map(numbers(), by=unmapped(Parameter("by", default=4)))

with Flow("retried") as retried:
    flaky()

with Flow("failing") as failing:
    broken()

with Flow("patient") as patient:
    wait_to_be_cancelled()
