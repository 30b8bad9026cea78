"""The differences between Kedro releases, each behind one name that is bound once, at import."""

from __future__ import annotations

import inspect
import logging
from importlib import import_module
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Tuple,
    Union,
)

import kedro.io
from kedro import __version__ as kedro_version
from kedro.config import MissingConfigException
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.runner import AbstractRunner

from project.errors import UnsupportedVersionError

PREFECT_VERSION = "1.1.0"

MemoryDataset: Any = getattr(kedro.io, "MemoryDataset", None) or kedro.io.MemoryDataSet
DatasetError: Any = getattr(kedro.io, "DatasetError", None) or kedro.io.DataSetError

_run_parameters = inspect.signature(AbstractRunner.run).parameters


def require_supported_versions() -> None:
    """Refuse a Kedro or a Prefect that this package does not run on.

    Raises:
        UnsupportedVersionError: names the version found and the one to install.
    """
    prefect_version = installed_version("prefect")
    if prefect_version != PREFECT_VERSION:
        raise UnsupportedVersionError(
            f"Prefect {prefect_version} is installed, but Kedro pipelines run here on Prefect "
            f'{PREFECT_VERSION} alone. Install it: uv pip install "prefect=={PREFECT_VERSION}".'
        )
    numbers = tuple(int(part) for part in kedro_version.split(".")[:3])
    if not (0, 17, 6) <= numbers < (2,) or numbers == (0, 18, 0):
        raise UnsupportedVersionError(
            f"Kedro {kedro_version} is not supported: it must be 0.17.6 or newer, below 2, and "
            'not 0.18.0. Install one: uv pip install "kedro>=0.17.6,!=0.18.0,<2".'
        )


# --- runner -----------------------------------------------------------------------------------


class RunArguments(NamedTuple):
    """Name what ``AbstractRunner.run`` hands to ``_run`` after pipeline and catalog."""

    hook_manager: Any
    run_id: Optional[str]


def _read_run_id(*args: Any, run_id: Optional[str] = None) -> RunArguments:
    from kedro.framework.hooks import get_hook_manager

    return RunArguments(get_hook_manager(), args[0] if args else run_id)


def _read_hook_manager_and_run_id(
    hook_manager: Any = None, *args: Any, **kwargs: Any
) -> RunArguments:
    run_id = args[0] if args else kwargs.get("run_id", kwargs.get("session_id"))
    return RunArguments(hook_manager, run_id)


read_run_arguments: Callable[..., RunArguments]
if "hook_manager" in _run_parameters:
    read_run_arguments = _read_hook_manager_and_run_id
else:  # Kedro 0.17: one hook manager for the whole process
    read_run_arguments = _read_run_id


class KedroRunner(AbstractRunner):
    """Be a Kedro runner of which a subclass writes ``_run`` alone."""

    def __init__(self, is_async: bool = False):
        if "extra_dataset_patterns" in inspect.signature(AbstractRunner.__init__).parameters:
            in_memory = {"{default}": {"type": "MemoryDataset"}}
            super().__init__(is_async=is_async, extra_dataset_patterns=in_memory)
        else:
            super().__init__(is_async=is_async)

    @property
    def _logger(self) -> logging.Logger:
        # Kedro's own takes the name of the runner's module, which a project that installs this
        # package does not hear of.
        return logging.getLogger("kedro.runner")

    def create_default_data_set(self, ds_name: str) -> Any:
        """Return the dataset for a name that the catalog lacks (abstract up to Kedro 0.18)."""
        return MemoryDataset()

    def _get_executor(self, max_workers: int) -> None:
        """Return no executor: Prefect's run the nodes (abstract from Kedro 0.19.11 on)."""


def suggest_resume(
    runner: AbstractRunner, pipeline: Pipeline, done_nodes: Iterable[Any], catalog: Any
) -> None:
    """Log Kedro's own advice on how to resume a run that failed."""
    suggest = runner._suggest_resume_scenario
    if "catalog" in inspect.signature(suggest).parameters:
        suggest(pipeline, done_nodes, catalog)
    else:
        suggest(pipeline, done_nodes)


# --- node -------------------------------------------------------------------------------------


def _execute_as_task(
    node: Any, catalog: Any, hook_manager: Any, is_async: bool, run_id: Optional[str]
) -> None:
    identity = {_TASK_RUN_ID: run_id}
    task = _Task(
        node=node, catalog=catalog, is_async=is_async, hook_manager=hook_manager, **identity
    )
    task.execute()


def _execute_with_hooks(
    node: Any, catalog: Any, hook_manager: Any, is_async: bool, run_id: Optional[str]
) -> None:
    _run_node(node, catalog, hook_manager, is_async, run_id)


def _execute_with_global_hooks(
    node: Any, catalog: Any, hook_manager: Any, is_async: bool, run_id: Optional[str]
) -> None:
    _run_node(node, catalog, is_async, run_id)


execute_node: Callable[[Any, Any, Any, bool, Optional[str]], None]
try:
    from kedro.runner import Task as _Task
except ImportError:
    from kedro.runner import run_node as _run_node

    if "hook_manager" in inspect.signature(_run_node).parameters:
        execute_node = _execute_with_hooks
    else:
        execute_node = _execute_with_global_hooks
else:
    _takes_run_id = "run_id" in inspect.signature(_Task.__init__).parameters
    _TASK_RUN_ID = "run_id" if _takes_run_id else "session_id"
    execute_node = _execute_as_task


# --- pipeline and catalog ---------------------------------------------------------------------

_dataset_names = getattr(Pipeline, "datasets", None) or Pipeline.data_sets


def dataset_names(pipeline: Pipeline) -> Set[str]:
    """Return every dataset name of a pipeline, parameters included."""
    names: Set[str] = _dataset_names(pipeline)
    return names


def is_registered(catalog: Any, name: str) -> bool:
    """Tell whether the catalog has this name, or a pattern of the user's that serves it."""
    if hasattr(type(catalog), "__contains__"):
        return name in catalog
    return name in catalog.list()


def is_in_memory(dataset: Any) -> bool:
    """Tell whether a dataset keeps its value in the memory of its process alone."""
    return isinstance(dataset, MemoryDataset)


def add_dataset(catalog: Any, name: str, dataset: Any) -> None:
    """Put a dataset into the catalog, in place of the one that has this name."""
    if hasattr(type(catalog), "__setitem__"):
        catalog[name] = dataset
    else:
        catalog.add(name, dataset, replace=True)


def get_dataset(catalog: Any, name: str) -> Any:
    """Return the dataset object behind a name, resolving a pattern if need be."""
    get = getattr(catalog, "get", None) or catalog._get_dataset
    return get(name)


def dataset_type(catalog: Any, name: str) -> Optional[str]:
    """Return the name of a dataset's class as catalogs have it, without making the dataset.

    ``None``: it is not known before the dataset is made, by a pattern of an older Kedro.
    """
    if not is_registered(catalog, name):
        return str(MemoryDataset.__name__)  # as the hooks will register it
    found = _class_name_of(catalog, name)
    return None if found is None else _as_in_catalogs(found)


def _class_name_of(catalog: Any, name: str) -> Optional[str]:
    if hasattr(catalog, "get_type"):
        return str(catalog.get_type(name))
    datasets = getattr(catalog, "_datasets", None) or getattr(catalog, "_data_sets", {})
    kind = type(datasets.get(name))
    return f"{kind.__module__}.{kind.__qualname__}" if name in datasets else None


def _as_in_catalogs(qualified_name: str) -> str:
    """Return ``pandas.CSVDataset`` for ``kedro_datasets.pandas.csv_dataset.CSVDataset``."""
    for package in ("kedro_datasets.", "kedro.extras.datasets.", "kedro.io."):
        if qualified_name.startswith(package):
            *folders, _, name = qualified_name[len(package) :].split(".")
            return ".".join([*folders, name])
    return qualified_name


# --- configuration ----------------------------------------------------------------------------


def load_config(loader: Any, name: str) -> Dict[str, Any]:
    """Read ``conf/{base,env}/<name>*.yml`` merged as Kedro merges; empty when there is none."""
    patterns = [f"{name}*", f"{name}*/**", f"**/{name}*"]
    try:
        if hasattr(loader, "config_patterns"):
            loader.config_patterns.setdefault(name, patterns)
            return dict(loader[name])
        return dict(loader.get(*patterns))
    except MissingConfigException:
        return {}


def config_files(loader: Any, name: str) -> List[Path]:
    """Return the files that ``load_config`` merges, in the order in which they override."""
    return [
        file
        for folder in config_folders(loader)
        for file in sorted(Path(folder).rglob(f"{name}*"))
        if file.suffix in {".yml", ".yaml", ".json"}
    ]


def other_conf_source(loader: Any, project_path: Path) -> Optional[str]:
    """Return what ``--conf-source`` gave in place of the project's own, if anything."""
    given = getattr(loader, "conf_source", None)
    own = project_path / import_module("kedro.framework.project").settings.CONF_SOURCE
    is_own = given is None or Path(given).resolve() == own.resolve()
    return None if is_own else str(given)


def config_folders(loader: Any) -> List[str]:
    """Return the folders of the base environment and of the one that overrides it, if any."""
    if hasattr(loader, "conf_paths"):
        return list(loader.conf_paths)
    environments = [loader.base_env, loader.env or loader.default_run_env]
    return [str(Path(loader.conf_source) / name) for name in environments if name]


def running_context() -> Any:
    """Return the context of the session that runs in Kedro 0.17, which has no hook for it."""
    session = import_module("kedro.framework.session").get_current_session(silent=True)
    return session and session.load_context()


# --- what a run was asked ---------------------------------------------------------------------

RunParams = Mapping[str, Any]


def run_id_of(run_params: RunParams) -> Optional[str]:
    """Return Kedro's id of the run, which is also its save version."""
    run_id = run_params.get("run_id") or run_params.get("session_id")
    return None if run_id is None else str(run_id)


def pipeline_names_of(run_params: RunParams) -> Tuple[str, ...]:
    """Return the names of the pipelines asked for: ``__default__`` when none was named."""
    names = run_params.get("pipeline_names") or [run_params.get("pipeline_name")]
    return tuple(name or "__default__" for name in names)


# A run's selection: the parameter of a flow run -> the names that Kedro has had for it.
_SELECTION = {
    "tags": ("tags",),
    "nodes": ("node_names",),
    "from_nodes": ("from_nodes",),
    "to_nodes": ("to_nodes",),
    "from_inputs": ("from_inputs",),
    "to_outputs": ("to_outputs",),
    "namespaces": ("namespaces", "namespace"),
    "only_missing_outputs": ("only_missing_outputs",),
}
RUN_PARAMETERS = ("env", "params", "load_versions", "is_async", *_SELECTION)


def run_parameters_of(run_params: RunParams) -> Dict[str, Any]:
    """Return what the run was asked, by the names of ``RUN_PARAMETERS``; ``None``: nothing."""
    params = run_params.get("runtime_params") or run_params.get("extra_params")
    given = {name: _first(run_params, keys) for name, keys in _SELECTION.items()}
    return {
        "env": run_params.get("env") or None,
        "params": dict(params) if params else None,
        "load_versions": dict(run_params.get("load_versions") or {}) or None,
        **{name: _as_json(value) for name, value in given.items()},
    }


def _first(run_params: RunParams, keys: Iterable[str]) -> Any:
    return next((run_params[key] for key in keys if run_params.get(key)), None)


def _as_json(value: Any) -> Union[List[str], bool, None]:
    if not value or value is True:
        return value or None
    return [value] if isinstance(value, str) else sorted(value)


def run_session(project_path: Path, pipeline: str, asked: Mapping[str, Any], runner: Any) -> Any:
    """Run a pipeline in a new Kedro session, asked for what ``RUN_PARAMETERS`` name."""
    session_type: Any = import_module("kedro.framework.session").KedroSession
    create, run = (
        inspect.signature(each).parameters for each in (session_type.create, session_type.run)
    )
    params_key = "runtime_params" if "runtime_params" in create else "extra_params"
    options = {params_key: asked.get("params") or None}
    with session_type.create(project_path=project_path, env=asked.get("env"), **options) as session:
        return session.run(
            runner=runner,
            load_versions=asked.get("load_versions") or {},
            **_pipeline_option(pipeline, run),
            **_selection_options(asked, run),
        )


def _pipeline_option(pipeline: str, accepted: Mapping[str, Any]) -> Dict[str, Any]:
    registered = import_module("kedro.framework.project").pipelines
    names = [pipeline] if pipeline in registered else pipeline.split("+")
    if pipeline == "__default__":
        names = []
    if "pipeline_names" in accepted:
        return {"pipeline_names": names}
    return {"pipeline_name": names[0] if names else None}


def _selection_options(asked: Mapping[str, Any], accepted: Mapping[str, Any]) -> Dict[str, Any]:
    options: Dict[str, Any] = {}
    for name, keys in _SELECTION.items():
        key = next((key for key in keys if key in accepted), None)
        value = asked.get(name)
        if value and key is None:
            raise UnsupportedVersionError(f"Kedro {kedro_version} cannot select by {name}.")
        if value and key is not None:
            options[key] = value[0] if key == "namespace" else value
    return options


# --- hooks that a project of Kedro 0.17 must have ---------------------------------------------


class _RegistrationHooks:
    @hook_impl
    def register_config_loader(self, conf_paths: Iterable[str]) -> Any:
        return import_module("kedro.config").ConfigLoader(conf_paths)

    @hook_impl
    def register_catalog(
        self, catalog: Any, credentials: Any, load_versions: Any, save_version: str, journal: Any
    ) -> Any:
        return kedro.io.DataCatalog.from_config(
            catalog, credentials, load_versions, save_version, journal
        )


def project_hooks() -> Tuple[Any, ...]:
    """Return the hooks through which Kedro 0.17 makes its configuration loader and catalog."""
    registers = hasattr(import_module("kedro.framework.hooks.specs"), "RegistrationSpecs")
    return (_RegistrationHooks(),) if registers else ()


# --- a project in another process -------------------------------------------------------------


def open_project(path: Path, package_name: str) -> Mapping[str, Any]:
    """Make a Kedro project the one of this process and return its pipelines.

    From its folder where that is there, else as the installed package that it is.
    """
    kedro_project = import_module("kedro.framework.project")
    if (path / "pyproject.toml").is_file():
        import_module("kedro.framework.startup").bootstrap_project(path)
    else:
        kedro_project.configure_project(package_name)
    pipelines: Mapping[str, Any] = kedro_project.pipelines
    return pipelines


def find_pipeline(pipelines: Mapping[str, Any], name: str) -> Pipeline:
    """Return a pipeline by name; the sum of several by their names with ``+`` between."""
    if name in pipelines:
        registered: Pipeline = pipelines[name]
        return registered
    return sum((pipelines[part] for part in name.split("+")), Pipeline([]))
