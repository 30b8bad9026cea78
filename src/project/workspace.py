"""A Kedro project as its commands see it, outside of a run."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, ContextManager, Dict, List, Optional

from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession

from project import compat
from project.backend.api import Api, connect
from project.backend.registration import Registrable
from project.config import Settings
from project.errors import SettingsError
from project.hooks import RunRequest
from project.runner import read_settings, source_of


class Workspace:
    """Hold the project that was bootstrapped in this process, in one of its environments.

    Without ``env`` it is the one that the variable ``KEDRO_ENV`` names, as for ``kedro run``.
    """

    def __init__(self, project_path: Path, env: Optional[str] = None):
        self.project_path = project_path
        self._env = env or os.environ.get("KEDRO_ENV")

    @cached_property
    def context(self) -> Any:
        """Return the Kedro context.

        Raises:
            SettingsError: for an environment that has no folder.
        """
        session = KedroSession.create(project_path=self.project_path, env=self._env)
        context = session.load_context()
        if self._env:
            _require_folder(self._env, Path(compat.config_folders(context.config_loader)[-1]))
        return context

    def registrable(self, name: Optional[str] = None) -> Registrable:
        """Return what there is to register of a pipeline; of the default one without a name.

        Raises:
            SettingsError: for a pipeline that the project does not have.
        """
        name = name or "__default__"
        if name not in pipelines:
            known = ", ".join(sorted(pipelines))
            raise SettingsError(f"The project has no pipeline '{name}'; it has {known}.")
        request = self._request(name)
        settings = read_settings(request, {})
        return Registrable(
            pipelines[name],
            source_of(request),
            settings,
            lambda: self.context.catalog,
            request.parameters["env"],
        )

    def all_registrable(self) -> List[Registrable]:
        """Return what there is to register of all pipelines.

        Raises:
            SettingsError: when two of them would be the same flow.
        """
        found = [self.registrable(name) for name in sorted(pipelines)]
        taken: Dict[object, str] = {}
        for each in found:
            name = each.source.pipeline_name
            flow = each.settings.flow or name
            other = taken.setdefault((each.prefect_project, flow), name)
            if other != name:
                raise SettingsError(
                    f"prefect.yml: flow: the pipelines '{other}' and '{name}' would both be the "
                    f"flow '{flow}'. Name it in the section 'pipelines', for one of them alone."
                )
        return found

    def settings(self, pipeline: Optional[str] = None) -> Settings:
        """Return what ``prefect.yml`` says for a pipeline; for the default one without a name."""
        return read_settings(self._request(pipeline or "__default__"), {})

    def connect(self, api: str, lasting: bool = False) -> ContextManager[Api]:
        """Connect to an API, named as in ``prefect.yml``."""
        return connect(api, self.project_path, lasting)

    def _request(self, pipeline: str) -> RunRequest:
        asked = {"project_path": self.project_path, "env": self._env, "pipeline_name": pipeline}
        return RunRequest(asked, self.context.config_loader)


def _require_folder(env: str, folder: Path) -> None:
    if not folder.is_dir():
        known = ", ".join(sorted(each.name for each in folder.parent.iterdir() if each.is_dir()))
        raise SettingsError(f"There is no Kedro environment '{env}': {folder.parent} has {known}.")
