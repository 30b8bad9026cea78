"""The embedded API under load: 50 agents on a database with a million task runs.

    python -m benchmarks.api_load [--task-runs 1000000] [--agents 50] [--seconds 30]

Prints the time of each query that Prefect's client and agent send, and of those that a page of runs
would; then the requests under load, and whether an answered state write was lost. The server is a
process of its own; each request is a new connection, as Prefect's client makes it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from functools import partial, reduce
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy import Connection, insert, select

from project.server.mutations.flow_runs import NewFlowRun, schedule_flow_run
from project.server.store import tables
from project.server.store.database import Database
from project.server.store.rows import get_row
from project.server.store.timestamps import now

TASKS = 10
FLOWS = 20
LARGE = 2_000  # tasks of one more flow, which has one run
TASK_SECONDS = (0.5, 1.5)  # agents are not in step, and their tasks take differently long
SERVE = """
import sys
from pathlib import Path
from project.server.process import serve
from project.server.settings import ServerSettings
serve(ServerSettings(Path(sys.argv[1]), port=0), lambda url: print(url, flush=True))
"""
FINISHED = {
    "type": "Success",
    "message": "Task run succeeded.",
    "_result": {"type": "Result", "location": None},
}


QUERIES = {
    "run info (V11)": """{ flow_run_by_pk(id: "RUN") {
        id name flow_id parameters context version scheduled_start_time serialized_state
        task_runs(where: {map_index: {_eq: -1}}) { id task { id slug } version serialized_state }
        flow { project { name id } } } }""",
    "agent's metadata (V8)": """{ flow_run(where: {id: {_in: ["RUN"]}, _or: [
        {state: {_eq: "Scheduled"}},
        {state: {_eq: "Running"}, task_runs: {state_start_time: {_lte: "2030-01-01T00:00:00Z"}}}
        ]}) { id version state serialized_state flow { id storage }
        task_runs(where: {state_start_time: {_lte: "2030-01-01T00:00:00Z"}}) { id } } }""",
    "agent's poll": """mutation { get_runs_in_queue(
        input: {before: "2030-01-01T00:00:00Z", labels: ["x"]}) { flow_run_ids } }""",
    "run view (V17)": """{ flow_run(where: {id: {_eq: "RUN"}}) {
        id name flow_id serialized_state states { serialized_state timestamp }
        labels parameters context updated run_config } }""",
    "logs (V18)": """{ flow_run(where: {id: {_eq: "RUN"}}) { logs(order_by: {timestamp: asc},
        where: {_and: [{timestamp: {_lte: "2030-01-01T00:00:00Z"}}, {}]}
        ) { timestamp message level } } }""",
    "cached states (V22)": """{ task_run(where: {state: {_eq: "Cached"},
        state_timestamp: {_gte: "2020-01-01T00:00:00"}, task_id: {_eq: "TASK"}},
        order_by: {state_timestamp: desc}, limit: 100) { serialized_state } }""",
    "next task run": """{ task_run(where: {state_start_time: {_is_null: false},
        flow_run_id: {_eq: "RUN"}, flow_run: {state: {_eq: "Running"}}}) { state_start_time } }""",
    "get flows (V20)": """{ flow(where: {_and: {name: {_eq: null}, version: {_eq: null},
        project: {name: {_eq: null}}}}, order_by: {name: asc, version: desc},
        distinct_on: name, limit: 10) { name version created id project { name } } }""",
    "get projects (V21)": """{ project(where: {_and: {name: {_eq: null}}}, order_by: {name: asc}) {
        name flows_aggregate(distinct_on: name) { aggregate { count } } } }""",
    "get flow-runs": """{ flow_run(where: {flow: {_and: {name: {_eq: null},
        project: {name: {_eq: null}}}}}, limit: 10, order_by: {created: desc}) {
        flow { name } id created state name start_time } }""",
    "get flow-runs -f": """{ flow_run(where: {flow: {_and: {name: {_eq: "flow 7"},
        project: {name: {_eq: "load"}}}}}, limit: 10, order_by: {created: desc}) {
        flow { name } id created state name start_time } }""",
    "get flow-runs --started": """{ flow_run(where: {flow: {_and: {name: {_eq: null},
        project: {name: {_eq: null}}}}, start_time: {_is_null: false}},
        limit: 10, order_by: {start_time: desc}) { flow { name } id state start_time } }""",
    "get tasks": """{ task(where: {_and: {name: {_eq: null}, flow: {name: {_eq: null}}}},
        limit: 10, order_by: {created: desc}) {
        name created flow { name version } mapped type } }""",
    "get logs by name": """{ flow_run(where: {name: {_eq: "NAME"}, id: {_eq: null}},
        order_by: {start_time: desc}) {
        logs(order_by: {timestamp: asc}) { message } start_time } }""",
    "page: flows, last runs": """{ flow_group { labels default_parameters
        flows(limit: 1, order_by: {version: desc}) { name version project { name }
        flow_runs(limit: 20, order_by: {created: desc}) {
        id name state start_time end_time } } } }""",
    "page: last 1,000 runs": """{ flow_run(order_by: {created: desc}, limit: 1000) {
        id name state start_time end_time flow { name version } agent { name } } }""",
    "page: a run": """{ flow_run_by_pk(id: "RUN") { name state agent { name }
        states(order_by: {id: asc}) { state timestamp message }
        flow { name tasks { id slug inputs outputs }
        edges { upstream_task_id downstream_task_id } }
        task_runs { id task_id state start_time end_time }
        logs(order_by: {id: asc}, limit: 500) { id timestamp level message } } }""",
    "page: poll of task runs": """{ task_run(where: {flow_run_id: {_eq: "RUN"},
        updated: {_gt: "2030-01-01T00:00:00Z"}}) { id state start_time end_time updated } }""",
    "page: poll of logs": """{ log(where: {flow_run_id: {_eq: "RUN"}, id: {_gt: 0}},
        order_by: {id: asc}, limit: 500) { id timestamp level message } }""",
}
QUERIES.update(
    {
        f"{name}, {LARGE} tasks": QUERIES[name].replace("RUN", "LARGE")
        for name in ("run info (V11)", "page: a run", "page: poll of task runs")
    }
)


@dataclass
class Measured:
    """Seconds that requests took, by kind, and the state writes that were answered."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, seconds: float) -> None:
        """Note one request."""
        self.seconds.setdefault(kind, []).append(seconds)


class Endpoint:
    """One request, one connection."""

    def __init__(self, url: str, measured: Measured) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._measured = measured

    async def post(self, kind: str, query: str, given: dict[str, Any]) -> Any:
        """Send a request and return the value of its one root field."""
        body = json.dumps({"query": query, "variables": json.dumps({"input": given})}).encode()
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        answer = await reader.read()
        writer.close()
        self._measured.add(kind, time.perf_counter() - began)
        found = json.loads(answer.partition(b"\r\n\r\n")[2])
        if "errors" in found:
            raise RuntimeError(f"{kind}: {found['errors']}")
        return next(iter(found["data"].values()))


def mutation(name: str, fields: str) -> str:
    """Return the text of a mutation as Prefect's client writes it."""
    return f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ {fields} }} }}"


def _between(least: float, most: float) -> float:
    return random.uniform(least, most)  # noqa: S311 - no secret


class Agent:
    """An agent with one flow run at a time, as the server sees it: 3 requests a task run."""

    def __init__(self, endpoint: Endpoint, measured: Measured, flow_id: str) -> None:
        self._post = endpoint.post
        self._measured = measured
        self._flow_id = flow_id

    async def work(self, until: float) -> None:
        """Poll and run, again and again."""
        await asyncio.sleep(_between(0, TASKS * TASK_SECONDS[1]))
        while time.monotonic() < until:
            queue = {"before": now(), "labels": ["none"]}
            await self._post("poll", mutation("get_runs_in_queue", "flow_run_ids"), queue)
            await self._run(until)

    async def _run(self, until: float) -> None:
        given = {"flow_id": self._flow_id, "labels": ["other"]}
        run = (await self._post("create run", mutation("create_flow_run", "id"), given))["id"]
        await self._flow_state(run, "Submitted")
        await self._flow_state(run, "Running")
        query = f'query {{ flow_run_by_pk(id: "{run}") {{ state task_runs {{ id task_id }} }} }}'
        found = await self._post("run info", query, {})
        for each in found["task_runs"]:
            if time.monotonic() < until:
                await self._task(run, each)
        lines = [{"flow_run_id": run, "message": "line", "level": "INFO"}] * 20
        await self._post("logs", mutation("write_run_logs", "success"), {"logs": lines})
        await self._post(
            "heartbeat", mutation("update_flow_run_heartbeat", "success"), {"flow_run_id": run}
        )
        await self._flow_state(run, "Success")

    async def _task(self, run: str, task_run: dict[str, str]) -> None:
        info = {"flow_run_id": run, "task_id": task_run["task_id"], "map_index": -1}
        await self._post("task info", mutation("get_or_create_task_run_info", "id version"), info)
        await self._task_state(task_run["id"], {"type": "Running", "message": "Starting task run."})
        await asyncio.sleep(_between(*TASK_SECONDS))
        await self._task_state(task_run["id"], FINISHED)

    async def _flow_state(self, run: str, type_: str) -> None:
        states = [{"flow_run_id": run, "state": {"type": type_, "message": ""}}]
        await self._post(
            "state write", mutation("set_flow_run_states", "states { id }"), {"states": states}
        )
        self._count(run)

    async def _task_state(self, task_run: str, state: dict[str, Any]) -> None:
        states = [{"task_run_id": task_run, "state": state}]
        await self._post(
            "state write", mutation("set_task_run_states", "states { id }"), {"states": states}
        )
        self._count(task_run)

    def _count(self, run: str) -> None:
        self._measured.written[run] = self._measured.written.get(run, 1) + 1


def fill(database: Database, task_runs: int) -> list[str]:
    """Write flows and enough finished runs of theirs; return the flows' ids."""
    flows = database.write(_add_flows).result()
    count = task_runs // TASKS
    for start in range(0, count, 1_000):
        size = min(1_000, count - start)
        database.write(partial(_add_runs, flows=flows, count=size)).result()
    return flows


def _add_flows(connection: Connection) -> list[str]:
    from project.server.mutations.declarations import MutationContext
    from project.server.mutations.flows import FlowOptions, create_flow
    from project.server.mutations.projects import create_project

    context = MutationContext(connection, heartbeat_timeout_seconds=600)
    options = FlowOptions(project_id=create_project(context, "load"))

    def add(name: str, tasks: int) -> str:
        return create_flow(context, _chain(name, tasks), options)

    large = get_row(connection, tables.flow, add("large", LARGE))
    schedule_flow_run(connection, large, NewFlowRun())
    return [add(f"flow {number}", TASKS) for number in range(FLOWS)]


def _chain(name: str, count: int) -> dict[str, Any]:
    tasks = [{"slug": f"task-{number}", "name": f"task {number}"} for number in range(count)]
    ends = (({"slug": a["slug"]}, {"slug": b["slug"]}) for a, b in zip(tasks, tasks[1:]))
    edges = [{"upstream_task": a, "downstream_task": b} for a, b in ends]
    return {"name": name, "tasks": tasks, "edges": edges}


def _add_runs(connection: Connection, flows: list[str], count: int) -> None:
    """Copy one real run of each flow, as many times as needed."""
    models = [_model(connection, flow_id) for flow_id in flows]
    copies = [_copy(*models[number % len(models)]) for number in range(count)]
    connection.execute(insert(tables.flow_run), [run for run, _, _ in copies])
    connection.execute(
        insert(tables.task_run), [each for _, each_of, _ in copies for each in each_of]
    )
    connection.execute(
        insert(tables.task_run_state), [each for _, _, past in copies for each in past]
    )


def _model(connection: Connection, flow_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    flow = get_row(connection, tables.flow, flow_id)
    run_id = schedule_flow_run(connection, flow, NewFlowRun(labels=["done"]))
    moment = now()
    done = {
        "state": "Success",
        "serialized_state": FINISHED,
        "state_start_time": None,
        "start_time": moment,
        "end_time": moment,
    }
    run = {**get_row(connection, tables.flow_run, run_id), **done, "version": 4}
    rows = connection.execute(
        select(tables.task_run).where(tables.task_run.c.flow_run_id == run_id)
    ).mappings()
    return run, [{**row, **done, "version": 3} for row in rows]


def _copy(
    run: dict[str, Any], task_runs: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[Any], list[Any]]:
    moment, run_id = now(), str(uuid.uuid4())
    times = {"created": moment, "state_timestamp": moment, "start_time": moment}
    tasks = [
        {**each, **times, "id": str(uuid.uuid4()), "flow_run_id": run_id} for each in task_runs
    ]
    state = {
        "created": moment,
        "timestamp": moment,
        "version": 3,
        "state": "Success",
        "serialized_state": FINISHED,
    }
    past = [{**state, "task_run_id": each["id"]} for each in tasks]
    return {**run, **times, "id": run_id, "name": f"run-{run_id[:8]}"}, tasks, past


def queries(url: str, flow_id: str) -> dict[str, str]:
    """Return the queries of the contract, about a run in the middle of the data."""
    run = _newest_run(url, f'{{flow_id: {{_eq: "{flow_id}"}}}}')
    large = _newest_run(url, '{flow: {name: {_eq: "large"}}}')
    known = {
        "RUN": run["id"],
        "NAME": run["name"],
        "TASK": run["task_runs"][0]["task_id"],
        "LARGE": large["id"],
    }
    return {
        name: reduce(lambda found, each: found.replace(*each), known.items(), query)
        for name, query in QUERIES.items()
    }


def _newest_run(url: str, where: str) -> dict[str, Any]:
    own = f"where: {where}, order_by: {{created: desc}}, limit: 1"
    text = f"{{ flow_run({own}) {{ id name task_runs(limit: 1) {{ task_id }} }} }}"
    found: dict[str, Any] = requests.post(url, json={"query": text}, timeout=60).json()["data"]
    return dict(found["flow_run"][0])


def measure_queries(url: str, flow_id: str) -> None:
    """Time each query twenty times, each time as a text that the server has not seen."""
    print(f"\n{'query':<40}{'median ms':>10}{'worst ms':>10}")
    for name, text in queries(url, flow_id).items():
        seconds = []
        for number in range(20):
            began = time.perf_counter()
            answer = requests.post(url, json={"query": text + " " * number}, timeout=60).json()
            seconds.append(time.perf_counter() - began)
            if "errors" in answer:
                raise RuntimeError(f"{name}: {answer['errors']}")
        print(f"{name:<40}{statistics.median(seconds) * 1e3:>10.1f}{max(seconds) * 1e3:>10.1f}")


async def load(url: str, flows: list[str], agents: int, seconds: float) -> Measured:
    """Let agents work at the same time."""
    measured = Measured()
    endpoint = Endpoint(url, measured)
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(Agent(endpoint, measured, flows[n % len(flows)]).work(until) for n in range(agents))
    )
    return measured


def report(measured: Measured, seconds: float) -> None:
    """Print what was measured."""
    total = sum(map(len, measured.seconds.values()))
    print(f"\n{total} requests, {total / seconds:.0f} a second")
    print(f"{'request':<28}{'count':>8}{'p50 ms':>9}{'p99 ms':>9}{'worst ms':>10}")
    for kind, found in sorted(measured.seconds.items()):
        found.sort()
        p50, p99 = found[len(found) // 2], found[len(found) * 99 // 100]
        print(
            f"{kind:<28}{len(found):>8}{p50 * 1e3:>9.1f}{p99 * 1e3:>9.1f}{found[-1] * 1e3:>10.1f}"
        )


def lost_writes(database: Path, measured: Measured) -> int:
    """Return how many answered state writes are not in the database."""
    opened = Database(database, 10)
    statement = "SELECT id, version FROM {} WHERE id IN (SELECT value FROM json_each(?))"
    keys = (json.dumps(list(measured.written)),)

    def versions(connection: Connection) -> dict[str, int]:
        parts = (
            connection.exec_driver_sql(statement.format(name), keys)
            for name in ("flow_run", "task_run")
        )
        return {row[0]: row[1] for part in parts for row in part}

    found = opened.read(versions).result()
    opened.close()
    return sum(written - found.get(key, 0) for key, written in measured.written.items())


def main() -> None:
    """Fill a database, and measure the server on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task-runs", type=int, default=1_000_000)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "api.db"
        database = Database(path, 10)
        began = time.monotonic()
        flows = fill(database, given.task_runs)
        database.close()
        size = path.stat().st_size / 1e6
        seconds = time.monotonic() - began
        print(f"{given.task_runs} task runs written in {seconds:.0f} s, {size:.0f} MB")
        command = [sys.executable, "-c", SERVE, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            url = str(server.stdout and server.stdout.readline()).strip()
            measure_queries(url, flows[7])
            measured = asyncio.run(load(url, flows, given.agents, given.seconds))
            report(measured, given.seconds)
            server.terminate()
        print(
            f"lost state writes: {lost_writes(path, measured)} of {sum(measured.written.values())}"
        )


if __name__ == "__main__":
    main()
