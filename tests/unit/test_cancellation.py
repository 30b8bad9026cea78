"""The parameters of a flow run, and cancelling a run."""

from __future__ import annotations

import signal
from datetime import date, datetime
from threading import Lock, Thread
from typing import Any

import pytest

from project.deploy.registration import run_parameters
from project.execution.cancellation import Cancellation


def test_values_that_json_lacks_become_strings_and_lists() -> None:
    options = {
        "params": {
            "day": date(2026, 1, 2),
            "at": datetime(2026, 1, 2, 3, 4),
            "some": {3, 1, 2},
            "x": float("nan"),
        },
        "tags": ("a", "b"),
        "env": None,
    }

    assert run_parameters(options) == {
        "params": {"day": "2026-01-02", "at": "2026-01-02T03:04:00", "some": [1, 2, 3], "x": "NaN"},
        "tags": ["a", "b"],
        "env": None,
    }


def test_only_the_environment_is_sent_without_a_value() -> None:
    assert run_parameters({"env": None, "tags": None, "nodes": ["a"]}) == {
        "env": None,
        "nodes": ["a"],
    }
    assert run_parameters({"nodes": ["a"]}) == {"nodes": ["a"]}


def test_a_run_in_another_thread_is_cancelled_in_that_thread() -> None:
    raised: list[Any] = []

    def run() -> None:
        cancellation = Cancellation()
        with cancellation.handle_signals():
            cancellation.check()
            cancellation.request()
            with pytest.raises(KeyboardInterrupt) as caught:
                cancellation.check()
        raised.append(caught.type)

    thread = Thread(target=run)
    thread.start()
    thread.join()

    assert raised == [KeyboardInterrupt]


def test_a_signal_that_arrives_while_the_run_holds_a_lock_is_reported() -> None:
    lock, reported = Lock(), []

    def report() -> None:
        with lock:  # as a queue of the reporter has one, into which the run puts its states
            reported.append("cancelled")

    cancellation = Cancellation(on_signal=report)
    with pytest.raises(KeyboardInterrupt), cancellation.handle_signals(), lock:
        signal.raise_signal(signal.SIGTERM)

    assert reported == ["cancelled"]
    assert cancellation.signal == signal.SIGTERM


def test_a_run_within_a_node_leaves_the_handlers_of_the_other_run() -> None:
    with Cancellation().handle_signals():
        handler = signal.getsignal(signal.SIGTERM)
        with Cancellation().handle_signals():
            pass

        assert signal.getsignal(signal.SIGTERM) == handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
