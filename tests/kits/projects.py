"""Kedro projects on disk, their runs, and a record of every hook call.

It runs on every supported Kedro: a difference between releases is detected, never looked up.
"""

from __future__ import annotations

import ast
import inspect
import logging
import multiprocessing
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any, Dict, List, Mapping, Optional, Tuple

import kedro
import kedro.io
from kedro.framework import hooks
from kedro.framework.hooks import hook_impl, specs
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.framework.session import KedroSession
from kedro.framework.startup import ProjectMetadata, bootstrap_project
from kedro.runner import SequentialRunner

from project.runner import PrefectRunner
from tests.kits.cluster import shared_cluster

REPOSITORY = Path(__file__).parents[2]

MemoryDataset = getattr(kedro.io, "MemoryDataset", None) or kedro.io.MemoryDataSet
DatasetError = getattr(kedro.io, "DatasetError", None) or kedro.io.DataSetError
AbstractDataset = getattr(kedro.io, "AbstractDataset", None) or kedro.io.AbstractDataSet

_RUN_PARAMETERS = inspect.signature(SequentialRunner.run).parameters
RETURNS_DATASETS = "only_missing_outputs" in _RUN_PARAMETERS
HAS_FACTORIES = hasattr(kedro.io.DataCatalog, "__contains__")

PIPELINE = """
from kedro.pipeline import Pipeline, node

def one(): return 1
def two(n): return n + 1

def register_pipelines():
    whole = Pipeline([node(one, None, "n", name="one"), node(two, "n", "m", name="two")])
    return {"__default__": whole, "empty": Pipeline([])}
"""

PLAIN_SETTINGS = """
from project.compat import project_hooks

HOOKS = project_hooks()
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-prefect-runner", "kedro-telemetry")
"""


NODE = """
try:
    from kedro.pipeline.modular_pipeline import pipeline
except ImportError:
    from kedro.pipeline import pipeline
from kedro.pipeline import Pipeline, node
"""

FAILING = (
    NODE
    + """
class Broken(Exception):
    pass

def start(text):
    return text

def keep(text):
    return text + "!"

def fail(text):
    raise Broken(f"cannot use {text}")

def never(text):
    return text

def register_pipelines():
    return {"__default__": Pipeline([
        node(start, "text", "first", name="start"),
        node(keep, "first", "kept", name="a_keep"),
        node(fail, "first", "second", name="b_fail"),
        node(never, "second", "third", name="c_downstream"),
        node(never, "kept", "fourth", name="d_independent"),
    ])}
"""
)

FAILING_CATALOG = """
text: {type: tests.kits.projects.FileDataset, filepath: data/text}
kept: {type: tests.kits.projects.FileDataset, filepath: data/kept}
"""

VERSIONED = (
    NODE
    + """
from pathlib import PurePosixPath, Path
import kedro.io
from kedro.io import Version

Base = getattr(kedro.io, "AbstractVersionedDataset", None) or kedro.io.AbstractVersionedDataSet

class VersionedFile(Base):
    def __init__(self, filepath, version=None):
        super().__init__(
            filepath=PurePosixPath(filepath), version=version,
            exists_function=lambda path: Path(path).exists(),
            glob_function=lambda pattern: [str(p) for p in Path(".").glob(pattern)]
            if not pattern.startswith("/") else
            [str(p) for p in Path("/").glob(pattern[1:])],
        )

    def _load(self):
        return Path(self._get_load_path()).read_text()

    def _save(self, data):
        path = Path(self._get_save_path())
        fails_once = Path(str(self._filepath) + ".fails_once")
        if fails_once.exists():
            fails_once.unlink()
            raise OSError("disk full")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data)

    def _exists(self):
        return Path(self._get_load_path()).exists()

    def _describe(self):
        return {"filepath": self._filepath, "version": self._version}

def write(n):
    return "one", "two"

def read(first, second):
    return first + second

def register_pipelines():
    return {
        "__default__": Pipeline([node(write, "params:n", ["first", "second"], name="write"),
                                 node(read, ["first", "second"], "both", name="read")]),
        "read": Pipeline([node(read, ["first", "second"], "both", name="read")]),
    }
"""
)

RUNNERS = {
    "local": PrefectRunner,
    "threads": lambda **options: PrefectRunner(
        settings={"executor": {"type": "threads", "workers": 3}}, **options
    ),
}


# A worker of a cluster opens the project of a session by its name.
SESSION_RUNNERS = {
    **RUNNERS,
    "dask": lambda **options: PrefectRunner(
        settings={"executor": {"type": "dask", "address": shared_cluster()}}, **options
    ),
}


class FileDataset(AbstractDataset):
    """Keep the ``repr`` of a literal in a file: a dataset that is not in memory."""

    def __init__(self, filepath: str):
        self._filepath = Path(filepath)

    def _load(self) -> Any:
        return eval(self._filepath.read_text())  # the tests wrote it

    def _save(self, data: Any) -> None:
        self._filepath.parent.mkdir(parents=True, exist_ok=True)
        self._filepath.write_text(repr(data))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> Dict[str, Any]:
        return {"filepath": str(self._filepath)}


Call = Tuple[str, Tuple[Tuple[str, Any], ...]]


class OwnDefault(MemoryDataset):  # type: ignore[misc]
    """What a class of catalogs makes of unregistered names."""


class HookRecorder:
    """Record every call of every hook, with all the arguments that its specification has.

    In the worker of a cluster, the calls are written to a file in the project's folder.
    """

    def __init__(self, settings_file: str = "") -> None:
        self.calls: List[Call] = []
        self._file: Optional[Path] = None
        if multiprocessing.parent_process() is not None:
            self._file = Path(settings_file).parents[2] / f"hooks/{os.getpid()}"

    def record(self, hook: str, arguments: Dict[str, Any]) -> None:
        shown = tuple((name, _comparable(name, value)) for name, value in arguments.items())
        self.calls.append((hook, shown))
        if self._file is not None and hook not in HOOKS_OF_EACH_PROCESS:
            self._file.parent.mkdir(exist_ok=True)
            with self._file.open("a") as file:
                file.write(f"{(hook, shown)!r}\n")

    def names(self) -> List[str]:
        return [name for name, _ in self.calls]


def _comparable(name: str, value: Any) -> Any:
    if name == "catalog":
        return type(value).__name__
    if name in {"node", "pipeline", "context"}:
        return str(value) if name == "node" else type(value).__name__
    if name == "run_params":
        return {key: value[key] for key in sorted(value) if key not in RUN_SPECIFIC}
    if name in {"run_id", "session_id", "save_version"}:
        return type(value).__name__
    if name == "run_result":
        return unwrapped(value)
    if name == "error":
        return (type(value).__name__, str(value))
    if name in {"feed_dict", "conf_catalog", "conf_creds", "parameters"}:
        return sorted(value or {})
    return re.sub(r" at 0x\w+", "", repr(value))


# Each worker of a cluster opens the project for itself.
HOOKS_OF_EACH_PROCESS = {"after_context_created", "after_catalog_created"}

RUN_SPECIFIC = {"run_id", "session_id", "runner"}


def unwrapped(result: Optional[Dict[str, Any]]) -> Any:
    """Return values for what a run returned: Kedro 1.x returns datasets."""
    if result is None:
        return None
    return {key: value.load() if hasattr(value, "load") else value for key, value in result.items()}


def _recording_method(hook: str, spec: Any) -> Any:
    names = [name for name in inspect.signature(spec).parameters if name != "self"]
    pairs = ", ".join(f"{name!r}: {name}" for name in names)
    source = f"def {hook}(self, {', '.join(names)}): self.record({hook!r}, {{{pairs}}})"
    namespace: Dict[str, Any] = {}
    exec(source, namespace)
    return hook_impl(namespace[hook])


def _recorded_hooks() -> Dict[str, Any]:
    return {
        name: spec
        for holder in vars(specs).values()
        if inspect.isclass(holder) and holder.__name__.endswith("Specs")
        for name, spec in vars(holder).items()
        if callable(spec) and not name.startswith(("_", "register_"))
    }


for _hook, _spec in _recorded_hooks().items():
    setattr(HookRecorder, _hook, _recording_method(_hook, _spec))


@dataclass
class Outcome:
    """Hold all that can be seen of a run."""

    result: Any = None
    error: Optional[BaseException] = None
    calls: List[Call] = field(default_factory=list)
    files: Dict[str, str] = field(default_factory=dict)
    records: List[logging.LogRecord] = field(default_factory=list)

    @property
    def raised(self) -> Optional[Tuple[str, str]]:
        return self.error and (type(self.error).__name__, str(self.error))

    @property
    def warnings(self) -> List[str]:
        warnings = [record for record in self.records if record.levelno >= logging.WARNING]
        return [record.getMessage() for record in warnings]

    @property
    def nodes_run(self) -> List[str]:
        return [
            dict(arguments)["node"] for hook, arguments in self.calls if hook == "before_node_run"
        ]


class LogRecorder(logging.Handler):
    """Keeps records from INFO on; set up once Kedro has configured logging."""

    def __init__(self, records: List[logging.LogRecord]):
        super().__init__(logging.INFO)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.INFO)
        root.addHandler(self)

    def __exit__(self, *error: Any) -> None:
        logging.getLogger().removeHandler(self)
        logging.getLogger().setLevel(self._level)


class KedroProject:
    """A Kedro project on disk, run through real sessions in this process."""

    def __init__(self, folder: Path, package: str):
        self.folder = folder
        self.package = package

    def write(self, path: str, text: str) -> None:
        write_files(self.folder, {path: text})

    def add_to_settings(self, text: str) -> None:
        """Write more lines at the end of the project's settings."""
        settings = self.folder / f"src/{self.package}/settings.py"
        settings.write_text(settings.read_text() + dedent(text))

    def run(
        self, runner: Any, *, env: Optional[str] = None, params: Any = None, **options: Any
    ) -> Outcome:
        """Run the project in a new session; an exception of the run is part of the outcome."""
        recorder = self._hooks()
        outcome = Outcome(calls=recorder.calls)
        accepted = inspect.signature(KedroSession.create).parameters
        key = "runtime_params" if "runtime_params" in accepted else "extra_params"
        with KedroSession.create(project_path=self.folder, env=env, **{key: params}) as session:
            try:
                with LogRecorder(outcome.records):
                    outcome.result = unwrapped(
                        session.run(runner=runner, **_named_options(options))
                    )
            except BaseException as error:  # SystemExit of a node, too
                outcome.error = error
        outcome.files = self.files()
        for calls in (self.folder / "hooks").glob("*"):
            outcome.calls += map(ast.literal_eval, calls.read_text().splitlines())
            calls.unlink()
        return outcome

    def _hooks(self) -> HookRecorder:
        bootstrap_project(self.folder)
        recorder: HookRecorder = sys.modules[f"{self.package}.settings"].RECORDER
        recorder.calls = []
        return recorder

    def files(self) -> Dict[str, str]:
        data = self.folder / "data"
        return {
            str(path.relative_to(data)): path.read_text()
            for path in sorted(data.rglob("*"))
            if path.is_file()
        }

    def clear(self) -> None:
        for path in (self.folder / "data").rglob("*"):
            if path.is_file():
                path.unlink()


def _named_options(options: Dict[str, Any]) -> Dict[str, Any]:
    accepted = inspect.signature(KedroSession.run).parameters
    if "pipeline_names" in accepted and "pipeline_name" in options:
        options["pipeline_names"] = [options.pop("pipeline_name")]
    if "namespaces" in accepted and "namespace" in options:
        options["namespaces"] = [options.pop("namespace")]
    return options


def accepts(option: str) -> bool:
    """Tell whether this Kedro's ``session.run`` has an option (or its plural)."""
    accepted = inspect.signature(KedroSession.run).parameters
    return option in accepted or f"{option}s" in accepted


def run_recorded(runner: Any, pipeline: Any, catalog: Any) -> Outcome:
    """Run a pipeline without a session, but with hooks."""
    recorder = HookRecorder()
    outcome = Outcome(calls=recorder.calls)
    manager, arguments = _hook_manager()
    manager.register(recorder)
    try:
        outcome.result = unwrapped(runner.run(pipeline, catalog, *arguments, "some run"))
    except Exception as error:
        outcome.error = error
    finally:
        manager.unregister(recorder)
    return outcome


def _hook_manager() -> Tuple[Any, Tuple[Any, ...]]:
    if "hook_manager" in _RUN_PARAMETERS:
        manager = _create_hook_manager()
        return manager, (manager,)
    from kedro.framework.hooks import get_hook_manager

    return get_hook_manager(), ()


def unregister_global_hooks() -> None:
    """Empty the hook manager that Kedro 0.17 keeps for the whole process."""
    get_hook_manager: Any = getattr(hooks, "get_hook_manager", None)
    if get_hook_manager is not None:
        for plugin in list(get_hook_manager().get_plugins()):
            get_hook_manager().unregister(plugin)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, given by their paths, with the indentation of their texts removed."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))


def write_metadata(folder: Path, package: str) -> None:
    """Write the ``pyproject.toml`` that the installed Kedro wants."""
    fields = ProjectMetadata._fields
    version_key = "kedro_init_version" if "kedro_init_version" in fields else "project_version"
    text = f"""
        [tool.kedro]
        package_name = "{package}"
        project_name = "{package}"
        {version_key} = "{kedro.__version__}"
        """
    write_files(folder, {"pyproject.toml": text})


def kedro_run(
    project: KedroProject,
    *options: str,
    runner: str = "project.runner.PrefectRunner",
    pythonpath: Optional[Path] = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``kedro run`` in a process of its own."""
    return kedro_command(project, "run", f"--runner={runner}", *options, pythonpath=pythonpath)


def kedro_command(
    project: KedroProject, *arguments: str, pythonpath: Optional[Path] = None
) -> subprocess.CompletedProcess[str]:
    """Run a ``kedro`` command in a process of its own."""
    paths = [pythonpath, REPOSITORY, os.environ.get("PYTHONPATH")]
    return subprocess.run(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=project.folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(path) for path in paths if path),
            "COLUMNS": "200",
            "DO_NOT_TRACK": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )


def assert_one_clear_error(run: subprocess.CompletedProcess[str], *texts: str) -> None:
    lines = " ".join(run.stdout.split())

    assert run.returncode != 0
    assert "Traceback" not in run.stdout
    assert [text for text in texts if text not in lines] == []
