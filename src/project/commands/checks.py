"""The checks of ``kedro prefect doctor``: what a flow needs in order to run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from platform import python_version
from typing import TYPE_CHECKING, Callable, Iterator, List, NamedTuple, Optional

from project.api import queries
from project.api.client import PrefectApi
from project.api.follow import missing_agent
from project.commands.kedro_project import KedroProject
from project.compat import kedro as compat
from project.compat.versions import require_supported_versions
from project.deploy.deployment import Deployment
from project.deploy.registration import find_registration
from project.errors import ApiError, ProjectError

if TYPE_CHECKING:
    from kedro.io import DataCatalog

LOAD = "from project.deploy.entrypoint import load_flow; load_flow()"
LOAD_SECONDS = 120


class CheckResult(NamedTuple):
    """Result of one check; if it failed, the text names the remedy."""

    subject: str
    ok: bool
    text: str


def check_all(project: KedroProject, pipeline: Optional[str] = None) -> Iterator[CheckResult]:
    """Check everything that a flow needs; stop where the rest cannot be checked."""
    yield _check_versions()
    try:
        deployment = project.find_deployment(pipeline)
        flow = deployment.make_flow()
    except ProjectError as error:
        yield CheckResult("prefect.yml", False, error.message)
        return
    yield CheckResult("prefect.yml", True, f"flow '{flow.name}', run: {deployment.settings.run}")
    yield _check_inputs(project, deployment)
    yield _check_code(deployment)
    try:
        with project.connect(
            deployment.settings.api, must_outlive_process=deployment.settings.run == "agent"
        ) as api:
            yield CheckResult("API", True, api.url)
            for check in _API_CHECKS:
                yield check(api, deployment)
    except ApiError as error:
        yield CheckResult("API", False, error.message)


def _check_versions() -> CheckResult:
    versions = {name: version(name) for name in ("kedro", "prefect", "marshmallow")}
    text = ", ".join(f"{name} {v}" for name, v in {"python": python_version(), **versions}.items())
    try:
        require_supported_versions()
    except ProjectError as error:
        return CheckResult("versions", False, error.message)
    if not versions["marshmallow"].startswith("3."):  # with 4, serializing a flow fails
        remedy = 'Prefect 1.1.0 needs marshmallow 3: uv pip install "marshmallow<4".'
        return CheckResult("versions", False, f"{text}. {remedy}")
    return CheckResult("versions", True, text)


def _check_inputs(project: KedroProject, deployment: Deployment) -> CheckResult:
    names = sorted(deployment.pipeline.inputs())
    try:
        catalog = project.context.catalog
        problems = list(filter(None, (_describe_problem(catalog, name) for name in names)))
    except Exception as error:  # catalogs and datasets may raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return CheckResult("inputs", False, f"the catalog cannot be read: {reason}")
    text = "; ".join(problems) or f"all {len(names)} exist"
    return CheckResult("inputs", not problems, text)


def _describe_problem(catalog: DataCatalog, name: str) -> Optional[str]:
    if not compat.is_registered(catalog, name):
        return f"'{name}' is not in the catalog: add it to catalog.yml"
    dataset = compat.get_dataset(catalog, name)
    # The base class returns False, so a dataset without a check of its own counts as existing.
    can_check = type(dataset)._exists.__module__ != "kedro.io.core"
    if can_check and not catalog.exists(name):
        return f"'{name}' does not exist: {dataset}"
    return None


def _check_code(deployment: Deployment) -> CheckResult:
    """Load the flow as an agent does: in a new process, in another folder."""
    with tempfile.TemporaryDirectory() as elsewhere:
        process = subprocess.run(  # noqa: S603
            [sys.executable, "-c", LOAD],
            env={**os.environ, **deployment.spec.to_env()},
            cwd=elsewhere,
            capture_output=True,
            text=True,
            timeout=LOAD_SECONDS,
            check=False,
        )
    if process.returncode == 0:
        return CheckResult("code", True, "a new process can load the flow")
    # The last line of a traceback is the exception.
    reason = (process.stderr.strip().splitlines() or ["it printed nothing"])[-1]
    return CheckResult("code", False, f"a new process cannot load the flow: {reason}")


def _check_tenant(api: PrefectApi, deployment: Deployment) -> CheckResult:
    tenants = queries.tenants(api)
    if not tenants:
        remedy = "create one: prefect server create-tenant --name default"
        return CheckResult("tenant", False, f"the API has no tenant; {remedy}")
    return CheckResult("tenant", True, tenants[0].slug)


def _check_project(api: PrefectApi, deployment: Deployment) -> CheckResult:
    name = deployment.prefect_project
    if queries.find_project(api, api.tenant_id, name):
        return CheckResult("project", True, name)
    text = f"the API has no project '{name}'. {deployment.how_to_register()}"
    return CheckResult("project", False, text)


def _check_flow(api: PrefectApi, deployment: Deployment) -> CheckResult:
    registration = find_registration(api, deployment)
    if registration is not None:
        return CheckResult("flow", True, f"version {registration.version}, unchanged")
    text = f"this version is not registered. {deployment.how_to_register()}"
    return CheckResult("flow", False, text)


def _check_agents(api: PrefectApi, deployment: Deployment) -> CheckResult:
    if deployment.settings.run == "here":
        return CheckResult("agents", True, "none needed (run: here)")
    missing = missing_agent(api, deployment.make_flow().run_config.labels)
    if missing is None:
        return CheckResult("agents", True, "an agent takes the flow's runs")
    return CheckResult("agents", False, f"no agent takes the flow's runs: {missing}")


_API_CHECKS: List[Callable[[PrefectApi, Deployment], CheckResult]] = [
    _check_tenant,
    _check_project,
    _check_flow,
    _check_agents,
]
