"""What a run on Dask makes of the loss of workers, without a cluster."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, List, Tuple

import pytest
from distributed import KilledWorker
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from prefect import Task
from prefect.engine.state import Running, State, Success

from project.config.model import Settings, TaskPolicy, TaskSettings
from project.errors import WorkerLostError
from project.execution.kedro_run import KedroRun
from project.execution.remote.attempts import Attempts
from project.execution.remote.lost_workers import LostWorkers, WorkerRemoved, read_scheduler_event
from project.execution.remote.node_states import NodeStates
from project.execution.remote.reports import RerunRequest
from project.execution.remote.run_spec import NodeCall, Permission
from project.execution.remote.slots import Slots
from project.execution.remote.unit_graph import make_unit_graph
from project.hooks import inject_memory_datasets

WORKER = "tcp://w:1"

# "use" needs the value of "make"; nothing needs one of "note".
PIPELINE = Pipeline(
    [
        node(lambda: 1, None, "made", name="make"),
        node(lambda made: made, "made", "used", name="use"),
        node(lambda made: None, "made", None, name="note"),
    ]
)


class LossOfWorkers:
    """A run of the pipeline, with what its state handlers and its stop have been called with."""

    def __init__(self, **retries: int):
        catalog = DataCatalog()
        inject_memory_datasets(PIPELINE, catalog)
        policies = {
            name: {"retries": count, "retry_delay_seconds": 0} for name, count in retries.items()
        }
        tasks = TaskSettings(TaskPolicy(), nodes=policies)
        self.run = KedroRun(PIPELINE, catalog, None, None, settings=Settings(tasks=tasks))
        calls = {name: NodeCall(name, None, {}, {}, is_limited=False) for name in self.run.nodes}
        graph = make_unit_graph(self.run, calls, "none", "run")
        self.keys = {unit.calls[0].name: key for key, unit in graph.units.items()}
        self.seen: List[Tuple[str, str]] = []
        self.failures: List[str] = []
        slots = Slots({}, dict.fromkeys(self.run.nodes, ()), lambda worker, node: None)
        by_name = {name: Task(name=name) for name in self.run.nodes}
        self.states = NodeStates(self.run, by_name, [self._see], slots, self.failures.append)
        attempts = Attempts(self.run.policy)
        self.lost = LostWorkers("id", graph, self.states, attempts, slots)

    def _see(self, runner: Any, old: State, new: State) -> None:
        self.seen.append((runner.task.name, type(new).__name__))

    def begin(self, *names: str) -> None:
        for name in names:
            self.states.set(name, Running())

    def end(self, *names: str) -> None:
        self.begin(*names)
        for name in names:
            self.states.end(name, Success())
        self.seen.clear()

    def removed(self, unfinished: str = "", finished: str = "") -> WorkerRemoved:
        keys = [
            tuple(self.keys[name] for name in names.split()) for names in (unfinished, finished)
        ]
        return WorkerRemoved(WORKER, *keys)

    def request(self, name: str) -> RerunRequest:
        return RerunRequest(self.keys[name], "tcp://w:2", "second attempt")


@pytest.mark.parametrize("event", ["closed", {}, {"action": "add-worker", "worker": WORKER}])
def test_other_events_of_the_scheduler_remove_no_worker(event: object) -> None:
    assert read_scheduler_event(event) is None


def test_a_scheduler_reports_what_a_removed_worker_had() -> None:
    event = {"action": "remove-worker", "worker": WORKER, "lost-computed-tasks": {"a": 1}}

    assert read_scheduler_event(event) == WorkerRemoved(WORKER, (), ("a",))


def test_a_node_without_retries_fails_with_its_worker() -> None:
    loss = LossOfWorkers()
    loss.end("make")
    loss.begin("use")
    loss.lost.rerun_or_fail(loss.removed("use", "make"))

    assert loss.seen == [("use", "Running"), ("use", "Failed")]
    assert loss.failures == ["use"]
    assert str(loss.run.error) == (
        "Worker tcp://w:1 was lost while running node 'use', or while holding its value. A node "
        "that may have started, and written data, runs again only if it has a retry left "
        "(prefect.yml: tasks). Restart the run ('kedro prefect restart id'), or start a new one. "
        "Workers often die because they run out of memory; their own logs say why."
    )


def test_a_node_whose_value_is_lost_fails_the_run_but_has_succeeded() -> None:
    loss = LossOfWorkers(use=1)
    loss.end("make")
    loss.lost.rerun_or_fail(loss.removed(finished="make"))

    assert loss.seen == []
    assert loss.failures == ["make"]
    assert isinstance(loss.run.error, WorkerLostError)
    assert loss.states.ends["make"].is_successful()


def test_the_message_names_the_node_that_has_no_retry_left() -> None:
    loss = LossOfWorkers(use=1)
    loss.end("make")
    loss.begin("use")
    loss.lost.rerun_or_fail(loss.removed("use", "make"))

    assert loss.failures == ["use"]
    assert "It has a retry left, but node 'make', whose value was lost, has none." in str(
        loss.run.error
    )


def test_nodes_with_retries_left_fail_nothing(caplog: pytest.LogCaptureFixture) -> None:
    loss = LossOfWorkers(make=1, use=1)
    loss.end("make")
    loss.begin("use")
    loss.lost.rerun_or_fail(loss.removed("use", "make"))

    assert loss.failures == []
    assert caplog.messages == ["Worker tcp://w:1 was lost; nodes that run again: use, make"]


def test_a_unit_whose_report_was_lost_has_ended() -> None:
    loss = LossOfWorkers()
    loss.begin("note")
    loss.lost.end_finished(loss.removed(finished="note"))

    assert loss.seen == [("note", "Running"), ("note", "Success")]
    assert loss.run.done_nodes == {loss.run.nodes["note"]}


def test_a_unit_begins_again_as_often_as_its_nodes_have_retries() -> None:
    loss = LossOfWorkers(make=1)
    loss.end("make")
    permission = loss.lost.permit(loss.request("make"))

    assert permission is not None
    assert permission.states["make"].run_count == 1
    assert permission.delay_seconds == 0
    assert loss.seen == [("make", "Retrying")]
    assert not loss.states.has_ended("make")
    assert loss.run.done_nodes == set()

    assert loss.lost.permit(loss.request("make")) is None
    assert loss.failures == ["make"]


def test_a_unit_that_has_ended_and_keeps_nothing_need_not_begin_again() -> None:
    loss = LossOfWorkers()
    loss.end("note")

    assert loss.lost.permit(loss.request("note")) == Permission({}, 0, is_done=True)
    assert loss.failures == []


def test_a_unit_that_has_ended_too_many_workers_fails() -> None:
    loss = LossOfWorkers(make=9)
    loss.lost.fail_killed(KilledWorker(loss.keys["make"], SimpleNamespace(address=WORKER), 3))

    assert loss.failures == ["make"]
    assert str(loss.run.error).startswith(
        "Worker tcp://w:1 was lost while running node 'make', or while holding its value. Dask "
        "will not start it again: Attempted to run task 'make-run' on 4 different workers"
    )
