"""What is particular to Dask: whole runs on worker processes, and how they end in trouble."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from distributed import Client

from project.api.client import connect
from project.errors import FlowRunError, SettingsError
from project.execution.executors import dask as executor_module
from project.execution.remote import cluster as cluster_module
from project.execution.remote import code as code_module
from project.runner import PrefectRunner
from tests.kits.cluster import (
    Cluster,
    extra_worker,
    shared_cluster,
    start_cluster,
    write_other_kedro,
)
from tests.kits.projects import VERSIONED, KedroProject, kedro_run
from tests.kits.reports import Report, read_report
from tests.kits.waiting import eventually

MakeProject = Callable[..., KedroProject]

# Each node appends to a file as it begins, so that a second beginning is seen.
BEGINNING = """
import logging, os, threading, time
from pathlib import Path
from kedro.pipeline import Pipeline, node

DATA = Path(__file__).parents[2] / "data"

def begin(name):
    DATA.mkdir(exist_ok=True)
    with (DATA / name).open("a") as file:
        file.write(f"{os.getpid()} ")

def one():
    begin("one")
    return 1

def after(value, *others):
    begin("after")
    return value

def wait():
    begin("wait")
    for _ in range(12_000):
        time.sleep(0.05)

class Unpicklable:
    def __init__(self):
        self.lock = threading.Lock()

    def __deepcopy__(self, memo):
        return self

def unpicklable():
    return Unpicklable()

def slow():
    begin("slow")
    time.sleep(0.3)
    return 1
"""


def on_dask(address: str = "", **settings: Any) -> PrefectRunner:
    executor = {"type": "dask", "address": address or shared_cluster()}
    return PrefectRunner(settings={"executor": executor, **settings})


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return a cluster that a test may spoil."""
    cluster = start_cluster(folder=str(tmp_path))
    yield cluster
    cluster.kill()


def text_of(outcome: Any) -> str:
    assert isinstance(outcome.error, FlowRunError), outcome.error
    return outcome.error.message


def report_of(project: KedroProject) -> Report:
    return read_report("embedded", project.package, project.folder)


def states(project: KedroProject) -> Any:
    return {name: found[-1] for name, found in report_of(project).tasks.items()}


def test_nodes_run_on_workers_and_each_line_is_reported_once(make_project: MakeProject) -> None:
    project = make_project(
        BEGINNING
        + """
def tell():
    begin("one")
    print("printed by tell")
    logging.getLogger("some.module").warning("logged by tell")
    return 1

def register_pipelines():
    return {"__default__": Pipeline([
        node(tell, None, "a", name="tell"), node(after, "a", "b", name="after"),
    ])}
"""
    )
    outcome = project.run(on_dask())
    lines = report_of(project).lines
    worker = int(outcome.files["one"])

    assert outcome.result == {"b": 1}
    assert worker != os.getpid()
    assert lines.count("printed by tell") == 1
    assert lines.count("logged by tell") == 1
    assert not any("distributed" in line for line in lines)


def test_a_failure_on_a_worker_is_the_node_s_own_with_its_traceback(
    make_project: MakeProject,
) -> None:
    project = make_project(
        BEGINNING
        + """
class Broken(Exception):
    pass

def fail(value):
    raise Broken("no use")

def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="one"), node(fail, "a", "b", name="fail"),
        node(after, "b", "c", name="after"),
    ])}
"""
    )
    outcome = project.run(on_dask())

    assert outcome.raised == ("Broken", "no use")
    assert 'raise Broken("no use")' in str(outcome.error and outcome.error.__cause__)
    assert states(project)["after"] == "TriggerFailed"
    assert any('raise Broken("no use")' in line for line in report_of(project).lines)


@pytest.mark.dask
def test_values_in_memory_of_this_process_reach_the_workers(make_project: MakeProject) -> None:
    project = make_project(
        BEGINNING
        + """
def register_pipelines():
    def both(given, parameter):
        return [given, parameter]

    return {"__default__": Pipeline([node(both, ["given", "params:a"], "b", name="both")])}
""",
        parameters="a: 1",
    )
    project.add_to_settings("""
from kedro.framework.hooks import hook_impl
from tests.kits.projects import MemoryDataset
from project.compat.kedro import add_dataset

class Give:
    @hook_impl
    def before_pipeline_run(self, catalog):
        add_dataset(catalog, "given", MemoryDataset("from a hook"))
        add_dataset(catalog, "params:a", MemoryDataset("from it, too"))

HOOKS += (Give(),)
""")

    assert project.run(on_dask()).result == {"b": ["from a hook", "from it, too"]}


UNPICKLABLE = (
    BEGINNING
    + """
def register_pipelines():
    return {"__default__": Pipeline([
        node(unpicklable, None, "held", name="hold"),
        node(slow, None, "s1", name="slow_1"), node(slow, None, "s2", name="slow_2"),
        node(lambda held, s: 1, ["held", "s1"], "r1", name="use_1"),
        node(lambda held, s: 1, ["held", "s2"], "r2", name="use_2"),
    ])}
"""
)


@pytest.mark.dask
def test_a_value_that_cannot_be_pickled_ends_the_run_with_its_name(
    make_project: MakeProject,
) -> None:
    # While one node takes its time, Dask moves the other one to the worker that is free.
    pipeline = UNPICKLABLE.replace("lambda held, s: 1", "lambda held, s: time.sleep(2) or 1")
    outcome = make_project(pipeline).run(on_dask())

    assert text_of(outcome) == (
        "Dataset 'held', which node 'hold' has produced, cannot be sent to another process, "
        "because its value cannot be pickled: TypeError(\"cannot pickle '_thread.lock' object\"). "
        "Register the dataset in the catalog so that its value is saved, or set 'grouping: memory' "
        "in prefect.yml so that the nodes that share it run in one process."
    )


@pytest.mark.dask
def test_an_output_that_cannot_be_returned_ends_the_run_with_its_only_remedy(
    make_project: MakeProject,
) -> None:
    registry = """
def register_pipelines():
    return {"__default__": Pipeline([node(unpicklable, None, "held", name="hold")])}
"""
    outcome = make_project(BEGINNING + registry).run(on_dask())

    assert text_of(outcome) == (
        "Dataset 'held', which node 'hold' has produced, cannot be sent to another process, "
        "because its value cannot be pickled: TypeError(\"cannot pickle '_thread.lock' object\"). "
        "Register the dataset in the catalog so that its value is saved."
    )


@pytest.mark.dask
def test_nodes_that_share_a_value_in_memory_run_in_one_process_if_grouped(
    make_project: MakeProject,
) -> None:
    outcome = make_project(UNPICKLABLE).run(on_dask(grouping="memory"))

    assert outcome.result == {"r1": 1, "r2": 1}


@pytest.mark.dask
def test_a_node_that_ends_its_worker_fails_the_run_and_names_it(
    make_project: MakeProject, own_cluster: Cluster
) -> None:
    project = make_project(
        BEGINNING
        + """
def die(value):
    begin("die")
    os._exit(3)

def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="one"), node(die, "a", "b", name="die"),
        node(after, "b", "c", name="after"),
    ])}
"""
    )
    outcome = project.run(on_dask(own_cluster.address))

    assert "was lost while running node 'die'" in text_of(outcome)
    assert len(outcome.files["one"].split()) == 1
    assert states(project)["die"] == "Failed"
    assert states(project)["after"] == "TriggerFailed"


WAITING = (
    BEGINNING
    + """
def register_pipelines():
    return {"__default__": Pipeline([
        node(wait, None, "a", name="wait"), node(after, "a", "b", name="after"),
    ])}
"""
)


def when_begun(project: KedroProject, act: Callable[[int], None]) -> None:
    """Act, with the process id of its worker, once the node that waits has begun."""
    file = project.folder / "data/wait"

    def watch() -> None:
        eventually(lambda: file.exists() and file.read_text(), 300)
        act(int(file.read_text()))

    threading.Thread(target=watch, daemon=True).start()


@pytest.mark.dask
def test_a_worker_that_is_killed_fails_the_run(
    make_project: MakeProject, own_cluster: Cluster
) -> None:
    project = make_project(WAITING)
    when_begun(project, lambda worker: os.kill(worker, signal.SIGKILL))
    outcome = project.run(on_dask(own_cluster.address))

    assert "was lost while running node 'wait'" in text_of(outcome)
    assert len(outcome.files["wait"].split()) == 1
    assert states(project)["wait"] == "Failed"


RETRIES = "tasks: {nodes: {%s: {retries: 1, retry_delay_seconds: 0}}}"

LOST_ONCE = (
    BEGINNING
    + """
def wait_once():
    begin("wait")
    if len((DATA / "wait").read_text().split()) == 1:
        time.sleep(600)
    return 2

def register_pipelines():
    return {"__default__": Pipeline([
        node(wait_once, None, "a", name="wait"), node(after, "a", "b", name="after"),
    ])}
"""
)


@pytest.mark.dask
def test_a_node_with_retries_runs_again_where_its_worker_is_lost(
    make_project: MakeProject, own_cluster: Cluster
) -> None:
    project = make_project(LOST_ONCE, prefect=RETRIES % "wait")
    when_begun(project, lambda worker: os.kill(worker, signal.SIGKILL))
    outcome = project.run(on_dask(own_cluster.address))
    first, second = outcome.files["wait"].split()

    assert outcome.result == {"b": 2}
    assert first != second
    assert len(outcome.files["after"].split()) == 1
    assert report_of(project).tasks["wait"] == [
        "Pending",
        "Running",
        "Retrying",
        "Running",
        "Success",
    ]


@pytest.mark.dask
def test_a_lost_worker_is_an_exception_that_retry_on_may_name(
    make_project: MakeProject, own_cluster: Cluster
) -> None:
    policy = "tasks: {default: {retries: 1, retry_on: [%s]}}"
    project = make_project(LOST_ONCE, prefect=policy % "ConnectionError")
    when_begun(project, lambda worker: os.kill(worker, signal.SIGKILL))

    assert "was lost while running node 'wait'" in text_of(
        project.run(on_dask(own_cluster.address))
    )


@pytest.mark.dask
def test_a_unit_that_begins_again_replaces_what_it_has_saved(
    versioned: KedroProject, own_cluster: Cluster
) -> None:
    wait_once = """
    folder = Path(__file__).parents[2] / "data"
    with (folder / "wait").open("a") as file:
        file.write(f"{__import__('os').getpid()} ")
    if len((folder / "wait").read_text().split()) == 1:
        __import__("time").sleep(600)
    return first + second
"""
    registry = versioned.folder / f"src/{versioned.package}/pipeline_registry.py"
    registry.write_text(registry.read_text().replace("    return first + second\n", wait_once))
    policy = "tasks: {default: {retries: 1, retry_delay_seconds: 0}}"
    versioned.write("conf/base/prefect.yml", f"{policy}\ngrouping: chain\n")
    when_begun(versioned, lambda worker: os.kill(worker, signal.SIGKILL))
    outcome = versioned.run(on_dask(own_cluster.address))

    assert outcome.error is None
    assert outcome.result == {"both": "onetwo"}
    assert len([name for name in outcome.files if name.startswith("first/")]) == 1


# The value of "one" is lost while the other worker runs "wait", and "after" needs it.
VALUE_LOST = (
    BEGINNING
    + """
def wait_for_loss():
    begin("wait")
    while not (DATA / "lost").exists():
        time.sleep(0.05)
    return 2

def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="one"), node(wait_for_loss, None, "b", name="wait"),
        node(after, ["a", "b"], "c", name="after"),
    ])}
"""
)


def lose_the_value_of_one(project: KedroProject) -> None:
    one, wait = project.folder / "data/one", project.folder / "data/wait"

    def act() -> None:
        eventually(lambda: one.exists() and wait.exists() and one.read_text(), 300)
        eventually(
            lambda: "one" in str(states(project)) and states(project)["one"] == "Success", 60
        )
        os.kill(int(one.read_text()), signal.SIGKILL)
        (project.folder / "data/lost").touch()

    threading.Thread(target=act, daemon=True).start()


@pytest.mark.dask
def test_a_node_whose_value_is_lost_does_not_run_again_without_retries(
    make_project: MakeProject, own_cluster: Cluster
) -> None:
    project = make_project(VALUE_LOST, prefect=RETRIES % "after")
    lose_the_value_of_one(project)
    outcome = project.run(on_dask(own_cluster.address))

    assert "was lost while running node 'one', or while holding its value" in text_of(outcome)
    assert len(outcome.files["one"].split()) == 1
    assert "after" not in outcome.files


@pytest.mark.dask
def test_a_node_whose_value_is_lost_runs_again_with_retries(
    make_project: MakeProject, own_cluster: Cluster
) -> None:
    # Dask may have given "after" to the lost worker already.
    policy = "tasks: {default: {retries: 1, retry_delay_seconds: 0}}"
    project = make_project(VALUE_LOST, prefect=policy)
    lose_the_value_of_one(project)
    outcome = project.run(on_dask(own_cluster.address))

    assert outcome.result == {"c": 1}
    assert len(outcome.files["one"].split()) == 2
    assert report_of(project).tasks["one"] == [
        "Pending",
        "Running",
        "Success",
        "Retrying",
        "Running",
        "Success",
    ]


@pytest.mark.dask
def test_a_scheduler_that_is_lost_fails_the_run(
    make_project: MakeProject, own_cluster: Cluster
) -> None:
    project = make_project(WAITING)
    when_begun(project, lambda worker: own_cluster.process.kill())
    outcome = project.run(on_dask(own_cluster.address))

    assert "The Dask scheduler at tcp://" in text_of(outcome)
    assert report_of(project).states[-1] == "Failed"


@pytest.mark.dask
def test_ctrl_c_interrupts_the_nodes_on_the_workers(make_project: MakeProject) -> None:
    project = make_project(WAITING)
    when_begun(project, lambda worker: os.kill(os.getpid(), signal.SIGINT))
    outcome = project.run(on_dask())

    assert isinstance(outcome.error, KeyboardInterrupt)
    assert report_of(project).states[-1] == "Cancelled"
    # The workers are free again.
    assert make_project(UNPICKLABLE).run(on_dask(grouping="memory")).error is None


STUCK = (
    BEGINNING
    + """
def hold_the_interpreter():
    import re
    begin("wait")
    re.match(r"(a+)+b", "a" * 40)

def register_pipelines():
    return {"__default__": Pipeline([node(hold_the_interpreter, None, "a", name="wait")])}
"""
)


@pytest.mark.dask
def test_ctrl_c_ends_a_run_whose_worker_cannot_answer(make_project: MakeProject) -> None:
    project = make_project(STUCK)
    when_begun(project, lambda worker: os.kill(os.getpid(), signal.SIGINT))
    runner = PrefectRunner(settings={"executor": {"type": "dask", "workers": 1}})
    start = time.monotonic()
    outcome = project.run(runner)

    assert isinstance(outcome.error, KeyboardInterrupt)
    assert report_of(project).states[-1] == "Cancelled"
    assert time.monotonic() - start < 90  # the node itself would take hours


@pytest.mark.dask
def test_nodes_on_a_temporary_cluster_may_have_child_processes_and_threads_that_print(
    make_project: MakeProject,
) -> None:
    project = make_project(
        BEGINNING
        + """
import multiprocessing

def in_children():
    thread = threading.Thread(target=print, args=("printed by a thread",))
    thread.start()
    thread.join()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.map(abs, [-1, -2])

def register_pipelines():
    return {"__default__": Pipeline([node(in_children, None, "a", name="in_children")])}
""",
        prefect="executor: {type: dask, workers: 1}",
    )
    done = kedro_run(project)

    assert done.returncode == 0, done.stdout
    assert done.stdout.count("printed by a thread") == 1
    assert "Registering Worker plugin" not in done.stdout


LOST_WITH_A_VALUE = (
    BEGINNING
    + """
import signal

def die(value):
    begin("die")
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)

def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="one"), node(die, "a", "b", name="die"),
    ])}
"""
)


@pytest.mark.dask
def test_a_node_that_ran_on_a_lost_worker_has_failed(
    make_project: MakeProject, own_cluster: Cluster
) -> None:
    project = make_project(LOST_WITH_A_VALUE, prefect=RETRIES % "die")
    outcome = project.run(on_dask(own_cluster.address))

    assert "lost while running node 'die'" in text_of(outcome)
    assert "node 'one', whose value was lost, has none" in text_of(outcome)
    ends = states(project)
    assert (ends["one"], ends["die"]) == ("Success", "Failed")


VERSIONS = (
    VERSIONED.replace("def register_pipelines", "def former_pipelines")
    + """
import shutil

def make():
    return "of this run"

def save_another_version(ready):
    (own,) = sorted(Path(FIRST).iterdir())
    shutil.copytree(own, Path(FIRST) / "9999-01-01T00.00.00.000Z")
    for file in (Path(FIRST) / "9999-01-01T00.00.00.000Z").iterdir():
        file.write_text("of another run")
    return 1

def seen(value, ready):
    return value

def register_pipelines():
    return {"__default__": Pipeline([
        node(make, None, "first", name="make"),
        node(save_another_version, "first", "saved", name="save_another_version"),
        node(seen, ["first", "saved"], "seen", name="seen"),
    ])}
"""
)


@pytest.mark.dask
def test_a_version_that_another_worker_has_saved_is_the_one_that_is_loaded(
    make_project: MakeProject, tmp_path: Path
) -> None:
    nodes = "make: {resources: {x: 1}}, save_another_version: {resources: {x: 1}}"
    project = make_project(
        f"FIRST = {str(tmp_path / 'first')!r}\n{VERSIONS}",
        prefect=f"tasks: {{nodes: {{{nodes}, seen: {{resources: {{y: 1}}}}}}}}",
    )
    kind = f"{{type: {project.package}.pipeline_registry.VersionedFile, versioned: true"
    project.write("conf/base/catalog.yml", f"first: {kind}, filepath: {tmp_path / 'first'}}}")
    with cluster_with("x=1", "y=1") as address:
        outcome = project.run(on_dask(address))

    assert outcome.error is None
    assert outcome.result == {"seen": "of this run"}


APART = (
    BEGINNING
    + """
import signal, sys
sys.path.insert(0, str(Path(__file__).parents[2] / "library"))

class Unreadable:
    def __init__(self):
        self.value = 1

    def __deepcopy__(self, memo):
        return self

    def __setstate__(self, state):
        begin("reading")
        while not (DATA / "failed").exists():
            time.sleep(0.1)
        time.sleep(5)  # longer than the report of the other failure takes
        raise ValueError("cannot be read here")

class Missing(Exception):
    def __init__(self, column):
        super().__init__(f"Column {column} is missing")

def miss():
    raise Missing("price")

def fail_soon():
    while not (DATA / "reading").exists():
        time.sleep(0.1)
    begin("failed")
    raise ValueError("soon")

def fail_with_the_worker_s_own():
    time.sleep(1)
    from library_of_workers import LibraryError
    raise LibraryError("no space")

def end(n):
    while not (DATA / "one").exists():
        time.sleep(0.1)
    time.sleep(1)
    os.kill(int((DATA / "one").read_text().split()[0]), signal.SIGKILL)
    time.sleep(1)
    return 1

def started():
    begin("one")

def register_pipelines():
    return {"__default__": Pipeline([%s])}
"""
)
LIBRARY = """
import os
if os.environ.get("IS_RUN"):
    raise ImportError("only workers have this library")

class LibraryError(Exception):
    pass
"""


@pytest.mark.dask
def test_a_constructor_that_makes_a_message_makes_it_once(make_project: MakeProject) -> None:
    outcome = make_project(APART % 'node(miss, None, "a", name="miss")').run(on_dask())

    assert str(outcome.error) == "Column price is missing"
    assert type(outcome.error).__name__ == "Missing"


@pytest.mark.dask
def test_an_exception_that_only_workers_can_import_has_its_text(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = shared_cluster()  # started without the variable
    monkeypatch.setenv("IS_RUN", "1")
    nodes = (
        'node(one, None, "a", name="one"), '
        'node(lambda a: fail_with_the_worker_s_own(), "a", "b", name="fail")'
    )
    project = make_project(APART % nodes)
    project.write("library/library_of_workers.py", LIBRARY)
    outcome = project.run(on_dask(cluster, grouping="chain"))

    assert str(outcome.error) == "LibraryError: no space"
    assert states(project) == {**states(project), "one": "Success", "fail": "Failed"}


@pytest.mark.dask
def test_a_run_that_has_failed_ends_although_a_unit_cannot_start(
    make_project: MakeProject,
) -> None:
    nodes = """
        node(Unreadable, None, "held", name="make"),
        node(lambda held: fail_soon(), "held", "a", name="fail_soon"),
        node(slow, None, "b", name="slow"),
        node(lambda held, b: 1, ["held", "b"], "r1", name="read", tags=["g.x"]),
        node(lambda r1: 1, "r1", "r2", name="read_2", tags=["g.x"]),
    """
    on = {"make": "x", "fail_soon": "x", "slow": "y", "read": "y", "read_2": "y"}
    resources = ", ".join(f"{name}: {{resources: {{{one}: 1}}}}" for name, one in on.items())
    project = make_project(APART % nodes, prefect=f"tasks: {{nodes: {{{resources}}}}}")
    with cluster_with("x=1", "y=1") as address:
        outcome = project.run(on_dask(address, grouping="tag:g."))

    assert str(outcome.error) == "soon"
    assert states(project) == {
        **states(project),
        "read": "Failed",  # while its value arrived
        "read_2": "TriggerFailed",
    }


@pytest.mark.dask
@pytest.mark.parametrize("retries", [0, 1])
def test_losing_a_worker_that_keeps_no_value_fails_nothing(
    make_project: MakeProject, retries: int
) -> None:
    nodes = """
        node(lambda n: started(), "params:n", None, name="started"),
        node(end, "params:n", "a", name="end"),
        node(after, "a", "b", name="after"),
    """
    policies = f"started: {{retries: {retries}, resources: {{x: 1}}}}, end: {{resources: {{y: 1}}}}"
    project = make_project(
        APART % nodes, parameters="n: 0", prefect=f"tasks: {{nodes: {{{policies}}}}}"
    )
    with cluster_with("x=1", "x=1", "y=1") as address:
        outcome = project.run(on_dask(address))

    assert outcome.error is None
    assert outcome.result == {"b": 1}
    assert len(outcome.files["one"].split()) == 1


@pytest.mark.dask
def test_a_node_does_not_confirm_what_another_process_has_read(make_project: MakeProject) -> None:
    nodes = """
        node(one, None, "a", name="write"),
        node(after, "a", "b", name="read"),
        node(after, "b", "c", name="confirm", confirms="a"),
    """
    project = make_project(APART % nodes)
    refusal = "Node 'confirm' confirms dataset 'a', which node 'read' reads"

    assert refusal in text_of(project.run(on_dask()))
    assert refusal not in str(project.run(on_dask(grouping="chain")).error)


SMALL = (
    BEGINNING
    + """
def register_pipelines():
    return {"__default__": Pipeline([node(one, None, "a", name="one")])}
"""
)


@pytest.mark.dask
def test_an_address_without_a_scheduler_is_one_clear_error(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor_module, "CONNECT_SECONDS", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    outcome = make_project(SMALL).run(on_dask(address))

    assert f"executor.address: no Dask scheduler answers at {address}." in text_of(outcome)


@pytest.mark.dask
def test_workers_that_never_come_are_waited_for_until_a_deadline(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cluster_module, "WORKERS_SECONDS", 1)
    cluster = start_cluster(0, str(tmp_path))
    outcome = make_project(SMALL).run(on_dask(cluster.address))
    cluster.close()

    assert text_of(outcome).endswith(f"seconds. Start one: dask worker {cluster.address}")


@pytest.mark.parametrize(
    ("executor", "problem"),
    [
        ({"cluster_class": "nonesuch.Cluster"}, "'nonesuch.Cluster' cannot be loaded"),
        ({"address": "tcp://x:1", "cluster_kwargs": {"a": 1}}, "address names a running cluster"),
    ],
)
@pytest.mark.dask
def test_settings_that_name_no_cluster_are_an_error(
    make_project: MakeProject, executor: Any, problem: str
) -> None:
    runner = PrefectRunner(settings={"executor": {"type": "dask", **executor}})
    outcome = make_project(SMALL).run(runner)

    assert isinstance(outcome.error, SettingsError)
    assert problem in outcome.error.message


@pytest.mark.dask
def test_a_cluster_that_cannot_be_started_is_one_clear_error(make_project: MakeProject) -> None:
    cluster = {"cluster_class": "distributed.SpecCluster", "cluster_kwargs": {"sizes": 2}}
    runner = PrefectRunner(settings={"executor": {"type": "dask", **cluster}})
    outcome = make_project(SMALL).run(runner)

    assert "The Dask cluster could not be started: TypeError: " in text_of(outcome)
    assert "'sizes'" in text_of(outcome)


def test_a_grouping_that_cannot_be_used_is_refused_before_anything_is_registered(
    make_project: MakeProject,
) -> None:
    settings = "{executor: {type: dask}, grouping: 'nonesuch:groups'}"
    project = make_project(SMALL, prefect=settings)
    outcome = project.run(PrefectRunner())

    assert isinstance(outcome.error, SettingsError)
    file = project.folder / "conf/base/prefect.yml"
    assert outcome.error.message.startswith(f"{file}: grouping: 'nonesuch:groups' cannot be loaded")
    assert not (project.folder / ".prefect").exists()


@pytest.mark.dask
def test_dask_needs_a_session() -> None:
    runner = PrefectRunner(settings={"executor": {"type": "dask"}})
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline, node

    with pytest.raises(FlowRunError, match="needs a Kedro session"):
        runner.run(Pipeline([node(lambda: 1, None, "a")]), DataCatalog())


@pytest.mark.dask
def test_two_projects_share_a_worker(make_project: MakeProject) -> None:
    first, second = make_project(SMALL), make_project(SMALL)
    outcomes = [project.run(on_dask()) for project in (first, second, first, second)]

    assert [outcome.result for outcome in outcomes] == [{"a": 1}] * 4


@pytest.mark.dask
def test_limits_hold_across_workers(make_project: MakeProject) -> None:
    project = make_project(
        BEGINNING
        + """
def query(n):
    file = DATA / "running"
    DATA.mkdir(exist_ok=True)
    alone = not file.exists()
    file.touch()
    time.sleep(0.05)
    file.unlink(missing_ok=True)
    return alone

def register_pipelines():
    return {"__default__": Pipeline([
        node(query, "params:n", f"q{number}", name=f"q{number}", tags=["db"])
        for number in range(6)
    ])}
""",
        parameters="n: 1",
        prefect="limits: {db: 1}",
    )
    outcome = project.run(on_dask())

    assert outcome.result == dict.fromkeys([f"q{number}" for number in range(6)], True)


@pytest.mark.dask
def test_a_resource_that_no_worker_has_is_an_error_before_anything_runs(
    make_project: MakeProject,
) -> None:
    project = make_project(SMALL, prefect="tasks: {nodes: {one: {resources: {GPU: 1}}}}")
    outcome = project.run(on_dask())

    assert text_of(outcome).startswith(
        "Node 'one' needs a Dask worker with the resources GPU=1 (prefect.yml: tasks), but there "
    )
    assert outcome.nodes_run == []


@pytest.mark.dask
def test_a_node_runs_where_its_resources_are(make_project: MakeProject) -> None:
    project = make_project(SMALL, prefect="tasks: {nodes: {one: {resources: {GPU: 1}}}}")
    settings = {"type": "dask", "workers": 1, "cluster_kwargs": {"resources": {"GPU": 1}}}
    outcome = project.run(PrefectRunner(settings={"executor": settings}))

    assert outcome.error is None
    assert outcome.result == {"a": 1}


@pytest.mark.parametrize("grouping", ["none", "memory", "chain", "tag:group_", "pipeline"])
@pytest.mark.dask
def test_groups_change_neither_outcome_nor_reports(
    make_project: MakeProject, grouping: str
) -> None:
    project = make_project(
        BEGINNING
        + """
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="one", tags=["group_x"]),
        node(after, "a", "b", name="two", tags=["group_x"]),
        node(after, ["b", "a"], "c", name="three"),
        node(after, "b", "d", name="four"),
    ])}
"""
    )
    outcome = project.run(on_dask(grouping=grouping))
    report = report_of(project)

    assert outcome.result == {"c": 1, "d": 1}
    assert Counter(map(tuple, report.tasks.values()))[("Pending", "Running", "Success")] >= 4
    assert len(outcome.nodes_run) == 4


@pytest.mark.dask
def test_regrouping_is_no_new_version_of_the_flow(make_project: MakeProject) -> None:
    project = make_project(SMALL)
    for grouping in ("none", "memory"):
        assert project.run(on_dask(grouping=grouping)).error is None
    with connect("embedded", project.folder) as api:
        flows = api.query("query { flow { version } }")

    assert flows == [{"version": 1}]


OWN_CLASS = (
    BEGINNING
    + """
class Own:
    value = 3

def make():
    begin("make")
    return Own()

def read(own, other):
    begin("read")
    return own.value

def large():
    return bytes(50_000_000)

def register_pipelines():
    return {"__default__": Pipeline([
        node(make, None, "own", name="make"),
        node(large, None, "large", name="large", tags=["elsewhere"]),
        node(read, ["own", "large"], "b", name="read"),
    ])}
"""
)


@pytest.mark.dask
def test_a_value_of_the_project_s_own_class_reaches_a_worker_that_has_not_opened_it(
    make_project: MakeProject,
) -> None:
    resources = "tasks: {nodes: {make: {resources: {x: 1}}, read: {resources: {y: 1}}}}"
    project = make_project(OWN_CLASS, prefect=resources)
    with cluster_with("x=1", "y=1") as address:
        outcome = project.run(on_dask(address))

    assert outcome.error is None
    assert outcome.result == {"b": 3}
    assert outcome.files["make"] != outcome.files["read"]


@contextmanager
def cluster_with(*resources: str) -> Iterator[str]:
    """Yield the address of a cluster with one worker for each of the resources, such as ``x=1``."""
    cluster = start_cluster(0)
    with ExitStack() as workers:
        for resource in resources:
            workers.enter_context(extra_worker(cluster.address, "--resources", resource))
        wait_for_workers(cluster.address, len(resources))
        yield cluster.address
    cluster.close()


def wait_for_workers(address: str, count: int) -> None:
    with Client(address) as client:
        client.wait_for_workers(count, timeout=120)


def edit(project: KedroProject, before: str, after: str) -> None:
    """Edit the code of a project, which this process then imports again, as a new one would."""
    file = project.folder / f"src/{project.package}/pipeline_registry.py"
    file.write_text(file.read_text().replace(before, after))
    for name in [name for name in sys.modules if name.startswith(project.package)]:
        del sys.modules[name]


@pytest.mark.dask
def test_code_that_has_changed_is_imported_again_by_a_worker_that_runs(
    make_project: MakeProject,
) -> None:
    project = make_project(SMALL)
    before = project.run(on_dask())
    edit(project, "return 1\n", "return 'edited'\n")
    after = project.run(on_dask())

    assert (before.result, after.result) == ({"a": 1}, {"a": "edited"})


@pytest.mark.dask
def test_a_copy_of_the_project_in_another_folder_is_not_taken_for_it(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(SMALL)
    assert project.run(on_dask()).error is None
    shutil.copytree(project.folder, tmp_path / "copy")
    copy = KedroProject(tmp_path / "copy", project.package)
    for name in [name for name in sys.modules if name.startswith(project.package)]:
        del sys.modules[name]
    sys.path.remove(str(project.folder / "src"))
    outcome = copy.run(on_dask())

    assert outcome.result == {"a": 1}
    assert len(outcome.files["one"].split()) == 2  # that of the copy, which has the first run's


@pytest.mark.dask
def test_a_worker_with_other_code_fails_the_run_before_anything_runs(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(SMALL)
    # As if the worker had a folder of its own under this path.
    monkeypatch.setattr(
        executor_module, "code_of_run", lambda ref: code_module.Code(Path(), "another digest")
    )
    outcome = project.run(on_dask())

    assert text_of(outcome).startswith("Worker tcp://127.0.0.1:")
    assert f"has different code of '{project.package}' in {project.folder}/src" in text_of(outcome)
    assert outcome.files == {}


@pytest.mark.dask
def test_a_worker_with_another_kedro_fails_the_run_before_anything_runs(
    make_project: MakeProject, tmp_path: Path
) -> None:
    write_other_kedro(tmp_path / "other")
    cluster = start_cluster(0)
    with extra_worker(cluster.address, pythonpath=str(tmp_path / "other")):
        wait_for_workers(cluster.address, 1)
        outcome = make_project(SMALL).run(on_dask(cluster.address))
    cluster.close()

    assert text_of(outcome).startswith("Worker tcp://127.0.0.1:")
    assert text_of(outcome).endswith(
        f"has kedro 0.1.2, but this process has kedro {version('kedro')}. Install the "
        "same versions there and restart the worker."
    )
    assert outcome.files == {}


@pytest.mark.dask
def test_nothing_is_left_on_the_cluster_after_a_run(make_project: MakeProject) -> None:
    broken = SMALL.replace("return 1", "raise ValueError")
    for text in (SMALL, broken, UNPICKLABLE):
        make_project(text).run(on_dask())

    assert_nothing_is_left_on(shared_cluster())


@pytest.mark.dask
def test_nothing_is_left_after_dask_has_given_up_a_node(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    cluster = start_cluster()
    project = make_project(GIVEN_UP, prefect="tasks: {nodes: {die: {retries: 5}}}")
    outcome = project.run(on_dask(cluster.address))

    assert "was lost while running node 'die'" in text_of(outcome)
    assert not [line for line in report_of(project).lines if "scheduler" in str(line)]
    assert_nothing_is_left_on(cluster.address)
    cluster.close()


GIVEN_UP = (
    BEGINNING
    + """
def die():
    begin("die")
    time.sleep(0.5)
    os._exit(3)

def long():
    time.sleep(5)
    return 1

def register_pipelines():
    return {"__default__": Pipeline([
        node(die, None, "a", name="die"), node(long, None, "b", name="long"),
    ])}
"""
)


def assert_nothing_is_left_on(address: str) -> None:
    with Client(address) as client:

        def left() -> Any:
            scheduler = client.run_on_scheduler(left_on_scheduler)
            return {**scheduler, **client.run(left_on_worker)}

        eventually(lambda: not any(map(len, left().values())), 60)
        assert not any(map(len, left().values())), left()


def left_on_scheduler(dask_scheduler: Any) -> Any:
    names = [*dask_scheduler.plugins, *dask_scheduler.worker_plugins, *dask_scheduler.get_events()]
    ours = [name for name in names if str(name).startswith("kedro-")]
    return {"tasks": list(dask_scheduler.tasks), "names": ours}


def left_on_worker(dask_worker: Any) -> Any:
    ours = [name for name in dask_worker.plugins if name.startswith("kedro-")]
    return [*ours, *dask_worker.data]


@pytest.mark.dask
def test_two_projects_run_on_one_cluster_at_the_same_time(
    make_project: MakeProject, own_cluster: Cluster
) -> None:
    meeting = (
        BEGINNING
        + """
def meet(n):
    begin(n)
    other = DATA.parent.parent / OTHER / "data" / n
    while not other.exists():
        time.sleep(0.02)
    return n

def register_pipelines():
    return {"__default__": Pipeline([node(meet, "params:n", "met", name="meet")])}
"""
    )
    executor = f"executor: {{type: dask, address: '{own_cluster.address}'}}"
    projects = [make_project(meeting, parameters="n: here", prefect=executor) for _ in range(2)]
    for project, other in (projects, projects[::-1]):
        registry = project.folder / f"src/{project.package}/pipeline_registry.py"
        registry.write_text(f"OTHER = '{other.package}'\n{registry.read_text()}")
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(kedro_run, projects))

    assert [one.returncode for one in ended] == [0, 0], ended
