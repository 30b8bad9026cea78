"""What a Kedro run was asked to do, as the hooks of this package have recorded it."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Iterable,
    Mapping,
    Optional,
    Protocol,
    runtime_checkable,
)

from project.compat.kedro_config import other_conf_source
from project.compat.kedro_project import (
    config_loader_of_running_session,
    pipeline_names_of,
    registered_pipelines,
)
from project.compat.run_options import OptionValue, RunParams, read_run_options

if TYPE_CHECKING:
    from project.config.model import Settings

logger = logging.getLogger(__name__)

_NO_HOOKS = (
    "The hooks of this package are not registered, so prefect.yml is not read and the run is not "
    "reported to a Prefect API. Add project.hooks.PrefectHooks() to HOOKS in settings.py."
)


class RunRequest:
    """What one Kedro run was asked to do: its pipeline and options, and where its settings are.

    Everything is read when ``PrefectRunner`` needs it: runs of other runners pay for nothing.
    """

    def __init__(self, run_params: RunParams, config_loader: Any):
        self._run_params = run_params
        self._config_loader = config_loader

    @property
    def project_path(self) -> Path:
        """Return the folder of the project."""
        return Path(self._run_params["project_path"])

    @property
    def pipeline_name(self) -> str:
        """Return the name of the pipeline; of several, with ``+`` between them."""
        return "+".join(pipeline_names_of(self._run_params))

    @property
    def options(self) -> Dict[str, OptionValue]:
        """Return the options of the run, by name."""
        return read_run_options(self._run_params)

    @property
    def env(self) -> Optional[str]:
        """Return the Kedro environment that was named, if any."""
        env = self.options["env"]
        return env if isinstance(env, str) else None

    @cached_property
    def config_loader(self) -> Any:
        """Return the configuration loader of the run's session; ``None`` if it has none."""
        if self._config_loader is None:
            return config_loader_of_running_session()
        return self._config_loader

    @property
    def conf_source(self) -> Optional[str]:
        """Return the value of ``--conf-source``, if it is not the project's own configuration."""
        if self.config_loader is None:  # a loader may be empty, and so false
            return None
        return other_conf_source(self.config_loader, self.project_path)

    def read_settings(self, overrides: Mapping[str, Any]) -> Settings:
        """Return the settings of the pipeline: those of ``prefect.yml``, then ``overrides``.

        Raises:
            SettingsError: a file cannot be read or is wrong, an agent or a Dask worker would read
                another one, or the webhook is not known.
        """
        from project.config.load import parse_settings, read_file, require_own_conf_source
        from project.config.webhook import find_webhook

        if self.config_loader is None:
            return parse_settings(overrides, self.pipeline_name)
        file = read_file(self.config_loader, overrides)
        file.require_pipelines(sorted(registered_pipelines()))
        settings = file.of_pipeline(self.pipeline_name)
        if settings.run == "agent" or settings.executor.type == "dask":
            require_own_conf_source(self.conf_source)
        if settings.run == "here":
            find_webhook(settings)  # before a flow run exists that could not be carried out
        return settings


def read_run_settings(request: Optional[RunRequest], overrides: Mapping[str, Any]) -> Settings:
    """Return the settings of a run; without a request, those of ``overrides`` alone."""
    if request is not None:
        return request.read_settings(overrides)
    from project.config.load import parse_settings

    return parse_settings(overrides)


@runtime_checkable
class RunRequests(Protocol):
    """Protocol of the hooks that have the requests of Kedro runs."""

    def run_request(self, run_id: Optional[str]) -> Optional[RunRequest]:
        """Return the request of the run with this id, if the hooks were called for it."""


def find_request(hook_manager: Any, run_id: Optional[str]) -> Optional[RunRequest]:
    """Return the request of a run from the hooks that a hook manager has.

    Warns if a run of a session has none.
    """
    plugins: Iterable[Any] = hook_manager.get_plugins() or ()
    found = (each.run_request(run_id) for each in plugins if isinstance(each, RunRequests))
    request = next((each for each in found if each is not None), None)
    if request is None and run_id is not None:  # a run without a session has no id
        logger.warning(_NO_HOOKS)
    return request
