"""The checks of ``kedro prefect doctor`` that need no Prefect API."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Iterable, Iterator, List, Optional, Sequence

from project.commands.check_result import (
    CheckResult,
    describe_exception,
    failure,
    failure_if,
    ok,
    warning,
)
from project.commands.exception_names import find_mistake
from project.commands.kedro_project import KedroProject
from project.compat import kedro as compat
from project.compat.kedro_config import config_folders
from project.compat.kedro_project import conf_folder
from project.compat.versions import require_supported_versions
from project.config.model import Settings
from project.config.origin import FILE
from project.config.policies import policy_of
from project.config.run_request import RunRequests
from project.deploy.deployment import Deployment
from project.errors import ProjectError

if TYPE_CHECKING:
    from kedro.io import DataCatalog

LOAD = "from project.deploy.entrypoint import load_flow; load_flow()"
LOAD_SECONDS = 120

_ENTRY_POINT = "kedro-prefect-runner"


def check_versions() -> CheckResult:
    """Check the versions of the libraries."""
    versions = {name: version(name) for name in ("kedro", "prefect", "marshmallow")}
    text = ", ".join(f"{name} {v}" for name, v in {"python": python_version(), **versions}.items())
    try:
        require_supported_versions()
    except ProjectError as error:
        return failure("versions", error.message)
    if not versions["marshmallow"].startswith("3."):  # with 4, serializing a flow fails
        remedy = 'Prefect 1.1.0 needs marshmallow 3: uv pip install "marshmallow<4".'
        return failure("versions", f"{text}. {remedy}")
    return ok("versions", text)


def check_settings(project: KedroProject, deployment: Deployment) -> Iterator[CheckResult]:
    """Report which files the settings are from, and files where none is read."""
    root, settings = project.project_path, deployment.settings
    loader = project.context.config_loader
    folders = [Path(folder) for folder in config_folders(loader)]
    where = _listed(settings.origin.files, root, " + ")
    if not where and settings != Settings():  # of a loader of the project's own
        where = type(loader).__name__
    if not where:
        where = f"no {FILE} in {_listed(folders, root, ' or ')}, defaults"
    yield ok(FILE, f"{where}; flow '{deployment.flow_name}', run: {settings.run}")
    for folder in (root, conf_folder(root)):
        if folders and folder not in folders and (folder / FILE).is_file():
            remedy = f"Move it to {_listed(folders[:1], root)}."
            yield warning(FILE, f"{_listed([folder / FILE], root)} is not read. {remedy}")


def _listed(paths: Iterable[Path], root: Path, separator: str = "") -> str:
    """Return paths as a message lists them: relative to the project, if they are in it."""
    inside = (path.relative_to(root) if root in path.parents else path for path in paths)
    return separator.join(map(str, inside))


def count_hooks(project: KedroProject) -> int:
    """Return how many times the session has the hooks of this package."""
    return sum(isinstance(plugin, RunRequests) for plugin in project.hook_plugins())


def check_hooks(count: int) -> CheckResult:
    """Check that the session has the hooks of this package once."""
    if count == 0:
        return warning(
            "hooks",
            "not registered, so prefect.yml is not read and runs are not reported to a Prefect "
            f"API. Remove '{_ENTRY_POINT}' from DISABLE_HOOKS_FOR_PLUGINS in settings.py, or add "
            "project.hooks.PrefectHooks() to HOOKS.",
        )
    if count > 1:
        return warning(
            "hooks",
            f"registered {count} times. Remove PrefectHooks() from HOOKS in settings.py, or add "
            f"'{_ENTRY_POINT}' to DISABLE_HOOKS_FOR_PLUGINS.",
        )
    return ok("hooks", "registered")


def check_plugins(project: KedroProject, deployment: Deployment) -> Iterator[CheckResult]:
    """Check for plugins whose hooks act differently in the processes of the executor."""
    modules = {type(plugin).__module__.partition(".")[0] for plugin in project.hook_plugins()}
    if "kedro_mlflow" in modules and deployment.settings.executor.type == "dask":
        yield warning(
            "plugins",
            "on Dask, kedro-mlflow logs to MLflow runs of the workers, which it does not end, and "
            "the pipeline's own MLflow run stays empty. Set executor.type to local or threads.",
        )


def check_inputs(project: KedroProject, deployment: Deployment) -> Iterator[CheckResult]:
    """Check that the catalog has the pipeline's free inputs, and that they exist."""
    names = sorted(deployment.pipeline.inputs())
    try:
        catalog = project.catalog
        unknown = [name for name in names if not compat.is_registered(catalog, name)]
        known = [name for name in names if name not in unknown]
        missing = list(filter(None, (_describe_missing(catalog, name) for name in known)))
    except Exception as error:  # catalogs and datasets may raise anything
        reason = describe_exception(error, project.project_path)
        yield failure("inputs", f"the catalog cannot be read: {reason}")
        return
    for name in unknown:
        yield failure("inputs", _describe_unknown(name))
    for text in missing:
        yield failure_if(runs_nodes(deployment), "inputs", text)
    if not unknown and not missing:
        yield ok("inputs", _describe_existing(names))


def _describe_existing(names: Sequence[str]) -> str:
    if len(names) > 1:
        return f"all {len(names)} exist"
    return f"'{names[0]}' exists" if names else "none needed"


def _describe_unknown(name: str) -> str:
    if compat.is_parameter(name):
        return f"'{name}' is not one of the parameters: add it to parameters.yml"
    return f"'{name}' is not in the catalog: add it to catalog.yml"


def _describe_missing(catalog: DataCatalog, name: str) -> Optional[str]:
    dataset = compat.get_dataset(catalog, name)
    # The base class returns False, so a dataset without a check of its own counts as existing.
    can_check = type(dataset)._exists.__module__ != "kedro.io.core"
    return f"'{name}' does not exist: {dataset}" if can_check and not catalog.exists(name) else None


def check_retries(deployment: Deployment) -> Iterator[CheckResult]:
    """Check that ``retry_on`` names exceptions."""
    tasks = deployment.settings.tasks
    policies = [policy_of(tasks, node.name, node.tags) for node in deployment.pipeline.nodes]
    for name in sorted({name for policy in policies for name in policy.retry_on}):
        mistake = find_mistake(name)
        if mistake is not None:
            yield warning("retry_on", f"'{name}' will match no error: {mistake}")


def check_code(deployment: Deployment) -> CheckResult:
    """Load the flow as an agent does: in a new process, in another folder."""
    reason = _load_elsewhere(deployment)
    if reason is None:
        return ok("code", "a new process can load the flow")
    text = f"an agent cannot load the flow: {reason}"
    return failure_if(deployment.settings.run == "agent", "code", text)


def _load_elsewhere(deployment: Deployment) -> Optional[str]:
    """Return why a new process cannot load the flow; ``None`` if it can."""
    with tempfile.TemporaryDirectory() as elsewhere:
        try:
            process = subprocess.run(  # noqa: S603
                [sys.executable, "-c", LOAD],
                env={**os.environ, **deployment.spec.to_env()},
                cwd=elsewhere,
                capture_output=True,
                text=True,
                timeout=LOAD_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it takes more than {LOAD_SECONDS} seconds"
    if process.returncode == 0:
        return None
    # The last line of a traceback is the exception.
    lines: List[str] = process.stderr.strip().splitlines() or ["it printed nothing"]
    return lines[-1]


def runs_nodes(deployment: Deployment) -> bool:
    """Return whether ``kedro run`` fails if a node does."""
    settings = deployment.settings
    return settings.run == "here" or (settings.run == "agent" and settings.wait)
