"""Flow runs under an agent that are killed with -9."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest

from tests.kits.proxy import Proxy, http
from tests.kits.shop import Said, Shop, kill, stop
from tests.kits.waiting import eventually

pytestmark = pytest.mark.slow

RUN = ("run", "--runner=project.runner.PrefectRunner")

REGISTRY = """
    import os
    import time
    from pathlib import Path

    from kedro.pipeline import Pipeline, node

    FOLDER = Path(__file__).parents[2]


    def wait_for_the_test():
        (FOLDER / "started").write_text(str(os.getpid()))
        while not (FOLDER / "go").exists():
            time.sleep(0.02)


    if "PREFECT__CONTEXT__FLOW_RUN_ID" in os.environ and (FOLDER / "slow_import").exists():
        wait_for_the_test()


    def make(size):
        return list(range(size))


    def wait(numbers):
        wait_for_the_test()
        return sum(numbers)


    def register_pipelines():
        first = node(make, "params:size", "numbers", name="make")
        return {"__default__": Pipeline([first, node(wait, "numbers", "total", name="wait")])}
    """


@pytest.fixture(scope="module")
def served(shop: Shop) -> Iterator[Shop]:
    """Return a project whose server detects within seconds that a process has ended."""
    shop.write("src/shop/pipeline_registry.py", REGISTRY)
    shop.write("conf/base/prefect.yml", "run: agent")
    shop.env["PREFECT__CLOUD__HEARTBEAT_INTERVAL"] = "0.5"
    server = shop.serve(reaper_seconds=0.2, reaper_grace_seconds=0, heartbeat_timeout_seconds=10)
    yield shop
    stop(server)


@pytest.fixture(autouse=True)
def clean(shop: Shop) -> None:
    for name in ("started", "go", "slow_import"):
        (shop.folder / name).unlink(missing_ok=True)


@contextmanager
def agent(shop: Shop, *arguments: str) -> Iterator[None]:
    """Start an agent; in the end, it and all that it has started are killed with -9."""
    process = shop.start("prefect", "agent", *arguments)
    try:
        yield
    finally:
        kill(process)


def pid_of_the_run(shop: Shop) -> int:
    """Return the process that runs the flow, once it waits for the test."""
    started = shop.folder / "started"
    return int(eventually(lambda: started.exists() and started.read_text()))


def states_in(said: Said) -> list[str]:
    return re.findall(r"Flow run is (\w+)", said.text)


def task_states_in(shop: Shop, said: Said, name: str) -> list[str]:
    """Return all states of a task in the flow run that a command has followed."""
    (id_,) = re.findall(r"Flow run ([0-9a-f-]{36}):", said.text)
    rows = shop.flow_run(id_, "task_runs { task { name } states(order_by: {id: asc}) { state } }")
    (states,) = [row["states"] for row in rows["task_runs"] if row["task"]["name"] == name]
    return [row["state"] for row in states]


ONCE = ["Submitted", "Running"]


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name
)
def test_a_killed_flow_run_ends_failed_and_the_command_says_why(
    served: Shop, number: signal.Signals
) -> None:
    with agent(served):
        following = served.start(*RUN)
        process = pid_of_the_run(served)
        where = '{state: {_eq: "Running"}, task: {name: {_eq: "wait"}}}'
        eventually(lambda: served.ask(f"query {{ task_run(where: {where}) {{ id }} }}"))
        os.kill(process, number)
        said = Said.of(following, 60)

    assert said.code == 1
    assert states_in(said) == ["Scheduled", *ONCE, "Failed"]
    assert task_states_in(served, said, "wait") == ["Pending", "Running", "Failed"]
    assert (
        "Error: The flow run ended in state Failed: wait: The process of the flow run was ended by "
        f"{number.name}. See http" in said.text
    )


def test_ctrl_c_in_the_terminal_of_an_agent_leaves_its_runs_running(served: Shop) -> None:
    process = served.start("prefect", "agent")
    following = served.start(*RUN)
    pid_of_the_run(served)
    os.killpg(process.pid, signal.SIGINT)
    stopped = Said.of(process, 30)
    (served.folder / "go").touch()
    said = Said.of(following, 60)

    assert re.findall(r"Flow run [0-9a-f-]{36} goes on", stopped.text), stopped.text
    assert said.code == 0, said.text
    assert states_in(said) == ["Scheduled", *ONCE, "Success"]


def test_a_killed_agent_leaves_no_agent(served: Shop) -> None:
    with served.start("prefect", "agent") as process:
        eventually(served.has_agent)
        os.kill(process.pid, signal.SIGKILL)
    children = [
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"agent" in path.read_bytes() and is_in_group(int(path.parent.name), process.pid)
    ]

    assert children == []


def is_in_group(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return False


def test_another_agent_runs_what_a_killed_agent_left(served: Shop) -> None:
    (served.folder / "slow_import").touch()
    with agent(served):
        following = served.start(*RUN)
        pid_of_the_run(served)
    (served.folder / "go").touch()
    with agent(served):
        said = Said.of(following, 60)

    assert said.code == 0, said.text
    assert states_in(said) == ["Scheduled", "Submitted", "Scheduled", *ONCE, "Success"]


@pytest.mark.parametrize("executor", ["local", pytest.param("dask", marks=pytest.mark.dask)])
def test_a_node_that_a_killed_agent_was_running_is_not_run_again(
    served: Shop, executor: str
) -> None:
    served.write("conf/base/prefect.yml", f"run: agent\nexecutor: {{type: {executor}}}")
    try:
        with agent(served):
            following = served.start(*RUN)
            first = pid_of_the_run(served)
            where = '{state: {_eq: "Running"}, task: {name: {_eq: "wait"}}}'
            eventually(lambda: served.ask(f"query {{ task_run(where: {where}) {{ id }} }}"))
        (served.folder / "go").touch()
        with agent(served):
            said = Said.of(following, 60)
    finally:
        served.write("conf/base/prefect.yml", "run: agent")

    assert said.code == 1
    assert states_in(said) == ["Scheduled", *ONCE, "Scheduled", *ONCE, "Failed"]
    assert pid_of_the_run(served) == first
    assert "wait: No heartbeat detected" in said.text


def test_a_second_ctrl_c_does_not_wait_for_the_end(served: Shop) -> None:
    with agent(served):
        following = served.start(*RUN)
        os.kill(pid_of_the_run(served), signal.SIGSTOP)
        following.send_signal(signal.SIGINT)
        text = said_until(following, "Press Ctrl-C again to exit without waiting for it.")
        following.send_signal(signal.SIGINT)
        said = Said.of(following, 20)

    assert said.code != 0
    assert "Traceback" not in said.text
    (id_,) = re.findall(r"Flow run ([0-9a-f-]{36}):", text)
    assert served.ended(id_) == "Cancelled"


def said_until(process: subprocess.Popen[str], words: str) -> str:
    """Return the output of a process up to these words."""
    assert process.stdout
    text = ""
    while words not in text:
        line = process.stdout.readline()
        assert line, f"Never said {words!r}: {text}"
        text += line
    return text


def test_nothing_is_lost_if_the_api_is_unavailable_while_a_node_ends(served: Shop) -> None:
    with Proxy(served.url) as proxy:
        served.write("conf/proxied/prefect.yml", f"{{api: '{proxy.url}', run: agent}}")
        served.write("conf/proxied/credentials.yml", "store: {key: none}")
        with agent(served, "--env", "proxied"):
            following = served.start(*RUN, "--env", "proxied")
            pid_of_the_run(served)
            proxy.passed.clear()
            proxy.answer = lambda: http(500, b"{}")
            (served.folder / "go").touch()
            eventually(lambda: [one for one in proxy.passed if b"task_run" in one.body][1:])
            proxy.answer = lambda: None
            said = Said.of(following, 60)

    assert said.code == 0, said.text
    assert states_in(said) == ["Scheduled", *ONCE, "Success"]


def test_an_agent_prints_each_of_its_lines_once(served: Shop) -> None:
    running = served.start("prefect", "agent", "--label", "gpu")
    assert running.stdout
    lines = []
    for line in running.stdout:
        lines.append(line)
        if "Waiting for flow runs" in line:
            break
    text = "".join(lines) + kill(running).text

    assert text.count("Registering agent") == 1
    assert text.count("Waiting for flow runs") == 1
