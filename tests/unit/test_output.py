"""The capture of what tasks log and print."""

from __future__ import annotations

import io
import logging
import os
import sys
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional, Tuple

import prefect
import pytest

from project.execution.output import MAX_LINE_LENGTH, OutputCapture, _Line, captures_kept

Lines = List[Tuple[Optional[str], str]]


@contextmanager
def listening() -> Iterator[Lines]:
    """Yield the captured lines, each with the task that caused it."""
    found: Lines = []

    def take(record: logging.LogRecord) -> None:
        found.append((prefect.context.get("task_slug"), record.getMessage()))

    with OutputCapture(take):
        yield found


def task(slug: str) -> Any:
    return prefect.context(task_slug=slug, task_run_id=f"run of {slug}")


def test_a_printed_line_is_captured_when_it_is_complete() -> None:
    with listening() as lines, task("a"):
        print("one", "two", end="")
        assert lines == []
        print(" three\n\n  \nfour\nfi", end="")
        print("ve\r\n", end="")

    assert lines == [("a", "one two three"), ("a", "four"), ("a", "five")]


def test_output_outside_tasks_is_not_captured() -> None:
    with listening() as lines:
        print("nobody's")

    assert lines == []


@pytest.mark.parametrize(
    ("logger", "thread", "is_captured"),
    [
        ("sqlalchemy.engine", "MainThread", True),
        ("sqlalchemy.engine", "prefect-api-reader_0", False),
        ("project.server.local", "prefect request", False),
    ],
)
def test_the_lines_about_requests_are_not_captured(
    logger: str, thread: str, is_captured: bool
) -> None:
    record = logging.LogRecord(logger, logging.INFO, "", 0, "SELECT", (), None)
    record.threadName = thread
    with listening() as lines:
        logging.getLogger().handle(record)

    assert lines == [(None, "SELECT")] * is_captured


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_the_lines_of_a_forked_child_are_not_captured() -> None:
    with listening() as lines, task("a"):
        print("of the parent")
        child = os.fork()
        if child == 0:
            print("of the child")
            os._exit(len(lines))
        print("of the parent again")

    assert os.waitpid(child, 0)[1] >> 8 == 1
    assert lines == [("a", "of the parent"), ("a", "of the parent again")]


def test_many_carriage_returns_make_one_line() -> None:
    with listening() as lines, task("a"):
        for count in range(60_000):
            print(f"\r{count}", end="")
        print()
        for count in range(3):
            print(f"{count}\r", end="")
        print()

    assert lines == [("a", "59999"), ("a", "2")]


def test_only_the_visible_part_of_an_unfinished_line_is_kept() -> None:
    line = _Line({})
    for count in range(60_000):
        line.add(f"\r{count}\rdone {count}")

    assert line.pieces == ["done 59999"]


def test_a_long_line_is_captured_completely_in_parts() -> None:
    with listening() as lines, task("a"):
        for _ in range(2 * MAX_LINE_LENGTH):
            print(".", end="")
        print("end")
        print("x" * 3 * MAX_LINE_LENGTH)

    parts = ["." * MAX_LINE_LENGTH, "." * MAX_LINE_LENGTH, "end", "x" * 3 * MAX_LINE_LENGTH]
    assert lines == [("a", part) for part in parts]


def test_an_unfinished_line_is_captured_when_prefect_logs_the_end_of_the_task() -> None:
    with listening() as lines, task("a"):
        print("50 %", end="")
        logging.getLogger("prefect.SomeTaskRunner").info("Finished")

    assert lines == [("a", "50 %"), ("a", "Finished")]


def test_an_unfinished_line_belongs_to_its_own_task() -> None:
    with listening() as lines:
        with task("a"):
            print("50 %", end="")
        with task("b"):
            print("mine")

    assert lines == [("a", "50 %"), ("b", "mine")]


def test_an_unfinished_line_is_captured_when_the_capture_ends() -> None:
    found: Dict[str, Any] = {}

    def take(record: logging.LogRecord) -> None:
        found[record.getMessage()] = prefect.context.get("task_run_id")

    with OutputCapture(take), task("a"):
        print("50 %", end="")

    assert found == {"50 %": "run of a"}


# Ruff would see the mistake in a call that spells it out.
WITH_A_MISTAKE = ("%s and %s", 1)


@pytest.fixture
def logger(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """Return a logger without pytest's handler, which would raise an error for a wrong call."""
    for handler in logging.getLogger().handlers:
        monkeypatch.setattr(type(handler), "emit", lambda self, record: None)
    return logging.getLogger("shop.nodes")


def test_a_log_call_with_wrong_arguments_does_not_fail_the_node(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    found: List[str] = []
    with OutputCapture(lambda record: found.append(record.getMessage())):
        logger.warning(*WITH_A_MISTAKE)
        logger.warning("%s and %s", 1, 2)

    assert found == ["1 and 2"]
    assert "--- Logging error ---" in capsys.readouterr().err


def test_overlapping_captures_restore_the_stream() -> None:
    before = sys.stdout
    first, second = OutputCapture(lambda _: None), OutputCapture(lambda _: None)
    first.__enter__()
    second.__enter__()
    first.__exit__()
    still_captured = sys.stdout is not before
    second.__exit__()

    assert still_captured
    assert sys.stdout is before


def test_lines_are_captured_however_they_are_written() -> None:
    with listening() as lines, task("a"):
        sys.stdout.writelines(["one\n", "two\n"])
        assert isinstance(sys.stdout, io.TextIOBase)

    assert lines == [("a", "one"), ("a", "two")]


def test_only_the_loggers_of_the_libraries_themselves_are_left_out() -> None:
    found: List[str] = []
    names = ["distributed", "distributed.worker", "distributed_training.nodes", "asyncio_feeds"]
    with OutputCapture(lambda record: found.append(record.name)):
        for name in names:
            logging.getLogger(name).error("a line")

    assert found == ["distributed_training.nodes", "asyncio_feeds"]


def test_captures_stay_attached_when_another_project_is_opened() -> None:
    found: List[str] = []
    root = logging.getLogger()
    before = list(root.handlers)
    with OutputCapture(lambda record: found.append(record.getMessage())):
        with captures_kept():
            root.handlers.clear()  # what logging.config.dictConfig does
        logging.getLogger("shop.nodes").error("after")
    root.handlers[:] = before

    assert found == ["after"]
