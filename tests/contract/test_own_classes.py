"""A project may have a configuration loader, catalog, context or session class of its own."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Callable

import kedro.io
import pytest
from kedro import config
from kedro.framework.startup import bootstrap_project
from kedro.runner import SequentialRunner

from project.compat.kedro_project import (
    find_pipeline,
    open_catalog,
    open_project,
    run_session,
)
from project.runner import PrefectRunner
from tests.kits.projects import (
    PIPELINE,
    RETURNS_DATASETS,
    KedroProject,
    Outcome,
    kedro_command,
)

MakeProject = Callable[..., KedroProject]

_settings = import_module("kedro.framework.project").settings
HAS_LOADER_CLASSES = hasattr(_settings, "CONFIG_LOADER_CLASS")
ASKS_BY_NAME = HAS_LOADER_CLASSES and hasattr(config.AbstractConfigLoader, "__getitem__")
HAS_SESSION_CLASSES = hasattr(_settings, "SESSION_CLASS")
CATALOGS = [name for name in ("DataCatalog", "KedroDataCatalog") if hasattr(kedro.io, name)]

LOADER = """
from pathlib import Path

import yaml
from kedro.config import AbstractConfigLoader, MissingConfigException

class OwnLoader(AbstractConfigLoader):
    KNOWN = ("catalog", "parameters", "credentials", "globals", "logging", "mlflow")
    ERROR = KeyError

    def __init__(self, conf_source, env=None, runtime_params=None, **kwargs):
        super().__init__(conf_source=conf_source, env=env, runtime_params=runtime_params)

    def __getitem__(self, name):
        if name not in self.KNOWN:
            raise self.ERROR(name)
        file = Path(self.conf_source) / "base" / f"{name}.yml"
        if not file.exists():
            raise MissingConfigException(name)
        return yaml.safe_load(file.read_text())

CONFIG_LOADER_CLASS = OwnLoader
CONFIG_LOADER_ARGS = {}
"""

# As the loaders of Kedro before 0.18.4 work.
LOADER_BY_PATTERNS = (
    LOADER
    + """
class OwnLoaderByPatterns(OwnLoader):
    def get(self, *patterns):
        return self[patterns[0].rstrip("*")]

CONFIG_LOADER_CLASS = OwnLoaderByPatterns
"""
)

needs_loader_classes = pytest.mark.skipif(
    not HAS_LOADER_CLASSES, reason="This Kedro has no setting for the loader's class."
)
needs_names = pytest.mark.skipif(
    not ASKS_BY_NAME, reason="This Kedro asks loaders by patterns alone."
)
needs_session_classes = pytest.mark.skipif(
    not HAS_SESSION_CLASSES, reason="This Kedro has no setting for the session's class."
)


def assert_ran(outcome: Outcome) -> None:
    assert outcome.raised is None
    assert outcome.result == {"m": 2}


@pytest.mark.parametrize(
    "loader",
    [pytest.param(LOADER, marks=needs_names), pytest.param(LOADER_BY_PATTERNS)],
    ids=["by name", "by patterns"],
)
@needs_loader_classes
def test_a_loader_that_knows_no_prefect_configuration_means_the_defaults(
    make_project: MakeProject, loader: str
) -> None:
    project = make_project(PIPELINE, prefect="executor: {type: celery}")
    project.add_to_settings(loader)
    outcome = project.run(PrefectRunner())

    assert_ran(outcome)
    assert [line for line in outcome.warnings if "Loader" in line] == []


@needs_names
def test_a_loader_that_cannot_say_whether_it_knows_it_is_named(make_project: MakeProject) -> None:
    project = make_project(PIPELINE)
    project.add_to_settings(LOADER + "OwnLoader.ERROR = ValueError\n")
    outcome = project.run(PrefectRunner())

    assert_ran(outcome)
    assert (
        "OwnLoader has no configuration 'prefect': the defaults apply (ValueError('prefect'))"
        in outcome.warnings
    )


@needs_names
def test_a_loader_that_knows_the_prefect_configuration_is_used(make_project: MakeProject) -> None:
    project = make_project(PIPELINE, prefect="executor: {type: celery}")
    project.add_to_settings(LOADER + 'OwnLoader.KNOWN += ("prefect",)\n')
    outcome = project.run(PrefectRunner())

    assert outcome.raised == (
        "SettingsError",
        "prefect.yml: executor.type: must be local, threads or dask, not 'celery'.",
    )


@needs_names
def test_the_commands_work_with_a_loader_of_one_s_own(make_project: MakeProject) -> None:
    project = make_project(PIPELINE)
    settings = "from project.compat import project_hooks\nHOOKS = project_hooks()\n"
    project.write(f"src/{project.package}/settings.py", settings + LOADER)
    registered = kedro_command(project, "prefect", "register", "--env=anything")

    assert registered.returncode == 0, registered.stdout
    assert "version 1: registered" in registered.stdout


def test_a_context_of_one_s_own_is_used(make_project: MakeProject) -> None:
    project = make_project(PIPELINE, prefect="executor: {type: celery}")
    project.add_to_settings(
        """
        from kedro.framework.context import KedroContext

        class OwnContext(KedroContext):
            pass

        CONTEXT_CLASS = OwnContext
        """
    )

    assert project.run(SequentialRunner()).raised is None
    assert "executor.type" in str(project.run(PrefectRunner()).error)


@needs_loader_classes
@pytest.mark.parametrize("base", CATALOGS)
def test_a_catalog_of_one_s_own_is_used(make_project: MakeProject, base: str) -> None:
    project = make_project(PIPELINE)
    # Before Kedro 1.0 catalogs have no `get`, so that it may be anything.
    get = "" if RETURNS_DATASETS or base != "DataCatalog" else "def get(self): return 'mine'"
    project.add_to_settings(
        f"""
        from kedro.io import {base}

        class OwnCatalog({base}):
            saved = []
            {get}

            def save(self, name, *args, **kwargs):
                self.saved.append(name)
                return super().save(name, *args, **kwargs)

        DATA_CATALOG_CLASS = OwnCatalog
        """
    )
    expected = project.run(SequentialRunner())
    saved = sys.modules[f"{project.package}.settings"].OwnCatalog.saved
    expected_saved = [saved.pop(0) for _ in list(saved)]  # none where Kedro copies it to its own
    outcome = project.run(PrefectRunner())

    assert_ran(outcome)
    assert (outcome.calls, saved) == (expected.calls, expected_saved)


SESSIONS = {
    "a subclass that passes on what it is given": """
from kedro.framework.session import KedroSession

class OwnSession(KedroSession):
    runs = []

    def run(self, *args, **kwargs):
        self.runs.append(kwargs)
        return super().run(*args, **kwargs)

SESSION_CLASS = OwnSession
""",
    "Kedro's session of many runs": """
from kedro.framework.session import KedroServiceSession

class OwnSession(KedroServiceSession):
    runs = []

    def run(self, *args, **kwargs):
        self.runs.append(kwargs)
        return super().run(*args, **kwargs)

SESSION_CLASS = OwnSession
""",
}


@needs_session_classes
@pytest.mark.parametrize("session", SESSIONS)
def test_a_flow_run_of_an_agent_uses_the_session_class_of_the_project(
    make_project: MakeProject, session: str
) -> None:
    project = make_project(PIPELINE.replace('one, None, "n"', 'two, "params:start", "n"'))
    project.add_to_settings(SESSIONS[session])
    bootstrap_project(project.folder)
    options = {"params": {"start": 5}, "nodes": ["one"]}
    result = run_session(project.folder, "__default__", options, SequentialRunner())
    (run,) = sys.modules[f"{project.package}.settings"].OwnSession.runs

    assert result["n"].load() == 6
    assert run["node_names"] == ["one"]


@needs_session_classes
@pytest.mark.parametrize("session", SESSIONS)
def test_a_dask_worker_opens_the_session_class_of_the_project(
    make_project: MakeProject, session: str
) -> None:
    project = make_project(PIPELINE.replace('one, None, "n"', 'two, "params:start", "n"'))
    project.add_to_settings(SESSIONS[session])
    whole = find_pipeline(open_project(project.folder, project.package), "__default__")
    with open_catalog(whole, project.folder, {"params": {"start": 5}}, "a run") as opened:
        assert opened.catalog.load("params:start") == 5


@needs_session_classes
def test_a_session_of_many_runs_reports_each(make_project: MakeProject) -> None:
    from kedro.framework.session import KedroServiceSession

    project = make_project(PIPELINE.replace('one, None, "n"', 'two, "params:start", "n"'))
    bootstrap_project(project.folder)
    with KedroServiceSession.create(project_path=project.folder) as session:
        results = [
            session.run(runner=PrefectRunner(), runtime_params={"start": start})["m"].load()
            for start in (1, 10)
        ]

    assert results == [3, 12]
