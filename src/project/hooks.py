"""What Kedro tells its hooks and a runner needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, Optional

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from project import compat


class RunRequest:
    """Hold what one Kedro run was asked, and the configuration loader it has.

    ``parameters`` has the names of ``compat.RUN_PARAMETERS``.
    """

    def __init__(self, run_params: compat.RunParams, config_loader: Any):
        self.pipeline_name = "+".join(compat.pipeline_names_of(run_params))
        self.parameters = compat.run_parameters_of(run_params)
        self.project_path = Path(run_params["project_path"])
        self.config_loader = config_loader


class PrefectHooks:
    """Remember each run's request, and give every dataset in memory a place in the catalog."""

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
        """Remember the request and inject the datasets in memory.

        The project's own hooks come first: the datasets that they add stay as they are.
        """
        loader = self._config_loader
        if loader is None and (context := compat.running_context()):
            loader = context.config_loader
        self._requests[compat.run_id_of(run_params)] = RunRequest(run_params, loader)
        if _shares_memory(run_params):
            inject_memory_datasets(pipeline, catalog)

    @hook_impl
    def after_pipeline_run(self, run_params: Dict[str, Any]) -> None:
        """Forget the request."""
        self._requests.pop(compat.run_id_of(run_params), None)

    @hook_impl
    def on_pipeline_error(self, run_params: Dict[str, Any]) -> None:
        """Forget the request."""
        self._requests.pop(compat.run_id_of(run_params), None)

    def request(self, run_id: Optional[str]) -> Optional[RunRequest]:
        """Return what the run with this id was asked, if these hooks were told of it."""
        return self._requests.get(run_id)


def inject_memory_datasets(pipeline: Pipeline, catalog: Any) -> None:
    """Register a dataset in memory for every unregistered name between two nodes.

    Free inputs stay unregistered, or Kedro would not miss them; so do free outputs, or Kedro
    would not return them; a name that a pattern of the catalog serves keeps that pattern.
    """
    between = compat.dataset_names(pipeline) - pipeline.inputs() - pipeline.outputs()
    for name in sorted(between):
        if not compat.is_registered(catalog, name):
            compat.add_dataset(catalog, name, compat.MemoryDataset())


def find_request(hook_manager: Any, run_id: Optional[str]) -> Optional[RunRequest]:
    """Return the request of a run from the hooks that the hook manager has."""
    plugins: Iterable[Any] = hook_manager.get_plugins() or ()
    found = (plugin.request(run_id) for plugin in plugins if isinstance(plugin, PrefectHooks))
    return next(found, None)


def _shares_memory(run_params: compat.RunParams) -> bool:
    # Kedro's ParallelRunner has datasets of its own for values between its processes.
    return "ParallelRunner" not in str(run_params.get("runner"))


hooks = PrefectHooks()
