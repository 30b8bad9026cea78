"""The Kedro hooks, which record each run's options and inject datasets in memory."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any, Dict, Iterable, Mapping, Optional

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from project.compat import kedro as compat
from project.compat.kedro_project import (
    config_loader_of_running_session,
    pipeline_names_of,
    registered_pipelines,
    run_id_of,
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

    def read_settings(self, overrides: Mapping[str, Any]) -> Settings:
        """Return the settings of the pipeline: those of ``prefect.yml``, then ``overrides``."""
        from project.config.load import parse_settings, read_file

        if self.config_loader is None:
            return parse_settings(overrides, self.pipeline_name)
        file = read_file(self.config_loader, overrides)
        file.require_pipelines(sorted(registered_pipelines()))
        return file.of_pipeline(self.pipeline_name)


class PrefectHooks:
    """Hooks that record what each run was asked to do and inject its datasets in memory.

    They act on runs of ``PrefectRunner`` alone; a run of another runner does not notice them.
    """

    def __init__(self) -> None:
        self._config_loaders: Dict[int, Any] = {}  # by thread: a service may run several at a time
        self._requests: Dict[Optional[str], RunRequest] = {}

    def __getstate__(self) -> Dict[str, Any]:
        # A runner may send the hook manager to its workers, which know nothing of these runs.
        return {**self.__dict__, "_config_loaders": {}, "_requests": {}}

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """Keep the session's configuration loader (Kedro 0.18.1 and newer)."""
        self._config_loaders[get_ident()] = getattr(context, "config_loader", None)

    @hook_impl(trylast=True)
    def before_pipeline_run(
        self, run_params: Dict[str, Any], pipeline: Pipeline, catalog: Any
    ) -> None:
        """Record the request and inject the datasets in memory.

        The project's own hooks come first: the datasets that they add stay as they are. Where
        Kedro's runners work on a copy of the catalog (before Kedro 1.0), the session's own is left
        alone, and ``PrefectRunner`` injects into the copy.
        """
        loaders = self._config_loaders
        loader = loaders.get(get_ident(), next(reversed(loaders.values()), None))
        self._requests[run_id_of(run_params)] = RunRequest(run_params, loader)
        if not hasattr(catalog, "shallow_copy") and compat.is_own_runner(run_params.get("runner")):
            inject_memory_datasets(pipeline, catalog)

    @hook_impl
    def after_pipeline_run(self, run_params: Dict[str, Any]) -> None:
        """Forget the request."""
        self._requests.pop(run_id_of(run_params), None)

    @hook_impl
    def on_pipeline_error(self, run_params: Dict[str, Any]) -> None:
        """Forget the request."""
        self._requests.pop(run_id_of(run_params), None)

    def request(self, run_id: Optional[str]) -> Optional[RunRequest]:
        """Return the request of the run with this id, if these hooks were called for it."""
        return self._requests.get(run_id)


def inject_memory_datasets(pipeline: Pipeline, catalog: Any) -> None:
    """Register a dataset in memory for every unregistered name between two nodes.

    Free inputs stay unregistered, so that Kedro reports them as missing; so do free outputs, so
    that Kedro returns them; a name that a pattern of the catalog serves keeps that pattern.
    """
    between = compat.dataset_names(pipeline) - pipeline.inputs() - pipeline.outputs()
    for name in sorted(between):
        if not compat.is_registered(catalog, name):
            compat.add_dataset(catalog, name, compat.MemoryDataset())


def find_request(hook_manager: Any, run_id: Optional[str]) -> Optional[RunRequest]:
    """Return the request of a run from the ``PrefectHooks`` that a hook manager has.

    Warns if a run of a session has none.
    """
    plugins: Iterable[Any] = hook_manager.get_plugins() or ()
    found = (plugin.request(run_id) for plugin in plugins if isinstance(plugin, PrefectHooks))
    request = next(found, None)
    if request is None and run_id is not None:  # a run without a session has no id
        logger.warning(_NO_HOOKS)
    return request


hooks = PrefectHooks()
