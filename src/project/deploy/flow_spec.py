"""What an agent is given to build a flow: names and settings, in an environment variable."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple

from project.config.load import parse_settings
from project.config.model import Settings, as_dict
from project.errors import FlowRunError
from project.flow.pipeline_ref import PipelineRef

VARIABLE = "KEDRO_PREFECT_FLOW"
# Where an agent has projects: their folders by the names of their packages, as JSON.
PROJECTS_VARIABLE = "KEDRO_PREFECT_PROJECTS"

# Which API a command talks to and who runs the flow is no part of what is registered: a CI job
# and a developer say it differently.
_LOCAL_SETTINGS = {"api", "run", "wait"}


class FlowSpec(NamedTuple):
    """Where a flow's pipeline is found, and the settings that are registered with it."""

    ref: PipelineRef
    settings: Settings

    def to_env(self) -> Dict[str, str]:
        """Return the environment variables of a run configuration."""
        return {VARIABLE: _dump(self._as_dict())}

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> FlowSpec:
        """Read what ``to_env`` has written, in the process of a flow run.

        The project is looked for where the agent has it, then where it was registered.

        Raises:
            FlowRunError: the variable is missing.
        """
        if VARIABLE not in env:
            raise FlowRunError(
                f"The environment variable {VARIABLE} is missing: run the flow with the run "
                "configuration that it was registered with, or register it again."
            )
        fields: Dict[str, Any] = json.loads(env[VARIABLE])
        package = fields["package_name"]
        projects: Dict[str, str] = json.loads(env.get(PROJECTS_VARIABLE, "{}"))
        path = Path(projects.get(package, fields["project_path"]))
        settings = parse_settings(fields["settings"])
        return cls(PipelineRef(path, package, fields["pipeline_name"]), settings)

    def key(self) -> Dict[str, str]:
        """Return ``to_env`` without the folder: what must not differ between two checkouts."""
        return {VARIABLE: _dump({**self._as_dict(), "project_path": None})}

    def _as_dict(self) -> Dict[str, Any]:
        settings = as_dict(self.settings).items()
        return {
            "project_path": str(self.ref.project_path),
            "package_name": self.ref.package_name,
            "pipeline_name": self.ref.pipeline_name,
            "settings": {key: value for key, value in settings if key not in _LOCAL_SETTINGS},
        }


def _dump(fields: Dict[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, default=_date_as_string)


def _date_as_string(value: Any) -> str:
    if isinstance(value, date):  # YAML has dates and times, among Prefect's own arguments
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be stored as JSON")
