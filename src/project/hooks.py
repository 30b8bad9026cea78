"""The Kedro hooks, which record each run's options and inject datasets in memory."""

from __future__ import annotations

from threading import get_ident
from typing import Any, Dict, Optional

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from project.compat import kedro as compat
from project.compat.kedro_project import run_id_of
from project.config.run_request import RunRequest


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
        # Kedro loads the context in the thread of the run.
        loader = self._config_loaders.pop(get_ident(), None)
        self._requests[run_id_of(run_params)] = RunRequest(run_params, loader)
        is_own = compat.is_own_runner(run_params.get("runner"))
        if is_own and not compat.is_copied_for_runs(catalog):
            inject_memory_datasets(pipeline, catalog)

    @hook_impl
    def after_pipeline_run(self, run_params: Dict[str, Any]) -> None:
        """Forget the request."""
        self._requests.pop(run_id_of(run_params), None)

    @hook_impl
    def on_pipeline_error(self, run_params: Dict[str, Any]) -> None:
        """Forget the request."""
        self._requests.pop(run_id_of(run_params), None)

    def run_request(self, run_id: Optional[str]) -> Optional[RunRequest]:
        """Return the request of the run with this id, if these hooks were called for it."""
        return self._requests.get(run_id)


def inject_memory_datasets(pipeline: Pipeline, catalog: Any) -> None:
    """Register a dataset in memory for every unregistered name between two nodes.

    Free inputs stay unregistered, so that Kedro reports them as missing; so do free outputs, so
    that Kedro returns them; a name that a pattern of the catalog serves keeps that pattern. A class
    of catalogs may have a default of its own, which Kedro's runners then use.
    """
    if compat.has_own_default(catalog):
        return
    between = compat.dataset_names(pipeline) - pipeline.inputs() - pipeline.outputs()
    for name in sorted(between):
        if not compat.is_registered(catalog, name):
            compat.add_dataset(catalog, name, compat.MemoryDataset())


hooks = PrefectHooks()
