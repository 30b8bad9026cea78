"""What an agent builds a flow from: names and settings, in an environment variable."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple, Optional

from project.config.load import parse_settings
from project.config.model import Settings, as_dict
from project.errors import FlowRunError
from project.flow.pipeline_ref import PipelineRef

VARIABLE = "KEDRO_PREFECT_FLOW"
# The agent's projects, as JSON: package name -> folder.
PROJECTS_VARIABLE = "KEDRO_PREFECT_PROJECTS"

# The process of a flow run reads all others from prefect.yml, in the environment of the run. They
# differ between a CI job and a developer, and are no part of a flow's version.
_REGISTERED_SETTINGS = ("flow", "result")


class FlowSpec(NamedTuple):
    """The names of a flow's pipeline, with its settings, of which few are registered with it."""

    ref: PipelineRef
    settings: Settings

    def to_env(self) -> Dict[str, str]:
        """Return the environment variables of a run configuration."""
        return {VARIABLE: _dump(self._as_dict())}

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> FlowSpec:
        """Return the spec that ``to_env`` has written, in the process of a flow run.

        The project is looked up among the agent's projects, then in the folder it was registered
        from.

        Raises:
            FlowRunError: the variable is missing.
        """
        if VARIABLE not in env:
            raise FlowRunError(
                f"The environment variable {VARIABLE} is not set. Run the flow with the run "
                "configuration it was registered with, or register it again."
            )
        fields: Dict[str, Any] = json.loads(env[VARIABLE])
        package = fields["package_name"]
        projects: Dict[str, str] = json.loads(env.get(PROJECTS_VARIABLE, "{}"))
        path = Path(projects.get(package, fields["project_path"]))
        settings = parse_settings(fields["settings"])
        return cls(PipelineRef(path, package, fields["pipeline_name"]), settings)

    def key(self) -> Dict[str, str]:
        """Return ``to_env`` without the folder, which may differ between checkouts."""
        return {VARIABLE: _dump({**self._as_dict(), "project_path": None})}

    def _as_dict(self) -> Dict[str, Any]:
        settings = as_dict(self.settings)
        return {
            "project_path": str(self.ref.project_path),
            "package_name": self.ref.package_name,
            "pipeline_name": self.ref.pipeline_name,
            "settings": {key: settings[key] for key in _REGISTERED_SETTINGS},
        }


def package_in(env: Mapping[str, str]) -> Optional[str]:
    """Return the package of the spec in an environment; ``None`` if another tool has made that."""
    return json.loads(env[VARIABLE])["package_name"] if VARIABLE in env else None


def _dump(fields: Dict[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, default=_date_as_string)


def _date_as_string(value: Any) -> str:
    if isinstance(value, date):  # YAML has dates and times, among Prefect's own arguments
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be stored as JSON")
