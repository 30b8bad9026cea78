"""The executors."""

from __future__ import annotations

import _thread
import time
from threading import Barrier, Event, Timer, current_thread, main_thread
from typing import Any

import prefect
import pytest

from project.compat.prefect_patches import patch_context
from project.config.model import ExecutorSettings, Settings
from project.execution.executors import LocalExecutor, ThreadsExecutor, make_executor
from project.execution.executors.limits import Limiter


def add(*numbers: int, **more: Any) -> int:
    return sum(numbers)


def test_the_local_executor_runs_calls_in_the_submitting_thread() -> None:
    assert LocalExecutor().submit(current_thread) is main_thread()


def test_as_many_calls_run_at_once_as_there_are_workers() -> None:
    executor = ThreadsExecutor(3)
    barrier = Barrier(3, timeout=10)
    with executor.start():
        meetings = [executor.submit(barrier.wait) for _ in range(3)]

        assert sorted(executor.wait(meetings)) == [0, 1, 2]


def test_a_call_waits_for_the_futures_among_its_arguments() -> None:
    executor = ThreadsExecutor(1)
    with executor.start():
        one = executor.submit(add, 1)
        two = executor.submit(add, one, one)
        nested = executor.submit(lambda tree: tree["a"][0] + tree["b"], {"a": [two], "b": one})

        assert executor.wait({"all": [one, two, nested]}) == {"all": [1, 2, 3]}


def test_an_exception_reaches_waiting_and_dependent_calls() -> None:
    def fail() -> None:
        raise SystemExit("stop")

    executor = ThreadsExecutor(2)
    with executor.start():
        failed = executor.submit(fail)
        dependent = executor.submit(add, failed)
        for future in (failed, dependent):
            with pytest.raises(SystemExit, match="stop"):
                executor.wait(future)


def test_after_an_error_no_further_call_starts() -> None:
    executor = ThreadsExecutor(1)
    gate = Event()
    with pytest.raises(KeyboardInterrupt), executor.start():
        first = executor.submit(gate.wait, 10)
        second = executor.submit(add, first, 1)
        Timer(0.2, gate.set).start()
        raise KeyboardInterrupt

    assert first.result()
    assert second.cancelled()


def test_a_signal_that_does_not_wake_the_main_thread_is_noticed() -> None:
    def interrupt() -> bool:
        time.sleep(0.3)  # until the main thread waits
        _thread.interrupt_main()  # sets the signal's flag, and wakes nothing
        return bool(prefect.context.stopping.wait(30))

    executor = ThreadsExecutor(1)
    with pytest.raises(KeyboardInterrupt), executor.start():
        call = executor.submit(interrupt)
        executor.wait(call)

    assert call.result(timeout=0)


def test_leaving_a_long_chain_does_not_recurse(capfd: pytest.CaptureFixture[str]) -> None:
    executor = ThreadsExecutor(1)
    gate = Event()
    with pytest.raises(KeyboardInterrupt), executor.start():
        futures = [executor.submit(gate.wait, 10)]
        for _ in range(1_000):
            futures.append(executor.submit(add, futures[-1]))
        Timer(0.2, gate.set).start()
        raise KeyboardInterrupt

    assert all(future.cancelled() for future in futures[1:])
    assert "RecursionError" not in capfd.readouterr().err


@pytest.mark.parametrize("workers", [1, 2])
def test_after_an_error_queued_calls_never_start(workers: int) -> None:
    executor = ThreadsExecutor(workers)
    gate, all_work = Event(), Barrier(workers + 1, timeout=10)
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        all_work.wait()
        gate.wait(10)

    with pytest.raises(KeyboardInterrupt), executor.start():
        calls = [executor.submit(work, number) for number in range(8)]
        all_work.wait()
        Timer(0.2, gate.set).start()
        raise KeyboardInterrupt

    assert sorted(begun) == list(range(workers))
    assert [call.cancelled() for call in calls] == [False] * workers + [True] * (8 - workers)


@pytest.mark.parametrize(
    "executor", [LocalExecutor(), ThreadsExecutor(1)], ids=["local", "threads"]
)
def test_a_task_sees_its_context_and_the_configuration_of_the_process(executor: Any) -> None:
    def look(context: dict[str, Any]) -> Any:
        with prefect.context(context):
            return prefect.context.answer, prefect.context.config.backend

    with executor.start():
        context = {"answer": 42, "config": "a copy of it all"}
        seen = executor.wait(executor.submit(look, context=context))

    assert seen == (42, prefect.config.backend)


def test_the_settings_choose_the_executor() -> None:
    threads = make_executor(Settings(executor=ExecutorSettings(type="threads", workers=5)), None)

    assert isinstance(make_executor(Settings(), None), LocalExecutor)
    assert isinstance(threads, ThreadsExecutor)
    assert threads.workers == 5


def test_a_cheap_copy_of_the_configuration_is_still_a_copy() -> None:
    patch_context()

    copy = prefect.config.copy()

    assert copy == prefect.config
    assert type(copy.cloud) is type(prefect.config.cloud)
    assert copy.cloud is not prefect.config.cloud
    assert copy.cloud.api == prefect.config.cloud.api


def test_leaving_a_context_restores_it() -> None:
    patch_context()
    before = dict(prefect.context)

    with prefect.context(map_index=1, task_name="one"):
        assert prefect.context.map_index == 1

    assert dict(prefect.context) == before


def test_tasks_that_wait_for_a_limit_start_in_the_order_in_which_they_came() -> None:
    limiter = Limiter({"db": 1, "gpu": 1})
    started: list[str] = []

    def submit(name: str, *tags: str) -> None:
        limiter.submit(tags, lambda: started.append(name))

    submit("first", "db")
    submit("both", "db", "gpu")
    submit("second", "db")
    submit("gpu alone", "gpu")
    submit("neither")
    assert started == ["first", "gpu alone", "neither"]

    limiter.end(["db"])  # the gpu is not free: whoever needs only the database goes ahead
    assert started[3:] == ["second"]
    limiter.end(["gpu"])
    limiter.end(["db"])
    assert started[4:] == ["both"]
