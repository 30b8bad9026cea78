"""Random kills: ``python -m tests.soak --kills 100`` (``make soak``).

Runs in the process of ``kedro run`` and under an agent, while one of their processes after the
other is killed with -9: the run, the process of a flow run, the agent, the server. In the end no
run may be left open, no write that was answered may be lost, and no process may be left over.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, deque
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Deque, Dict, List

import psutil
import requests

from tests.kits.shop import Shop, kill
from tests.kits.waiting import eventually

RUN = ("run", "--runner=project.runner.PrefectRunner")
TARGETS = ("run", "flow run", "agent", "server")
FINISHED = {"Success", "Failed", "Cancelled"}
MAX_SECONDS_TO_END = 120

REGISTRY = """
    import time

    from kedro.pipeline import Pipeline, node


    def start(size):
        return list(range(size))


    def step(numbers):
        time.sleep(0.1)
        print("step", sum(numbers))
        return [number + 1 for number in numbers]


    def register_pipelines():
        nodes = [node(start, "params:size", "n0", name="start")]
        nodes += [node(step, f"n{i}", f"n{i + 1}", name=f"step{i}") for i in range(10)]
        return {"__default__": Pipeline(nodes)}
    """


class Writer:
    """Writes log lines to one flow run, and remembers those that the API has accepted."""

    def __init__(self, shop: Shop, flow_run_id: str):
        self.accepted: List[str] = []
        self._shop = shop
        self._flow_run_id = flow_run_id
        self._stop = Event()
        self._thread = Thread(target=self._write, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        number = 0
        while not self._stop.wait(0.02):
            number += 1
            line = {"flow_run_id": self._flow_run_id, "message": f"line {number}"}
            try:
                self._shop.ask(
                    "mutation($input: write_run_logs_input!) "
                    "{ write_run_logs(input: $input) { success } }",
                    input={"logs": [line]},
                )
            except (requests.RequestException, ValueError, AssertionError):
                continue
            self.accepted.append(line["message"])


class Soak:
    """A project with a server and an agent, of which one process after the other is killed."""

    def __init__(self, folder: Path, seed: int):
        self.random = random.Random(seed)  # noqa: S311
        self.kills: Counter[str] = Counter()
        self.problems: List[str] = []
        self.printed: Deque[str] = deque(maxlen=500)
        self.shop = Shop(folder)
        self.shop.write("src/shop/pipeline_registry.py", REGISTRY)
        self.shop.write("conf/base/prefect.yml", "{run: here}")
        self.shop.write("conf/agents/prefect.yml", "{run: agent}")
        self.shop.write("conf/agents/credentials.yml", "store: {key: none}")
        self.shop.env["PREFECT__CLOUD__HEARTBEAT_INTERVAL"] = "1"
        self.server = self.serve()
        self.agent = self.start_agent()

    def serve(self) -> Popen[str]:
        port = int(self.shop.url.rsplit(":", 1)[1]) if self.shop.url else 0
        settings: Dict[str, Any] = {"reaper_seconds": 1, "reaper_grace_seconds": 5}
        server = self.shop.serve(heartbeat_timeout_seconds=15, port=port, **settings)
        self.read_all(server)
        return server

    def start_agent(self) -> Popen[str]:
        agent = self.shop.start("prefect", "agent", "--env", "agents")
        self.read_all(agent)
        return agent

    def read_all(self, process: Popen[str]) -> None:
        """Read what a process prints, which otherwise waits when its pipe is full."""
        assert process.stdout
        Thread(target=self.printed.extend, args=(process.stdout,), daemon=True).start()

    def kill_one(self, target: str) -> None:
        """Start a run here and one for the agent, kill a process in their midst, and go on."""
        here = self.shop.start(*RUN)
        for_agent = self.shop.start(*RUN, "--env", "agents")
        if target == "flow run":
            eventually(self.flow_run_processes)
        time.sleep(self.random.uniform(0, 6))
        if target == "run":
            kill(here)
        elif target == "agent":
            kill_alone(self.agent)
            self.agent = self.start_agent()
        elif target == "server":
            kill(self.server)
            time.sleep(self.random.uniform(0, 2))
            self.server = self.serve()
        elif not self.kill_flow_run():
            target = "nothing (the flow run had ended)"
        self.kills[target] += 1
        for process in (here, for_agent):
            try:
                process.communicate(timeout=MAX_SECONDS_TO_END)
            except TimeoutExpired:
                kill_alone(process)
                text = process.communicate()[0]
                self.problems.append(f"after killing the {target}, this did not end: {text}")

    def kill_flow_run(self) -> bool:
        """Kill the process of a flow run; return whether there was one."""
        processes = self.flow_run_processes()
        if not processes:
            return False
        try:
            self.random.choice(processes).kill()
        except psutil.NoSuchProcess:
            return False
        return True

    def flow_run_processes(self) -> List[psutil.Process]:
        return [process for process, command in self.processes().items() if "execute" in command]

    def processes(self) -> Dict[psutil.Process, List[str]]:
        """Return the processes with this project's home, and their command lines."""
        found = {}
        for process in psutil.process_iter():
            try:
                if process.environ().get("HOME") == str(self.shop.home):
                    found[process] = process.cmdline()
            except psutil.Error:  # it has ended meanwhile, for example
                continue
        return found

    def open_runs(self) -> List[Any]:
        runs = self.shop.ask("query { flow_run { id state state_message labels } }")
        return [run for run in runs if run["state"] not in FINISHED]

    def open_task_runs(self) -> List[Any]:
        """Return the runs that have some, with the states of their task runs."""
        fields = "id labels states { state message } task_runs { state }"
        runs = self.shop.ask(f"query {{ flow_run {{ {fields} }} }}")
        for run in runs:
            run["task_runs"] = Counter(row["state"] for row in run["task_runs"])
        unfinished = {"Pending", "Running", "Submitted", "Retrying"}
        return [run for run in runs if unfinished.intersection(run["task_runs"])]


def kill_alone(process: Popen[str]) -> None:
    """Kill a process and none of those that it has started."""
    process.kill()
    process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        soak = Soak(Path(folder), options.seed)
        try:
            return run(soak, options.kills)
        except BaseException:
            print("The agents printed:", *soak.printed)
            print("These runs are open:", soak.open_runs())
            raise
        finally:
            soak.shop.end()
            for process in soak.processes():
                process.kill()


def run(soak: Soak, kills: int) -> int:
    said = soak.shop.run()
    assert said.code == 0, said.text
    (first,) = soak.shop.ask("query { flow_run { id } }")
    writer = Writer(soak.shop, first["id"])
    writer.start()
    for number in range(kills):
        target = TARGETS[number % len(TARGETS)]
        soak.kill_one(target)
        print(f"{number + 1}/{kills} {target}", flush=True)
    writer.stop()
    problems = soak.problems
    try:
        # The agent ends the task runs of a process that could not, soon after its flow run.
        eventually(lambda: not soak.open_runs() + soak.open_task_runs(), MAX_SECONDS_TO_END)
    except AssertionError:
        problems.append(f"runs are left open: {soak.open_runs()}")
        problems.append(f"task runs are left open: {soak.open_task_runs()}")
    rows = soak.shop.flow_run(first["id"], "logs { message }")["logs"]
    stored = Counter(row["message"] for row in rows)
    lost = [message for message in writer.accepted if not stored[message]]
    if lost:
        problems.append(f"{len(lost)} of {len(writer.accepted)} answered writes are lost")
    kill_alone(soak.agent)
    kill(soak.server)
    try:
        eventually(lambda: not soak.processes(), 30)
    except AssertionError:
        problems.append(f"processes are left: {list(soak.processes().values())}")
    states = "states were checked before the server was stopped"
    print(f"kills: {dict(soak.kills)}; {len(writer.accepted)} answered writes; {states}")
    for problem in problems:
        print("PROBLEM:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
