"""What a terminal shows of a run."""

from __future__ import annotations

import re
from typing import Callable

from tests.kits.projects import PIPELINE, KedroProject
from tests.kits.terminal import seen_on_a_terminal

RUN = ("run", "--runner=project.runner.PrefectRunner")


def test_a_bar_while_it_runs_and_a_table_of_nodes_at_the_end(
    make_project: Callable[..., KedroProject],
) -> None:
    shown = seen_on_a_terminal(make_project(PIPELINE).folder, *RUN)
    rows = re.findall(r"│ (\w+) +│ (\w+) +│ (\d+\.\d\d) s +│", shown)

    assert "2/2" in shown
    assert [(name, state) for name, state, _ in rows] == [("one", "Success"), ("two", "Success")]


def test_a_failure_is_in_the_table_with_the_nodes_that_did_not_start(
    make_project: Callable[..., KedroProject],
) -> None:
    project = make_project(PIPELINE.replace("return 1", "raise OSError('full')"))
    shown = seen_on_a_terminal(project.folder, *RUN)
    rows = re.findall(r"│ (\w+) +│ (\w+) +│", shown)

    assert rows == [("one", "Failed"), ("two", "TriggerFailed")]
    assert shown.rindex("OSError: full") > shown.rindex("TriggerFailed")


def test_a_long_name_leaves_the_count_of_nodes_in_its_line(
    make_project: Callable[..., KedroProject],
) -> None:
    name = "preprocess_" * 20
    # The bar is drawn ten times a second, so a node that ends at once may never be seen in it.
    pipeline = PIPELINE.replace("return 1", "import time; time.sleep(1); return 1")
    project = make_project(pipeline.replace('name="one"', f'name="{name}"'))
    shown = seen_on_a_terminal(project.folder, *RUN, columns=80)
    names = re.findall(r"[012]/2 \d:\d\d:\d\d (preprocess_\S*)", shown)

    assert names
    assert [one for one in names if not one.endswith("…") or len(one) > 40] == []


PRINTING = """
import os, sys
from kedro.pipeline import Pipeline, node

def one():
    print("copying [/data/in.csv] [red]all", end="", flush=True)
    print(" done")
    print("encoding", sys.stdout.encoding)
    print("a warning [/]", file=sys.stderr)
    child = os.fork()
    if child == 0:
        print("written by a child")
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
    for percent in range(30):
        print(f"\\r{percent} percent", end="", flush=True)  # as tqdm does
    print()
    print("without a newline", end="")
    return 1

def register_pipelines():
    return {"__default__": Pipeline([node(one, None, "n", name="one")])}
"""


def test_what_a_node_prints_is_shown_above_the_bar_as_it_is(
    make_project: Callable[..., KedroProject],
) -> None:
    shown = seen_on_a_terminal(make_project(PRINTING).folder, *RUN)

    for text in (
        "copying [/data/in.csv] [red]all",
        "done",
        "encoding utf-8",
        "a warning [/]",
        "written by a child",
        "without a newline",
        "Success",
    ):
        assert text in shown
    assert shown.count(" percent") == 1
    assert "29 percent" in shown
