"""A run of another runner is as if this package were not installed."""

from __future__ import annotations

import re
from threading import Lock
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

import cloudpickle
import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner

from project.hooks import PrefectHooks
from tests.kits.projects import (
    NODE,
    KedroProject,
    kedro_run,
    unregister_global_hooks,
)
from tests.kits.runners import DefaultDataset, DefaultingRunner, PoolRunner, RemoteRunner

MakeProject = Callable[..., KedroProject]

PIPELINE = (
    NODE
    + """
def start(text):
    return text + "!"

def double(text):
    return text * 2

def both(text):
    return text, text

def fail(text):
    raise ValueError(f"cannot use {text}")

def register_pipelines():
    # One node after the other, so that the order of calls and lines is the same on threads.
    whole = Pipeline([
        node(start, "text", "a", name="start"),
        node(double, "a", "b", name="double"),
        node(both, "b", ["kept", "free"], name="end"),
    ])
    return {
        "__default__": whole,
        "failing": whole + Pipeline([node(fail, "free", "never", name="fail")]),
    }
"""
)

CATALOG = """
text: {type: tests.kits.projects.FileDataset, filepath: data/text}
kept: {type: tests.kits.projects.FileDataset, filepath: data/kept}
"""

# How a project may have the hooks of this package, or not.
INSTALLATIONS = {
    "absent": ("", '"kedro-prefect-runner",'),
    "by the entry point": ("", ""),
    "in its settings": ("PrefectHooks(), ", '"kedro-prefect-runner",'),
}
SETTINGS = """
from kedro.framework.hooks import hook_impl
from project.compat import project_hooks
from project.hooks import PrefectHooks
from tests.kits.projects import HookRecorder, MemoryDataset

RECORDER = HookRecorder()
HOOKS = ({hooks}RECORDER, *project_hooks())
DISABLE_HOOKS_FOR_PLUGINS = ({disabled} "kedro-telemetry",)
"""

HOOK_THAT_ADDS = """
class Add:
    @hook_impl(trylast=True)
    def before_pipeline_run(self, catalog):
        for name in ("a", "b"):
            dataset = MemoryDataset(copy_mode="assign")
            if hasattr(catalog, "add"):
                catalog.add(name, dataset)
            else:
                catalog[name] = dataset

HOOKS = (*HOOKS, Add())
"""
HOOK_THAT_LOADS = """
class Load:
    @hook_impl
    def after_pipeline_run(self, catalog):
        # In Kedro 1 the catalog has released datasets too: there this hook fails by itself.
        for name in catalog.keys() if hasattr(catalog, "keys") else catalog.list():
            catalog.load(name)

HOOKS = (*HOOKS, Load())
"""

SETTINGS_THAT_LOOK = """
import sys
from kedro.framework.hooks import hook_impl
from project.compat import project_hooks

class Look:
    @hook_impl(trylast=True)
    def before_pipeline_run(self):
        slow = {"prefect", "distributed", "graphql", "sqlalchemy", "starlette", "marshmallow"}
        print("imported:", sorted(slow & set(sys.modules)))
        raise SystemExit

HOOKS = (Look(), *project_hooks())
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry",)
"""


class Case(NamedTuple):
    """A run of another runner, with more lines in the project's settings."""

    runner: Callable[[], Any]
    settings: str = ""
    pipeline: str = "__default__"


CASES = {
    "SequentialRunner": Case(SequentialRunner),
    "ThreadRunner": Case(ThreadRunner),
    "ParallelRunner": Case(ParallelRunner),
    "a ParallelRunner by another name": Case(PoolRunner),
    "a runner with a default dataset": Case(DefaultingRunner),
    "a runner with workers": Case(RemoteRunner),
    "a node that fails": Case(SequentialRunner, pipeline="failing"),
    "a hook that adds datasets": Case(SequentialRunner, HOOK_THAT_ADDS),
    "a hook that loads every dataset": Case(SequentialRunner, HOOK_THAT_LOADS),
}


class Seen(NamedTuple):
    """All that can be seen of a run."""

    raised: Optional[Tuple[str, str]]
    result: Any
    files: Dict[str, str]
    calls: List[str]
    lines: List[str]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("installation", [name for name in INSTALLATIONS if name != "absent"])
@pytest.mark.parametrize("case", CASES)
def test_a_run_is_the_same_with_and_without_the_package(
    make_project: MakeProject, case: str, installation: str
) -> None:
    expected = see(make_project, CASES[case], "absent")
    unregister_global_hooks()
    seen = see(make_project, CASES[case], installation)

    assert "kept" in expected.files
    assert expected.lines
    assert seen == expected


def see(make_project: MakeProject, case: Case, installation: str) -> Seen:
    """Run a new project as the case says."""
    hooks, disabled = INSTALLATIONS[installation]
    project = make_project(PIPELINE, catalog=CATALOG)
    settings = SETTINGS.format(hooks=hooks, disabled=disabled) + case.settings
    project.write(f"src/{project.package}/settings.py", settings)
    project.write("data/text", "'abc'")
    DefaultDataset.folder = str(project.folder / "data/default")
    outcome = project.run(case.runner(), pipeline_name=case.pipeline)

    def comparable(seen: Iterable[Any]) -> List[str]:
        return [without_names(str(each), project) for each in seen]

    lines = [f"{record.levelname} {record.getMessage()}" for record in outcome.records]
    calls, lines = comparable(outcome.calls), comparable(lines)
    return Seen(outcome.raised, outcome.result, outcome.files, calls, lines)


def without_names(text: str, project: KedroProject) -> str:
    """Return a text without the numbers, paths and names that differ between two runs."""
    text = text.replace(str(project.folder), "FOLDER").replace(project.package, "PACKAGE")
    return re.sub(r"0x\w+|\d[\d.:T-]*Z?", "N", text)


def test_the_hooks_can_be_sent_to_a_worker() -> None:
    class Context:
        config_loader = Lock()  # stands for a loader that cannot be pickled

    sent = PrefectHooks()
    sent.after_context_created(Context())
    params = {"run_id": "1", "project_path": "."}
    sent.before_pipeline_run(params, Pipeline([]), DataCatalog())
    received = cloudpickle.loads(cloudpickle.dumps(sent))

    assert sent.run_request("1") is not None
    assert received.run_request("1") is None


def test_the_hooks_import_nothing_that_is_slow(make_project: MakeProject) -> None:
    """Kedro loads them for each of its commands."""
    project = make_project(PIPELINE)
    project.write(f"src/{project.package}/settings.py", SETTINGS_THAT_LOOK)
    run = kedro_run(project, runner="SequentialRunner")

    assert "imported: []" in run.stdout
