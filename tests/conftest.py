"""Kedro projects made on disk for one test."""

from __future__ import annotations

import os
import signal
from itertools import count
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from tests.kits.projects import VERSIONED, KedroProject, unregister_global_hooks, write_metadata
from tests.kits.strict_server import strict_server

SETTINGS = """
from project.compat import project_hooks
from project.hooks import PrefectHooks
from tests.kits.projects import HookRecorder

RECORDER = HookRecorder(__file__)
HOOKS = (RECORDER, PrefectHooks(), *project_hooks())
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-prefect-runner", "kedro-telemetry")
"""

_numbers = count(1)

# Where the tests run in the background of a script, the commands they start would ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Likewise under nohup, the end of the terminal.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(config: pytest.Config, items: List[pytest.Item]) -> None:
    """Leave tests that take long to commands of their own, make test-dask and make test-slow.

    Those marked ``dask``, and those with a runner of that name, start workers or wait for some.
    Those marked ``slow`` kill processes and wait, or do what others do through more processes.
    """
    others = [item for item in items if not _is_wanted(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if _is_wanted(item)]


def _is_wanted(item: pytest.Item) -> bool:
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    if item.get_closest_marker("dask") is not None or "dask" in map(str, parameters):
        return bool(os.environ.get("TEST_DASK"))
    return item.get_closest_marker("slow") is None or bool(os.environ.get("TEST_SLOW"))


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., KedroProject]:
    """Return a function that writes a Kedro project whose ``pipeline.py`` has the given text.

    That module must define ``register_pipelines``.
    """

    def make(pipeline: str, **conf: str) -> KedroProject:
        package = f"kedro_project_{next(_numbers)}"
        project = KedroProject(tmp_path / package, package)
        write_metadata(project.folder, package)
        project.write(f"src/{package}/__init__.py", "")
        project.write(f"src/{package}/settings.py", SETTINGS)
        project.write(f"src/{package}/pipeline_registry.py", pipeline)
        project.write("conf/local/.gitkeep", "")
        project.write("conf/base/logging.yml", "{version: 1, disable_existing_loggers: false}")
        for name, text in {"catalog": "{}", "parameters": "{}", **conf}.items():
            project.write(f"conf/base/{name}.yml", text)
        return project

    return make


@pytest.fixture(params=["embedded", "strict"])
def api_setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the value of ``api`` in prefect.yml: the embedded API, then a strict stand-in."""
    if request.param == "embedded":
        yield "embedded"
    else:
        with strict_server(tmp_path / "strict") as server:
            yield server.url


@pytest.fixture(autouse=True)
def forget_global_hooks() -> Iterator[None]:
    """Empty the hook manager that Kedro 0.17 keeps for the whole process."""
    yield
    unregister_global_hooks()


@pytest.fixture
def versioned(make_project: Callable[..., KedroProject]) -> KedroProject:
    """Return a project whose first node saves two versioned datasets."""
    project = make_project(VERSIONED, parameters="n: 1")
    kind = f"{{type: {project.package}.pipeline_registry.VersionedFile, versioned: true, filepath: "
    project.write(
        "conf/base/catalog.yml",
        f"first: {kind} {project.folder}/data/first}}\n"
        f"second: {kind} {project.folder}/data/second}}\n",
    )
    return project
