"""The results of the checks of ``kedro prefect doctor``."""

from __future__ import annotations

import traceback
from enum import Enum
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional


class Status(Enum):
    """What a check means for the next ``kedro run``: success, a surprise, or no success."""

    OK = "ok"
    WARNING = "warn"
    FAILURE = "FAIL"


class CheckResult(NamedTuple):
    """Result of one check; unless it is OK, the text names the remedy."""

    subject: str
    status: Status
    text: str


def ok(subject: str, text: str) -> CheckResult:
    """Return the result of a check that found nothing."""
    return CheckResult(subject, Status.OK, text)


def warning(subject: str, text: str) -> CheckResult:
    """Return the result of a check that found what ``kedro run`` survives."""
    return CheckResult(subject, Status.WARNING, text)


def failure(subject: str, text: str) -> CheckResult:
    """Return the result of a check that found why ``kedro run`` would not succeed."""
    return CheckResult(subject, Status.FAILURE, text)


def failure_if(fails: bool, subject: str, text: str) -> CheckResult:
    """Return a failure or a warning."""
    return failure(subject, text) if fails else warning(subject, text)


def describe_exception(error: BaseException, project_path: Path) -> str:
    """Return an exception in one line, with the line of the project's code that it came from.

    The causes of the exception follow it, unless it quotes them: Kedro raises errors of its own
    from what the project's code has raised.
    """
    parts: List[str] = []
    own: List[traceback.FrameSummary] = []
    for each in _with_causes(error):
        if not any(str(each) in part for part in parts):
            parts.append(f"{type(each).__name__}: {each}".rstrip("."))
        frames = traceback.extract_tb(each.__traceback__)
        own += [frame for frame in frames if project_path in Path(frame.filename).parents]
    text = " ".join(": ".join(parts).split())
    return f"{text} ({own[-1].filename}, line {own[-1].lineno})" if own else text


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    cause: Optional[BaseException] = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
