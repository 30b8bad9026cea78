"""What tasks log and print, as it is handed on."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional, Tuple

import prefect
import pytest

from project.backend.hosted import _Lines
from project.backend.lines import LONG, _Line, lines_told_to

Told = List[Tuple[Optional[str], str]]


@contextmanager
def listening() -> Iterator[Told]:
    """Yield what is told, each with the task that said it."""
    found: Told = []

    def take(record: logging.LogRecord) -> None:
        found.append((prefect.context.get("task_slug"), record.getMessage()))

    with lines_told_to(take):
        yield found


def task(slug: str) -> Any:
    return prefect.context(task_slug=slug, task_run_id=f"run of {slug}")


def test_each_printed_line_is_told_once_it_is_whole() -> None:
    with listening() as told, task("a"):
        print("one", "two", end="")
        assert told == []
        print(" three\n\n  \nfour\nfi", end="")
        print("ve\r\n", end="")

    assert told == [("a", "one two three"), ("a", "four"), ("a", "five")]


def test_what_no_task_prints_is_not_told() -> None:
    with listening() as told:
        print("nobody's")

    assert told == []


def test_many_carriage_returns_make_one_line() -> None:
    with listening() as told, task("a"):
        for count in range(60_000):
            print(f"\r{count}", end="")
        print()
        for count in range(3):
            print(f"{count}\r", end="")
        print()

    assert told == [("a", "59999"), ("a", "2")]


def test_of_an_unfinished_line_only_what_a_terminal_shows_is_kept() -> None:
    line = _Line({})
    for count in range(60_000):
        line.add(f"\r{count}\rdone {count}")

    assert line.pieces == ["done 59999"]


def test_a_line_that_goes_on_is_told_in_parts_and_whole() -> None:
    with listening() as told, task("a"):
        for _ in range(2 * LONG):
            print(".", end="")
        print("end")
        print("x" * 3 * LONG)

    parts = ["." * LONG, "." * LONG, "end", "x" * 3 * LONG]
    assert told == [("a", part) for part in parts]


def test_an_unfinished_line_is_told_when_prefect_says_that_the_task_has_ended() -> None:
    with listening() as told, task("a"):
        print("50 %", end="")
        logging.getLogger("prefect.SomeTaskRunner").info("Finished")

    assert told == [("a", "50 %"), ("a", "Finished")]


def test_an_unfinished_line_belongs_to_its_own_task() -> None:
    with listening() as told:
        with task("a"):
            print("50 %", end="")
        with task("b"):
            print("mine")

    assert told == [("a", "50 %"), ("b", "mine")]


def test_an_unfinished_line_is_told_at_the_end_at_last() -> None:
    found: Dict[str, Any] = {}

    def take(record: logging.LogRecord) -> None:
        found[record.getMessage()] = prefect.context.get("task_run_id")

    with lines_told_to(take), task("a"):
        print("50 %", end="")

    assert found == {"50 %": "run of a"}


# Ruff would see the mistake in a call that spells it out.
WITH_A_MISTAKE = ("%s and %s", 1)


@pytest.fixture
def logger(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """Return a logger that pytest does not hear: it makes an error of a call with a mistake."""
    for handler in logging.getLogger().handlers:
        monkeypatch.setattr(type(handler), "emit", lambda self, record: None)
    return logging.getLogger("shop.nodes")


def test_a_log_call_with_wrong_arguments_is_no_error_of_the_node(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    found: List[str] = []
    with lines_told_to(lambda record: found.append(record.getMessage())):
        logger.warning(*WITH_A_MISTAKE)
        logger.warning("%s and %s", 1, 2)

    assert found == ["1 and 2"]
    assert "--- Logging error ---" in capsys.readouterr().err


def test_under_an_agent_neither(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    hosted = _Lines()
    with prefect.context(running_with_backend=True, flow_run_id="some"):
        hosted.take_anew()
        try:
            logger.warning(*WITH_A_MISTAKE)
        finally:
            hosted._stack.close()

    assert "--- Logging error ---" in capsys.readouterr().err
