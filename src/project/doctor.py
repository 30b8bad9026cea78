"""What keeps a flow from running, one finding a subject."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from platform import python_version
from typing import Any, Callable, Iterator, List, NamedTuple, Optional

from project import compat
from project.backend.agent import agents_missing
from project.backend.api import Api
from project.backend.registration import VARIABLE, Registrable, find_current
from project.errors import ApiError, ProjectError
from project.workspace import Workspace

LOAD = "from project.backend.registration import load_flow; load_flow()"
LOAD_SECONDS = 120


class Finding(NamedTuple):
    """Say of one subject whether it is well; when it is not, the text has the remedy."""

    subject: str
    is_well: bool
    text: str


def examine(workspace: Workspace, pipeline: Optional[str] = None) -> Iterator[Finding]:
    """Look at all that a flow needs, and stop where the rest cannot be looked at."""
    yield _versions()
    try:
        chosen = workspace.registrable(pipeline)
        flow = chosen.flow()
    except ProjectError as error:
        yield Finding("prefect.yml", False, error.message)
        return
    yield Finding("prefect.yml", True, f"flow '{flow.name}', run: {chosen.settings.run}")
    yield _inputs(workspace, chosen)
    yield _loads(chosen)
    try:
        with workspace.connect(chosen.settings.api, chosen.settings.run == "agent") as api:
            yield Finding("API", True, api.url)
            for look in _LOOKS_AT_THE_API:
                yield look(api, chosen)
    except ApiError as error:
        yield Finding("API", False, error.message)


def _versions() -> Finding:
    found = {name: version(name) for name in ("kedro", "prefect", "marshmallow")}
    text = ", ".join([f"python {python_version()}", *(" ".join(each) for each in found.items())])
    try:
        compat.require_supported_versions()
    except ProjectError as error:
        return Finding("versions", False, error.message)
    if not found["marshmallow"].startswith("3."):
        remedy = 'Prefect 1.1.0 needs marshmallow 3: uv pip install "marshmallow<4".'
        return Finding("versions", False, f"{text}. {remedy}")
    return Finding("versions", True, text)


def _inputs(workspace: Workspace, chosen: Registrable) -> Finding:
    try:
        return _look_at_inputs(workspace, chosen)
    except Exception as error:  # a catalog and its datasets raise what they like
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return Finding("inputs", False, f"the catalog cannot be read: {reason}")


def _look_at_inputs(workspace: Workspace, chosen: Registrable) -> Finding:
    catalog = workspace.context.catalog
    names = sorted(chosen.pipeline.inputs())
    unknown = [name for name in names if not compat.is_registered(catalog, name)]
    known = [name for name in names if name not in unknown]
    absent = [name for name in known if not _may_exist(catalog, name)]
    if unknown or absent:
        text = "; ".join(
            [f"'{name}' is not in the catalog: add it to catalog.yml" for name in unknown]
            + [f"'{name}' does not exist: {_shown(catalog, name)}" for name in absent]
        )
        return Finding("inputs", False, text)
    return Finding("inputs", True, f"all {len(names)} exist")


def _may_exist(catalog: Any, name: str) -> bool:
    """Tell whether a dataset exists; of one that cannot be asked, believe it."""
    can_be_asked = type(compat.get_dataset(catalog, name))._exists.__module__ != "kedro.io.core"
    return not can_be_asked or bool(catalog.exists(name))


def _shown(catalog: Any, name: str) -> str:
    return str(compat.get_dataset(catalog, name))


def _loads(chosen: Registrable) -> Finding:
    """Load the flow as an agent does: in a new process, in another folder."""
    written = chosen.flow().run_config.env[VARIABLE]
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", LOAD],
            env={**os.environ, VARIABLE: written},
            cwd=elsewhere,
            capture_output=True,
            text=True,
            timeout=LOAD_SECONDS,
            check=False,
        )
    if done.returncode == 0:
        return Finding("code", True, "a new process can load the flow")
    reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return Finding("code", False, f"a new process cannot load the flow: {reason}")


def _tenant(api: Api, chosen: Registrable) -> Finding:
    tenants = api.query("query { tenant { id slug } }")
    if not tenants:
        remedy = "create one: prefect server create-tenant --name default"
        return Finding("tenant", False, f"the API has none; {remedy}")
    return Finding("tenant", True, tenants[0]["slug"])


def _project(api: Api, chosen: Registrable) -> Finding:
    name = chosen.prefect_project
    found = api.query(
        "query($name: String) { project(where: {name: {_eq: $name}}) { id } }", name=name
    )
    if not found:
        return Finding("project", False, f"the API has no '{name}'; {_register(chosen)}")
    return Finding("project", True, name)


def _flow(api: Api, chosen: Registrable) -> Finding:
    current = find_current(api, chosen.flow(), chosen.prefect_project)
    if current is None:
        return Finding("flow", False, f"the API has not this version of it; {_register(chosen)}")
    return Finding("flow", True, f"version {current.version}, unchanged")


def _register(chosen: Registrable) -> str:
    name = chosen.source.pipeline_name
    pipeline = [] if name == "__default__" else ["--pipeline", name]
    env = ["--env", chosen.env] if chosen.env else []
    return " ".join(["register it: kedro prefect register", *pipeline, *env])


def _agents(api: Api, chosen: Registrable) -> Finding:
    if chosen.settings.run == "here":
        return Finding("agents", True, "none needed (run: here)")
    missing = agents_missing(api, list(chosen.flow().run_config.labels))
    return Finding("agents", missing is None, missing or "one takes the flow's runs")


_LOOKS_AT_THE_API: List[Callable[[Api, Registrable], Finding]] = [_tenant, _project, _flow, _agents]
