"""The progress of the nodes of a run, also where it cannot be shown."""

from __future__ import annotations

import io
import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click import ClickException
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from prefect.engine.state import Running, Success
from rich.console import Console

from project.compat.kedro import MemoryDataset
from project.console.progress import Bar, Lines, NodeProgress, follow_progress
from project.console.tables import NodeReport
from project.errors import FlowRunError
from project.execution.runs import KedroRuns
from project.flow.build import build_flow
from project.flow.pipeline_ref import PipelineRef
from project.runner import PrefectRunner
from project.terminal import echo, show


def keep(value: int) -> int:
    return value


def pipeline_of(*names: str) -> Pipeline:
    return Pipeline([node(keep, "start", f"kept_{name}", name=name) for name in names])


def catalog() -> DataCatalog:
    return DataCatalog({"start": MemoryDataset(1)})


class FullDisk(io.StringIO):
    """Take no text."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


class Broken(Lines):
    """Fail as no display should."""

    def ended(self, report: Any) -> None:
        raise RuntimeError("broken")


def run(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, stdout: Any) -> Any:
    monkeypatch.setattr(sys, "stdout", stdout)
    return PrefectRunner().run(pipeline, catalog())


def ascii_stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii")


def written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined]


def test_a_node_named_like_the_init_task_is_counted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.StringIO()
    monkeypatch.setattr("project.deploy.deployment.package_name", lambda: "package")
    run(pipeline_of("package_init"), monkeypatch, out)

    lines = [line for line in out.getvalue().splitlines() if line.startswith("[1/")]
    assert [line.split(" 0.")[0] for line in lines] == ["[1/1] package_init: Success"]


def test_characters_that_the_encoding_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    out = ascii_stream()
    result = run(pipeline_of("größe"), monkeypatch, out)

    assert set(result) == {"kept_größe"}
    assert "[1/1] gr\\xf6\\xdfe: Success" in written(out)


def test_without_nested_displays_nodes_may_have_the_only_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = Console(force_terminal=True, file=io.StringIO())
    del console._live_stack  # rich before 14.1 has none
    monkeypatch.setattr("project.console.progress.get_console", lambda: console)

    with follow_progress(["a"]) as progress:
        assert isinstance(progress._display, Lines)


def test_the_bar_escapes_characters_that_the_terminal_lacks() -> None:
    out = ascii_stream()
    bar = Bar(1, Console(file=out, force_terminal=True, width=80))
    bar.started("größe")
    bar.close([NodeReport("größe", "Success", 0.1)])

    assert "gr\\xf6\\xdfe" in written(out)


def test_brackets_in_a_name_are_not_markup() -> None:
    out = io.StringIO()
    bar = Bar(1, Console(file=out, width=80))
    report = NodeReport("keep([/a]) -> [b]", "Success", 0.1)
    bar.started(report.name)
    bar.ended(report)
    bar.close([report])

    assert report.name in out.getvalue()


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_display_that_cannot_write_does_not_fail_the_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_closed: bool
) -> None:
    out = FullDisk()
    if is_closed:
        out.close()
    result = run(pipeline_of("a", "b", "c"), monkeypatch, out)

    assert set(result) == {"kept_a", "kept_b", "kept_c"}
    told = [one.message for one in caplog.records if one.name == "project.console.progress"]
    assert [one.split(":")[0] for one in told] == ["The progress of the nodes cannot be shown"]


def test_a_line_that_cannot_be_printed_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "stdout", FullDisk())
    with caplog.at_level(logging.WARNING):
        echo("Flow 'größe': registered")

    assert "Flow 'größe': registered" in caplog.text
    assert "No space left on device" in caplog.text


def test_what_a_command_was_asked_for_and_cannot_be_printed_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", FullDisk())

    with pytest.raises(ClickException, match="cannot be written: .*No space left on device"):
        show("a line")


def test_the_error_of_a_run_that_failed_outside_its_nodes_names_the_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("project.console.progress.Lines", Broken)

    with pytest.raises(FlowRunError) as caught:
        run(pipeline_of("a"), monkeypatch, io.StringIO())
    assert str(caught.value).splitlines()[1:] == [
        "Task 'a': Unexpected error while calling state handlers: RuntimeError('broken')"
    ]


def test_an_attempt_that_is_repeated_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(2)
    for name, state in [("a", "Retrying"), ("a", "Success"), ("b", "Success")]:
        lines.ended(NodeReport(name, state, 0.1))

    counts = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert counts == ["[0/2]", "[1/2]", "[2/2]"]


def test_nodes_that_end_at_the_same_time_are_shown_one_after_the_other() -> None:
    class OneAtATime(Lines):
        shown = most = 0

        def ended(self, report: Any) -> None:
            self.shown += 1
            self.most = max(self.most, self.shown)
            time.sleep(0.05)
            self.shown -= 1

    names = ["a", "b", "c"]
    display = OneAtATime(len(names))
    progress = NodeProgress(names, display)
    flow = build_flow(pipeline_of(*names), "f", PipelineRef(Path(), "p", "f"), KedroRuns())
    runners: list[Any] = [SimpleNamespace(task=task) for task in flow.tasks]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda runner: progress(runner, Running(), Success()), runners))

    assert display.most == 1
