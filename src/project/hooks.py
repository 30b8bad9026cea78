"""The Kedro hooks, which record each run's options and inject datasets in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, Mapping, Optional

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from project.compat import kedro as compat
from project.compat.kedro_project import pipeline_names_of, run_id_of, running_context
from project.compat.run_options import RunParams, read_run_options
from project.config.load import parse_settings, read_settings
from project.config.model import Settings


class RunRequest:
    """What one Kedro run was asked to do: its pipeline and options, and where its settings are."""

    def __init__(self, run_params: RunParams, config_loader: Any):
        self.pipeline_name = "+".join(pipeline_names_of(run_params))
        self.options = read_run_options(run_params)
        self.project_path = Path(run_params["project_path"])
        self.config_loader = config_loader

    @property
    def env(self) -> Optional[str]:
        """Return the Kedro environment that was named, if any."""
        env = self.options["env"]
        return env if isinstance(env, str) else None

    def read_settings(self, overrides: Mapping[str, Any]) -> Settings:
        """Return the settings of the pipeline: those of ``prefect.yml``, then ``overrides``."""
        if self.config_loader is None:
            return parse_settings(overrides, self.pipeline_name)
        return read_settings(self.config_loader, self.pipeline_name, overrides)


class PrefectHooks:
    """Hooks that record what each run was asked to do and inject its datasets in memory."""

    def __init__(self) -> None:
        self._config_loader: Any = None
        self._requests: Dict[Optional[str], RunRequest] = {}

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """Keep the session's configuration loader (Kedro 0.18.1 and newer)."""
        self._config_loader = context.config_loader

    @hook_impl(trylast=True)
    def before_pipeline_run(
        self, run_params: Dict[str, Any], pipeline: Pipeline, catalog: Any
    ) -> None:
        """Record the request and inject the datasets in memory.

        The project's own hooks come first: the datasets that they add stay as they are.
        """
        loader = self._config_loader
        if loader is None and (context := running_context()):
            loader = context.config_loader
        self._requests[run_id_of(run_params)] = RunRequest(run_params, loader)
        if _shares_memory(run_params):
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
    """Return the request of a run from the ``PrefectHooks`` that a hook manager has."""
    plugins: Iterable[Any] = hook_manager.get_plugins() or ()
    found = (plugin.request(run_id) for plugin in plugins if isinstance(plugin, PrefectHooks))
    return next(found, None)


def _shares_memory(run_params: RunParams) -> bool:
    # Kedro's ParallelRunner has datasets of its own for values between its processes.
    return "ParallelRunner" not in str(run_params.get("runner"))


hooks = PrefectHooks()
