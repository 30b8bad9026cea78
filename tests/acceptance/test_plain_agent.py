"""Prefect's own agent, started as in docs/agents.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

from tests.kits.shop import Shop, stop
from tests.kits.waiting import eventually

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).parents[2] / "docs/agents.md"
ADDRESS = "http://127.0.0.1:4200"


def documented_commands() -> str:
    """Return the commands of the section on Prefect's own agent."""
    (block,) = re.findall(
        r"^## Prefect's own agent\n.*?\n((?:    \S.*\n)+)",
        DOCUMENT.read_text(),
        re.DOTALL | re.MULTILINE,
    )
    return block


@pytest.fixture(scope="module")
def manned(served: Shop) -> Iterator[Shop]:
    """Return the project with its server, and an agent that knows nothing of the project."""
    commands = documented_commands()
    assert ADDRESS in commands
    script = commands.replace(ADDRESS, served.url).replace("prefect agent", "exec prefect agent")
    path = os.pathsep.join([str(Path(sys.executable).parent), served.env["PATH"]])
    agent = subprocess.Popen(
        ["/bin/sh", "-euc", script],
        cwd=served.home,
        env={**served.env, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    eventually(served.has_agent)
    assert served.kedro("prefect", "register", "--all").code == 0
    yield served
    assert stop(agent).code == 0


def test_it_runs_a_flow_of_the_project(manned: Shop) -> None:
    id_ = manned.start_run("__default__", params={"size": 2})

    assert manned.ended(id_) == "Success"
    assert [*manned.saved().values()] == [{"doubled": [0, 2], "total": 2}]
    assert "making 2 numbers" in manned.lines(id_)


def test_it_reports_the_failure_of_a_node(manned: Shop) -> None:
    id_ = manned.start_run("failing")

    assert manned.ended(id_) == "Failed"
    assert manned.node_states(id_) == {"fail": "Failed"}


def test_its_runs_can_be_cancelled(manned: Shop) -> None:
    id_ = manned.start_run("endless")
    eventually(lambda: manned.node_states(id_) == {"wait": "Running"})
    manned.kedro("prefect", "cancel", id_)

    assert manned.ended(id_) == "Cancelled"
    assert manned.node_states(id_) == {"wait": "Cancelled"}
