"""A flow that fails until a file is there, as a user's script would have it."""

from pathlib import Path

import prefect
from prefect import Flow, Parameter, task
from prefect.engine.results import LocalResult, PrefectResult


@task(result=PrefectResult())
def kept() -> int:
    return 40


@task(checkpoint=False)
def lost() -> int:
    return 2


@task
def aside() -> None:
    pass


@task
def fragile(path: str, some: int, more: int) -> int:
    content = Path(path).read_text()
    prefect.context.logger.info("%s %s", content, some + more)
    return some + more


@task
def last(value: int) -> None:
    pass


@task
def echo(value: int, path: str) -> int:
    if value == 1:
        Path(path).read_text()
    return value


@task
def numbers() -> list:
    return [0, 1, 2]


@task
def total(values: list) -> None:
    prefect.context.logger.info("the sum is %s", sum(values))


with Flow("recovering") as recovering:
    aside()
    last(fragile(Parameter("path"), kept(), lost()))

with Flow("recovering map", result=LocalResult()) as recovering_map:
    path = Parameter("path")
    total(echo.map(numbers(), path=prefect.unmapped(path)))
