"""A Kedro project on disk, and its commands as processes with a home of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any, Dict, List, Optional

import psutil
import requests

from tests.kits.projects import write_files, write_metadata
from tests.kits.waiting import eventually

SENTINEL = "sentinel-5f1c9a"

SERVE = """
import json, sys
from pathlib import Path
from project.server.process import serve
from project.server.settings import ServerSettings

settings = ServerSettings(Path(".prefect/prefect.db"), **{"port": 0, **json.loads(sys.argv[1])})
serve(settings, lambda url: print(url, flush=True))
"""

PREFECT_YML = "conf/base/prefect.yml"

FILES = {
    "conf/local/credentials.yml": f"store: {{key: {SENTINEL}}}",
    "conf/prod/credentials.yml": f"store: {{key: {SENTINEL}}}",
    "conf/base/logging.yml": "{version: 1, disable_existing_loggers: false, root: {level: INFO}}",
    "conf/base/parameters.yml": "size: 3",
    "conf/prod/parameters.yml": "size: 5",
    "conf/base/catalog.yml": """
        doubled:
          type: shop.datasets.TextDataset
          filepath: data/doubled.txt
          versioned: true
        total:
          type: shop.datasets.TextDataset
          filepath: data/total.txt
          versioned: true
          credentials: store
        """,
    PREFECT_YML: """
        run: agent
        pipelines:
          lonely: {labels: [gpu]}
          threaded: {executor: {type: threads, workers: 2}}
        """,
    "src/shop/__init__.py": "",
    "src/shop/settings.py": """
        from project.compat import project_hooks
        from shop.hooks import RecordingHooks

        HOOKS = (RecordingHooks(), *project_hooks())
        """,
    "src/shop/hooks.py": """
        from pathlib import Path

        from kedro.framework.hooks import hook_impl

        RECORD = Path(__file__).parents[2] / "hooks.txt"


        def record(line):
            with RECORD.open("a") as file:
                file.write(line + "\\n")


        class RecordingHooks:
            @hook_impl
            def after_catalog_created(self, catalog):
                record("after_catalog_created")

            @hook_impl
            def before_pipeline_run(self, run_params):
                record("before_pipeline_run")

            @hook_impl
            def before_node_run(self, node):
                record(f"before_node_run {node.name}")

            @hook_impl
            def after_node_run(self, node):
                record(f"after_node_run {node.name}")

            @hook_impl
            def on_node_error(self, error, node):
                record(f"on_node_error {node.name}: {error}")

            @hook_impl
            def after_pipeline_run(self, run_params):
                record("after_pipeline_run")
                if (RECORD.parent / "break_the_last_hook").exists():
                    raise RuntimeError("the last hook broke")

            @hook_impl
            def on_pipeline_error(self, error):
                record(f"on_pipeline_error {type(error).__name__}: {error}")
        """,
    "src/shop/datasets.py": """
        from pathlib import Path, PurePosixPath

        from kedro.io import core

        old_name = getattr(core, "AbstractVersionedDataSet", None)
        DatasetBase = getattr(core, "AbstractVersionedDataset", old_name)


        class TextDataset(DatasetBase):
            def __init__(self, filepath, version=None, credentials=None):
                super().__init__(PurePosixPath(filepath), version)
                self._credentials = credentials

            def _load(self):
                return eval(Path(self._get_load_path()).read_text())

            def _save(self, data):
                path = Path(self._get_save_path())
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(repr(data))

            def _exists(self):
                return Path(self._get_load_path()).exists()

            def _describe(self):
                return {"filepath": str(self._filepath)}
        """,
    "src/shop/nodes.py": """
        import logging
        import time

        logger = logging.getLogger(__name__)


        def make(size):
            print("making", size, "numbers")
            return list(range(size))


        def double(numbers):
            return [2 * number for number in numbers]


        def add_up(doubled):
            logger.info("adding up %d numbers", len(doubled))
            return sum(doubled)


        def fail(size):
            raise ValueError("no stock left")


        def greet_left(size):
            print("hello on the left", size)


        def greet_right(size):
            print("hello on the right", size)


        def pause(size):
            time.sleep(0.02)


        def last_for_ever(size):
            while True:
                time.sleep(0.05)
        """,
    "src/shop/pipeline_registry.py": """
        from kedro.pipeline import Pipeline, node

        from shop import nodes


        def register_pipelines():
            return {
                "__default__": Pipeline(
                    [
                        node(nodes.make, "params:size", "numbers", name="make"),
                        node(nodes.double, "numbers", "doubled", name="double"),
                        node(nodes.add_up, "doubled", "total", name="add_up", tags=["reporting"]),
                    ]
                ),
                "failing": Pipeline([node(nodes.fail, "params:size", "never", name="fail")]),
                "endless": Pipeline([node(nodes.last_for_ever, "params:size", None, name="wait")]),
                "many": Pipeline(
                    [
                        node(nodes.pause, "params:size", None, name=f"pause_{i}")
                        for i in range(150)
                    ]
                ),
                "lonely": Pipeline([node(nodes.make, "params:size", "numbers", name="make")]),
                "threaded": Pipeline(
                    [
                        node(nodes.greet_left, "params:size", None, name="left"),
                        node(nodes.greet_right, "params:size", None, name="right"),
                    ]
                ),
            }
        """,
}


class Shop:
    """A Kedro project on disk, whose commands run as processes in a home of their own."""

    def __init__(self, folder: Path):
        self.folder = folder / "shop"
        self.home = folder / "home"
        self.home.mkdir()
        self.url = ""
        self.api = ""
        self.token: Optional[str] = None
        self._started: List[subprocess.Popen[str]] = []
        write_metadata(self.folder, "shop")
        write_files(self.folder, FILES)
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("PREFECT__")},
            "HOME": str(self.home),
            "DO_NOT_TRACK": "1",
            "COLUMNS": "200",
            "PYTHONUNBUFFERED": "1",
            "PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL": "1",
        }

    def write(self, path: str, text: str) -> None:
        """Write a file of the project; in its ``prefect.yml``, add the API that all use."""
        if path == PREFECT_YML and self.api:
            text = f"{dedent(text)}\napi: {self.api}\n"
        write_files(self.folder, {path: text})

    @property
    def pages(self) -> str:
        """The address of the pages to which commands link; of a Prefect Server, that of its UI."""
        return "http://127.0.0.1:8080" if self.api else self.url

    def use_api(self, url: str) -> None:
        """Let the project's commands and runs use a Prefect API other than the embedded one."""
        self.api = self.url = url
        self.write(PREFECT_YML, FILES[PREFECT_YML])

    def start(self, *arguments: str, cwd: Optional[Path] = None) -> subprocess.Popen[str]:
        """Start a ``kedro`` command."""
        return self.start_python("-W", "ignore", "-m", "kedro", *arguments, cwd=cwd or self.folder)

    def serve(self, **settings: Any) -> subprocess.Popen[str]:
        """Start what ``kedro prefect server`` does, with settings that it has no options for."""
        server = self.start_python("-c", SERVE, json.dumps(settings), cwd=self.folder)
        assert server.stdout
        self.url = server.stdout.readline().strip()
        return server

    def start_python(
        self, *arguments: str, cwd: Path, python: str = sys.executable, **env: str
    ) -> subprocess.Popen[str]:
        """Start a Python process, with more in its environment."""
        process = subprocess.Popen(
            [python, *arguments],
            cwd=cwd,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that a signal for its group is for nothing else
        )
        self._started.append(process)
        return process

    def end(self) -> None:
        """Kill what a test that failed has left."""
        for process in self._started:
            if process.poll() is None:
                kill(process)

    def kedro(self, *arguments: str) -> Said:
        """Run a ``kedro`` command to its end."""
        process = self.start(*arguments)
        return Said.of(process)

    def run(self, *arguments: str) -> Said:
        """Run ``kedro run`` with the runner."""
        return self.kedro("run", "--runner=project.runner.PrefectRunner", *arguments)

    def prefect(self, *arguments: str) -> Said:
        """Run one of Prefect's own commands to its end."""
        process = self.start_python(
            *("-W", "ignore", "-m", "prefect"),
            *arguments,
            cwd=self.home,
            PREFECT__BACKEND="server",
            PREFECT__CLOUD__API=self.url,
        )
        return Said.of(process)

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the value of the one root field of a query."""
        body = {"query": query, "variables": variables}
        token = self.token or self.env.get("PREFECT__CLOUD__API_KEY")
        key = {"Authorization": f"Bearer {token}"}
        answer = requests.post(self.url, json=body, headers=key, timeout=30).json()
        assert "errors" not in answer, answer["errors"]
        return next(iter(answer["data"].values()))

    def has_agent(self) -> bool:
        """Tell whether an agent has asked for runs, and so can be stopped as Ctrl-C does."""
        where = "{last_queried: {_is_null: false}}"
        return bool(self.ask(f"query {{ agent(where: {where}) {{ id }} }}"))

    def start_run(self, flow: str, **parameters: Any) -> str:
        """Create a flow run, as the page does, and return its id."""
        where = f'{{name: {{_eq: "{flow}"}}, archived: {{_eq: false}}}}'
        (found,) = self.ask(f"query {{ flow(where: {where}) {{ id }} }}")
        created = self.ask(
            "mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }",
            input={"flow_id": found["id"], "parameters": parameters},
        )
        return str(created["id"])

    def flow_run(self, id_: str, fields: str) -> Dict[str, Any]:
        """Return a flow run."""
        found: Dict[str, Any] = self.ask(f'query {{ flow_run_by_pk(id: "{id_}") {{ {fields} }} }}')
        return found

    def ended(self, id_: str) -> str:
        """Return the state in which a flow run ends, once it has ended."""

        def probe() -> Optional[str]:
            state = self.flow_run(id_, "state")["state"]
            return state if state in {"Success", "Failed", "Cancelled"} else None

        return eventually(probe)

    def node_states(self, id_: str) -> Dict[str, str]:
        """Return the state of each node of a flow run."""
        rows = self.flow_run(id_, "task_runs { state task { name type } }")["task_runs"]
        return {
            row["task"]["name"]: row["state"]
            for row in rows
            if row["task"]["type"].endswith("NodeTask")
        }

    def lines(self, id_: str) -> Dict[str, Optional[str]]:
        """Return the task by which each line of a flow run was said; no task: the run itself."""
        run = self.flow_run(id_, "logs { message task_run_id } task_runs { id task { name } }")
        names = {row["id"]: row["task"]["name"] for row in run["task_runs"]}
        return {line["message"]: names.get(line["task_run_id"]) for line in run["logs"]}

    def hooks(self) -> List[str]:
        """Return what the recording hooks have written, and let them start anew."""
        record = self.folder / "hooks.txt"
        lines = record.read_text().splitlines() if record.exists() else []
        record.unlink(missing_ok=True)
        return lines

    def saved(self) -> Dict[str, Dict[str, Any]]:
        """Return what the datasets of each version hold, and remove it."""
        found: Dict[str, Dict[str, Any]] = {}
        for path in sorted((self.folder / "data").glob("*.txt/*/*.txt")):
            found.setdefault(path.parent.name, {})[path.stem] = eval(path.read_text())
            path.unlink()
        return found


class Said:
    """What a command has written and how it ended."""

    def __init__(self, text: str, code: int):
        self.text = text
        self.code = code

    @classmethod
    def of(cls, process: subprocess.Popen[str], seconds: float = 120) -> Said:
        """Wait for the end of a process."""
        try:
            text = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"Not ended: {process.communicate()[0]}") from None
        return cls(text, process.returncode)


def stop(process: subprocess.Popen[str]) -> Said:
    """End a process as Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    return Said.of(process, 30)


def kill(process: subprocess.Popen[str]) -> Said:
    """End a process and all that it has started, with no time for last words.

    An agent starts flow runs in sessions of their own, and is to die before them.
    """
    others = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGKILL)
    for one in others:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    return Said.of(process, 30)
