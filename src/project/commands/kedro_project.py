"""The Kedro project that the commands work on, outside a run."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, ContextManager, Dict, Iterable, List, NamedTuple, Optional

from project.api.client import PrefectApi, connect
from project.api.transport import SETTING
from project.compat import kedro as compat
from project.compat.kedro_config import missing_env_folder
from project.compat.kedro_project import (
    hook_plugins,
    package_name,
    registered_pipelines,
    session_class,
    split_names,
)
from project.config.load import read_file, read_settings
from project.config.messages import nearest
from project.config.model import Settings
from project.console.compiled import CompiledFlow
from project.deploy.deployment import Deployment, find_deployment
from project.errors import SettingsError
from project.flow.groups.units import units_of


class _Request(NamedTuple):
    project_path: Path
    pipeline_name: str
    env: Optional[str]


class KedroProject:
    """The Kedro project that is set up in this process, in one of its environments.

    Without ``env``, the variable ``KEDRO_ENV`` names the environment, as for ``kedro run``.
    """

    def __init__(self, project_path: Path, env: Optional[str] = None):
        self.project_path = project_path
        self.env = env or os.environ.get("KEDRO_ENV")

    @cached_property
    def _session(self) -> Any:
        return session_class().create(project_path=self.project_path, env=self.env)

    @cached_property
    def context(self) -> Any:
        """The Kedro context.

        Raises:
            SettingsError: the environment has no folder.
        """
        context = self._session.load_context()
        missing = missing_env_folder(context.config_loader)
        if self.env and missing:
            names = sorted(path.name for path in missing.parent.iterdir() if path.is_dir())
            raise SettingsError(
                f"There is no Kedro environment '{self.env}': {missing.parent} has "
                f"{', '.join(names)}."
            )
        return context

    @cached_property
    def catalog(self) -> Any:
        """The catalog, of which Kedro's context makes a new one each time."""
        return self.context.catalog

    def hook_plugins(self) -> Iterable[Any]:
        """Return the plugins whose hooks a run of this project calls."""
        return hook_plugins(self._session)

    def find_deployment(self, pipeline: Optional[str] = None) -> Deployment:
        """Return the deployment of a pipeline, by default of the default pipeline.

        Raises:
            SettingsError: the project does not have the pipeline.
        """
        name = pipeline or "__default__"
        names = registered_pipelines()
        if not set(split_names(names, name)) <= set(names):
            hint = nearest(name, sorted(names), "Its pipelines")
            raise SettingsError(f"The project has no pipeline '{name}'. {hint}")
        file = read_file(self.context.config_loader, {})
        file.require_pipelines(sorted(names))
        settings = file.of_pipeline(name)
        request = _Request(self.project_path, name, self.env)
        return find_deployment(request, settings, lambda: self.catalog)

    def compile(self, pipeline: Optional[str] = None) -> CompiledFlow:
        """Return the flow of a pipeline with its units, by default of the default pipeline.

        Raises:
            SettingsError: the pipeline cannot be grouped as ``prefect.yml`` says.
        """
        deployment = self.find_deployment(pipeline)
        memory = compat.MemoryDataset.__name__
        units = units_of(
            deployment.pipeline,
            deployment.settings.grouping,
            lambda name: compat.dataset_type(deployment.load_catalog(), name) == memory,
            registered_pipelines(),
            deployment.settings.origin,
        )
        return CompiledFlow(
            deployment.flow_name,
            deployment.ref.pipeline_name,
            deployment.settings.grouping,
            deployment.pipeline,
            units,
        )

    def find_deployments(self) -> List[Deployment]:
        """Return the deployments of all pipelines.

        Raises:
            SettingsError: two of them would have the same flow name.
        """
        deployments = [self.find_deployment(name) for name in sorted(registered_pipelines())]
        taken: Dict[object, str] = {}
        for deployment in deployments:
            name, flow = deployment.ref.pipeline_name, deployment.flow_name
            other = taken.setdefault((deployment.prefect_project, flow), name)
            if other != name:
                raise SettingsError(
                    f"{deployment.settings.origin.name(['flow'])}: flow: the pipelines '{other}' "
                    f"and '{name}' would both be registered as flow '{flow}'. Set 'flow' in the "
                    "section 'pipelines', for only one of them."
                )
        return deployments

    def read_settings(self, pipeline: Optional[str] = None) -> Settings:
        """Return the settings of a pipeline, by default of the default pipeline."""
        return read_settings(self.context.config_loader, pipeline or "__default__", {})

    def prefect_projects(self) -> List[str]:
        """Return the names of the Prefect projects that have this project's flows."""
        file = read_file(self.context.config_loader, {})
        settings = [file.shared, *file.by_pipeline.values()]
        return sorted({each.project or package_name() for each in settings})

    def connect(
        self,
        api: Optional[str] = None,
        *,
        must_outlive_process: bool = False,
        is_for_children: bool = False,
        address_source: str = SETTING,
    ) -> ContextManager[PrefectApi]:
        """Connect to an API, by default the one in ``prefect.yml``."""
        name = api or self.read_settings().api
        return connect(
            name,
            self.project_path,
            must_outlive_process,
            address_source,
            is_for_children=is_for_children,
        )
