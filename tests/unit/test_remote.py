"""What a run on a Dask cluster consists of, without a cluster."""

from __future__ import annotations

import asyncio
import pickle
import re
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Event, Lock, Thread, get_ident
from types import SimpleNamespace
from typing import Any, Callable, Iterator, List

import pytest
from kedro.io import DataCatalog

from project.compat.kedro import MemoryDataset
from project.errors import FlowRunError
from project.execution.remote.cluster import wait_for_worker
from project.execution.remote.code import _digest
from project.execution.remote.reports import InterruptReport, ReportSender, read_reports
from project.execution.remote.slots import Slots
from project.execution.remote.values import Value, open_value
from project.execution.remote.worker_catalog import ReceivedValues
from project.execution.time_limit import call_with_limit, raise_in_thread


@pytest.mark.parametrize("kind", [TimeoutError, asyncio.TimeoutError, OSError])
def test_a_cluster_without_workers_is_one_clear_error(kind: Any) -> None:
    def wait_for_workers(count: int, timeout: float) -> None:
        raise kind("Only 0/1 workers arrived")

    scheduler = SimpleNamespace(address="tcp://x:1")
    client = SimpleNamespace(wait_for_workers=wait_for_workers, scheduler=scheduler)

    with pytest.raises(FlowRunError, match="Start one: dask worker tcp://x:1"):
        wait_for_worker(client)


def test_a_link_that_an_editor_leaves_is_no_code(tmp_path: Path) -> None:
    (tmp_path / "nodes.py").write_text("A = 1")
    before = _digest(tmp_path)
    (tmp_path / ".#nodes.py").symlink_to("user@host.123")

    assert _digest(tmp_path) == before


class OnlyThere:
    """A value whose class a process does not have."""

    def __reduce__(self) -> Any:
        return import_module, ("only_there",)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Lock(), "pickled: TypeError(\"cannot pickle '_thread.lock' object\")"),
        (OnlyThere(), "unpickled: ModuleNotFoundError(\"No module named 'only_there'\")"),
    ],
)
def test_a_value_that_does_not_arrive_says_at_which_end_it_failed(value: Any, reason: str) -> None:
    dataset = SimpleNamespace(data=value)
    arrived = pickle.loads(pickle.dumps(Value(dataset, "held", "hold"), protocol=5))  # noqa: S301

    with pytest.raises(FlowRunError, match=re.escape(f"its value cannot be {reason}.")):
        open_value(arrived)


def test_a_received_value_is_in_the_catalog_as_long_as_a_unit_needs_it() -> None:
    catalog = DataCatalog({"a": MemoryDataset(), "params:b": MemoryDataset()})
    values = {name: Value(MemoryDataset(1), name, "make") for name in ("a", "params:b")}
    received = ReceivedValues()
    with received.placed(catalog, values):
        with received.placed(catalog, values):
            pass

        assert catalog.load("a") == 1

    assert not catalog.exists("a")
    assert catalog.load("params:b") == 1  # which hooks of later nodes may load


def test_reports_share_messages_unless_one_is_sent_immediately() -> None:
    messages: List[List[str]] = []
    scheduled: List[Callable[[], None]] = []
    sender = ReportSender(
        lambda message: messages.append([report.node for report in read_reports(message)]),
        lambda seconds, flush: scheduled.append(flush),
    )
    for node in "ab":
        sender.put(InterruptReport(node))
    sender.send(InterruptReport("c"))
    for node in "de":
        sender.put(InterruptReport(node))

    assert messages == [["a", "b", "c"]]
    assert len(scheduled) == 1  # each one would wake the event loop of the worker

    scheduled.pop()()
    sender.put(InterruptReport("f"))
    scheduled.pop()()

    assert messages == [["a", "b", "c"], ["d", "e"], ["f"]]


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    """Return a pool with one thread, which is not the main one."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_a_node_with_a_time_limit_can_be_interrupted(thread: ThreadPoolExecutor) -> None:
    started, ended = Event(), Event()

    def node(_is_over: object) -> None:
        try:
            started.set()
            while True:
                time.sleep(0.01)
        finally:
            ended.set()

    ident = thread.submit(get_ident).result()
    call = thread.submit(call_with_limit, node, "node", 60)
    assert started.wait(10)
    raise_in_thread(ident, KeyboardInterrupt)

    assert isinstance(call.exception(10), KeyboardInterrupt)
    assert ended.wait(10)


def test_a_node_that_is_interrupted_before_its_thread_has_begun_does_not_run(
    thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Thread.start
    calls: list[str] = []
    late: list[Thread] = []

    def be_interrupted(self: Thread) -> None:
        if self.name != "node":
            return start(self)
        late.append(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Thread, "start", be_interrupted)
    call = thread.submit(call_with_limit, lambda _: calls.append("called"), "node", 60)
    assert isinstance(call.exception(10), KeyboardInterrupt)
    start(late[0])
    late[0].join(10)

    assert calls == []


def test_the_timeout_error_of_a_node_is_its_own(thread: ThreadPoolExecutor) -> None:
    own = TimeoutError("of a request")

    def node(_is_over: object) -> None:
        raise own

    assert thread.submit(call_with_limit, node, "node", 60).exception(10) is own


def test_a_slot_that_a_node_requests_again_is_granted_once() -> None:
    granted: List[str] = []
    slots = Slots(
        {"db": 2}, dict.fromkeys("abc", ("db",)), lambda worker, node: granted.append(node)
    )
    for node in "abc":
        slots.request(node, "worker")
    slots.end("c")  # its unit begins again, on the same worker
    slots.request("c", "worker")
    for node in "abc":
        slots.end(node)
    for node in "abc":
        slots.request(node, "worker")

    assert granted == ["a", "b", "c", "a", "b"]
