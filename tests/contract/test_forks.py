"""Children that a node forks, which leave the run to their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from project.api.client import connect
from project.server.store.locks import orphaned_runs
from tests.kits.projects import NODE, KedroProject, kedro_run

MakeProject = Callable[..., KedroProject]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")

PIPELINE = (
    NODE
    + """
import multiprocessing, os, sys, time

def leave():
    child = os.fork()
    if child == 0:
        {statement}
    return os.waitpid(child, 0)[1] >> 8

def terminate():
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    child.start()
    time.sleep(0.5)
    child.terminate()
    child.join(20)
    return child.exitcode

def tell(left, terminated):
    print("exit codes", left, terminated)

def register_pipelines():
    return {{"__default__": Pipeline([
        node(leave, None, "left", name="leave"),
        node(terminate, None, "terminated", name="terminate"),
        node(tell, ["left", "terminated"], None, name="tell"),
    ])}}
"""
)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("sys.exit(3)", 3),
        ("sys.exit()", 0),
        ("sys.exit('no')", 1),
        ("raise ValueError('no')", 1),
        ("sys.stderr = open('/dev/full', 'w', 1); raise ValueError('no')", 1),
    ],
)
def test_a_child_ends_alone_and_its_parent_goes_on(
    make_project: MakeProject, statement: str, code: int
) -> None:
    project = make_project(PIPELINE.format(statement=statement))
    done = kedro_run(project)

    assert done.returncode == 0, done.stdout
    assert f"exit codes {code} -15" in done.stdout
    with connect("embedded", project.folder) as api:
        assert api.query("query { flow_run { state } }") == [{"state": "Success"}]


POOLS = (
    NODE
    + """
import multiprocessing

def square(number): return number * number

def use_pools():
    for _ in range(50):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            squares = pool.map(square, range(5))
    return squares

def register_pipelines():
    return {"__default__": Pipeline([node(use_pools, None, "squares", name="use_pools")])}
"""
)


def test_pools_that_a_node_forks_can_be_terminated(make_project: MakeProject) -> None:
    done = kedro_run(make_project(POOLS))  # each pool sends SIGTERM to its processes at the end

    assert done.returncode == 0, done.stdout


OWNER = """
import os, sys, time
from pathlib import Path
from project.server.store.locks import owned_run

with owned_run(Path(sys.argv[1]), "run"):
    if os.fork() == 0:
        print(os.getpid(), flush=True)
    time.sleep(60)
"""


def test_a_child_does_not_keep_the_locks_of_a_parent_that_was_killed(tmp_path: Path) -> None:
    database = tmp_path / "prefect.db"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(database)], stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        child = int(owner.stdout.readline())
        assert list(orphaned_runs(database)) == []
        owner.kill()
        owner.wait()
        try:
            assert list(orphaned_runs(database)) == ["run"]
        finally:
            os.kill(child, signal.SIGKILL)
