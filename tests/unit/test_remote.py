"""What a run on a Dask cluster consists of, without a cluster."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from threading import Event, Thread, get_ident
from types import SimpleNamespace
from typing import Any, List

import pytest

from project.errors import FlowRunError
from project.execution.remote.cluster import wait_for_worker
from project.execution.remote.code import _digest
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


def test_a_node_with_a_time_limit_can_be_interrupted() -> None:
    started, ended = Event(), Event()
    threads: List[int] = []
    raised: List[BaseException] = []

    def node() -> None:
        started.set()
        try:
            while True:
                time.sleep(0.01)
        finally:
            ended.set()

    def run() -> None:
        threads.append(get_ident())
        try:
            call_with_limit(node, "node", 60)
        except KeyboardInterrupt as error:
            raised.append(error)

    thread = Thread(target=run)
    thread.start()
    assert started.wait(10)
    raise_in_thread(threads[0], KeyboardInterrupt)
    thread.join(10)

    assert raised
    assert ended.wait(10)


def test_the_timeout_error_of_a_node_is_its_own() -> None:
    own = TimeoutError("of a request")

    def node() -> None:
        raise own

    raised: List[BaseException] = []

    def run() -> None:
        try:
            call_with_limit(node, "node", 60)
        except TimeoutError as error:
            raised.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join(10)

    assert raised == [own]
